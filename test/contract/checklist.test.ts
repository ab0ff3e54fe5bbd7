// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The checklist itself: complete, without doubles, and every skip has a reason and a row.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { CHECKLIST, checklistRow, SKIPS } from '../helpers/checklist.ts'

describe('checklist', () => {
  it('has 186 rows', () => {
    assert.equal(CHECKLIST.length, 186)
  })

  it('has each id once', () => {
    assert.equal(new Set(CHECKLIST.map((entry) => entry.id)).size, CHECKLIST.length)
  })

  it('numbers each group from 01 without a gap', () => {
    const groups = Map.groupBy(CHECKLIST, (entry) => entry.id.replace(/-\d+$/, ''))
    for (const [group, entries] of groups) {
      const numbers = entries.map((entry) => Number(entry.id.slice(-2))).sort((a, b) => a - b)
      assert.deepEqual(
        numbers,
        entries.map((_, i) => i + 1),
        `numbers of ${group}`,
      )
    }
  })

  it('fills every field', () => {
    for (const entry of CHECKLIST) {
      assert.match(entry.where, /^[PRW]$/, entry.id)
      for (const text of [entry.call, entry.precondition, entry.expected, entry.source]) {
        assert.notEqual(text, '', entry.id)
      }
      assert.ok(Number.isInteger(entry.issue), entry.id)
    }
  })

  it('skips only known rows, each with a reason', () => {
    for (const [id, skip] of Object.entries(SKIPS)) {
      checklistRow(id)
      assert.ok(skip.reason.length > 10, id)
    }
  })

  it('refuses an id that is not in it', () => {
    assert.throws(() => checklistRow('IOCTL-99'), /IOCTL-99 is not in/)
  })
})
