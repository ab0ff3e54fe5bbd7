// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// WSASetService over a fake pipe: what handlers get, and the codes that clients get.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import {
  type CallContext,
  type NspError,
  type ProviderInit,
  type ServiceChange,
  WinsockCode,
  WinsockError,
} from '../../lib/index.ts'
import { FRAME_SET_SERVICE } from '../../lib/wire/constants.ts'
import { fakeHost, turn } from '../helpers/fake-host.ts'
import { registration, WEB } from '../helpers/services.ts'

const ONE: Parameters<typeof registration> = [['10.0.0.1']]

interface Seen {
  readonly operation: string
  readonly change: ServiceChange
  readonly context: CallContext
}

function recording(): { seen: Seen[]; handlers: Partial<ProviderInit> } {
  const seen: Seen[] = []
  const record = (operation: string) => (change: ServiceChange, context: CallContext) =>
    void seen.push({ operation, change, context })
  const handlers = {
    register: record('register'),
    deregister: record('deregister'),
    remove: record('remove'),
  }
  return { seen, handlers }
}

describe('a registration', () => {
  it('reaches its handler with everything that the contract lets through', async () => {
    const { seen, handlers } = recording()
    const { server, host } = await fakeHost(handlers)
    const wire = registration(['10.0.0.1', '[fe80::1%4]:81'], {
      comment: 'c',
      version: { value: 3, compare: 0 },
      blob: Uint8Array.of(1, 2),
      context: '\\top',
      queryString: 'ignored',
      protocols: [{ family: 2, protocol: 6 }],
      flags: 0x10,
    })
    const reply = await server.setService(0, wire, { multiple: true }).answer
    assert.deepEqual([reply.status, reply.size], [0, 0])
    const [{ operation, change, context } = assert.fail()] = seen
    assert.equal(operation, 'register')
    assert.equal(change.multiple, true)
    const { addresses, ...service } = change.service
    assert.deepEqual(service, {
      name: 'Printer.reg.test',
      serviceClass: WEB,
      alias: false,
      change: undefined,
      version: 3,
      comment: 'c',
      context: '\\top',
      queryString: undefined,
      blob: Uint8Array.of(1, 2),
      namespace: 1001,
      providerId: host.provider.entries['mesh']?.id,
    })
    assert.deepEqual(
      addresses.map(({ address, port, scopeId, socketType, protocol }) => [
        address,
        port,
        scopeId,
        socketType,
        protocol,
      ]),
      [
        ['10.0.0.1', 80, undefined, 1, 6],
        ['fe80::1', 81, 4, 1, 6],
      ],
    )
    assert.equal(context.handle, undefined)
    assert.equal(context.client.processId, 4711)
    assert.equal(context.entry.key, 'mesh')
    assert.ok(context.deadline > performance.now())
    assert.ok(Object.isFrozen(change) && Object.isFrozen(change.service))
  })

  it('deregister and remove come to their handlers, addresses or none', async () => {
    const { seen, handlers } = recording()
    const { server, host } = await fakeHost(handlers)
    assert.equal((await server.setService(1, registration([])).answer).status, 0)
    assert.equal((await server.setService(2, registration(['10.0.0.1'])).answer).status, 0)
    assert.deepEqual(
      seen.map(({ operation, change }) => [operation, change.service.addresses.length]),
      [
        ['deregister', 0],
        ['remove', 1],
      ],
    )
    const { register, deregister, remove } = host.stats().calls
    assert.deepEqual([register.count, deregister.count, remove.count], [0, 1, 1])
  })

  const codes: {
    what: string
    init?: Partial<ProviderInit>
    operation?: 0 | 1 | 2
    wire?: Parameters<typeof registration>
    status: number
    reported?: string
  }[] = [
    {
      what: 'without a name',
      wire: [['10.0.0.1'], { name: undefined }],
      status: WinsockCode.WSAEINVAL,
    },
    { what: 'with an empty name', wire: [['10.0.0.1'], { name: '' }], status: 10022 },
    {
      what: 'without a class',
      wire: [['10.0.0.1'], { serviceClass: undefined }],
      status: WinsockCode.WSAEINVAL,
    },
    { what: 'without addresses', wire: [[]], status: WinsockCode.WSAEINVAL },
    {
      what: 'deregister without a class',
      operation: 1,
      wire: [[], { serviceClass: undefined }],
      status: WinsockCode.WSAEINVAL,
    },
    {
      what: 'that no handler takes',
      init: { register: undefined as never },
      status: WinsockCode.WSAEOPNOTSUPP,
    },
    {
      what: 'that nobody may make',
      init: { allow: { register: 'administrators' } },
      status: WinsockCode.WSAEACCES,
    },
    {
      what: 'that a function forbids',
      init: { allow: { register: async () => false } },
      status: WinsockCode.WSAEACCES,
    },
    {
      what: 'whose rule throws',
      init: {
        allow: {
          register() {
            throw new Error('rule')
          },
        },
      },
      status: WinsockCode.WSATRY_AGAIN,
      reported: 'rule',
    },
    {
      what: 'whose handler says a code',
      init: {
        register() {
          throw new WinsockError('WSASERVICE_NOT_FOUND')
        },
      },
      status: WinsockCode.WSASERVICE_NOT_FOUND,
    },
    {
      what: 'whose handler throws',
      init: {
        onFailure: 'WSAEREFUSED',
        async register() {
          throw new Error('broken')
        },
      },
      status: WinsockCode.WSAEREFUSED,
      reported: 'broken',
    },
  ]
  for (const { what, init = {}, operation = 0, wire, status, reported } of codes) {
    it(`${what}: ${status}`, async () => {
      const { handlers } = recording()
      const { register: _, ...others } = handlers
      const isMissing = 'register' in init && init.register === undefined
      const given = isMissing ? others : { ...handlers, ...init }
      const { server, failures, host } = await fakeHost(given)
      const reply = await server.setService(operation, registration(...(wire ?? ONE))).answer
      assert.equal(reply.status, status)
      const told = failures.map((failure) => [
        failure.operation,
        (failure.error as Error).message,
        failure.context.handle,
      ])
      assert.deepEqual(told, reported === undefined ? [] : [['register', reported, undefined]])
      const { register, deregister } = host.stats().calls
      assert.equal(register.failed + deregister.failed, 1)
    })
  }

  it('allow.register does not bind lookups', async () => {
    const { handlers } = recording()
    const allow = { register: 'administrators' } as const
    const { server } = await fakeHost({ ...handlers, allow })
    server.connect(2, { elevated: true })
    const wire = registration(['10.0.0.1'])
    assert.equal((await server.setService(0, wire, { client: 2 }).answer).status, 0)
    assert.equal((await server.setService(2, wire).answer).status, WinsockCode.WSAEACCES)
  })

  it('that is late is aborted and reported', async () => {
    const contexts: CallContext[] = []
    const { server, failures, host } = await fakeHost({
      register(_, context) {
        contexts.push(context)
        return new Promise(() => undefined)
      },
    })
    const { call } = server.setService(0, registration(['10.0.0.1']))
    await turn()
    server.late(call)
    const reason = contexts[0]?.signal.reason as NspError | undefined
    assert.equal(reason?.code, 'ERR_NSP_CALL_TIMEOUT')
    assert.deepEqual(
      failures.map(({ operation, context }) => [operation, context]),
      [['register', contexts[0]]],
    )
    assert.equal(host.stats().calls.register.timedOut, 1)
    await host.close()
  })

  it('is refused with WSAENETDOWN while the host closes', async () => {
    const gate = Promise.withResolvers<void>()
    const { server, host } = await fakeHost({ register: () => gate.promise })
    const first = server.setService(0, registration(['10.0.0.1'])).answer
    const closing = host.close()
    const second = server.setService(0, registration(['10.0.0.1'])).answer
    assert.equal((await second).status, WinsockCode.WSAENETDOWN)
    gate.resolve()
    assert.equal((await first).status, 0)
    await closing
  })

  const wrong = [
    { what: 'an operation that is none', at: 4, value: 3 },
    { what: 'a flag that is none', at: 8, value: 2 },
  ]
  for (const { what, at, value } of wrong) {
    it(`with ${what} is a malformed frame`, async () => {
      const { server } = await fakeHost(recording().handlers)
      const body = new Uint8Array(16 + 56)
      new DataView(body.buffer).setUint32(16, 56, true)
      new DataView(body.buffer).setUint32(at, value, true)
      server.frame(FRAME_SET_SERVICE, { call: 1, body })
      assert.deepEqual(server.disconnected, [1])
    })
  }

  it('of a lookup is a malformed frame', async () => {
    const { server } = await fakeHost(recording().handlers)
    const body = new Uint8Array(16 + 56)
    new DataView(body.buffer).setUint32(16, 56, true)
    server.frame(FRAME_SET_SERVICE, { call: 1, lookup: 7, body })
    assert.deepEqual(server.disconnected, [1])
  })
})
