// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The client's registrations and classes over a port that is not Windows, and every argument that is refused.
import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'mocha'
import { createWinsock } from '../../lib/ask/winsock-client.ts'
import * as client from '../../lib/client.ts'
import { ServiceClass } from '../../lib/index.ts'
import type { Lookup, Winsock } from '../../lib/winsock.ts'
import { turn } from '../helpers/fake-host.ts'
import { FakePort, failure, MESH_ID } from '../helpers/fake-port.ts'

const [REGISTER, DEREGISTER, DELETE] = [0, 1, 2]
const WEB = ServiceClass.tcp(80)
const SERVICE = { name: 'a.test', serviceClass: WEB, addresses: ['10.0.0.1', '[fd00::1]:81'] }
const CLASS = {
  id: WEB.id,
  name: 'web',
  properties: [{ name: 'TcpPort', namespace: 12, type: 4, value: Uint8Array.of(80, 0, 0, 0) }],
}

let port: FakePort
let winsock: Winsock

beforeEach(() => {
  port = new FakePort()
  winsock = createWinsock(() => port)
})

describe('client: registration', () => {
  it('registers, and deregisters the same once', async () => {
    const entry = await winsock.register(
      { ...SERVICE, comment: 'x', version: 2 },
      { multiple: true, namespace: 1001, providerId: MESH_ID.toUpperCase() },
    )
    await Promise.all([entry[Symbol.asyncDispose](), entry[Symbol.asyncDispose]()])
    assert.deepEqual(
      port.sets.map(({ operation, flags }) => [operation, flags]),
      [
        [REGISTER, 1],
        [DEREGISTER, 1],
      ],
    )
    const [first, second] = port.sets
    assert.equal(first?.set, second?.set)
    const { addresses, ...rest } = first?.set ?? assert.fail()
    assert.deepEqual(rest, {
      name: 'a.test',
      serviceClass: WEB.id,
      namespace: 1001,
      providerId: MESH_ID,
      version: 2,
      comment: 'x',
      context: undefined,
      queryString: undefined,
      blob: undefined,
    })
    // Port and transport come from the class where the address has none.
    assert.deepEqual(
      addresses.map(({ socketType, protocol, remote }) => [
        socketType,
        protocol,
        remote[2],
        remote[3],
      ]),
      [
        [1, 6, 0, 80],
        [1, 6, 0, 81],
      ],
    )
  })

  it('takes it for done that somebody else removed it', async () => {
    const entry = await winsock.register(SERVICE)
    port.setService = () => Promise.reject(failure(10108, 'WSASetServiceW'))
    await entry[Symbol.asyncDispose]()
    const other = await createWinsock(() => new FakePort()).register(SERVICE)
    await other[Symbol.asyncDispose]()
  })

  it('takes back what is registered after an abort', async () => {
    const gate = Promise.withResolvers<void>()
    port.registerGate = gate.promise
    const controller = new AbortController()
    const reason = new Error('as the test wants')
    const waiting = winsock.register(SERVICE, { signal: controller.signal })
    controller.abort(reason)
    await assert.rejects(waiting, reason)
    gate.resolve()
    while (port.sets.length < 2) await turn()
    assert.deepEqual(
      port.sets.map(({ operation }) => operation),
      [REGISTER, DEREGISTER],
    )
  })

  it('removes by name and class', async () => {
    await winsock.remove('a.test', WEB.id, { namespace: 1001 })
    const [{ operation, flags, set } = assert.fail()] = port.sets
    assert.deepEqual([operation, flags, set.name, set.namespace], [DELETE, 0, 'a.test', 1001])
  })

  it('installs, tells and removes classes', async () => {
    await winsock.installClass(CLASS)
    const info = await winsock.classInfo(MESH_ID, CLASS.id)
    assert.deepEqual(info, CLASS)
    assert.ok(Object.isFrozen(info) && Object.isFrozen(info.properties[0]))
    await winsock.removeClass(CLASS.id)
    await assert.rejects(winsock.removeClass(MESH_ID), { code: 'WSATYPE_NOT_FOUND' })
    await assert.rejects(winsock.classInfo(MESH_ID, MESH_ID), { code: 'WSATYPE_NOT_FOUND' })
  })
})

type Call = (winsock: Winsock, lookup: Lookup) => unknown
const bad = (value: unknown) => value as never

