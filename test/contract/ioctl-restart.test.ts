// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Requests that wait while the host is restarted: IOCTL-56 and IOCTL-57.
import { describe } from 'mocha'
import {
  change,
  eventTarget,
  registerEvent,
  SOON_MS,
  STATUS_PENDING,
  STATUS_SUCCESS,
  settle,
  WSA_IO_PENDING,
  WSAEWOULDBLOCK,
  watched,
} from '../helpers/notify.ts'
import { row } from '../helpers/row.ts'

/** Longer than any restart: what completes before is not the end of the grace. */
const GRACE_MS = 120_000

describe('NSPIoctl: a host that is restarted', () => {
  row('IOCTL-56', 'it vouches for the same data: requests go on', async (t) => {
    const vouching = { revision: 'one', graceMs: GRACE_MS }
    await t.restartHost(vouching)
    const client = await t.table()
    const name = await watched(t, client)
    await eventTarget(client)
    t.check.fails(await registerEvent(client), WSA_IO_PENDING)
    for (const how of ['stop', 'kill'] as const) {
      await t.driver[how]()
      await t.driver.start(vouching)
      // A change that is heard from the new host: what it says of the old request came before.
      await settle(t, client)
      t.check.equal(await client.signalled('e'), false, `the event after ${how}`)
      t.check.equal((await client.readOverlapped('o')).data.internal, STATUS_PENDING, how)
      t.check.fails(await client.ioctl('h1'), WSAEWOULDBLOCK, `poll after ${how}`)
    }
    await change(t, name)
    t.check.equal(await client.signalled('e', SOON_MS), true, 'the next change')
    t.check.equal((await client.readOverlapped('o')).data.internal, STATUS_SUCCESS, 'Internal')
    t.check.succeeds(await client.ioctl('h1'), 'poll')
  })

  row('IOCTL-57', 'it does not: they complete as after a change', async (t) => {
    for (const revision of ['two', undefined]) {
      const what = revision ?? 'none'
      await t.restartHost({ revision: 'one', graceMs: GRACE_MS })
      const client = await t.table()
      await watched(t, client)
      await eventTarget(client)
      t.check.fails(await registerEvent(client), WSA_IO_PENDING)
      t.check.fails(await client.ioctl('h1'), WSAEWOULDBLOCK, `poll before (${what})`)
      await t.driver.kill()
      await t.driver.start({ revision, graceMs: GRACE_MS })
      t.check.equal(await client.signalled('e', SOON_MS), true, `the event (${what})`)
      t.check.equal((await client.readOverlapped('o')).data.internal, STATUS_SUCCESS, what)
      t.check.succeeds(await client.ioctl('h1'), `poll afterwards (${what})`)
    }
  })
})
