// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The host's own life: start, changes, clients that may not connect, closing in every way.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { NspError } from '../../lib/index.ts'
import { changedCounters } from '../../lib/wire/counters.ts'
import { fakeHost, ID, turn } from '../helpers/fake-host.ts'
import { query } from '../helpers/fake-server.ts'

const ONE = { addresses: ['10.0.0.1'] }

describe('start', () => {
  it('runs before the first call is handled, and its result when the host closes', async () => {
    const order: string[] = []
    const gate = Promise.withResolvers<void>()
    const starting = fakeHost({
      async start() {
        await gate.promise
        order.push('started')
        return () => void order.push('cleaned up')
      },
      lookup() {
        order.push('lookup')
        return ONE
      },
    })
    gate.resolve()
    const { server, host } = await starting
    await server.next(1, query()).answer
    await host.close()
    assert.deepEqual(order, ['started', 'lookup', 'cleaned up'])
  })

  it('that fails ends everything and is the error', async () => {
    const failing = fakeHost({
      start() {
        throw new Error('no data')
      },
    })
    await assert.rejects(failing, /no data/)
  })
})

describe('invalidate', () => {
  const scopes = [
    { scope: undefined, change: { kind: 'all' } },
    { scope: () => true, change: { kind: 'all' } },
    { scope: { name: 'One.Example.' }, change: { kind: 'name', key: 'one.example' } },
    { scope: { suffix: '*.Example' }, change: { kind: 'suffix', suffix: 'example' } },
    { scope: { suffix: '.example.' }, change: { kind: 'suffix', suffix: 'example' } },
    { scope: { serviceClass: `{${ID}}` }, change: { kind: 'class', id: ID } },
    { scope: { entry: 'mesh' }, change: { kind: 'entry', index: 0 } },
  ] as const
  for (const { scope, change } of scopes) {
    it(`${typeof scope === 'function' ? 'a predicate' : (JSON.stringify(scope) ?? 'nothing')} bumps its counters`, async () => {
      const { server, host } = await fakeHost()
      host.invalidate(scope)
      assert.deepEqual(server.changes, [changedCounters(change)])
    })
  }

  const wrong = [
    {},
    { name: '' },
    { name: 1 },
    { entry: 'none' },
    { serviceClass: 'x' },
    { a: 1 },
    { name: 'a', entry: 'mesh' },
    'a',
  ]
  for (const scope of wrong) {
    it(`${JSON.stringify(scope)} is a TypeError`, async () => {
      const { server, host } = await fakeHost()
      assert.throws(() => host.invalidate(scope as never), {
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_VALUE',
      })
      assert.deepEqual(server.changes, [])
    })
  }

  it('after the end does nothing', async () => {
    const { server, host } = await fakeHost()
    await host.close()
    host.invalidate()
    assert.deepEqual(server.changes, [])
  })
})

describe('allow.connect as a function', () => {
  it('keeps frames until it has decided', async () => {
    const gate = Promise.withResolvers<boolean>()
    const { server, host } = await fakeHost({
      lookup: () => ONE,
      allow: { connect: () => gate.promise },
    })
    const { answer } = server.next(1, query())
    await turn()
    assert.equal(host.clients.size, 0)
    gate.resolve(true)
    assert.equal((await answer).items.length, 1)
    assert.equal(host.clients.size, 1)
  })

  for (const refuse of [() => false, () => Promise.reject(new Error('x'))]) {
    it(`that says ${refuse.toString().slice(6)} refuses`, async () => {
      const reasons: string[] = []
      const { server, host } = await fakeHost({ allow: { connect: refuse } })
      host.on('disconnect', (_, reason) => reasons.push(reason))
      server.connect(2)
      await turn()
      assert.deepEqual(server.disconnected, [1, 2])
      assert.deepEqual(reasons, ['refused'])
      assert.equal(host.clients.size, 0)
    })
  }
})