/** What is refused, and the fields that the message names. */
const REFUSED: readonly [what: string, call: Call, paths: readonly string[]][] = [
  ['no query', (w) => w.query(bad(undefined)), ['query']],
  ['a number', (w) => w.watch(bad(7)), ['query']],
  ['a null', (w) => w.open(bad(null)), ['query']],
  ['a name with a zero', (w) => w.query('a\0b'), ['name']],
  ['a name that is too long', (w) => w.query('x'.repeat(9000)), ['name']],
  ['a slip', (w) => w.query(bad({ nmae: 'a' })), ['nmae']],
  [
    'everything at once',
    (w) =>
      w.query(
        bad({
          name: 1,
          serviceClass: 'web',
          namespace: -1,
          providerId: 'mesh',
          context: {},
          queryString: [],
          version: 1.5,
          blob: 'x',
          flags: 2 ** 32,
        }),
      ),
    [
      'name',
      'serviceClass',
      'context',
      'queryString',
      'version',
      'blob',
      'namespace',
      'providerId',
      'flags',
    ],
  ],
  ['options that are none', (w) => w.query('a', bad(7)), ['options']],
  ['a signal that is none', (w) => w.watch('a', bad({ signal: {} })), ['options.signal']],
  ['an option that is none', (w) => w.open('a', bad({ timeout: 1 })), ['options.timeout']],
  ['no service', (w) => w.register(bad(undefined)), ['service']],
  ['no class', (w) => w.register(bad({ name: 'a' })), ['serviceClass']],
  ['no name', (w) => w.register(bad({ serviceClass: WEB })), ['name']],
  [
    'what cannot be registered',
    (w) => w.register({ ...SERVICE, aliases: ['b'], ttl: 3 }),
    ['aliases', 'ttl'],
  ],
  [
    'addresses',
    (w) => w.register({ ...SERVICE, addresses: ['10.0.0.300', bad({ address: 'x' })] }),
    ['addresses[0]', 'addresses[1].address'],
  ],
  [
    'addresses that are no list',
    (w) => w.register(bad({ ...SERVICE, addresses: 7 })),
    ['addresses'],
  ],
  [
    'options of a registration',
    (w) => w.register(SERVICE, bad({ multiple: 1, namespace: 'x', providerId: 2 })),
    ['options.multiple', 'options.namespace', 'options.providerId'],
  ],
  ['a removal', (w) => w.remove(bad(undefined), bad('web')), ['name', 'serviceClass']],
  ['a class that is none', (w) => w.installClass(bad(null)), ['info']],
  [
    'properties',
    (w) =>
      w.installClass(bad({ ...CLASS, properties: [7, { name: 'a', namespace: 1, type: 'x' }] })),
    ['properties[0]', 'properties[1].value', 'properties[1].type'],
  ],
  ['a class to remove', (w) => w.removeClass(bad(undefined)), ['id']],
  ['a class to find', (w) => w.classInfo('x', bad(7)), ['providerId', 'id']],
  ['flags of next', (_, l) => l.next(bad({ flags: -1 })), ['options.flags']],
  ['no definition', (_, l) => l.ioctl(bad(undefined), bad(1)), ['definition']],
  [
    'a definition',
    (_, l) => l.ioctl(bad({ code: 'x', input: {}, output: 7 }), bad(1)),
    ['definition.code', 'definition.input', 'definition.output'],
  ],
  [
    'the code of notifications',
    (_, l) =>
      l.ioctl(bad({ code: 0x88000019, input: { encode() {} }, output: { decode() {} } }), bad(1)),
    ['definition.code'],
  ],
  [
    'an encoder without bytes',
    (_, l) =>
      l.ioctl(bad({ code: 1, input: { encode: () => 'x' }, output: { decode() {} } }), bad(1)),
    ['definition.input'],
  ],
  [
    'an output size',
    (_, l) =>
      l.ioctl(bad({ code: 1, input: { encode() {} }, output: { decode() {} } }), bad(1), {
        outputSize: -1,
      }),
    ['options.outputSize'],
  ],
  ['options of nextChange', (_, l) => l.nextChange(bad({ flags: 1 })), ['options.flags']],
]

describe('client: bad arguments', () => {
  for (const [what, call, paths] of REFUSED) {
    it(`names the fields: ${what}`, async () => {
      const lookup = await winsock.open({ namespace: 1001 })
      const before = port.log.length
      await assert.rejects(
        async () => call(winsock, lookup) as Promise<unknown>,
        (error: TypeError & { code: string; issues: { path: string; message: string }[] }) => {
          assert.equal(error.name, 'TypeError')
          assert.equal(error.code, 'ERR_INVALID_ARG_VALUE')
          const found = new Set(error.issues.map(({ path }) => path))
          for (const path of paths) {
            assert.ok(found.has(path), `${path} is not among ${[...found]}`)
            assert.ok(error.message.includes(path))
          }
          return true
        },
      )
      assert.equal(port.log.length, before, 'nothing was asked')
      assert.deepEqual(port.sets, [])
    })
  }

  it('are refused at once where an iterable is given', () => {
    assert.throws(() => winsock.query('a\0'), TypeError)
    assert.throws(() => winsock.watch('a\0'), TypeError)
  })

  it('has everything that a Winsock has', () => {
    assert.deepEqual(Object.keys(client).toSorted(), Object.keys(winsock).toSorted())
  })
})
