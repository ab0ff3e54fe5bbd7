// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The addon's clients: how they come, what is known about them, how they go, and what is not let in.
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { ARCHS } from '../helpers/client.ts'
import { until } from '../helpers/until.ts'
import {
  CANCEL,
  END,
  frame,
  HELLO,
  ioctl,
  NEXT,
  next,
  type Peer,
  subscribe,
  words,
} from './addon-peer.ts'
import { TestServer } from './addon-server.ts'

describe('addon: clients', () => {
  for (const arch of ARCHS) {
    it(`knows an ${arch} client from the system`, async () => {
      await using test = new TestServer().start()
      const { peer } = await test.client(arch)
      const { identity } = await test.told('connect')
      assert.equal(identity.processId, peer.pid)
      assert.equal(identity.architecture, arch)
      assert.match(identity.imagePath ?? '', /addon_pipe_client\.exe$/i)
      assert.equal(identity.userSid, test.native.currentUserSid())
      assert.match(identity.integrity, /^(untrusted|low|medium|high|system)$/)
      assert.equal(typeof identity.elevated, 'boolean')
      assert.equal(identity.appContainerSid, undefined)
      assert.equal(test.server.stats().clients, 1)
    })
  }

  it('shows its clients the process and the owner they ask for', async () => {
    await using test = new TestServer().start()
    const peer = test.peer()
    const opened = await peer.ask(`open ${test.server.pipeName}`)
    assert.equal(opened.server, process.pid)
    assert.equal(opened.owner, 'S-1-5-32-544')
    assert.match(test.server.pipeName, /^\\\\\.\\pipe\\winsock-nsp-[0-9a-f]{32}$/)
  })

  it('tells an orderly end from a death', async () => {
    await using test = new TestServer().start()
    const first = await test.client()
    const second = await test.client()
    await first.peer.ask('close')
    const closed = await test.told('disconnect')
    assert.deepEqual([closed.client, closed.reason], [first.client, 'closed'])
    await second.peer.die()
    const killed = await test.told('disconnect', 2)
    assert.deepEqual([killed.client, killed.reason], [second.client, 'killed'])
    assert.equal(test.server.stats().clients, 0)
  })

  it('forgets the calls of a client that is gone', async () => {
    await using test = new TestServer().start()
    const { peer, client } = await test.client()
    await peer.send(next(1, 60_000))
    await test.told('frame')
    assert.equal(test.server.stats().calls, 1)
    await peer.die()
    await test.told('disconnect')
    assert.equal(test.server.stats().calls, 0)
    assert.equal(test.server.answer(client, 129, 1, 1, 1, new Uint8Array(8)), false)
  })

  it('takes several clients at once and answers each its own', async () => {
    await using test = new TestServer().start()
    const clients: { peer: Peer; client: number }[] = []
    for (let i = 0; i < 4; i++) clients.push(await test.client(i % 2 ? 'x86' : 'x64'))
    await Promise.all(clients.map(({ peer }) => peer.send(next(7, 60_000))))
    await test.told('frame', 4)
    for (const { client } of clients) {
      assert.equal(test.server.answer(client, 129, 1, 7, 1, words(0, client)), true)
    }
    for (const { peer, client } of clients) {
      assert.equal((await peer.read())?.body.readUInt32LE(4), client)
    }
  })

  it('refuses more clients than it may have, and takes the next when one is gone', async () => {
    await using test = new TestServer().start({ maxClients: 1 })
    const { peer } = await test.client()
    const refused = test.peer()
    await refused.ask(`open ${test.server.pipeName}`)
    assert.equal(await refused.read(), undefined)
    assert.equal(test.server.stats().refusedClients, 1)
    await peer.ask('close')
    await test.told('disconnect')
    await test.client()
    assert.equal(test.all('disconnect').length, 1)
  })

  it('keeps places free for others when one process connects again and again', async () => {
    await using test = new TestServer().start()
    // This very process, of 16 connections: 4 are its share.
    const sockets: Socket[] = []
    let gone = 0
    for (let i = 0; i < 12; i++) {
      const socket = connect(test.server.pipeName)
      sockets.push(socket.on('error', () => undefined).on('close', () => gone++))
      await until('it is taken or refused', () => !socket.connecting)
    }
    await until('eight are refused', () => test.server.stats().refusedClients === 8)
    await until('eight are closed', () => gone === 8)
    await test.client()
    for (const socket of sockets) socket.destroy()
  })

  it('drops a client that JavaScript does not want, after what it was sent', async () => {
    await using test = new TestServer().start()
    const { peer, client } = await test.client()
    await peer.send(next(1, 60_000))
    await test.told('frame')
    test.server.answer(client, 129, 1, 1, 1, words(0, 0))
    test.server.disconnect(client)
    assert.equal((await peer.read())?.call, 1)
    assert.equal(await peer.read(), undefined)
    assert.equal((await test.told('disconnect')).reason, 'refused')
  })

  it('goes on serving its clients when it takes no more', async () => {
    await using test = new TestServer().start()
    const { peer, client } = await test.client()
    test.server.stopAccepting()
    const late = test.peer()
    await until(
      'no instance waits',
      async () => !(await late.ask(`open ${test.server.pipeName}`)).ok,
    )
    await peer.send(next(1, 60_000))
    await test.told('frame')
    assert.equal(test.server.answer(client, 129, 1, 1, 1, words(0, 0)), true)
    assert.equal((await peer.read())?.kind, 129)
  })
})

