// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The provider's own host process, and what becomes of a client when it is late or retired: HOST-01
// to HOST-04.
import { describe } from 'mocha'
import {
  eventTarget,
  registerEvent,
  SOON_MS,
  WSA_IO_PENDING,
  WSAEINPROGRESS,
  WSAENETDOWN,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  watched,
} from '../helpers/notify.ts'
import { noise } from '../helpers/quiet.ts'
import { row } from '../helpers/row.ts'
import { until } from '../helpers/until.ts'

/** Calls that a silent host lets run into their deadline before the rest fail at once. */
const BREAKER_FAILURES = 3

describe('the host', () => {
  row('HOST-01', 'on its own thread nothing that needs the pipe is begun', async (t) => {
    for (const op of ['next', 'ioctl', 'register']) {
      const { ret, err } = await t.driver.send('self', { op })
      t.check.deepEqual({ ret, err }, { ret: -1, err: WSAEINPROGRESS }, op)
    }
    const { ret } = await t.driver.send('self', { op: 'begin' })
    t.check.equal(ret, 0, 'begin')
  })

  row('HOST-02', 'a handler is late while its host lives', async (t) => {
    const client = await t.table()
    const name = await watched(t, client, { read: false })
    t.defer(() => t.driver.send('clear', { name }))
    await t.driver.send('never', { name })
    t.check.fails(await client.next('h1'), WSATRY_AGAIN)
    await t.driver.send('clear', { name })
    t.check.succeeds(await client.next('h1'), 'the handle is still good')
  })

  row('HOST-03', 'a silent host is waited for, and after some calls no more', async (t) => {
    await t.restartHost({ lookupMs: 400 })
    const client = await t.table()
    const name = t.name()
    await t.set(name)
    const ask = async () => {
      await t.begin(client, name)
      const step = await client.next('h1')
      await client.end('h1')
      return step
    }
    t.check.succeeds(await ask(), 'before')
    await client.countImports(t.moduleName)
    const resume = await t.suspendHost()
    for (let call = 1; call <= BREAKER_FAILURES; call++) {
      t.check.fails(await ask(), WSAENETDOWN, `silent ${call}`)
    }
    // On a slow machine a call may come late enough to be the probe, which waits.
    await until('a call asks and waits for nothing', async () => {
      await client.counts()
      t.check.fails(await ask(), WSAENETDOWN, 'at once')
      return (await noise(client)).length === 0
    })
    await resume()
    await until('a probe finds the host', async () => (await ask()).ret === 0)
    t.check.succeeds(await ask(), 'afterwards')
  })

  row('HOST-04', 'the provider is retired while a handle is open', async (t) => {
    const client = await t.table()
    const name = await watched(t, client, { read: false })
    await eventTarget(client)
    t.check.fails(await registerEvent(client), WSA_IO_PENDING)
    t.defer(async () => {
      await t.driver.stop()
      await t.driver.install()
      await t.driver.start()
    })
    await t.driver.retire()
    t.check.equal(await client.signalled('e', SOON_MS), true, 'what pends completes')
    t.check.fails(await client.begin(t.query(name, { h: 'h2' })), WSASERVICE_NOT_FOUND, 'Begin')
    t.check.fails(await client.next('h1'), WSAENETDOWN, 'Next')
    t.check.fails(await client.ioctl('h1'), WSAENETDOWN, 'poll')
    t.check.fails(await registerEvent(client), WSAENETDOWN, 'request')
    t.check.succeeds(await client.end('h1'), 'End')
  })
})
