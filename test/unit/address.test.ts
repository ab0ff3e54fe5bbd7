// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Addresses: every form that may be written, as the bytes that Windows wants; and CIDR blocks.
import assert from 'node:assert/strict'
import { SocketAddress } from 'node:net'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { AddressFault, encodeAddress, parseCidr } from '../../lib/address.ts'
import type { AddressInit } from '../../lib/types.ts'
import { decodeSockaddr, encodeSockaddr, formatIp, parseIp } from '../../lib/wire/sockaddr.ts'

const UDP = { port: 0, transport: 'udp' } as const
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

const forms: {
  init: AddressInit
  remote: string
  type?: number
  protocol?: number
  local?: string
}[] = [
  { init: '10.0.0.7', remote: '020000000a0000070000000000000000' },
  { init: '10.0.0.7:443', remote: '020001bb0a0000070000000000000000' },
  { init: '::1', remote: `17000000${'00000000'}${'00'.repeat(15)}01${'00000000'}` },
  { init: '[fe80::1%4]:443', remote: `170001bb00000000fe80${'00'.repeat(13)}0104000000` },
  { init: 'fe80::1%254', remote: `1700000000000000fe80${'00'.repeat(13)}01fe000000` },
  { init: '[::ffff:10.0.0.1]', remote: `1700000000000000${'00'.repeat(10)}ffff0a00000100000000` },
  {
    init: { address: '10.0.0.7', port: 80, transport: 'tcp' },
    remote: '020000500a0000070000000000000000',
    type: 1,
    protocol: 6,
  },
  { init: { address: '10.0.0.7:80', port: undefined }, remote: '020000500a0000070000000000000000' },
  {
    init: { address: 'fe80::1', scopeId: 7 },
    remote: `1700000000000000fe80${'00'.repeat(13)}0107000000`,
  },
  {
    init: { address: '10.0.0.7', local: '0.0.0.0:53' },
    remote: '020000000a0000070000000000000000',
    local: '02000035000000000000000000000000',
  },
  {
    init: { family: 32, remote: Uint8Array.of(32, 0, 1, 2), socketType: 1, protocol: 3 },
    remote: '20000102',
    type: 1,
    protocol: 3,
  },
]

describe('addresses', () => {
  for (const { init, remote, type = 2, protocol = 17, local = '' } of forms) {
    it(`${JSON.stringify(init)} is encoded`, () => {
      const made = encodeAddress(init, UDP)
      assert.deepEqual(
        [hex(made.remote), made.socketType, made.protocol, hex(made.local)],
        [remote, type, protocol, local],
      )
    })
  }

  it('default port and transport come from the class', () => {
    const made = encodeAddress('10.0.0.7', { port: 8080, transport: 'tcp' })
    assert.deepEqual([hex(made.remote).slice(4, 8), made.socketType, made.protocol], ['1f90', 1, 6])
    assert.equal(
      hex(encodeAddress('10.0.0.7:1', { port: 8080, transport: 'tcp' }).remote).slice(4, 8),
      '0001',
    )
  })

  const wrong = [
    '',
    'host',
    '10.0.0',
    '10.0.0.1:',
    '10.0.0.1:x',
    '[10.0.0.1]',
    '::1:443:',
    '1::2::3',
    '10.0.0.1%4',
    'fe80::1%',
    'fe80::1%4%5',
    '[::1',
    '[::1]:65536',
    ' 10.0.0.1',
  ]
  for (const text of wrong) {
    it(`${JSON.stringify(text)} is none`, () => {
      assert.throws(() => encodeAddress(text, UDP), AddressFault)
    })
  }

  it('refuses objects without running their code', () => {
    const evil = { toString: () => assert.fail('was run') } as never
    for (const init of [
      Object.create(null),
      { address: evil },
      { address: '10.0.0.1', port: evil },
    ])
      assert.throws(() => encodeAddress(init, UDP), AddressFault)
    assert.match(String(parseCidr(evil)), /not a CIDR block: an object/)
  })

  it("IPv6 text and bytes are each other, and the shortest text is Node's", () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const ip = parseIp(text)
        assert.ok(ip)
        const again = parseIp(formatIp(ip))
        assert.deepEqual(again, ip)
        const plain = new SocketAddress({ address: text, family: 'ipv6' }).address
        assert.deepEqual(parseIp(plain), ip)
      }),
    )
    assert.equal(formatIp({ family: 6, bytes: new Uint8Array(16) }), '::')
    assert.equal(
      formatIp(parseIp('2001:db8:0:0:1:0:0:0') ?? { family: 6, bytes: new Uint8Array(0) }),
      '2001:db8:0:0:1::',
    )
  })

  it('a sockaddr comes back as it was', () => {
    const ip = fc.oneof(fc.ipV4(), fc.ipV6()).map((text) => parseIp(text))
    fc.assert(
      fc.property(ip, fc.nat(65535), fc.nat(), (address, port, scope) => {
        assert.ok(address)
        const endpoint = { ...address, port, scopeId: address.family === 6 ? scope : 0 }
        assert.deepEqual(decodeSockaddr(encodeSockaddr(endpoint)), endpoint)
      }),
    )
    assert.equal(decodeSockaddr(Uint8Array.of(2)), undefined)
    assert.equal(decodeSockaddr(Uint8Array.of(32, 0, 1)), undefined)
  })
})

describe('CIDR blocks', () => {
  it('are parsed', () => {
    assert.deepEqual(parseCidr('10.1.0.0/16'), {
      family: 4,
      bytes: Uint8Array.of(10, 1, 0, 0),
      prefix: 16,
    })
    assert.deepEqual(parseCidr('10.1.2.3'), {
      family: 4,
      bytes: Uint8Array.of(10, 1, 2, 3),
      prefix: 32,
    })
    assert.equal((parseCidr('fd00::/8') as { prefix: number }).prefix, 8)
    assert.equal(typeof parseCidr('0.0.0.0/0'), 'object')
  })
  for (const text of [
    '10.0.0.0/33',
    '10.0.0.0/x',
    '10.0.0.0/8/9',
    'x/8',
    '10.128.0.0/8',
    'fd00::1/64',
    7,
  ]) {
    it(`${JSON.stringify(text)} is none`, () => assert.equal(typeof parseCidr(text), 'string'))
  }
})
