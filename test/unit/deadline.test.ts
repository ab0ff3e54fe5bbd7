// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// When a late handler is answered for.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { answerAheadMs } from '../../lib/wire/deadline.ts'

describe('a handler that is late', () => {
  it('is answered for in time for the way back, and keeps most of its time', () => {
    const cases: readonly [deadlineMs: number, aheadMs: number][] = [
      [50, 25],
      [400, 25],
      [500, 31.25],
      [2000, 125],
      [4000, 250],
      [600_000, 250],
    ]
    for (const [deadlineMs, aheadMs] of cases)
      assert.equal(answerAheadMs(deadlineMs), aheadMs, `${deadlineMs} ms`)
  })
})
