// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The events of a directory as notifications, however often its watch fails.
import { setTimeout as wait } from 'node:timers/promises'
import { show } from '../internal/issues.ts'
import type { Directory, DirectoryEvent, DirectoryReset } from '../store/directory.ts'
import type { Host } from '../types.ts'
import { debug } from './trace.ts'

const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000

/** How long to wait after so many failures in a row: each tells all clients, and warns. */
export function retryDelay(failures: number): number {
  return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1))
}

export class Announcer {
  readonly #directory: Directory
  readonly #host: Host
  #since: string | undefined
  /** In a row. */
  #failures = 0

  constructor(directory: Directory, host: Host) {
    this.#directory = directory
    this.#host = host
  }

  /** Tells clients of everything that the directory tells, until the host closes. Never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#host
    while (!signal.aborted) {
      try {
        await this.#follow()
        // Its end means that the directory is closed: there will be no more changes.
        return
      } catch (error) {
        if (signal.aborted) return
        // What it did not tell, nobody knows: everything may be different.
        this.#host.invalidate()
        process.emitWarning(error instanceof Error ? error : show(error))
        const delay = retryDelay(++this.#failures)
        await wait(delay, undefined, { ref: false, signal }).catch(() => undefined)
      }
    }
  }

  /** One watch, to its end. */
  async #follow(): Promise<void> {
    const { signal } = this.#host
    const events = this.#directory.watch({ signal, since: this.#since })[Symbol.asyncIterator]()
    // A store that does not look at the signal is told in the other way there is.
    const leave = async () => {
      await events.return?.()
    }
    const onAbort = () => void leave().catch((error: unknown) => debug('%o', error))
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      let next = events.next()
      // Without a revision it begins only now: what happened since the failure is not told.
      if (this.#failures > 0 && this.#since === undefined) this.#host.invalidate()
      for (;;) {
        const { done, value } = await next
        if (done === true) return
        this.#tell(value)
        this.#failures = 0
        next = events.next()
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      onAbort()
    }
  }

  #tell(event: DirectoryEvent | DirectoryReset): void {
    this.#since = event.revision
    debug('directory: %s %s', event.kind, event.kind === 'reset' ? '' : event.name)
    this.#host.invalidate(event.kind === 'reset' ? undefined : { name: event.name })
  }
}
