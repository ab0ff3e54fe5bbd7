// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What of a provider goes into the control file, and who may open the pipe and the files.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { MemoryDirectory } from '../../lib/directory.ts'
import { controlSddl, folderSddl, isAllowed, pipeSddl } from '../../lib/host/access.ts'
import { buildFilter, hostWaitLimit } from '../../lib/host/filter.ts'
import { checkServeOptions } from '../../lib/host/options.ts'
import { defineProvider, type ProviderInit, ServiceClass } from '../../lib/index.ts'
import { definitionOf } from '../../lib/internal/definition.ts'
import type { Client } from '../../lib/types.ts'
import {
  HOST_ASKS_STILL_VALID,
  HOST_REGISTERS,
  HOST_STORES_CLASSES,
} from '../../lib/wire/constants.ts'
import { identity } from '../helpers/fake-server.ts'

const [A, B] = ['8f6c1d10-5b1e-4c53-9a52-4e53504e00aa', '8f6c1d10-5b1e-4c53-9a52-4e53504e00bb']

describe('the filter', () => {
  const definition = definitionOf(
    defineProvider({
      name: 'filter',
      entries: {
        names: {
          id: A,
          namespace: 12,
          owns: ['*.Example', 'printer', '*.example.'],
          ownsAddresses: ['10.1.0.0/16', 'fd00::/8'],
          serviceClasses: [ServiceClass.dns('A')],
        },
        mesh: {
          id: B,
          namespace: 1001,
          owns: ['*.example'],
          ownsAddresses: ['10.1.0.0/16'],
          hierarchical: true,
        },
        rest: { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e00cc', namespace: 1002 },
      },
      lookup: () => undefined,
      stillValid: () => true,
    }),
  )
  const filter = buildFilter(definition, 7, undefined)

  it('has each pattern, block and class once, with a bit for each entry', () => {
    assert.deepEqual(filter.patterns, [
      { kind: 1, text: 'example', entries: 0b011 },
      { kind: 0, text: 'printer', entries: 0b001 },
      { kind: 2, text: '', entries: 0b100 },
    ])
    assert.deepEqual(
      filter.blocks.map(({ family, prefix, entries }) => [family, prefix, entries]),
      [
        [4, 16, 0b011],
        [6, 8, 0b001],
      ],
    )
    assert.deepEqual(filter.classes, [{ id: ServiceClass.dns('A').id, entries: 0b001 }])
  })

  it('has the flags of each entry', () => {
    // 1 hierarchical, 2 owns by default, 4 has classes.
    assert.deepEqual(
      filter.entries.map(({ flags }) => flags),
      [4, 1, 2],
    )
    assert.equal(filter.hostFlags, HOST_ASKS_STILL_VALID)
    assert.equal(filter.graceMs, 7)
  })

  it('has exact names with a slash, which getservbyname asks for', () => {
    const owns = ['nspecho/tcp', '7007/TCP', 'plain']
    const entries = { names: { id: A, namespace: 12, owns } }
    const provider = defineProvider({ name: 'ports', entries, lookup: () => undefined })
    const { patterns } = buildFilter(definitionOf(provider), 7, undefined)
    assert.deepEqual(
      patterns.map(({ kind, text }) => [kind, text]),
      [
        [0, 'nspecho/tcp'],
        [0, '7007/tcp'],
        [0, 'plain'],
      ],
    )
  })

  const hosts: [what: string, init: Partial<ProviderInit>, flags: number][] = [
    ['nothing', {}, 0],
    ['register', { register: () => undefined }, HOST_REGISTERS],
    ['deregister', { deregister: () => undefined }, HOST_REGISTERS],
    ['remove', { remove: () => undefined }, HOST_REGISTERS],
    ['installClass', { installClass: () => undefined }, HOST_STORES_CLASSES],
    ['removeClass', { removeClass: () => undefined }, HOST_STORES_CLASSES],
    ['classInfo', { classInfo: () => undefined }, HOST_STORES_CLASSES],
    ['a directory', { directory: new MemoryDirectory() }, HOST_REGISTERS | HOST_STORES_CLASSES],
  ]
  for (const [what, init, flags] of hosts) {
    it(`says what the host does with ${what}`, () => {
      const entries = { mesh: { id: B, namespace: 1001 } }
      const lookup = () => undefined
      const provider = defineProvider({ name: 'hosts', entries, lookup, ...init })
      assert.equal(buildFilter(definitionOf(provider), 7, undefined).hostFlags, flags)
    })
  }

  it('lets half of the thread pool wait in the host itself', () => {
    assert.deepEqual(
      [undefined, '1', '2', '9', '0', 'x', '4000'].map(hostWaitLimit),
      [2, 1, 1, 4, 1, 2, 512],
    )
  })
})

describe('access', () => {
  const client = (init: Partial<Client>): Client => ({
    ...identity,
    signal: new AbortController().signal,
    ...init,
  })

  it('rules are judged by identity', () => {
    assert.equal(isAllowed(undefined, client({})), true)
    assert.equal(isAllowed('users', client({ appContainerSid: 'S-1-15-2-9' })), false)
    assert.equal(isAllowed('administrators', client({ elevated: true })), true)
    assert.equal(isAllowed({ sid: identity.userSid }, client({})), true)
  })

  it('the pipe is open to whom the rule says, and to no network', () => {
    const sid = 'S-1-5-21-1-2-3-500'
    const dacl = (sddl: string) => [...sddl.matchAll(/\(([^)]*)\)/g)].map(([, ace]) => ace)
    assert.deepEqual(dacl(pipeSddl(sid, {})), [
      'D;;FA;;;S-1-5-2',
      `A;;FA;;;${sid}`,
      'A;;FA;;;S-1-5-18',
      'A;;0x120183;;;WD',
    ])
    assert.ok(
      dacl(pipeSddl(sid, { connect: 'administrators' })).includes('A;;0x120183;;;S-1-5-32-544'),
    )
    assert.ok(
      dacl(pipeSddl(sid, { connect: { sid: 'S-1-5-19' } })).includes('A;;0x120183;;;S-1-5-19'),
    )
    assert.ok(dacl(pipeSddl(sid, { connect: () => true })).includes('A;;0x120183;;;WD'))
    assert.ok(!pipeSddl(sid, {}).includes('S-1-15-2-1'))
    assert.match(pipeSddl(sid, {}), new RegExp(`^O:${sid}G:${sid}D:P\\(`))
  })

  it("files can be written by administrators alone, but for the control file's data", () => {
    for (const sddl of [folderSddl(), controlSddl('S-1-5-19')]) {
      assert.match(sddl, /^O:S-1-5-32-544G:S-1-5-32-544D:P\(/)
      for (const [, rights, sid] of sddl.matchAll(/\(A;[A-Z]*;([^;]*);;;([^)]*)\)/g)) {
        const isTrusted = sid === 'S-1-5-18' || sid === 'S-1-5-32-544'
        if (rights === 'FA') assert.ok(isTrusted, sid)
        // Neither delete, nor change owner or descriptor, nor delete children.
        else assert.equal(Number(rights) & 0x000d0040, 0)
        if (!isTrusted && sid !== 'S-1-5-19')
          assert.equal(Number(rights) & 0x116, 0, `${sid} cannot write`)
      }
      assert.match(sddl, /S-1-15-2-1\)/)
      assert.match(sddl, /S-1-15-2-2\)/)
    }
  })
})

describe('options of serve', () => {
  it('have defaults', () => {
    assert.deepEqual(checkServeOptions({}), {
      install: 'require',
      clients: 256,
      callsPerClient: 256,
      answerBytes: 16 * 1024 * 1024,
      restartGraceMs: 30_000,
    })
  })

  it('are refused all at once', () => {
    const wrong = {
      install: 'yes',
      signal: 1,
      limits: { clients: 0, calls: 1 },
      restartGraceMs: -1,
      x: 1,
    } as never
    assert.throws(
      () => checkServeOptions(wrong),
      (error: Error & { code: string; issues: { path: string }[] }) => {
        assert.equal(error.code, 'ERR_INVALID_ARG_VALUE')
        const paths = error.issues.map(({ path }) => path).toSorted()
        assert.deepEqual(paths, [
          'install',
          'limits.calls',
          'limits.clients',
          'restartGraceMs',
          'signal',
          'x',
        ])
        return true
      },
    )
  })
})
