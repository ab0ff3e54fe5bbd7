// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Assertions that are counted: a row whose test asserted nothing has shown nothing.
import assert from 'node:assert/strict'
import type { Step } from './client-types.ts'
import { type Evidence, EvidenceLog } from './evidence.ts'

function tell(step: Step<unknown>): string {
  return `${step.call || step.verb} gave ${step.ret}, last error ${step.err}: ${JSON.stringify(step.data)}`
}

export class Checks {
  #count = 0
  readonly #log = new EvidenceLog()

  /** What was expected and what came, so far. */
  get evidence(): Evidence {
    return this.#log.evidence()
  }
  get count(): number {
    return this.#count
  }
  equal(actual: unknown, expected: unknown, what: string): void {
    this.#count++
    this.#log.value(actual, expected)
    assert.equal(
      actual,
      expected,
      `${what}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`,
    )
  }
  notEqual(actual: unknown, unwanted: unknown, what: string): void {
    this.#count++
    this.#log.value(actual !== unwanted, true)
    assert.notEqual(actual, unwanted, what)
  }
  deepEqual(actual: unknown, expected: unknown, what: string): void {
    this.#count++
    this.#log.value(actual, expected)
    assert.deepEqual(
      actual,
      expected,
      `${what}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`,
    )
  }
  ok(condition: boolean, what: string): void {
    this.#count++
    this.#log.value(condition, true)
    assert.ok(condition, what)
  }
  /** The call returned 0. */
  succeeds(step: Step<unknown>, what = ''): void {
    this.#count++
    this.#log.step(step, null)
    assert.equal(step.ret, 0, `${what} should return 0; ${tell(step)}`)
  }
  /** The call returned SOCKET_ERROR with one of these last errors. */
  fails(step: Step<unknown>, codes: number | readonly number[], what = ''): void {
    this.#count++
    const wanted = typeof codes === 'number' ? [codes] : codes
    this.#log.step(step, wanted)
    assert.ok(
      step.ret === -1 && wanted.includes(step.err),
      `${what} should return -1 with last error ${wanted.join(' or ')}; ${tell(step)}`,
    )
  }
}
