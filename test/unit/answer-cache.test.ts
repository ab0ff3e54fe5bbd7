// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Answers with a time to live, through a simulation whose clock the test moves.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import {
  type CallContext,
  defineProvider,
  type LookupAnswer,
  type Provider,
  type ProviderInit,
  type Query,
  WinsockError,
} from '../../lib/index.ts'
import { type Simulation, simulate } from '../../lib/testing.ts'
import { ID, turn } from '../helpers/fake-host.ts'

type Lookup = (query: Query, context: CallContext) => LookupAnswer

function served(lookup: Lookup, more: Partial<ProviderInit> = {}): Provider {
  const entries = { mesh: { id: ID, namespace: 1001 } }
  return defineProvider({ name: 'ttl', entries, lookup, ...more })
}

/** A simulation with a manual clock, and how often its handler ran. */
async function counted(lookup: Lookup, more: Partial<ProviderInit> = {}) {
  const calls: Query[] = []
  const provider = served((query, context) => {
    calls.push(query)
    return lookup(query, context)
  }, more)
  return { calls, machine: await simulate(provider, { clock: 'manual' }) }
}

async function ask(machine: Pick<Simulation, 'query'>, name?: string): Promise<string[]> {
  const found: string[] = []
  for await (const { name: answer } of machine.query({ name, namespace: 1001 }))
    found.push(answer ?? '')
  return found
}

const one =
  (ttl?: number): Lookup =>
  () => ({ addresses: ['10.0.0.1'], ttl })

