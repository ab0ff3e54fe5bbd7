// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Calls through the addon: answered once, in time, by JavaScript or by the addon in its stead.
import assert from 'node:assert/strict'
import {
  aboutClass,
  BATCH,
  BREAKER_OPENED,
  CANCEL,
  CLASS_INFO,
  END,
  frame,
  HAS_ENDS,
  IOCTL,
  ioctl,
  LAST_BATCH,
  next,
  REMOVE_CLASS,
  REPLY,
  words,
} from './addon-peer.ts'
import { ON_FAILURE, TestServer } from './addon-server.ts'

const SOON = 60
const NEVER = 3_600_000

describe('addon: calls', () => {
  it('passes a frame on and an answer back', async () => {
    await using test = new TestServer().start()
    const { peer, client } = await test.client()
    const input = Buffer.from('input')
    await peer.send(ioctl(9, NEVER, input))
    const told = await test.told('frame')
    assert.deepEqual([told.client, told.kind, told.call, told.lookup], [client, 3, 9, 1])
    assert.deepEqual(Buffer.from(told.body).subarray(24), input)
    const body = Buffer.concat([words(0, 3), Buffer.from([1, 2, 3, 0])])
    assert.equal(test.server.answer(client, REPLY, 0, 9, 1, body), true)
    const answer = await peer.read()
    assert.deepEqual([answer?.kind, answer?.flags, answer?.call, answer?.lookup], [REPLY, 0, 9, 1])
    assert.deepEqual(answer?.body, body)
    assert.equal(test.server.stats().calls, 0)
  })

  it('carries the largest frames both ways', async () => {
    await using test = new TestServer().start()
    const { peer, client } = await test.client()
    const input = Buffer.alloc(1_048_576 - 16 - 24, 7)
    await peer.send(ioctl(1, NEVER, input))
    assert.equal((await test.told('frame')).body.length, 24 + input.length)
    const body = new Uint8Array(1_048_576 - 16).fill(9)
    assert.equal(test.server.answer(client, REPLY, 0, 1, 1, body), true)
    assert.deepEqual((await peer.read())?.body, Buffer.from(body))
    await peer.send(next(2, NEVER))
    await test.told('frame', 2)
    assert.throws(
      () => test.server.answer(client, REPLY, 0, 2, 1, new Uint8Array(1_048_576)),
      RangeError,
    )
  })

  it('answers a call once', async () => {
    await using test = new TestServer().start()
    const { peer, client } = await test.client()
    await peer.send(next(1, NEVER))
    await test.told('frame')
    assert.equal(test.server.answer(client, BATCH, LAST_BATCH, 1, 1, words(0, 0)), true)
    assert.equal(test.server.answer(client, BATCH, LAST_BATCH, 1, 1, words(0, 0)), false)
    assert.equal(test.server.answer(client, BATCH, 0, 2, 1, words(0, 0)), false)
    assert.equal(test.server.answer(client + 1000, BATCH, 0, 1, 1, words(0, 0)), false)
    assert.equal((await peer.read())?.call, 1)
    assert.ok(await peer.quiet())
  })

  it('answers a late Next with the failure and ends the lookup', async () => {
    await using test = new TestServer().start()
    const { peer, client } = await test.client()
    await peer.send(next(4, SOON))
    const answer = await peer.read()
    assert.deepEqual([answer?.kind, answer?.flags, answer?.call], [BATCH, LAST_BATCH, 4])
    assert.deepEqual(answer?.body, words(ON_FAILURE, 0))
    const late = await test.told('late')
    assert.deepEqual([late.client, late.call], [client, 4])
    assert.equal(test.server.answer(client, BATCH, 0, 4, 1, words(0, 0)), false)
    assert.ok(await peer.quiet())
    assert.equal(test.server.stats().late, 1)
  })

  it('answers a late ioctl with the failure', async () => {
    await using test = new TestServer().start()
    const { peer } = await test.client()
    await peer.send(ioctl(4, SOON))
    const answer = await peer.read()
    assert.deepEqual([answer?.kind, answer?.flags, answer?.call], [REPLY, 0, 4])
    assert.deepEqual(answer?.body, words(ON_FAILURE, 0))
  })

  it('passes on what belongs to no lookup, and answers for it when it is late', async () => {
    await using test = new TestServer().start()
    const { peer, client } = await test.client()
    await peer.send(aboutClass(CLASS_INFO, 5, NEVER))
    const told = await test.told('frame')
    assert.deepEqual([told.kind, told.call, told.lookup], [CLASS_INFO, 5, 0])
    await peer.send(frame(END, Buffer.alloc(0), { lookup: 1 }))
    assert.equal(test.server.answer(client, REPLY, 0, 5, 0, words(0, 0)), true)
    assert.equal((await peer.read())?.call, 5)
    await peer.send(aboutClass(REMOVE_CLASS, 6, SOON))
    const answer = await peer.read()
    assert.deepEqual([answer?.kind, answer?.flags, answer?.call, answer?.lookup], [REPLY, 0, 6, 0])
    assert.deepEqual(answer?.body, words(ON_FAILURE, 0))
  })

  it('answers in time although the event loop is blocked', async () => {
    await using test = new TestServer().start()
    const { peer } = await test.client()
    await peer.send(next(1, SOON))
    // Blocks this thread until the addon has answered on its own; the loop itself hears nothing.
    const asleep = new Int32Array(new SharedArrayBuffer(4))
    for (let i = 0; i < 3000 && test.server.stats().late === 0; i++) Atomics.wait(asleep, 0, 0, 10)
    assert.equal(test.server.stats().late, 1)
    assert.equal(test.all('late').length, 0)
    assert.deepEqual((await peer.read())?.body, words(ON_FAILURE, 0))
    const types = test.events.map(({ type }) => type)
    assert.deepEqual(types, ['connect', 'frame', 'late'])
  })

  it('lets the other calls go on when one is late', async () => {
    await using test = new TestServer().start()
    const { peer, client } = await test.client()
    await peer.send(next(1, NEVER, 1))
    await peer.send(next(2, SOON, 2))
    assert.equal((await peer.read())?.call, 2)
    assert.equal(test.server.answer(client, BATCH, LAST_BATCH, 1, 1, words(0, 0)), true)
    assert.equal((await peer.read())?.call, 1)
  })

  it('closes the calls of a lookup that has ended', async () => {
    await using test = new TestServer().start()
    const { peer, client } = await test.client()
    await peer.send(next(1, NEVER, 1))
    await peer.send(next(2, NEVER, 2))
    await peer.send(frame(END, Buffer.alloc(0), { lookup: 1 }))
    const ended = await test.told('frame', 3)
    assert.deepEqual([ended.kind, ended.lookup], [END, 1])
    assert.equal(test.server.answer(client, BATCH, 1, 1, 1, words(0, 0)), false)
    assert.equal(test.server.answer(client, BATCH, 1, 2, 2, words(0, 0)), true)
    assert.equal((await peer.read())?.call, 2)
  })

  it('counts what a frame says of a breaker, and passes the frame on without it', async () => {
    await using test = new TestServer().start()
    const { peer } = await test.client()
    const body = words(NEVER, 1, 64, 0, 0, 0)
    await peer.send(frame(IOCTL, body, { flags: BREAKER_OPENED, call: 1, lookup: 9 }))
    await peer.send(frame(IOCTL, body, { call: 2, lookup: 9 }))
    await test.told('frame', 2)
    assert.deepEqual(
      test.all('frame').map(({ flags }) => flags),
      [0, 0],
    )
    assert.equal(test.server.stats().breakerOpenings, 1)
  })

  it('takes the ends that a frame carries as ends that came first', async () => {
    await using test = new TestServer().start()
    const { peer, client } = await test.client()
    await peer.send(next(1, NEVER, 1))
    await test.told('frame')
    const input = Buffer.from('abc')
    const body = Buffer.concat([words(NEVER, 1, 64, 0, 0, 3), input, words(1, 8, 2)])
    await peer.send(frame(IOCTL, body, { flags: HAS_ENDS, call: 2, lookup: 9 }))
    await test.told('frame', 4)
    const [, one, other, call] = test.all('frame')
    for (const [end, lookup] of [
      [one, 1],
      [other, 8],
    ] as const)
      assert.deepEqual(
        [end?.client, end?.kind, end?.flags, end?.call, end?.lookup, end?.body.length],
        [client, END, 0, 0, lookup, 0],
      )
    assert.deepEqual([call?.kind, call?.flags, call?.call, call?.lookup], [IOCTL, 0, 2, 9])
    assert.deepEqual(Buffer.from(call?.body ?? []).subarray(24), input)
    assert.equal(test.server.answer(client, BATCH, 1, 1, 1, words(0, 0)), false)
    assert.equal(test.server.answer(client, REPLY, 0, 2, 9, words(0, 0)), true)
    await peer.send(frame(END, words(4, 1), { flags: HAS_ENDS, lookup: 5 }))
    await test.told('frame', 6)
    assert.deepEqual(
      test
        .all('frame')
        .slice(4)
        .map(({ kind, lookup }) => [kind, lookup]),
      [
        [END, 4],
        [END, 5],
      ],
    )
  })

  it('closes a call that nobody waits for', async () => {
    await using test = new TestServer().start()
    const { peer, client } = await test.client()
    await peer.send(next(1, NEVER))
    await peer.send(frame(CANCEL, Buffer.alloc(0), { call: 1, lookup: 1 }))
    assert.equal((await test.told('frame', 2)).kind, CANCEL)
    assert.equal(test.server.answer(client, BATCH, 1, 1, 1, words(0, 0)), false)
    assert.ok(await peer.quiet())
    await peer.send(next(1, NEVER)) // the number is free again
    assert.equal((await test.told('frame', 3)).kind, 2)
  })

  it('answers the calls beyond the limit at once', async () => {
    await using test = new TestServer().start({ maxCallsPerClient: 2 })
    const { peer, client } = await test.client()
    for (const call of [1, 2, 3]) await peer.send(next(call, NEVER, call))
    const busy = await peer.read()
    assert.deepEqual([busy?.kind, busy?.call, busy?.body], [BATCH, 3, words(ON_FAILURE, 0)])
    assert.equal(test.all('frame').length, 2)
    assert.equal(test.server.answer(client, BATCH, 1, 1, 1, words(0, 0)), true)
    await peer.read()
    await peer.send(next(3, NEVER, 3))
    await test.told('frame', 3)
  })

  it('reads no more from a client than JavaScript takes', async () => {
    await using test = new TestServer().start({ maxCallsPerClient: 1 })
    const { peer, client } = await test.client()
    const count = 400
    const end = frame(END, Buffer.alloc(0), { lookup: 1 })
    const flooded = peer.ask(`flood ${count} ${Buffer.concat([end]).toString('hex')}`)
    await test.told('frame', count)
    assert.equal((await flooded).sent, count)
    assert.equal(test.all('disconnect').length, 0)
    assert.equal(test.all('frame').at(-1)?.client, client)
  })

  it('refuses answers of a wrong shape', async () => {
    await using test = new TestServer().start()
    const wrong = test.server.answer.bind(test.server) as (...args: unknown[]) => boolean
    const body = new Uint8Array(8)
    assert.throws(() => wrong(1, 2, 0, 1, 1, body), RangeError)
    assert.throws(() => wrong(1, REPLY, 1, 1, 1, body), RangeError)
    assert.throws(() => wrong(1, REPLY, 0, -1, 1, body), RangeError)
    assert.throws(() => wrong(1, REPLY, 0, 1.5, 1, body), RangeError)
    assert.throws(() => wrong(1, REPLY, 0, 1, 1, 'body'), TypeError)
    assert.throws(() => wrong(1, REPLY, 0, 1, 1, new Uint16Array(4)), TypeError)
    assert.throws(() => wrong('1', REPLY, 0, 1, 1, body), TypeError)
  })
})
