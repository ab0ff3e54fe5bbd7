// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Lookups over a fake pipe: batches, the final code, ends, several clients at once, failing handlers.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import {
  type CallContext,
  LookupFlag,
  type NspError,
  ServiceClass,
  WinsockCode,
  WinsockError,
} from '../../lib/index.ts'
import { fakeHost, turn } from '../helpers/fake-host.ts'
import { query } from '../helpers/fake-server.ts'

const ONE = { addresses: ['10.0.0.1'] }

describe('a lookup', () => {
  it('answers all in one batch if the generator ends', async () => {
    const { server } = await fakeHost({
      lookup: () => [
        { ...ONE, name: 'a' },
        { ...ONE, name: 'b' },
      ],
    })
    const batch = await server.next(1, query()).answer
    assert.deepEqual(
      batch.items.map((item) => item.name),
      ['a', 'b'],
    )
    assert.equal(batch.last, true)
    assert.equal(batch.status, 0)
  })

  it('sends what there is when the handler pauses for a turn', async () => {
    const gate = Promise.withResolvers<void>()
    const { server } = await fakeHost({
      async *lookup() {
        yield { ...ONE, name: 'a' }
        await gate.promise
        yield { ...ONE, name: 'b' }
      },
    })
    const first = await server.next(1, query()).answer
    assert.deepEqual(
      first.items.map((item) => item.name),
      ['a'],
    )
    assert.equal(first.last, false)
    const second = server.next(1)
    gate.resolve()
    const batch = await second.answer
    assert.deepEqual(
      batch.items.map((item) => item.name),
      ['b'],
    )
    assert.equal(batch.last, true)
  })

  it('never sends an empty batch that is not the last', async () => {
    const gate = Promise.withResolvers<void>()
    const { server } = await fakeHost({
      async *lookup() {
        await gate.promise
        yield ONE
      },
    })
    const { answer } = server.next(1, query())
    await turn()
    await turn()
    gate.resolve()
    assert.equal((await answer).items.length, 1)
  })

  it('cuts batches at 64 KiB and loses nothing', async () => {
    const blob = new Uint8Array(3000)
    const names = Array.from({ length: 60 }, (_, at) => `n${at}`)
    const { server } = await fakeHost({ lookup: () => names.map((name) => ({ name, blob })) })
    let batch = await server.next(1, query()).answer
    const got = batch.items.map((item) => item.name)
    let batches = 1
    while (!batch.last) {
      assert.ok(batch.bytes <= 65536 + 8, `${batch.bytes} bytes`)
      batch = await server.next(1).answer
      got.push(...batch.items.map((item) => item.name))
      batches++
    }
    assert.deepEqual(got, names)
    assert.equal(batches, 3)
  })

  it('sends a result alone that is larger than 64 KiB', async () => {
    const { server } = await fakeHost({
      lookup: () => [ONE, { blob: new Uint8Array(200_000) }, ONE],
    })
    const sizes: number[] = []
    let batch = await server.next(1, query()).answer
    sizes.push(batch.items.length)
    while (!batch.last) {
      batch = await server.next(1).answer
      sizes.push(batch.items.length)
    }
    assert.deepEqual(sizes, [1, 1, 1])
  })

  const finals = [
    {
      what: 'nothing yielded',
      answer: undefined,
      wire: {},
      status: WinsockCode.WSASERVICE_NOT_FOUND,
    },
    { what: 'an empty list', answer: [], wire: {}, status: WinsockCode.WSASERVICE_NOT_FOUND },
    { what: 'no address', answer: [{}], wire: {}, status: WinsockCode.WSANO_DATA },
    {
      what: 'no address of the family',
      answer: [{ addresses: ['fd00::1'] }],
      wire: { serviceClass: ServiceClass.dns('A').id, flags: LookupFlag.RETURN_ADDR },
      status: WinsockCode.WSANO_DATA,
    },
    {
      what: 'an empty enumeration',
      answer: [],
      wire: { name: undefined },
      status: WinsockCode.WSA_E_NO_MORE,
    },
  ]
  for (const { what, answer, wire, status } of finals) {
    it(`${what}: ${status}`, async () => {
      const { server, failures } = await fakeHost({ lookup: () => answer })
      const batch = await server.next(1, query(wire)).answer
      assert.deepEqual([batch.status, batch.items.length, batch.last], [status, 0, true])
      assert.deepEqual(failures, [])
    })
  }

  it('an enumeration keeps records without addresses', async () => {
    const { server } = await fakeHost({ lookup: () => [ONE, { name: 'bare' }] })
    const batch = await server.next(1, query({ name: undefined })).answer
    assert.equal(batch.items.length, 2)
    assert.equal(batch.status, 0)
  })

  it('only the families that the query can use are sent', async () => {
    const { server } = await fakeHost({ lookup: () => ({ addresses: ['10.0.0.1', 'fd00::1'] }) })
    const batch = await server.next(1, query({ serviceClass: ServiceClass.dns('AAAA').id })).answer
    assert.deepEqual(
      batch.items[0]?.addresses.map(({ remote }) => remote[0]),
      [23],
    )
  })

  it('a WinsockError is the answer', async () => {
    const { server, failures } = await fakeHost({
      lookup() {
        throw new WinsockError('WSAEACCES')
      },
    })
    assert.equal((await server.next(1, query()).answer).status, 10013)
    assert.deepEqual(failures, [])
  })

  it('items before a failure are sent, then its code', async () => {
    const { server, failures } = await fakeHost({
      onFailure: 'WSAEREFUSED',
      async *lookup() {
        yield ONE
        throw new Error('broken')
      },
    })
    const batch = await server.next(1, query()).answer
    assert.deepEqual(
      [batch.items.length, batch.status, batch.last],
      [1, WinsockCode.WSAEREFUSED, true],
    )
    assert.equal(failures.length, 1)
    assert.equal((failures[0]?.error as Error | undefined)?.message, 'broken')
    assert.equal(failures[0]?.operation, 'lookup')
    assert.equal(failures[0]?.context.client.processId, 4711)
  })

  it('a nonsense answer is ERR_NSP_INVALID_ANSWER with the path', async () => {
    const { server, failures } = await fakeHost({
      lookup: () => [{ addresses: ['10.0.0.1', '10.0.0.300'] }],
    })
    assert.equal((await server.next(1, query()).answer).status, WinsockCode.WSATRY_AGAIN)
    const error = failures[0]?.error as NspError | undefined
    assert.equal(error?.code, 'ERR_NSP_INVALID_ANSWER')
    assert.deepEqual(error?.issues, [
      { path: 'addresses[1]', message: '"10.0.0.300" is not an address' },
    ])
  })

  it('too many bytes are an invalid answer', async () => {
    const lookup = () => Array.from({ length: 40 }, () => ({ blob: new Uint8Array(1000) }))
    const { server, failures } = await fakeHost({ lookup }, { limits: { answerBytes: 20_000 } })
    const batch = await server.next(1, query()).answer
    assert.equal(batch.status, WinsockCode.WSATRY_AGAIN)
    assert.equal((failures[0]?.error as NspError | undefined)?.code, 'ERR_NSP_INVALID_ANSWER')
  })
})

