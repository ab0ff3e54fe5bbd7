// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Notification by APC: IOCTL-29 to IOCTL-34, IOCTL-54 and ERR-02.
import { describe } from 'mocha'
import { type Client, NULL } from '../helpers/client.ts'
import type { ApcCall, IoctlOptions } from '../helpers/client-types.ts'
import {
  change,
  changeAndSettle,
  eventTarget,
  registerEvent,
  SOON_MS,
  settle,
  WSA_IO_PENDING,
  WSA_OPERATION_ABORTED,
  watched,
} from '../helpers/notify.ts'
import { type Row, row } from '../helpers/row.ts'

const toApc: IoctlOptions = { type: 'apc', ov: 'o', thread: 'T' }

/** Every routine call of the client so far, without what differs from run to run. */
async function apcCalls(client: Client): Promise<Omit<ApcCall, 'lastError'>[]> {
  const { data } = await client.send<{ calls: ApcCall[] }>('apc-log')
  return data.calls.map(({ lastError: _, ...call }) => call)
}

async function threadId(client: Client): Promise<number> {
  return (await client.send<{ thread: number }>('thread', { name: 'T' })).data.thread
}

/** Sleeps alertably on the registering thread until one routine has run there. */
async function runOne(client: Client): Promise<void> {
  await client.send('alertable', { thread: 'T', count: 1, ms: SOON_MS })
}

/** Registers on thread T, changes, and checks the one call that comes of it. */
async function delivered(t: Row, client: Client, how: IoctlOptions): Promise<void> {
  const thread = await threadId(client)
  const name = await watched(t, client)
  await client.overlapped('o', { event: NULL })
  t.check.fails(await client.ioctl('h1', { ...toApc, ...how }), WSA_IO_PENDING)
  await change(t, name)
  await runOne(client)
  const expected = [{ error: 0, transferred: 0, ov: 'o', flags: 0, thread }]
  t.check.deepEqual(await apcCalls(client), expected, 'routine calls')
}

async function handleCount(client: Client): Promise<number> {
  return (await client.process()).data.handles
}

const CYCLES = 8

/** Threads that make one call each and end; gives the handles that the process has gained. */
async function gained(t: Row, client: Client, tag: string, apc: boolean): Promise<number> {
  const before = await handleCount(client)
  for (let i = 0; i < CYCLES; i++) {
    const thread = `${tag}${i}`
    const h = `h-${thread}`
    const name = await watched(t, client, { h, read: false })
    const step = await client.ioctl(h, apc ? { type: 'apc', ov: 'o', thread } : { thread })
    if (apc) t.check.fails(step, WSA_IO_PENDING, `thread ${i}`)
    // By turns the thread ends before the change, and with the routine queued to it.
    if (i % 2 === 0) await client.send('thread-exit', { thread })
    await change(t, name)
    await settle(t, client)
    if (i % 2 === 1) await client.send('thread-exit', { thread })
    await client.end(h)
  }
  return (await handleCount(client)) - before
}

describe('NSPIoctl: completion by APC', () => {
  row('IOCTL-29', 'a change runs the routine on the registering thread', async (t) => {
    await delivered(t, await t.table(), {})
  })

  row('IOCTL-30', 'the routine waits until its thread is alertable', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await client.overlapped('o', { event: NULL })
    t.check.fails(await client.ioctl('h1', toApc), WSA_IO_PENDING)
    await changeAndSettle(t, client, name)
    t.check.deepEqual(await apcCalls(client), [], 'before')
    await runOne(client)
    t.check.equal((await apcCalls(client)).length, 1, 'routine calls after')
  })

  row('IOCTL-31', 'End queues the abort', async (t) => {
    const client = await t.table()
    const thread = await threadId(client)
    await watched(t, client)
    await client.overlapped('o', { event: NULL })
    t.check.fails(await client.ioctl('h1', toApc), WSA_IO_PENDING)
    await client.end('h1')
    // Queued before End returned, so any time will do; 0 could end before the sleep begins.
    await client.send('alertable', { thread: 'T', count: 1, ms: 1000 })
    const error = WSA_OPERATION_ABORTED
    const expected = [{ error, transferred: 0, ov: 'o', flags: 0, thread }]
    t.check.deepEqual(await apcCalls(client), expected, 'routine calls')
  })

  row('IOCTL-32', 'the WSATHREADID may go when the call returns', async (t) => {
    // The client overwrites the structure and takes its memory away after each call.
    await delivered(t, await t.table(), { tid: 'T' })
  })

  row('IOCTL-33', 'its owner closes the thread handle', async (t) => {
    await delivered(t, await t.table(), { tid: 'T', tidclose: true })
  })

  row('IOCTL-34', 'the thread ends first: lost, without a leak', async (t) => {
    const client = await t.table()
    await client.overlapped('o', { event: NULL })
    await gained(t, client, 'warm', true)
    const without = await gained(t, client, 'poll', false)
    const withApc = await gained(t, client, 'apc', true)
    t.check.ok(withApc <= without + CYCLES / 2, `handles gained: ${withApc}, by polls ${without}`)
    t.check.deepEqual(await apcCalls(client), [], 'routine calls')
  })

  row('IOCTL-54', 'the client closes its handle after 997', async (t) => {
    const client = await t.table()
    const name = await watched(t, client, { h: 'event' })
    await eventTarget(client)
    await client.send('event-dup', { name: 'e', as: 'kept' })
    t.check.fails(await registerEvent(client, 'event'), WSA_IO_PENDING, 'event')
    await t.begin(client, name, { h: 'port' })
    await client.send('port', { name: 'p' })
    await client.send('port-dup', { name: 'p', as: 'kept' })
    await client.overlapped('op', { event: NULL })
    const port = { type: 'port', ov: 'op', port: 'p', key: 1 } as const
    t.check.fails(await client.ioctl('port', port), WSA_IO_PENDING, 'port')
    await client.send('event-close', { name: 'e' })
    await client.send('port-close', { name: 'p' })
    // New objects take over the handle values that were closed.
    const strangers = Array.from({ length: 8 }, (_, i) => `stranger${i}`)
    for (const stranger of strangers) await client.event(stranger)
    await change(t, name)
    t.check.equal(await client.signalled('kept', SOON_MS), true, 'the event registered')
    t.check.equal((await client.packet('kept', SOON_MS)).data.got, true, 'the port registered')
    for (const stranger of strangers) {
      t.check.equal(await client.signalled(stranger), false, `another object, ${stranger}`)
    }
  })
})
