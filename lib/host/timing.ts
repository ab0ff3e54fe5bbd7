// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The time by which answers run out: the machine's, or one that a test moves.

export interface Timing {
  /** Milliseconds from some fixed point. */
  now(): number
  /** Runs `task` after `ms`; returns what takes it back. */
  after(ms: number, task: () => void): () => void
}

/** Keeps no process alive. */
export const MACHINE_TIME: Timing = Object.freeze({
  now: () => performance.now(),
  after(ms: number, task: () => void) {
    const timer = setTimeout(task, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
})
