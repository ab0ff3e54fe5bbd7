// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What one answer becomes on the wire: alias results, blobs that the DLL makes, addresses of every kind.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { encodeAnswer } from '../../lib/host/answer.ts'
import { makeQuery } from '../../lib/host/query.ts'
import { LookupFlag, type NspError, ServiceClass, type ServiceInit } from '../../lib/index.ts'
import { makeAddress } from '../../lib/internal/service.ts'
import { BLOB_HOSTENT, BLOB_SERVENT } from '../../lib/wire/constants.ts'
import { readQuerySet, type WireQuerySet } from '../../lib/wire/wire.ts'
import { query } from '../helpers/fake-server.ts'

const HOST = '0002a800-0000-0000-c000-000000000046'
const BY_ADDRESS = '0002a801-0000-0000-c000-000000000046'
const SERVICE = '0002a802-0000-0000-c000-000000000046'
const BY_NAME = '0002a803-0000-0000-c000-000000000046'
const { RETURN_ADDR, RETURN_ALIASES, RETURN_ALL, RETURN_BLOB, RETURN_NAME } = LookupFlag

function answer(init: ServiceInit, ask: Partial<WireQuerySet> = {}): WireQuerySet[] {
  const question = { query: makeQuery(query(ask)), entry: 0, namespace: 1001 }
  return encodeAnswer(init, 0, question).blocks.map((block) => readQuerySet(block))
}

function faults(init: ServiceInit): readonly { path: string; message: string }[] {
  try {
    answer(init)
  } catch (error) {
    return (error as NspError).issues
  }
  return assert.fail('nothing was thrown')
}

describe('aliases', () => {
  const init = { addresses: ['10.0.0.1'], aliases: new Set(['uno', 'eins']), version: 2 }

  it('NEXT-19 are results of their own after the primary one', () => {
    const results = answer(init, { flags: RETURN_ALL })
    assert.deepEqual(
      results.map(({ name, flags, addresses, version }) => [
        name,
        flags,
        addresses.length,
        version?.value,
      ]),
      [
        ['one.nsp.test', 0, 1, 2],
        ['uno', 1, 1, 2],
        ['eins', 1, 1, 2],
      ],
    )
  })

  it('NEXT-19 are left out if nobody asked for them', () => {
    assert.equal(answer(init, { flags: RETURN_ALL & ~RETURN_ALIASES }).length, 1)
  })

  it('come with nothing if the query can use nothing of the service', () => {
    const ask = { flags: RETURN_ADDR | RETURN_ALIASES, serviceClass: ServiceClass.dns('AAAA').id }
    assert.deepEqual(answer(init, ask), [])
  })

  const wrong = [
    { aliases: 'uno' as never, path: 'aliases', message: /not a list/ },
    { aliases: ['uno', ''], path: 'aliases[1]', message: /not a name/ },
    { aliases: [7 as never], path: 'aliases[0]', message: /not a name/ },
    { aliases: ['a\0b'], path: 'aliases[0]', message: /zero character/ },
    { aliases: ['a'.repeat(4096), 'b'.repeat(4096)], path: 'aliases', message: /8192/ },
  ]
  for (const { aliases, path, message } of wrong) {
    it(`that are wrong are named: ${path} ${message.source}`, () => {
      const [issue] = faults({ aliases })
      assert.equal(issue?.path, path)
      assert.match(issue.message, message)
    })
  }
})

describe('hostent blobs', () => {
  const init = { addresses: ['10.0.0.1', 'fd00::1', '10.0.0.2'], aliases: ['uno'] }
  for (const serviceClass of [HOST, BY_NAME]) {
    it(`RES-07 are made of name, aliases and IPv4 addresses for ${serviceClass}`, () => {
      const flags = RETURN_NAME | RETURN_BLOB
      const [set, ...rest] = answer(init, { serviceClass, flags })
      assert.deepEqual(rest, [])
      assert.equal(set?.blobKind, BLOB_HOSTENT)
      assert.equal(set.blob, undefined)
      assert.equal(set.name, 'one.nsp.test')
      assert.deepEqual(set.aliases, ['uno'])
      assert.deepEqual(
        set.addresses.map((address) => makeAddress(address).address),
        ['10.0.0.1', '10.0.0.2'],
      )
    })
  }

  it('have the aliases in them; results for aliases have none', () => {
    const flags = RETURN_NAME | RETURN_BLOB | RETURN_ALIASES
    const results = answer(init, { serviceClass: BY_NAME, flags })
    assert.deepEqual(
      results.map(({ name, blobKind, aliases }) => [name, blobKind, aliases]),
      [
        ['one.nsp.test', BLOB_HOSTENT, ['uno']],
        ['uno', undefined, undefined],
      ],
    )
  })

  it('are not made without IPv4 addresses: such a service is no answer', () => {
    const ask = { serviceClass: BY_NAME, flags: RETURN_NAME | RETURN_BLOB }
    assert.deepEqual(answer({ addresses: ['fd00::1'] }, ask), [])
    assert.deepEqual(answer({}, ask), [])
  })

  it('are not made where nobody asks for a blob, or the class is another', () => {
    const byName = { serviceClass: BY_NAME, flags: RETURN_NAME | RETURN_ADDR }
    assert.equal(answer(init, byName)[0]?.blobKind, undefined)
    assert.equal(answer(init, { flags: RETURN_ALL })[0]?.blobKind, undefined)
  })

  it('are never the bytes of the answer', () => {
    const blob = Uint8Array.of(7)
    const [made] = answer({ ...init, blob }, { serviceClass: BY_NAME })
    assert.deepEqual([made?.blobKind, made?.blob], [BLOB_HOSTENT, undefined])
    const flags = RETURN_NAME | RETURN_BLOB
    assert.deepEqual(answer({ blob }, { serviceClass: BY_NAME, flags }), [])
    assert.deepEqual(answer({ blob }, { serviceClass: SERVICE, flags }), [])
    assert.deepEqual(answer({ blob }, { flags })[0]?.blob, blob)
  })

  it('of an address have that address unless the answer has others', () => {
    const ask = { serviceClass: BY_ADDRESS, name: '10.1.0.1', flags: RETURN_NAME | RETURN_BLOB }
    const texts = (init: ServiceInit) =>
      answer(init, ask).map(({ name, blobKind, addresses }) => [
        name,
        blobKind,
        addresses.map((address) => makeAddress(address).address),
      ])
    assert.deepEqual(texts({ name: 'one.nsp.test' }), [
      ['one.nsp.test', BLOB_HOSTENT, ['10.1.0.1']],
    ])
    assert.deepEqual(texts({ name: 'one.nsp.test', addresses: ['10.1.0.2'] }), [
      ['one.nsp.test', BLOB_HOSTENT, ['10.1.0.2']],
    ])
  })
})