describe('an answer with a time to live', () => {
  it('is given from memory to every process until it runs out', async () => {
    const { calls, machine } = await counted(one(30))
    assert.deepEqual(await ask(machine, 'a.test'), ['a.test'])
    assert.deepEqual(await ask(machine, 'a.test'), ['a.test'])
    assert.deepEqual(await ask(machine.as({}), 'a.test'), ['a.test'])
    assert.equal(calls.length, 1)
    assert.equal(machine.host.stats().calls.lookup.count, 1)
    assert.equal(machine.host.stats().published, 1)
    await ask(machine, 'b.test')
    assert.equal(calls.length, 2, 'another name')
    await machine[Symbol.asyncDispose]()
  })

  it('is kept under its query though the handler takes longer than the frame is there', async () => {
    const { calls, machine } = await counted(async () => {
      await turn()
      return { addresses: ['10.0.0.1'], ttl: 30 }
    })
    for (const name of ['a.test', 'b.test', 'a.test', 'b.test'])
      assert.deepEqual(await ask(machine, name), [name])
    assert.equal(calls.length, 2)
    await machine[Symbol.asyncDispose]()
  })

  it('is asked for each time without one, or with 0', async () => {
    for (const ttl of [undefined, 0]) {
      const { calls, machine } = await counted(one(ttl))
      await ask(machine, 'a.test')
      await ask(machine, 'a.test')
      assert.equal(calls.length, 2)
      await machine[Symbol.asyncDispose]()
    }
  })

  it('holds as long as the shortest of its services', async () => {
    const { calls, machine } = await counted(() => [
      { name: 'x', addresses: ['10.0.0.1'], ttl: 100 },
      { name: 'y', addresses: ['10.0.0.2'], ttl: 0.5 },
    ])
    await ask(machine, 'a.test')
    await machine.advance(374)
    assert.equal(calls.length, 1)
    await machine.advance(2)
    assert.equal(calls.length, 2, 'three quarters of half a second')
    await machine[Symbol.asyncDispose]()
  })

  it('is not kept if one service has none', async () => {
    const { calls, machine } = await counted(() => [
      { name: 'x', addresses: ['10.0.0.1'], ttl: 100 },
      { name: 'y', addresses: ['10.0.0.2'] },
    ])
    await ask(machine, 'a.test')
    await ask(machine, 'a.test')
    assert.equal(calls.length, 2)
    await machine[Symbol.asyncDispose]()
  })

  it('is not kept if it comes in parts', async () => {
    const { calls, machine } = await counted(async function* () {
      yield { name: 'x', addresses: ['10.0.0.1'], ttl: 100 }
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
      yield { name: 'y', addresses: ['10.0.0.2'], ttl: 100 }
    })
    assert.deepEqual(await ask(machine, 'a.test'), ['x', 'y'])
    assert.deepEqual(await ask(machine, 'a.test'), ['x', 'y'])
    assert.equal(calls.length, 2)
    await machine[Symbol.asyncDispose]()
  })

  it('is not kept by a feed', async () => {
    const { calls, machine } = await counted(one(30), { changes: 'feed' })
    await ask(machine, 'a.test')
    await ask(machine, 'a.test')
    assert.equal(calls.length, 2)
    await machine[Symbol.asyncDispose]()
  })

  it('is void after a change that concerns it, and after no other', async () => {
    const { calls, machine } = await counted(one(30))
    await ask(machine, 'a.test')
    machine.host.invalidate({ name: 'b.test' })
    await ask(machine, 'a.test')
    assert.equal(calls.length, 1)
    for (const scope of [{ name: 'a.test' }, { suffix: 'test' }, undefined]) {
      const asked: number = calls.length
      machine.host.invalidate(scope)
      await ask(machine, 'a.test')
      assert.equal(calls.length, asked + 1)
    }
    await machine[Symbol.asyncDispose]()
  })

  it('is not kept if a change came while it was made', async () => {
    let machine: Simulation | undefined
    let calls = 0
    machine = await simulate(
      served(async () => {
        if (calls++ === 0) machine?.host.invalidate({ name: 'other.test' })
        return { addresses: ['10.0.0.1'], ttl: 30 }
      }),
    )
    await ask(machine, 'a.test')
    await ask(machine, 'a.test')
    await ask(machine, 'a.test')
    assert.equal(calls, 2)
    await machine[Symbol.asyncDispose]()
  })

  it('says no for a while, if the error says for how long', async () => {
    for (const code of ['WSASERVICE_NOT_FOUND', 'WSANO_DATA'] as const) {
      const { calls, machine } = await counted(() => {
        throw new WinsockError(code, { ttl: 30 })
      })
      await assert.rejects(ask(machine, 'a.test'), { code })
      await assert.rejects(ask(machine, 'a.test'), { code })
      assert.equal(calls.length, 1)
      await machine[Symbol.asyncDispose]()
    }
    const { calls, machine } = await counted(() => {
      throw new WinsockError('WSASERVICE_NOT_FOUND')
    })
    for (let i = 0; i < 2; i++) await assert.rejects(ask(machine, 'a.test'))
    assert.equal(calls.length, 2, 'without a ttl')
    await machine[Symbol.asyncDispose]()
  })

  it('of an enumeration is void as soon as anything changes', async () => {
    const { calls, machine } = await counted(() => [{ name: 'x', ttl: 30 }])
    const publication = machine.host.publish([{ name: 'y' }])
    assert.deepEqual(await ask(machine), ['x', 'y'])
    assert.deepEqual(await ask(machine), ['x', 'y'])
    assert.equal(calls.length, 1)
    publication.set({ name: 'z' })
    assert.deepEqual(await ask(machine), ['x', 'y', 'z'])
    assert.equal(calls.length, 2)
    await machine[Symbol.asyncDispose]()
  })
})

