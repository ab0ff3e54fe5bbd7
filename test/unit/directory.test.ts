// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Every directory of the package, by one suite; and what MemoryDirectory can beside that.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'mocha'
import { fileDirectory, MemoryDirectory } from '../../lib/directory.ts'
import { identity, makeStored } from '../../lib/store/stored.ts'
import { formatZone } from '../../lib/store/zone-text.ts'
import {
  asked,
  eventSuite,
  findSuite,
  found,
  listed,
  type Open,
  operation,
  registrationSuite,
} from '../helpers/directory-suite.ts'

const folder = mkdtempSync(join(tmpdir(), 'nsp-directory-'))
let files = 0

function zoneFile(services: Parameters<Open>[0] = []): string {
  const path = join(folder, `zone-${files++}.json`)
  const stored = services.map(makeStored)
  const zone = { services: new Map(stored.map((one) => [identity(one), one])), classes: new Map() }
  writeFileSync(path, formatZone(zone))
  return path
}

const kinds: { name: string; open: Open }[] = [
  {
    name: 'MemoryDirectory',
    open: async (services) => ({ directory: new MemoryDirectory(services) }),
  },
  {
    name: 'fileDirectory',
    open: async (services) => ({ directory: await fileDirectory(zoneFile(services)) }),
  },
  {
    name: 'fileDirectory that saves',
    async open(services) {
      const path = zoneFile(services)
      const directory = await fileDirectory(path, { save: true })
      return { directory, reopen: () => fileDirectory(path) }
    },
  },
]

after(() => rmSync(folder, { recursive: true, force: true }))

for (const { name, open } of kinds) {
  describe(name, () => {
    registrationSuite(open)
    findSuite(open)
    eventSuite(open)
  })
}

describe('MemoryDirectory as a collection', () => {
  const { signal } = new AbortController()

  it('sets and deletes by name', async () => {
    const directory = new MemoryDirectory([{ name: 'a.test', addresses: ['10.0.0.1'] }])
    directory.set({ name: 'A.test', addresses: ['10.0.0.2'] }).set({ name: 'b.test' })
    assert.equal(directory.size, 2)
    assert.deepEqual(await listed(directory, asked({ name: 'a.test' })), ['A.test 10.0.0.2:0'])
    assert.deepEqual(
      [...directory.services()].map((service) => service.name),
      ['A.test', 'b.test'],
    )
    assert.equal(directory.delete('a.TEST.'), true)
    assert.equal(directory.delete('a.test'), false)
    assert.equal(directory.size, 1)
  })

  it('names every fault of what is set', () => {
    const wrong = { name: '', addresses: ['10.0.0.300'], version: -1 } as const
    assert.throws(
      () => new MemoryDirectory([wrong]),
      (error: TypeError & { code?: string }) => {
        assert.equal(error.code, 'ERR_INVALID_ARG_VALUE')
        assert.match(error.message, /version: -1.*addresses\[0\]: .*name: missing/s)
        return true
      },
    )
  })

  it('a lookup in progress sees no change', () => {
    const directory = new MemoryDirectory([{ name: 'a' }, { name: 'b' }])
    const [first, ...rest] = (() => {
      const names: (string | undefined)[] = []
      for (const { name } of directory.find(asked({ name: undefined }))) {
        directory.delete('b')
        names.push(name)
      }
      return names
    })()
    assert.deepEqual([first, ...rest], ['a', 'b'])
  })

  it('what it gives out is a copy', async () => {
    const directory = new MemoryDirectory([{ name: 'a', blob: Uint8Array.of(1) }])
    const [service] = await found(directory, asked({ name: 'a' }))
    service?.blob?.fill(9)
    const [again] = await found(directory, asked({ name: 'a' }))
    assert.deepEqual(again?.blob, Uint8Array.of(1))
  })

  it('refuses more addresses than an answer carries', async () => {
    const directory = new MemoryDirectory()
    const some = (from: number) =>
      Array.from({ length: 4096 }, (_, at) => `10.${from}.${at >> 8}.${at & 255}`)
    await directory.apply(operation('register', some(0)))
    const more = directory.apply(operation('register', ['10.1.0.0'], { multiple: true }))
    await assert.rejects(more, { code: 'WSAENOBUFS' })
  })

  it('whoever is too far behind gets a reset', async () => {
    const directory = new MemoryDirectory()
    const events = directory.watch({ signal })[Symbol.asyncIterator]()
    for (let at = 0; at < 1030; at++) directory.set({ name: `n${at}` })
    assert.equal((await events.next()).value?.kind, 'reset')
    directory.delete('n0')
    assert.equal((await events.next()).value?.kind, 'deleted')
    await events.return?.()
  })
})