describe('servent blobs', () => {
  const ask = { serviceClass: SERVICE, name: 'echo/tcp', flags: RETURN_NAME | RETURN_BLOB }
  const rows: { what: string; init: ServiceInit; made: string | undefined }[] = [
    {
      what: 'the class of the answer',
      init: { serviceClass: ServiceClass.udp(7) },
      made: ServiceClass.udp(7).id,
    },
    {
      what: 'the first address, over TCP',
      init: { addresses: [{ address: '10.0.0.1:7', transport: 'tcp' }, '10.0.0.1:9'] },
      made: ServiceClass.tcp(7).id,
    },
    {
      what: 'the first address, over UDP',
      init: { addresses: ['[fd00::1]:7'] },
      made: ServiceClass.udp(7).id,
    },
    { what: 'nothing: no port', init: { addresses: ['10.0.0.1'] }, made: undefined },
    { what: 'nothing: no address', init: {}, made: undefined },
    {
      what: 'nothing: another protocol',
      init: {
        addresses: [
          {
            family: 2,
            remote: new Uint8Array(16).fill(2, 0, 1).fill(7, 3, 4),
            socketType: 3,
            protocol: 1,
          },
        ],
      },
      made: undefined,
    },
  ]
  for (const { what, init, made } of rows) {
    it(`RES-07 say port and transport by ${what}`, () => {
      const [set] = answer({ ...init, aliases: ['ping'] }, ask)
      assert.equal(set?.serviceClass, made)
      if (made === undefined) return
      assert.deepEqual([set?.blobKind, set?.aliases, set?.name], [BLOB_SERVENT, ['ping'], 'echo'])
    })
  }
})

describe('addresses of an answer', () => {
  const IPX = Uint8Array.of(6, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 64, 1)
  const all = [
    '10.0.0.1',
    '[fe80::1%4]:443',
    { family: 6, remote: IPX, socketType: 2, protocol: 1000 },
    { address: '10.0.0.2', local: '0.0.0.0:53', port: 53, transport: 'udp' },
  ] as const
  const shown = (set: WireQuerySet | undefined) =>
    set?.addresses
      .map(makeAddress)
      .map(({ family, address, port, scopeId, socketType }) => [
        family,
        address,
        port,
        scopeId,
        socketType,
      ])

  it('go out in their order, of every family, with port and scope', () => {
    const [set] = answer({ addresses: all })
    assert.deepEqual(shown(set), [
      [2, '10.0.0.1', 0, undefined, 2],
      [23, 'fe80::1', 443, 4, 2],
      [6, undefined, undefined, undefined, 2],
      [2, '10.0.0.2', 53, undefined, 2],
    ])
    assert.deepEqual(set?.addresses[2]?.remote, IPX)
    assert.equal(makeAddress(set?.addresses[3] ?? assert.fail()).local?.length, 16)
  })

  const families: [ask: Partial<WireQuerySet>, kept: number[]][] = [
    [{ serviceClass: ServiceClass.dns('A').id }, [2, 2]],
    [{ serviceClass: ServiceClass.dns('AAAA').id }, [23]],
    [{ serviceClass: BY_NAME }, [2, 2]],
    [{ serviceClass: ServiceClass.tcp(80).id }, [2, 23, 6, 2]],
    [{ protocols: [{ family: 6, protocol: 1000 }] }, [6]],
    [{ protocols: [{ family: 0, protocol: 0 }] }, [2, 23, 6, 2]],
    [{ protocols: [{ family: 2, protocol: 6 }] }, [2, 2]],
  ]
  for (const [ask, kept] of families) {
    it(`are those that ${JSON.stringify(ask)} can use`, () => {
      const [set] = answer({ addresses: all }, { flags: RETURN_ADDR, ...ask })
      assert.deepEqual(
        set?.addresses.map((address) => makeAddress(address).family),
        kept,
      )
    })
  }

  it('may be as many as 4096, and no more', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, at) => `10.0.${at >> 8}.${at & 255}`)
    assert.equal(answer({ addresses: many(4096) })[0]?.addresses.length, 4096)
    assert.deepEqual(faults({ addresses: many(4097) }), [
      { path: 'addresses', message: 'more than 4096' },
    ])
  })
})
