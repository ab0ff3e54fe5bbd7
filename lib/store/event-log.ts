// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The latest events of a directory, and those who follow them.
import type { DirectoryEvent, DirectoryReset, DirectoryWatchOptions } from './directory.ts'

// Whoever is further behind gets a reset.
const CAPACITY = 1024

export class EventLog {
  readonly #instance = crypto.randomUUID().slice(0, 8)
  readonly #events: DirectoryEvent[] = []
  readonly #waiting = new Set<() => void>()
  readonly #controller = new AbortController()
  /** Number of the next event. */
  #next = 1

  add(event: Omit<DirectoryEvent, 'revision'>): void {
    this.#events.push(Object.freeze({ ...event, revision: this.#revision(this.#next++) }))
    if (this.#events.length > CAPACITY) this.#events.shift()
    for (const wake of [...this.#waiting]) wake()
  }

  /** Everybody's iterator ends. */
  close(): void {
    this.#controller.abort()
  }

  watch({ signal, since }: DirectoryWatchOptions): AsyncGenerator<DirectoryEvent | DirectoryReset> {
    const left = new AbortController()
    const ended = AbortSignal.any([signal, left.signal, this.#controller.signal])
    const events = this.#follow(since === undefined ? this.#next : this.#after(since), ended)
    const leave = events.return.bind(events)
    // A generator that waits would keep `return` waiting as well.
    events.return = (value) => {
      left.abort()
      return leave(value)
    }
    return events
  }

  async *#follow(
    from: number | undefined,
    ended: AbortSignal,
  ): AsyncGenerator<DirectoryEvent | DirectoryReset> {
    let at = from
    while (!ended.aborted) {
      const oldest = this.#next - this.#events.length
      const event = at === undefined ? undefined : this.#events[at - oldest]
      if (at === undefined || at < oldest) {
        at = this.#next
        yield Object.freeze({ kind: 'reset', revision: this.#revision(at - 1) })
      } else if (event === undefined) {
        await this.#news(ended)
      } else {
        at++
        yield event
      }
    }
  }

  #news(ended: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const wake = () => {
      this.#waiting.delete(wake)
      ended.removeEventListener('abort', wake)
      resolve()
    }
    this.#waiting.add(wake)
    ended.addEventListener('abort', wake, { once: true })
    return promise
  }

  #revision(number: number): string {
    return `${this.#instance}-${number}`
  }

  /** The number after a revision; undefined if it is none of ours. */
  #after(revision: string): number | undefined {
    const [, instance, digits] = /^([0-9a-f]{8})-(\d{1,15})$/.exec(revision) ?? []
    const number = Number(digits)
    return instance === this.#instance && number < this.#next ? number + 1 : undefined
  }
}