describe('addon: what is not let in', () => {
  const greeted: [string, Buffer][] = [
    ['a second hello', frame(HELLO, words(1, 0x8664, 0, 0))],
    ['an empty message', Buffer.alloc(0)],
    ['half a header', words(16, 2)],
    ['a size that is not the message', Buffer.concat([next(1, 500), Buffer.alloc(4)])],
    ['a size beyond the largest frame', words(0x7fffffff, NEXT, 1, 1)],
    ['an unknown kind', frame(99, Buffer.alloc(0))],
    ["a host's kind", frame(129, words(0, 0))],
    ['an unknown flag', frame(NEXT, words(500, 0), { flags: 0x8000, call: 1, lookup: 1 })],
    ['a body that is too short', frame(NEXT, words(500), { call: 1, lookup: 1 })],
    [
      'a query that is announced and not there',
      frame(NEXT, words(9, 0), { flags: 1, call: 1, lookup: 1 }),
    ],
    [
      'an ioctl longer than its frame',
      frame(3, words(500, 1, 0, 0, 0, 4000), { call: 1, lookup: 1 }),
    ],
    ['a call without a number', frame(NEXT, words(500, 0), { lookup: 1 })],
    ['a counter outside of the table', subscribe(1, [[1376, 0]])],
    ['more subscriptions than the frame holds', frame(5, words(1, 1000, 0, 0))],
    ['an end with a body', frame(END, words(1), { lookup: 1 })],
    ['a cancellation of nothing', frame(CANCEL, Buffer.alloc(0))],
    ['a large message that is no frame', Buffer.alloc(70_000, 0x41)],
  ]
  for (const [what, bytes] of greeted) {
    it(`drops a client for ${what}`, async () => {
      await using test = new TestServer().start()
      const { peer, client } = await test.client()
      await peer.send(bytes)
      assert.equal(await peer.read(), undefined)
      const { client: dropped, reason } = await test.told('disconnect')
      assert.deepEqual([dropped, reason], [client, 'protocol'])
      assert.equal(test.server.stats().rejectedFrames, 1)
      assert.equal(test.all('frame').length, 0)
      await test.client() // the host serves on
    })
  }

  const first: [string, (pid: number) => Buffer][] = [
    ['another version of the wire', (pid) => frame(HELLO, words(2, 0x8664, pid, 0))],
    ["another process's number", (pid) => frame(HELLO, words(1, 0x8664, pid + 4, 0))],
    ['an unknown machine', (pid) => frame(HELLO, words(1, 0x1234, pid, 0))],
    ['a call before the hello', () => next(1, 500)],
  ]
  for (const [what, bytes] of first) {
    it(`does not even get to know a client with ${what}`, async () => {
      await using test = new TestServer().start()
      const peer = test.peer()
      const { pid = 0 } = await peer.ask(`open ${test.server.pipeName}`)
      await peer.send(bytes(pid))
      assert.equal(await peer.read(), undefined)
      assert.equal(test.server.stats().rejectedFrames, 1)
      await test.client()
      assert.deepEqual(
        test.events.map(({ type }) => type),
        ['connect'],
      )
    })
  }

  it('drops a client for two living calls with one number', async () => {
    await using test = new TestServer().start()
    const { peer } = await test.client()
    await peer.send(next(5, 60_000))
    await peer.send(ioctl(5, 60_000))
    assert.equal(await peer.read(), undefined)
    assert.equal((await test.told('disconnect')).reason, 'protocol')
  })

  it('drops a client that asks and never reads', async () => {
    await using test = new TestServer().start()
    const { peer, client } = await test.client()
    const large = new Uint8Array(1_000_000)
    test.onEvent = (event) => {
      if (event.type === 'frame') test.server.answer(client, 130, 0, event.call, 1, large)
    }
    for (let call = 1; call <= 40; call++) {
      if (!(await peer.send(ioctl(call, 60_000))).ok) break
    }
    assert.equal((await test.told('disconnect')).reason, 'refused')
    assert.equal(test.server.stats().refusedClients, 1)
  })
})
