// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Rows CLEAN: NSPCleanup counts, ends what is open, and leaves nothing of the provider behind.
import { describe } from 'mocha'
import { type Client, NULL } from '../helpers/client.ts'
import type { ApcCall } from '../helpers/client-types.ts'
import { type Row, row } from '../helpers/row.ts'
import { until } from '../helpers/until.ts'
import { ERR, ONE, STATUS_CANCELLED } from '../helpers/winsock.ts'

const STRANGER = '11111111-2222-3333-4444-555555555555'

/** One life of a provider in this client: Startup, a lookup, perhaps a request, Cleanup. */
async function life(t: Row, client: Client, pending: boolean): Promise<void> {
  await client.startup(t.entry().id)
  await t.begin(client, ONE)
  await client.next('h1')
  if (pending) await client.ioctl('h1', { type: 'event', ov: 'o' })
  await client.end('h1')
  t.check.succeeds(await client.cleanup(), 'NSPCleanup')
}

async function usage(client: Client): Promise<string> {
  const { threads, handles } = (await client.process()).data
  return `${threads} threads, ${handles} handles`
}

describe('CLEAN', () => {
  row('CLEAN-01', 'leaves no thread and no handle', async (t) => {
    const client = await t.table({ started: false })
    await client.event('e')
    await client.overlapped('o', { event: 'e' })
    const { threads } = (await client.process()).data
    // The first life also opens what the system keeps for good.
    await life(t, client, false)
    const before = await usage(client)
    for (let i = 0; i < 3; i++) await life(t, client, false)
    t.check.equal(await usage(client), before, 'after lives without a request')
    await life(t, client, true)
    await until('the threads of the request are gone', async () => {
      return (await client.process()).data.threads === threads
    })
    const pended = await usage(client)
    for (let i = 0; i < 3; i++) await life(t, client, true)
    await until(`no more than ${pended} after lives with a request`, async () => {
      return (await usage(client)) === pended
    })
  })

  row('CLEAN-02', 'ends the provider with the last count only', async (t) => {
    const client = await t.table({ started: false })
    const table = 'first'
    await client.startup(t.entry().id, { name: table })
    await client.startup(t.entry().id, { name: 'second' })
    t.check.succeeds(await client.cleanup({ table }), 'first cleanup')
    t.check.succeeds(await client.begin(t.query(ONE, { table })), 'Begin after it')
    t.check.succeeds(await client.next('h1'), 'Next after it')
    t.check.succeeds(await client.cleanup({ table }), 'second cleanup')
  })

  row('CLEAN-03', 'refuses what was not started', async (t) => {
    const client = await t.table()
    t.check.fails(await client.cleanup({ guid: STRANGER }), ERR.INVAL, 'unknown GUID')
    t.check.fails(await client.cleanup({ guid: NULL }), ERR.INVAL, 'NULL')
    await client.cleanup()
    t.check.fails(await client.cleanup(), ERR.INVAL, 'count 0')
  })

  row('CLEAN-04', 'ends the lookups that are open', async (t) => {
    const client = await t.table()
    await t.begin(client, ONE, { h: 'read' })
    await client.next('read')
    await t.begin(client, ONE, { h: 'unread' })
    t.check.succeeds(await client.cleanup(), 'NSPCleanup')
    t.check.fails(await client.next('read'), ERR.INVALID_HANDLE, 'Next on a handle in use')
    t.check.fails(await client.next('unread'), ERR.INVALID_HANDLE, 'Next on a new handle')
  })

  row('CLEAN-05', 'completes what pends before it returns', async (t) => {
    const client = await t.table()
    await client.event('e')
    await client.overlapped('o', { event: 'e' })
    await t.begin(client, ONE)
    t.check.fails(await client.ioctl('h1', { type: 'event', ov: 'o' }), ERR.IO_PENDING)
    t.check.succeeds(await client.cleanup(), 'NSPCleanup')
    t.check.equal(await client.signalled('e'), true, 'event signalled')
    t.check.equal((await client.readOverlapped('o')).data.internal, STATUS_CANCELLED, 'Internal')
  })

  row('CLEAN-06', 'an APC queued before FreeLibrary still runs', async (t) => {
    const client = await t.table()
    const thread = 'T'
    await client.overlapped('o')
    await t.begin(client, ONE)
    await client.ioctl('h1', { type: 'apc', ov: 'o', thread })
    await client.end('h1')
    await client.cleanup()
    t.check.succeeds(await client.send('free'), 'FreeLibrary')
    const slept = await client.send<{ ran: number }>('alertable', { thread, count: 1 })
    t.check.equal(slept.data.ran, 1, 'routines that ran')
    const { calls } = (await client.send<{ calls: ApcCall[] }>('apc-log')).data
    t.check.deepEqual(
      calls.map((call) => call.ov),
      ['o'],
      'routine calls',
    )
  })

  row('CLEAN-07', 'lets the provider start again', async (t) => {
    const client = await t.table()
    await client.cleanup()
    t.check.succeeds(await client.startup(t.entry().id), 'NSPStartup')
    t.check.succeeds(await client.begin(t.query(ONE)), 'Begin')
    t.check.succeeds(await client.next('h1'), 'Next')
  })
})
