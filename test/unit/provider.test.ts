// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// defineProvider: what it accepts, what it refuses, and how it says so; and what handlers may not answer.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { defineProvider, Namespace, NspError, WinsockCode } from '../../lib/index.ts'
import { definitionOf } from '../../lib/internal/definition.ts'
import { badAnswers, badProviders } from '../helpers/bad-input.ts'
import { fakeHost, ID } from '../helpers/fake-host.ts'
import { query } from '../helpers/fake-server.ts'

describe('a bad provider', () => {
  for (const { what, code, paths, remedy, run } of badProviders) {
    it(`${what}: ${paths.join(', ') || 'the whole'}`, () => {
      assert.throws(run, (error: unknown) => {
        assert.ok(error instanceof NspError)
        assert.equal(error.code, code)
        assert.deepEqual(error.issues.map((issue) => issue.path).toSorted(), [...paths].toSorted())
        assert.match(error.remedy ?? '', remedy)
        for (const { path, message } of error.issues) {
          assert.ok(message.length > 0)
          assert.ok(error.message.includes(path), 'the message names the field')
        }
        return true
      })
    })
  }

  it('something that defineProvider did not make', () => {
    assert.throws(() => definitionOf({ name: 'x', entries: {} }), {
      code: 'ERR_NSP_INVALID_PROVIDER',
    })
  })
})

describe('a bad answer', () => {
  for (const { what, path, answer } of badAnswers) {
    it(`${what}: ${path || 'the whole'}`, async () => {
      const { server, failures, host } = await fakeHost({ lookup: () => answer as never })
      const batch = await server.next(1, query()).answer
      assert.deepEqual(
        [batch.status, batch.items.length, batch.last],
        [WinsockCode.WSATRY_AGAIN, 0, true],
      )
      const error = failures[0]?.error
      assert.ok(error instanceof NspError)
      assert.equal(error.code, 'ERR_NSP_INVALID_ANSWER')
      assert.equal(error.issues[0]?.path, path)
      assert.match(error.remedy ?? '', /what the handler returns/)
      await host.close()
    })
  }
})

describe('a good provider', () => {
  it('has canonical, frozen entries and defaults', () => {
    const provider = defineProvider({
      name: 'Good',
      entries: {
        names: {
          id: `{${ID.toUpperCase()}}`,
          namespace: Namespace.DNS,
          owns: ['*.Example.Test.', 'Printer'],
        },
      },
      lookup: () => undefined,
    })
    assert.deepEqual(provider.entries['names'], {
      key: 'names',
      id: ID,
      namespace: 12,
      owns: ['*.Example.Test.', 'Printer'],
    })
    assert.ok(
      Object.isFrozen(provider) &&
        Object.isFrozen(provider.entries) &&
        Object.isFrozen(provider.entries['names']),
    )
    const { entries, deadlines, onFailure } = definitionOf(provider)
    assert.deepEqual(entries[0]?.patterns, [
      { kind: 1, text: 'example.test' },
      { kind: 0, text: 'printer' },
    ])
    assert.deepEqual(deadlines, { lookupMs: 500, ioctlMs: 5000, registerMs: 5000 })
    assert.equal(onFailure, WinsockCode.WSATRY_AGAIN)
    assert.equal(entries[0]?.displayName, 'Good')
  })

  it('outside of DNS owns everything that names it', () => {
    const provider = defineProvider({
      name: 'Good',
      entries: { mesh: { id: ID, namespace: 1001 } },
      lookup: () => undefined,
    })
    assert.deepEqual(provider.entries['mesh']?.owns, ['*'])
    assert.equal(definitionOf(provider).entries[0]?.ownsByDefault, true)
  })
})
