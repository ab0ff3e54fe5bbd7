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

export class CallStats {
  readonly #counters: Readonly<Record<Operation, OperationCounter>> = {
    lookup: new OperationCounter(),
    ioctl: new OperationCounter(),
    stillValid: new OperationCounter(),
  }

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
    const { lookup, ioctl, stillValid } = this.#counters
    return Object.freeze({
      lookup: lookup.snapshot(),
      ioctl: ioctl.snapshot(),
      stillValid: stillValid.snapshot(),
    })
  }
}
