// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The foreign client itself: what the rows rely on must be true before they can show anything.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { ARCHS, Client, commandLine, NULL } from '../helpers/client.ts'
import type { ApcCall } from '../helpers/client-types.ts'

describe('client', () => {
  it('encodes values so that only a special can start with @', () => {
    assert.equal(
      commandLine('begin', { name: '@null x', q: NULL, h: undefined, qro: true }),
      'begin name=%40null%20x q=@null qro=1',
    )
  })

  for (const arch of ARCHS) {
    it(`${arch} loads nothing but ws2_32 and what Windows brings`, async () => {
      await using client = await Client.start(arch)
      const { data } = await client.process()
      assert.equal(data.user32, false)
      const modules = data.modules.map((name) => name.toLowerCase())
      assert.ok(modules.includes('ws2_32.dll'))
      assert.ok(!modules.includes('user32.dll'))
    })

    it(`${arch} names the step that it can't run`, async () => {
      await using client = await Client.start(arch)
      await assert.rejects(client.send('no-such-verb'), /no-such-verb: unknown verb/)
      await assert.rejects(client.send('event-wait', { name: 'e9' }), /no such name: e9/)
    })

    it(`${arch} is killed by the watchdog, which names the step`, async () => {
      await using client = await Client.start(arch)
      await client.event('e')
      const hanging = client.send('event-wait', { name: 'e', ms: 60_000 }, 300)
      await assert.rejects(hanging, /hangs in: event-wait name=e/)
    })

    it(`${arch} tells of a crash`, async () => {
      await using client = await Client.start(arch)
      await client.overlapped('o')
      await client.send('ov-discard', { name: 'o' })
      await assert.rejects(client.readOverlapped('o'), /crashed: .*"code":"0xc0000005"/)
    })

    it(`${arch} runs steps on threads that are alertable only when told`, async () => {
      await using client = await Client.start(arch)
      await client.event('e')
      await client.launch('w', 'event-wait', { name: 'e', ms: 20_000, thread: 'T' })
      await client.send('event', { name: 'f', set: true })
      assert.equal(await client.signalled('f'), true)
      const sleep = await client.send<{ ran: number }>('alertable', { ms: 0, thread: 'U' })
      assert.equal(sleep.data.ran, 0)
      const log = await client.send<{ calls: ApcCall[] }>('apc-log')
      assert.deepEqual(log.data.calls, [])
    })

    it(`${arch} keeps the last error of a call`, async () => {
      await using client = await Client.start(arch)
      const step = await client.send('wsacleanup', { lasterror: 1234 })
      assert.equal(step.ret, -1)
      assert.equal(step.err, 10093)
    })
  }
})