describe('calls that end early', () => {
  function holding(): {
    contexts: CallContext[]
    lookup: (q: unknown, context: CallContext) => Promise<undefined>
  } {
    const contexts: CallContext[] = []
    const lookup = (_: unknown, context: CallContext) => {
      contexts.push(context)
      return new Promise<undefined>((_resolve, reject) => {
        context.signal.addEventListener('abort', () => reject(context.signal.reason))
      })
    }
    return { contexts, lookup }
  }
  const reason = (context: CallContext | undefined) =>
    (context?.signal.reason as NspError | undefined)?.code

  it('End aborts the handler with ERR_NSP_CALL_ENDED and nobody is answered', async () => {
    const { contexts, lookup } = holding()
    const { server, failures, host } = await fakeHost({ lookup })
    server.next(5, query())
    server.end(5)
    await turn()
    assert.equal(reason(contexts[0]), 'ERR_NSP_CALL_ENDED')
    assert.deepEqual(server.unexpected, [])
    assert.deepEqual(failures, [])
    assert.equal(host.stats().handles, 0)
  })

  it('End closes the generator', async () => {
    let isClosed = false
    const { server } = await fakeHost({
      async *lookup() {
        try {
          yield ONE
          await turn()
          await turn()
          yield ONE
        } finally {
          isClosed = true
        }
      },
    })
    await server.next(5, query()).answer
    server.end(5)
    while (!isClosed) await turn()
  })

  it('a dead client aborts with ERR_NSP_CLIENT_GONE', async () => {
    const { contexts, lookup } = holding()
    const { server, host } = await fakeHost({ lookup })
    server.next(5, query())
    const [client] = host.clients
    server.gone()
    assert.equal(reason(contexts[0]), 'ERR_NSP_CLIENT_GONE')
    assert.equal(client?.signal.aborted, true)
    assert.equal(host.clients.size, 0)
  })

  it('a late handler is aborted with ERR_NSP_CALL_TIMEOUT and reported once', async () => {
    const { contexts, lookup } = holding()
    const { server, failures, host } = await fakeHost({ lookup })
    const { call } = server.next(5, query())
    server.late(call)
    await turn()
    assert.equal(reason(contexts[0]), 'ERR_NSP_CALL_TIMEOUT')
    assert.equal(failures.length, 1)
    assert.equal((failures[0]?.error as NspError | undefined)?.code, 'ERR_NSP_CALL_TIMEOUT')
    assert.equal(host.stats().calls.lookup.timedOut, 1)
    assert.equal((await server.next(5).answer).status, WinsockCode.WSATRY_AGAIN)
  })

  it('a cancelled Next leaves the lookup and its items to the next one', async () => {
    const gate = Promise.withResolvers<void>()
    const { server } = await fakeHost({
      async *lookup() {
        await gate.promise
        yield ONE
      },
    })
    const { call } = server.next(5, query())
    server.cancel(call)
    gate.resolve()
    await turn()
    const batch = await server.next(5).answer
    assert.deepEqual([batch.items.length, batch.last, server.unexpected.length], [1, true, 0])
  })

  it('a handler that never settles harms nobody', async () => {
    const { server, host } = await fakeHost({
      lookup: ({ name }) => (name === 'never' ? new Promise(() => undefined) : ONE),
    })
    server.next(1, query({ name: 'never' }))
    assert.equal((await server.next(2, query()).answer).items.length, 1)
    server.end(1)
    await host.close()
  })
})

