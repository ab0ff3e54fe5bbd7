// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Counts and times of calls. Percentiles are those of the latest calls, in a ring of fixed size.
import type { HostStats, Operation, OperationStats } from '../types.ts'

const RING = 512

class OperationCounter {
  count = 0
  failed = 0
  timedOut = 0
  readonly #times: number[] = []
  #next = 0

  add(milliseconds: number): void {
    this.#times[this.#next] = milliseconds * 1000
    this.#next = (this.#next + 1) % RING
  }

  snapshot(): OperationStats {
    const sorted = this.#times.toSorted((a, b) => a - b)
    const at = (part: number) =>
      Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0)
    const { count, failed, timedOut } = this
    return Object.freeze({ count, failed, timedOut, p50Us: at(0.5), p99Us: at(0.99) })
  }
}

export const OPERATIONS: readonly Operation[] = Object.freeze([
  'lookup',
  'ioctl',
  'stillValid',
  'register',
  'deregister',
  'remove',
  'installClass',
  'removeClass',
  'classInfo',
])

function forEach<T>(make: (operation: Operation) => T): Record<Operation, T> {
  const all = OPERATIONS.map((operation) => [operation, make(operation)] as const)
  return Object.fromEntries(all) as Record<Operation, T>
}

export class CallStats {
  readonly #counters = forEach(() => new OperationCounter())

  begin(operation: Operation): void {
    this.#counters[operation].count++
  }

  end(operation: Operation, milliseconds: number, failed: boolean): void {
    this.#counters[operation].add(milliseconds)
    if (failed) this.#counters[operation].failed++
  }

  late(operation: Operation): void {
    this.#counters[operation].timedOut++
    this.#counters[operation].failed++
  }

  snapshot(): HostStats['calls'] {
    return Object.freeze(forEach((operation) => this.#counters[operation].snapshot()))
  }
}
