// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// GUIDs, service classes and queries.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { guidFromBytes, guidToBytes, parseGuid } from '../../lib/guid.ts'
import { makeQuery } from '../../lib/host/query.ts'
import { LookupFlag, ServiceClass } from '../../lib/index.ts'
import { serviceClassId } from '../../lib/service-class.ts'
import { query } from '../helpers/fake-server.ts'

describe('GUIDs', () => {
  it('are accepted in every spelling and given out in one', () => {
    const id = '0a7d3b52-2f2b-4f0c-8b7c-0f5b7f6f0002'
    for (const text of [id, id.toUpperCase(), `{${id}}`, `{${id.toUpperCase()}}`])
      assert.equal(parseGuid(text), id)
    for (const text of [
      '',
      `{${id}`,
      `${id}}`,
      id.slice(1),
      `${id}0`,
      id.replace('-', ''),
      7,
      undefined,
      `(${id})`,
    ]) {
      assert.equal(parseGuid(text), undefined)
    }
  })

  it('lie in memory as Windows has them', () => {
    const bytes = guidToBytes('00112233-4455-6677-8899-aabbccddeeff')
    assert.equal(Buffer.from(bytes).toString('hex'), '33221100554477668899aabbccddeeff')
    fc.assert(fc.property(fc.uuid(), (id) => assert.equal(guidFromBytes(guidToBytes(id)), id)))
  })
})

// The GUIDs of svcguid.h.
const classes = [
  { id: '0002a800-0000-0000-c000-000000000046', kind: 'host' },
  { id: '0002a801-0000-0000-c000-000000000046', kind: 'hostByAddress' },
  { id: '0002a802-0000-0000-c000-000000000046', kind: 'serviceByName' },
  { id: '0002a803-0000-0000-c000-000000000046', kind: 'hostByName' },
  { id: '00090035-0000-0001-c000-000000000046', kind: 'dns', record: 'A' },
  { id: '00090035-0000-000c-c000-000000000046', kind: 'dns', record: 'PTR' },
  { id: '00090035-0000-001c-c000-000000000046', kind: 'dns', record: 'AAAA' },
  { id: '00090035-0000-0021-c000-000000000046', kind: 'dns', record: 'SRV' },
  { id: '00090035-0000-0000-c000-000000000046', kind: 'tcp', port: 53 },
  { id: '00091f90-0000-0000-c000-000000000046', kind: 'tcp', port: 8080 },
  { id: '000a0045-0000-0000-c000-000000000046', kind: 'udp', port: 69 },
  { id: '000b0640-0000-0000-c000-000000000046', kind: 'netware', sap: 0x640 },
  { id: '00090035-0000-0099-c000-000000000046', kind: 'other' },
  { id: '00090036-0000-0001-c000-000000000046', kind: 'other' },
  { id: '0002a804-0000-0000-c000-000000000046', kind: 'other' },
  { id: '9a8b7c6d-0001-4000-8000-000000000001', kind: 'other' },
]

describe('service classes', () => {
  it('are what their GUID says, however many were decoded before', () => {
    for (const port of [...Array(1000).keys(), ...Array(1000).keys()]) {
      const made = ServiceClass.tcp(port)
      assert.equal(made.kind === 'tcp' && made.port, port)
    }
  })

  for (const expected of classes) {
    it(`${expected.id} is ${expected.kind}`, () =>
      assert.deepEqual({ ...ServiceClass.of(expected.id) }, expected))
  }

  it('are made', () => {
    assert.equal(ServiceClass.tcp(8080).id, '00091f90-0000-0000-c000-000000000046')
    assert.equal(ServiceClass.udp(69).id, '000a0045-0000-0000-c000-000000000046')
    assert.equal(ServiceClass.dns('AAAA').id, '00090035-0000-001c-c000-000000000046')
    assert.equal(serviceClassId(ServiceClass.tcp(80)), ServiceClass.tcp(80).id)
    assert.equal(serviceClassId('x'), undefined)
    for (const port of [-1, 65536, 1.5])
      assert.throws(() => ServiceClass.tcp(port), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => ServiceClass.dns('X' as 'A'), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => ServiceClass.of('x'), { code: 'ERR_INVALID_ARG_VALUE' })
  })
})

describe('a query', () => {
  const A = ServiceClass.dns('A').id
  const families = [
    { wire: {}, expected: [4, 6] },
    { wire: { serviceClass: A }, expected: [4] },
    { wire: { serviceClass: ServiceClass.dns('AAAA').id }, expected: [6] },
    { wire: { serviceClass: ServiceClass.dns('PTR').id }, expected: [4, 6] },
    { wire: { serviceClass: '0002a803-0000-0000-c000-000000000046' }, expected: [4] },
    { wire: { protocols: [{ family: 2, protocol: 6 }] }, expected: [4] },
    { wire: { protocols: [{ family: 23, protocol: 0 }] }, expected: [6] },
    { wire: { protocols: [{ family: 0, protocol: 0 }] }, expected: [4, 6] },
    { wire: { protocols: [{ family: 6, protocol: 0 }] }, expected: [] },
    { wire: { serviceClass: A, protocols: [{ family: 23, protocol: 0 }] }, expected: [] },
  ]
  for (const { wire, expected } of families) {
    it(`${JSON.stringify(wire)} can use ${expected.join(' and ') || 'nothing'}`, () => {
      assert.deepEqual(makeQuery(query(wire)).families, expected)
    })
  }

  it('is frozen, with its key, version and wishes', () => {
    const made = makeQuery(
      query({
        name: 'One.Example.',
        flags: LookupFlag.RETURN_ADDR | LookupFlag.RETURN_NAME | 0x40000000,
        version: { value: 3, compare: 1 },
      }),
    )
    assert.deepEqual([made.name, made.key, made.flags], ['One.Example.', 'one.example', 0x40000110])
    assert.deepEqual(made.version, { value: 3, compare: 'notLess' })
    assert.deepEqual(made.wants, {
      name: true,
      type: false,
      version: false,
      comment: false,
      addresses: true,
      blob: false,
      aliases: false,
      queryString: false,
    })
    for (const part of [made, made.families, made.protocols, made.wants, made.version])
      assert.ok(Object.isFrozen(part))
    assert.equal(makeQuery(query({ name: undefined })).key, undefined)
  })
})
