// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Counters: every change reaches every query that it may concern.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import {
  changedCounters,
  classCounter,
  foldCase,
  hashGuid,
  hashText,
  nameCounter,
  nameKey,
  sampledCounters,
  suffixCounter,
} from '../../lib/wire/counters.ts'

const label = fc.stringMatching(/^[a-z0-9-]{1,8}$/)
const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join('.'))

const step = (hash: number, value: number) => Math.imul(hash ^ value, 16777619) >>> 0

describe('counters', () => {
  it('hash as FNV-1a, text from its end', () => {
    // From the reference tables of the algorithm: "", "a", "foobar".
    assert.equal(hashText(''), 0x811c9dc5)
    assert.equal(hashText('a'), 0xe40c292c)
    assert.equal(hashText('raboof'), 0xbf9cf968)
    // A step takes a whole unit, a whole word.
    assert.equal(hashText('\u20ac'), step(0x811c9dc5, 0x20ac))
    assert.equal(
      hashGuid('03020100-0504-0706-0809-0a0b0c0d0e0f'),
      [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c].reduce(step, 0x811c9dc5),
    )
  })

  it('the hash of a text is a step from that of what follows its first unit', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) =>
        assert.equal(hashText(text), step(hashText(text.slice(1)), text.charCodeAt(0))),
      ),
    )
  })

  it('are sampled from the last label on, and the name last', () => {
    assert.deepEqual(sampledCounters('a.b.c', undefined, 0), [
      0,
      2,
      ...['c', 'b.c', 'a.b.c'].map(suffixCounter),
      nameCounter('a.b.c'),
    ])
  })

  it('fold ASCII alone, and drop one trailing dot', () => {
    assert.equal(foldCase('AbZÄÉİ'), 'abzÄÉİ')
    assert.equal(nameKey('One.Example.'), 'one.example')
    assert.equal(nameKey('one..'), 'one.')
    assert.equal(nameKey('.'), '.')
  })

  it('each change is seen by each query that it concerns', () => {
    const id = '9a8b7c6d-0001-4000-8000-000000000001'
    fc.assert(
      fc.property(name, fc.nat(5), (key, part) => {
        const suffix = key
          .split('.')
          .slice(part % key.split('.').length)
          .join('.')
        const sampled = new Set(sampledCounters(key, id, 3))
        const changes = [
          changedCounters({ kind: 'all' }),
          changedCounters({ kind: 'name', key }),
          changedCounters({ kind: 'suffix', suffix }),
          changedCounters({ kind: 'class', id }),
          changedCounters({ kind: 'entry', index: 3 }),
        ]
        for (const change of changes) assert.ok(change.some((counter) => sampled.has(counter)))
      }),
    )
  })

  it('a query without a name sees every change', () => {
    const sampled = sampledCounters(undefined, undefined, 0)
    for (const change of [
      changedCounters({ kind: 'name', key: 'a' }),
      changedCounters({ kind: 'entry', index: 7 }),
    ]) {
      assert.ok(change.some((counter) => sampled.includes(counter)))
    }
  })

  it('many labels fall back to `any`', () => {
    const key = Array.from({ length: 17 }, (_, at) => `l${at}`).join('.')
    assert.ok(sampledCounters(key, undefined, 0).includes(1))
    const shorter = key.split('.').slice(1).join('.')
    assert.ok(!sampledCounters(shorter, undefined, 0).includes(1))
  })

  it('lie in their ranges', () => {
    fc.assert(
      fc.property(fc.string(), fc.uuid(), (text, id) => {
        assert.ok(nameCounter(text) >= 352 && nameCounter(text) < 1376)
        assert.ok(suffixCounter(text) >= 96 && suffixCounter(text) < 352)
        assert.ok(classCounter(id) >= 32 && classCounter(id) < 96)
      }),
    )
  })
})