describe('an answer that runs out', () => {
  it('is made again at three quarters of its life, eight times, then lapses', async () => {
    const contexts: CallContext[] = []
    const { calls, machine } = await counted((_query, context) => {
      contexts.push(context)
      return { addresses: ['10.0.0.1'], ttl: 4 }
    })
    await ask(machine, 'a.test')
    await machine.advance(2_900)
    assert.equal(calls.length, 1)
    await machine.advance(200)
    assert.equal(calls.length, 2)
    assert.equal(contexts[1]?.client, contexts[0]?.client)
    assert.notEqual(contexts[1]?.signal, contexts[0]?.signal)
    assert.equal(calls[1], calls[0], 'the same query')
    await machine.advance(60_000)
    assert.equal(calls.length, 9)
    assert.equal(machine.host.stats().published, 0)
    await ask(machine, 'a.test')
    assert.equal(calls.length, 10)
    await machine.advance(60_000)
    assert.equal(calls.length, 18, 'counted anew')
    await machine[Symbol.asyncDispose]()
  })

  it('lapses if the handler has another opinion, and its failure is told', async () => {
    const answers: (() => LookupAnswer)[] = [
      () => ({ addresses: ['10.0.0.1'], ttl: 4 }),
      () => {
        throw new Error('as the test asked')
      },
      () => undefined,
    ]
    const { calls, machine } = await counted(() => answers.shift()?.())
    const failed: unknown[] = []
    machine.host.on('handlerError', ({ error }) => failed.push(error))
    await ask(machine, 'a.test')
    await machine.advance(3_100)
    assert.equal(failed.length, 1)
    assert.deepEqual(await ask(machine, 'a.test'), ['a.test'], 'it holds as long as it was said')
    assert.equal(calls.length, 2)
    await machine.advance(1_000)
    await assert.rejects(ask(machine, 'a.test'), { code: 'WSASERVICE_NOT_FOUND' })
    assert.equal(calls.length, 3)
    await machine[Symbol.asyncDispose]()
  })

  it('does not wait for a handler that hangs', async () => {
    const signals: AbortSignal[] = []
    const { machine } = await counted((_query, { signal }) => {
      signals.push(signal)
      return signals.length === 1
        ? { addresses: ['10.0.0.1'], ttl: 4 }
        : new Promise<undefined>(() => undefined)
    })
    await ask(machine, 'a.test')
    await machine.advance(3_100)
    assert.equal(signals[1]?.aborted, false)
    await machine.advance(1_000)
    assert.equal(signals[1]?.aborted, true)
    await machine[Symbol.asyncDispose]()
  })
})

describe('published names in a simulation', () => {
  it('are answered without the host, also after it has closed', async () => {
    const { calls, machine } = await counted(() => undefined)
    const publication = machine.host.publish([{ name: 'a.test', addresses: ['10.0.0.1'] }])
    assert.deepEqual(await ask(machine, 'A.test'), ['a.test'])
    assert.equal(machine.host.stats().calls.lookup.count, 0)
    publication.delete('a.test')
    await assert.rejects(ask(machine, 'a.test'), { code: 'WSASERVICE_NOT_FOUND' })
    assert.equal(calls.length, 1)
    publication.set({ name: 'a.test', addresses: ['10.0.0.2'] })
    await machine.host.close()
    assert.deepEqual(await ask(machine, 'a.test'), ['a.test'])
    await machine[Symbol.asyncDispose]()
  })

  it('wake those who wait for a change', async () => {
    const { machine } = await counted(() => undefined)
    const publication = machine.host.publish([{ name: 'a.test', addresses: ['10.0.0.1'] }])
    const lookup = await machine.open({ name: 'a.test', namespace: 1001 })
    assert.ok(await lookup.next())
    assert.equal(await lookup.next(), undefined)
    assert.equal(await lookup.changed(), false)
    const change = lookup.nextChange()
    publication.set({ name: 'a.test', addresses: ['10.0.0.1'] })
    publication.set({ name: 'a.test', addresses: ['10.0.0.2'] })
    await change
    await lookup.close()
    await machine[Symbol.asyncDispose]()
  })
})

describe('WinsockError with a ttl', () => {
  it('has it only where it says something about the name', () => {
    assert.equal(new WinsockError('WSANO_DATA', { ttl: 30 }).ttl, 30)
    assert.equal(new WinsockError(10108, { ttl: 0 }).ttl, 0)
    assert.equal(new WinsockError('WSAEACCES').ttl, undefined)
    for (const [code, ttl] of [
      ['WSAEACCES', 30],
      ['WSATRY_AGAIN', 1],
      ['WSANO_DATA', -1],
      ['WSANO_DATA', Number.NaN],
      ['WSANO_DATA', '30'],
    ] as const)
      assert.throws(() => new WinsockError(code, { ttl: ttl as number }), {
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_VALUE',
      })
  })
})