describe('several clients and calls', () => {
  it('are answered each with its own', async () => {
    const gates = new Map<string, () => void>()
    const { server } = await fakeHost({
      async lookup({ name }, { client }) {
        const key = `${client.processId} ${name}`
        await new Promise<void>((resolve) => gates.set(key, resolve))
        return { ...ONE, comment: key }
      },
    })
    server.connect(2, { processId: 99 })
    const calls = [
      server.next(1, query({ name: 'a' }), 1).answer,
      server.next(2, query({ name: 'b' }), 1).answer,
      server.next(1, query({ name: 'a' }), 2).answer,
    ]
    for (const go of [...gates.values()].toReversed()) go()
    const comments = (await Promise.all(calls)).map((batch) => batch.items[0]?.comment)
    assert.deepEqual(comments, ['4711 a', '4711 b', '99 a'])
  })

  it('a malformed frame drops its client alone', async () => {
    const reasons: string[] = []
    const { server, host } = await fakeHost({ lookup: () => ONE })
    host.on('disconnect', (_, why) => reasons.push(why))
    server.connect(2)
    server.frame(2, { client: 2, call: 9, lookup: 1, flags: 1, body: new Uint8Array(9) })
    assert.deepEqual(server.disconnected, [2])
    assert.deepEqual(reasons, ['protocol'])
    assert.equal((await server.next(1, query()).answer).items.length, 1)
    assert.equal(host.stats().rejectedFrames, 1)
  })

  // One thread of a client ends a handle while another is about to ask for more of it.
  it('a call on a lookup that has ended is answered, and its client stays', async () => {
    const { server, host } = await fakeHost({ lookup: () => ONE })
    server.next(1, query())
    server.end(1)
    const batch = await server.next(1).answer
    assert.deepEqual([batch.status, batch.last], [WinsockCode.WSAENETDOWN, true])
    const { status } = await server.ioctl(1, { code: 0xd8000001 }).answer
    assert.equal(status, WinsockCode.WSAENETDOWN)
    assert.deepEqual(server.disconnected, [])
    assert.equal(host.stats().rejectedFrames, 0)
  })

  it('a client that never ends its lookups gets no more of them, and what it has goes on', async () => {
    const { server, host } = await fakeHost({ lookup: () => ONE })
    for (let number = 1; number <= 16_384; number++) void server.next(number, query()).answer
    const batch = await server.next(16_385, query()).answer
    assert.deepEqual([batch.status, batch.last], [WinsockCode.WSAENOBUFS, true])
    assert.equal(host.stats().handles, 16_384)
    assert.equal((await server.next(16_384).answer).status, 0)
    server.end(1)
    assert.equal((await server.next(16_386, query()).answer).items.length, 1)
  })

  const wrong = [
    { what: 'a call on lookup 0', frame: { call: 1, lookup: 0, body: new Uint8Array(8) } },
    { what: 'an entry that is not there', entry: 3 },
    { what: 'a call without a number', frame: { call: 0, lookup: 1, body: new Uint8Array(8) } },
  ]
  for (const { what, frame, entry } of wrong) {
    it(`${what} is a malformed frame`, async () => {
      const { server } = await fakeHost({ lookup: () => ONE })
      if (frame !== undefined) server.frame(2, frame)
      else server.next(1, query({ entry: entry ?? 0 }))
      assert.deepEqual(server.disconnected, [1])
    })
  }
})
