// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The time of a simulation: the machine's, or one that a test moves.

import { MACHINE_TIME, type Timing } from '../host/timing.ts'

export interface Clock extends Timing {
  /** Moves a manual clock. @throws TypeError on a real one. */
  advance(ms: number): Promise<void>
}

class RealClock implements Clock {
  now(): number {
    return MACHINE_TIME.now()
  }
  after(ms: number, task: () => void): () => void {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  }
  advance(): Promise<void> {
    const message = "advance needs simulate(provider, { clock: 'manual' })"
    return Promise.reject(Object.assign(new TypeError(message), { code: 'ERR_INVALID_STATE' }))
  }
}

interface Timer {
  readonly at: number
  readonly task: () => void
}

// Turns of the event loop in which handlers, iterators and promises settle; more cost nothing.
const SETTLING_TURNS = 8

async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLING_TURNS; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}

class ManualClock implements Clock {
  #now = 0
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#now
  }

  after(ms: number, task: () => void): () => void {
    const timer = { at: this.#now + ms, task }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  async advance(ms: number): Promise<void> {
    if (typeof ms !== 'number' || !(ms >= 0))
      throw Object.assign(new RangeError(`not a number of milliseconds: ${String(ms)}`), {
        code: 'ERR_OUT_OF_RANGE',
      })
    const end = this.#now + ms
    await settle()
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end)
      const [next] = due.sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.task()
      await settle()
    }
    this.#now = end
  }
}

export function makeClock(kind: 'real' | 'manual'): Clock {
  return kind === 'manual' ? new ManualClock() : new RealClock()
}
