// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Subscriptions and changes through the addon: none is missed, each is told once.
import assert from 'node:assert/strict'
import { closeSync, openSync, readSync } from 'node:fs'
import { CHANGE, type Frame, type Peer, subscribe } from './addon-peer.ts'
import { TestServer } from './addon-server.ts'

// Where the counters lie in the control file (native/common/control_file.h).
const COUNTERS = 24 + 22_072
const ANY = 1
const NAME = 400

function counter(test: TestServer, index: number): number {
  const file = openSync(test.controlPath, 'r')
  try {
    const bytes = Buffer.alloc(4)
    readSync(file, bytes, 0, 4, COUNTERS + 4 * index)
    return bytes.readUInt32LE()
  } finally {
    closeSync(file)
  }
}

/** [index, sequence] of each item. */
function items(change: Frame | undefined): number[][] {
  assert.equal(change?.kind, CHANGE)
  const body = change?.body ?? Buffer.alloc(8)
  const count = body.readUInt32LE(0)
  assert.equal(body.length, 8 + 8 * count)
  return Array.from({ length: count }, (_, i) => [
    body.readUInt32LE(8 + 8 * i),
    body.readUInt32LE(12 + 8 * i),
  ])
}

/** Returns when everything sent so far was looked at: frames of a client are taken in order. */
async function settle(peer: Peer, test: TestServer): Promise<void> {
  const before = counter(test, 0)
  await peer.send(subscribe(1, [[0, before + 1]]))
  assert.deepEqual(items(await peer.read()), [[0, 1]])
}

describe('addon: changes', () => {
  it('bumps exactly the counters it is told', async () => {
    await using test = new TestServer().start()
    const [any, name, other] = [ANY, NAME, NAME + 1].map((index) => counter(test, index)) as [
      number,
      number,
      number,
    ]
    test.server.change([ANY, NAME])
    const after = [counter(test, ANY), counter(test, NAME), counter(test, NAME + 1)]
    assert.deepEqual(after, [any + 1, name + 1, other])
    assert.throws(() => test.server.change([1376]), RangeError)
    assert.throws(() => test.server.change([-1]), RangeError)
    assert.deepEqual(counter(test, ANY), after[0])
  })

  it('tells a subscriber once, with its highest sequence', async () => {
    await using test = new TestServer().start()
    const { peer } = await test.client()
    const seen = counter(test, NAME)
    await peer.send(subscribe(1, [[NAME, seen]]))
    await peer.send(subscribe(2, [[NAME, seen]]))
    await settle(peer, test)
    assert.equal(test.server.stats().subscriptions, 1)
    test.server.change([NAME, ANY])
    assert.deepEqual(items(await peer.read()), [[NAME, 2]])
    test.server.change([NAME])
    assert.ok(await peer.quiet())
    assert.equal(test.server.stats().subscriptions, 0)
  })

  it('tells all subscribers, and nobody else', async () => {
    await using test = new TestServer().start()
    const first = await test.client('x64')
    const second = await test.client('x86')
    const third = await test.client()
    const seen = counter(test, NAME)
    await first.peer.send(subscribe(3, [[NAME, seen]]))
    await second.peer.send(subscribe(8, [[NAME, seen]]))
    await third.peer.send(subscribe(1, [[NAME + 1, counter(test, NAME + 1)]]))
    for (const { peer } of [first, second, third]) await settle(peer, test)
    test.server.change([NAME])
    assert.deepEqual(items(await first.peer.read()), [[NAME, 3]])
    assert.deepEqual(items(await second.peer.read()), [[NAME, 8]])
    assert.ok(await third.peer.quiet())
  })

  it('answers at once what has changed before, and only that', async () => {
    await using test = new TestServer().start()
    const { peer } = await test.client()
    const seen = counter(test, NAME)
    const other = counter(test, NAME + 1)
    test.server.change([NAME])
    await peer.send(
      subscribe(5, [
        [NAME, seen],
        [NAME + 1, other],
      ]),
    )
    assert.deepEqual(items(await peer.read()), [[NAME, 5]])
    test.server.change([NAME + 1])
    assert.deepEqual(items(await peer.read()), [[NAME + 1, 5]])
  })

  it('forgets the subscriptions of a client that is gone', async () => {
    await using test = new TestServer().start()
    const { peer } = await test.client()
    await peer.send(subscribe(2, [[NAME, counter(test, NAME)]]))
    await settle(peer, test)
    await peer.die()
    await test.told('disconnect')
    assert.equal(test.server.stats().subscriptions, 0)
    test.server.change([NAME])
  })

  it('is bounded however often a client subscribes', async () => {
    await using test = new TestServer().start()
    const { peer } = await test.client()
    const all = Array.from({ length: 1376 }, (_, i): [number, number] => [i, counter(test, i)])
    for (let sequence = 1; sequence <= 5; sequence++) await peer.send(subscribe(sequence, all))
    await peer.send(subscribe(6, [[NAME, counter(test, NAME) + 1]]))
    assert.deepEqual(items(await peer.read()), [[NAME, 6]])
    assert.equal(test.server.stats().subscriptions, 1375)
  })

  it('misses no change that comes together with a subscription', async () => {
    await using test = new TestServer().start()
    const { peer } = await test.client()
    for (let sequence = 1; sequence <= 200; sequence++) {
      const seen = counter(test, NAME)
      // Not awaited: the frame arrives before, while or after the counter is bumped.
      const sent = peer.send(subscribe(sequence, [[NAME, seen]]))
      for (let turn = sequence % 7; turn > 0; turn--) await Promise.resolve()
      if (sequence % 3 === 0) await new Promise(setImmediate)
      test.server.change([NAME])
      await sent
      assert.deepEqual(items(await peer.read()), [[NAME, sequence]])
    }
    assert.equal(test.server.stats().subscriptions, 0)
  })

  it('counts a start without the recorded revision as a change of everything', async () => {
    await using test = new TestServer()
    const global = () => counter(test, 0)
    const restart = async (revision: Uint8Array | undefined) => {
      test.start({ filter: { ...test.options().filter, revision } })
      const bumped = global()
      await test.server.close()
      return bumped
    }
    const one = new Uint8Array(32).fill(1)
    const first = await restart(undefined)
    assert.equal(await restart(undefined), first + 1)
    assert.equal(await restart(one), first + 2)
    assert.equal(await restart(one), first + 2)
    assert.equal(await restart(new Uint8Array(32).fill(2)), first + 3)
    assert.equal(await restart(undefined), first + 4)
  })
})
