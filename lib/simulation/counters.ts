// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The change counters that concern one query, and what of them its handle has seen.

import type { Guid } from '../guid.ts'
import { sampledCounters } from '../wire/counters.ts'

export interface SeenCounter {
  readonly index: number
  readonly value: number
}

export class CounterSample {
  readonly #counters: Uint32Array
  readonly #indices: readonly number[]
  readonly #atBegin: readonly number[]
  #atNext: readonly number[]
  #seen: readonly number[]
  #fetched: readonly number[]
  #reported: readonly number[] | undefined

  constructor(
    counters: Uint32Array,
    key: string | undefined,
    serviceClass: Guid | undefined,
    entry: number,
  ) {
    this.#counters = counters
    this.#indices = sampledCounters(key, serviceClass, entry)
    this.#atBegin = this.#read()
    this.#atNext = this.#atBegin
    this.#seen = this.#atBegin
    this.#fetched = this.#atBegin
  }

  get seen(): readonly SeenCounter[] {
    return this.#indices.map((index, at) => ({ index, value: this.#seen[at] ?? 0 }))
  }

  /** Index, value at Begin, value at the last Next: what `stillValid` is told. */
  get history(): readonly (readonly [number, number, number])[] {
    return this.#indices.map((index, at) => [index, this.#atBegin[at] ?? 0, this.#atNext[at] ?? 0])
  }

  get isDirty(): boolean {
    return this.#differs(this.#seen)
  }
  /** Something changed since the host was last asked. */
  get isStale(): boolean {
    return this.#differs(this.#fetched)
  }

  /** The client is being told of the changes up to now. */
  report(): void {
    this.#reported = this.#read()
  }
  /** Next answered WSA_E_NO_MORE: what was reported is seen. */
  acknowledge(): void {
    if (this.#reported !== undefined) this.#seen = this.#reported
    this.#reported = undefined
  }
  /** Before the host is asked. */
  noteNext(): void {
    this.#atNext = this.#read()
    this.#fetched = this.#atNext
  }
  /** A feed was read to its end: what had changed before the question is seen. */
  takeFetched(): void {
    this.#seen = this.#fetched
  }
  /** The values of now. */
  get present(): readonly SeenCounter[] {
    return this.#indices.map((index) => ({ index, value: this.#counters[index] ?? 0 }))
  }

  #read(): number[] {
    return this.#indices.map((index) => this.#counters[index] ?? 0)
  }
  #differs(values: readonly number[]): boolean {
    return this.#indices.some((index, at) => this.#counters[index] !== values[at])
  }
}
