// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A data file without a file: what is published, in memory, with the meaning that it has on a machine.

import type { NativeAnswer, NativeRecords } from '../internal/native.ts'
import { ByteWriter, decodeUtf16 } from '../wire/bytes.ts'
import { NOBODY, putKey, splitBlocks, unpackKeys, unpackRecords } from '../wire/records.ts'

interface NameRecord {
  owner: number
  readonly count: number
  readonly blocks: Uint8Array
}

interface AnswerRecord extends NativeAnswer {
  readonly values: readonly number[]
  readonly until: number
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}

function binary(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

/** What a client reads of an answer that still holds. */
export interface HeldAnswer {
  readonly status: number
  readonly blocks: readonly Uint8Array[]
}

export class SimulatedRecords implements NativeRecords {
  readonly #counters: Uint32Array
  readonly #now: () => number
  readonly #names = new Map<string, NameRecord>()
  readonly #answers = new Map<string, AnswerRecord>()

  constructor(counters: Uint32Array, now: () => number) {
    this.#counters = counters
    this.#now = now
  }

  reserve(): void {}

  /** Another host takes over. */
  forgetOwners(): void {
    for (const record of this.#names.values()) record.owner = 0
  }

  publish(owner: number, records: Uint8Array): Uint32Array {
    const changed: number[] = []
    let at = 0
    for (const { key, count, blocks } of unpackRecords(records)) {
      const known = this.#names.get(key)
      if (known !== undefined && known.count === count && isSame(known.blocks, blocks)) {
        known.owner = owner
      } else {
        this.#names.delete(key)
        this.#names.set(key, { owner, count, blocks })
        changed.push(at)
      }
      at++
    }
    return Uint32Array.from(changed)
  }

  withdraw(keys: Uint8Array): Uint32Array {
    const all = [...unpackKeys(keys)]
    return Uint32Array.from(all.flatMap((key, at) => (this.#names.delete(key) ? [at] : [])))
  }

  owners(keys: Uint8Array): Uint32Array {
    return Uint32Array.from(unpackKeys(keys), (key) => this.#names.get(key)?.owner ?? NOBODY)
  }

  record(key: Uint8Array): Pick<NameRecord, 'count' | 'blocks'> | undefined {
    const found = this.#names.get(decodeUtf16(key))
    return found && { count: found.count, blocks: found.blocks }
  }

  keys(owner?: number): Uint8Array {
    const writer = new ByteWriter()
    for (const [key, record] of this.#names)
      if (owner === undefined || record.owner === owner) putKey(writer, key)
    return writer.finish()
  }

  putAnswer(answer: NativeAnswer): void {
    const values = answer.counters.map((index) => this.#counters[index] ?? 0)
    const until = this.#now() + answer.ttlMs
    this.#answers.set(binary(answer.query), { ...answer, values, until })
  }

  published(): { readonly names: number; readonly answers: number } {
    for (const [key, { until }] of this.#answers)
      if (until <= this.#now()) this.#answers.delete(key)
    return { names: this.#names.size, answers: this.#answers.size }
  }

  /** The answer to a query, while time and counters let it hold. */
  held(query: Uint8Array): HeldAnswer | undefined {
    const answer = this.#answers.get(binary(query))
    if (answer === undefined || answer.until <= this.#now()) return undefined
    const isVoid = answer.counters.some((index, at) => this.#counters[index] !== answer.values[at])
    if (isVoid) return undefined
    return { status: answer.status, blocks: splitBlocks(answer.blocks, answer.count) }
  }
}
