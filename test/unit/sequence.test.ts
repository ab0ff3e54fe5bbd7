// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a handler may return: each kind of sequence, read to its end, given up, and failing.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { sequenceOf } from '../../lib/host/sequence.ts'
import { type CallContext, WinsockCode } from '../../lib/index.ts'
import { fakeHost, turn } from '../helpers/fake-host.ts'
import { query } from '../helpers/fake-server.ts'

const ONE = { addresses: ['10.0.0.1'] }
const named = (name: string) => ({ ...ONE, name })

async function names(answer: unknown): Promise<unknown[]> {
  const { server } = await fakeHost({ lookup: () => answer as never })
  const { items } = await server.next(1, query()).answer
  return items.map(({ name }) => name)
}

describe('what a lookup may return', () => {
  const list = () => [named('a'), named('b')]
  for (const [what, make] of Object.entries<() => unknown>({
    'an array': list,
    'a promise of an array': async () => list(),
    'a thenable of an array': () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is what is tried
      then: (resolve: (value: unknown) => void) => resolve(list()),
    }),
    'an array with promises in it': () => [named('a'), Promise.resolve(named('b'))],
    'a Set': () => new Set(list()),
    'a generator': function* () {
      yield* list()
    },
    'a generator of promises': function* () {
      for (const service of list()) yield Promise.resolve(service)
    },
    'an async generator': async function* () {
      yield* list()
    },
    'an async generator with turns': async function* () {
      for (const service of list()) {
        await Promise.resolve()
        yield service
      }
    },
  }))
    it(what, async () => assert.deepEqual(await names(make()), ['a', 'b']))

  it('a single service', async () => assert.deepEqual(await names(named('a')), ['a']))

  it('an array is answered before the frame has been left', async () => {
    const { server } = await fakeHost({ lookup: () => [ONE] })
    let answers = 0
    const answer = server.answer.bind(server)
    server.answer = (...args) => {
      answers++
      return answer(...args)
    }
    const { answer: first } = server.next(1, query())
    assert.equal(answers, 1)
    assert.equal((await first).last, true)
  })

  for (const [what, make] of Object.entries<() => unknown>({
    'an iterator that gives no object': () => ({ [Symbol.iterator]: () => ({ next: () => 7 }) }),
    'an async iterator that throws': () => ({
      [Symbol.asyncIterator]: () => ({
        next() {
          throw new Error('planted')
        },
      }),
    }),
    'a promise in an array that rejects': () => [Promise.reject(new Error('planted'))],
  }))
    it(`${what} fails the lookup`, async () => {
      const { server, failures } = await fakeHost({ lookup: () => make() as never })
      const { status, last } = await server.next(1, query()).answer
      assert.deepEqual([status, last, failures.length], [WinsockCode.WSATRY_AGAIN, true, 1])
    })
})

describe('a sequence that is given up', () => {
  /** An iterator that says what is done to it; `next` waits for the gate. */
  function watched() {
    const done: string[] = []
    const gate = Promise.withResolvers<IteratorResult<unknown>>()
    const iterator = {
      [Symbol.asyncIterator]: () => iterator,
      next() {
        done.push('next')
        return gate.promise
      },
      return() {
        done.push('return')
        return Promise.resolve({ done: true, value: undefined } as const)
      },
    }
    return { done, gate, iterator }
  }

  it('is told so when what it does just now is done, and once', async () => {
    const { done, gate, iterator } = watched()
    const sequence = sequenceOf(iterator)
    const reading = sequence.next()
    sequence.stop()
    assert.deepEqual(done, ['next'])
    gate.resolve({ done: false, value: ONE })
    await reading
    sequence.stop()
    assert.deepEqual(done, ['next', 'return'])
    assert.deepEqual(await sequence.next(), { done: true, value: undefined })
  })

  it('is not told so when it has ended by itself', async () => {
    const { done, gate, iterator } = watched()
    const sequence = sequenceOf(iterator)
    gate.resolve({ done: true, value: undefined })
    await sequence.next()
    sequence.stop()
    assert.deepEqual(done, ['next'])
  })

  it('closes a generator, whatever that throws', () => {
    let closed = 0
    const sequence = sequenceOf(
      (function* () {
        try {
          yield ONE
        } finally {
          closed++
          // biome-ignore lint/correctness/noUnsafeFinally: that is what is tried
          throw new Error('planted')
        }
      })(),
    )
    void sequence.next()
    sequence.stop()
    sequence.stop()
    assert.equal(closed, 1)
  })

  it('is not read at all if its lookup ended before it came', async () => {
    const { done, iterator } = watched()
    const gate = Promise.withResolvers<typeof iterator>()
    const { server } = await fakeHost({ lookup: () => gate.promise as never })
    server.next(5, query())
    server.end(5)
    gate.resolve(iterator)
    await turn()
    assert.deepEqual(done, ['return'])
  })
})

describe('the signal of a call', () => {
  it('is one object, also when it is looked at after the end', async () => {
    const contexts: CallContext[] = []
    const { server } = await fakeHost({
      lookup(_, context) {
        contexts.push(context)
        return new Promise(() => undefined)
      },
    })
    server.next(5, query())
    server.end(5)
    const [context] = contexts
    assert.equal(context?.signal.aborted, true)
    assert.equal(
      (context?.signal.reason as { code?: string } | undefined)?.code,
      'ERR_NSP_CALL_ENDED',
    )
    assert.equal(context?.signal, context?.signal)
  })
})