describe('close', () => {
  it('lets running calls finish and refuses new ones', async () => {
    const gate = Promise.withResolvers<void>()
    const { server, host } = await fakeHost({ lookup: () => gate.promise.then(() => ONE) })
    const running = server.next(1, query()).answer
    const closing = host.close()
    assert.equal(server.accepts, false)
    assert.equal((await server.next(2, query()).answer).status, 10050)
    assert.equal(server.isClosed, false)
    gate.resolve()
    assert.equal((await running).items.length, 1)
    await closing
    await host.closed
    assert.equal(server.isClosed, true)
    assert.equal((host.signal.reason as NspError).code, 'ERR_NSP_HOST_CLOSED')
  })

  it('cancels what does not finish in time', async () => {
    const { server, host } = await fakeHost({ lookup: () => new Promise(() => undefined) })
    server.next(1, query())
    await host.close({ timeoutMs: 1 })
    assert.equal(server.isClosed, true)
  })

  it('is idempotent, and so is destroy', async () => {
    const { host } = await fakeHost()
    let closed = 0
    host.on('close', () => closed++)
    const [first, second] = [host.close(), host.close()]
    assert.equal(first, second)
    await Promise.all([first, host.destroy(), host.destroy(), host[Symbol.asyncDispose]()])
    assert.equal(closed, 1)
  })

  it('by the signal of serve', async () => {
    const controller = new AbortController()
    const { server, host } = await fakeHost({}, { signal: controller.signal })
    controller.abort()
    await host.closed
    assert.equal(server.isClosed, true)
  })

  it('when the provider is uninstalled', async () => {
    const { server, host } = await fakeHost()
    server.onEvent({ type: 'retired' })
    await host.closed
    assert.equal(server.isClosed, true)
  })

  it('runs every step even if the clean-up fails, and rejects with its error', async () => {
    const { server, host } = await fakeHost({
      start: () => () => {
        throw new Error('clean-up')
      },
    })
    await assert.rejects(host.close(), /clean-up/)
    await host.closed
    assert.equal(server.isClosed, true)
  })
})

describe('the host', () => {
  it('is told deadlines, limits and the descriptor', async () => {
    const { server } = await fakeHost(
      {
        deadlines: { lookupMs: 100 },
        onFailure: 'WSAEREFUSED',
        revision: () => 'a',
        allow: { sandboxed: true, connect: 'users' },
      },
      { limits: { clients: 3, callsPerClient: 4 }, restartGraceMs: 5 },
    )
    const { options } = server
    assert.equal(options?.filter.lookupDeadlineMs, 100)
    assert.equal(options?.filter.ioctlDeadlineMs, 5000)
    assert.equal(options?.filter.graceMs, 5)
    assert.equal(options?.filter.revision?.length, 32)
    assert.deepEqual(
      [options?.maxClients, options?.maxCallsPerClient, options?.onFailure],
      [3, 4, 10112],
    )
    assert.match(
      options?.pipeSddl ?? '',
      /^O:S-1-5-21-1-2-3-500.*\(D;;FA;;;S-1-5-2\).*\(A;;0x120183;;;S-1-5-32-545\).*S-1-15-2-1.*S:\(ML;;NW;;;LW\)$/,
    )
  })

  it('passes ref and unref on', async () => {
    const { server, host } = await fakeHost()
    assert.equal(host.unref().ref(), host)
    assert.deepEqual(server.referenced, [false, true])
  })

  it('a listener that throws does not come back into the dispatcher', async () => {
    const { server, host } = await fakeHost({ lookup: () => ONE })
    const thrown = Promise.withResolvers<unknown>()
    const before = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.once('uncaughtException', thrown.resolve)
    host.on('connect', () => {
      throw new Error('listener')
    })
    server.connect(2)
    assert.match(String(await thrown.promise), /listener/)
    for (const listener of before) process.on('uncaughtException', listener)
    assert.equal((await server.next(1, query(), 2).answer).items.length, 1)
  })

  it('counts what it did', async () => {
    const { server, host } = await fakeHost({ lookup: () => ONE })
    await server.next(1, query()).answer
    const { handles, clients, pendingNotifications, breakerOpenings, calls } = host.stats()
    assert.deepEqual([handles, clients, pendingNotifications, breakerOpenings], [1, 1, 3, 2])
    assert.equal(calls.lookup.count, 1)
    assert.ok(calls.lookup.p99Us >= calls.lookup.p50Us && calls.lookup.p50Us > 0)
  })
})
