// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a row expected and what it got, for the conformance report: the return value and last error
// of the call it judged last, and a hash of all that it judged, as the foreign client wrote it. What
// differs from run to run is made neutral, so that two runs of a right provider give one hash.
import { createHash } from 'node:crypto'
import type { Step } from './client-types.ts'

/** A call as it was judged. `err` null: the last error of a success is not judged. */
export interface Judged {
  call: string
  ret: number
  err: number | readonly number[] | null
}

export interface Outcome {
  /** Of the last judged call; null if the row judges values alone. */
  ret: number | null
  err: number | readonly number[] | null
  hash: string
  /** Every judged call in order, equal ones after each other once. */
  steps: readonly Judged[]
}

export interface Evidence {
  expected: Outcome
  got: Outcome
}

/** Keys of the client's lines whose values belong to one run: they are written as `~`. */
const VOLATILE: ReadonlySet<string> = new Set(['handle', 'hEvent', 'pid', 'step', 'thread', 'us'])
/** An overlapped structure without a name is told by its address. */
const ADDRESS = /^0x[0-9a-f]+$/i
const MOST_STEPS = 50

/** Of a path only the last part: the folders are this machine's. */
function neutralText(text: string): string {
  return /^([a-z]:)?[\\/]/i.test(text) ? text.replace(/^.*[\\/]/, '~/') : text
}

/** JSON with sorted keys and neutral values: equal for equal outcomes, on every machine. */
export function canonical(value: unknown, key = ''): string {
  if (VOLATILE.has(key)) return '"~"'
  if (typeof value === 'string') {
    return JSON.stringify(key === 'ov' && ADDRESS.test(value) ? '~' : neutralText(value))
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item)).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    entries.sort(([a], [b]) => (a < b ? -1 : 1))
    const members = entries.map(
      ([name, item]) => `${JSON.stringify(name)}:${canonical(item, name)}`,
    )
    return `{${members.join(',')}}`
  }
  return typeof value === 'bigint' ? `"${value}"` : (JSON.stringify(value) ?? 'null')
}

/** Two threads that drain one handle share its items by chance: rows compare what they got in all. */
const dataOf = ({ verb, data }: Step<unknown>) => (verb === 'drain' ? null : data)

interface Told {
  ret: number
  err: number
}

/** What a host says of a call of its own. */
function isTold(value: unknown): value is Told {
  const { ret, err } = (value ?? {}) as Partial<Told>
  return typeof ret === 'number' && typeof err === 'number'
}

const same = (a: Judged | undefined, b: Judged) => a !== undefined && canonical(a) === canonical(b)

class Side {
  readonly #hash = createHash('sha256')
  readonly #steps: Judged[] = []
  #last: Judged | undefined

  value(value: unknown): void {
    this.#hash.update(`${canonical(value)}\n`)
  }
  step(judged: Judged, data: unknown, hashed: Judged = judged): void {
    const { call, ret, err } = hashed
    this.value([call, ret, ret === 0 ? null : err, data])
    if (!same(this.#last, judged) && this.#steps.length < MOST_STEPS) this.#steps.push(judged)
    this.#last = judged
  }
  outcome(): Outcome {
    const { ret = null, err = null } = this.#last ?? {}
    return { ret, err, hash: this.#hash.copy().digest('hex'), steps: this.#steps }
  }
}

/** Gathers both sides as a row's checks are made, before each of them can fail. */
export class EvidenceLog {
  readonly #expected = new Side()
  readonly #got = new Side()

  value(actual: unknown, expected: unknown): void {
    if (isTold(expected) && isTold(actual)) {
      this.#expected.step({ call: 'host', ret: expected.ret, err: expected.err }, null)
      this.#got.step({ call: 'host', ret: actual.ret, err: actual.err }, null)
      return
    }
    this.#expected.value(expected)
    this.#got.value(actual)
  }
  /** `codes` null: the call should return 0. Its data are as they are on both sides. */
  step(step: Step<unknown>, codes: readonly number[] | null): void {
    const { ret, err } = step
    const name = step.call || step.verb
    const data = dataOf(step)
    const wanted: Judged =
      codes === null
        ? { call: name, ret: 0, err: null }
        : { call: name, ret: -1, err: codes.length === 1 ? (codes[0] ?? null) : codes }
    const met = codes?.includes(err) ? err : (codes?.[0] ?? null)
    this.#expected.step(wanted, data, { ...wanted, err: met })
    this.#got.step({ call: name, ret, err }, data)
  }
  evidence(): Evidence {
    return { expected: this.#expected.outcome(), got: this.#got.outcome() }
  }
}
