// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Notification by event: IOCTL-13 to IOCTL-22, IOCTL-35 to IOCTL-41 and IOCTL-59.
import { describe } from 'mocha'
import { NULL, UNMAPPED } from '../helpers/client.ts'
import type { RaceData } from '../helpers/client-types.ts'
import {
  change,
  changeAndSettle,
  eventTarget,
  readToEnd,
  registerEvent,
  SOON_MS,
  STATUS_CANCELLED,
  STATUS_PENDING,
  STATUS_SUCCESS,
  settle,
  WSA_IO_PENDING,
  WSA_OPERATION_ABORTED,
  WSAEFAULT,
  WSAEINVAL,
  WSAENETDOWN,
  WSAEWOULDBLOCK,
  watched,
} from '../helpers/notify.ts'
import { row } from '../helpers/row.ts'

/** The whole number in `npm test`; `npm run test:faulty` takes fewer where the row is not meant. */
const RACE_ROUNDS = Number(process.env.NSP_RACE_ROUNDS ?? 10_000)

describe('NSPIoctl: completion by event', () => {
  row('IOCTL-13', 'a request on a clean handle pends', async (t) => {
    const client = await t.table()
    await watched(t, client)
    await eventTarget(client)
    t.check.fails(await registerEvent(client), WSA_IO_PENDING)
    t.check.equal((await client.readOverlapped('o')).data.internal, STATUS_PENDING, 'Internal')
    await settle(t, client)
    t.check.equal(await client.signalled('e'), false, 'the event')
  })

  row('IOCTL-14', 'a change completes it once', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await eventTarget(client)
    t.check.fails(await registerEvent(client), WSA_IO_PENDING)
    await change(t, name)
    t.check.equal(await client.signalled('e', SOON_MS), true, 'the event')
    t.check.equal((await client.readOverlapped('o')).data.internal, STATUS_SUCCESS, 'Internal')
    await settle(t, client)
    t.check.equal(await client.signalled('e'), false, 'a second signal')
  })

  row('IOCTL-15', 'a request on a changed handle pends and completes soon', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await eventTarget(client)
    await change(t, name)
    t.check.fails(await registerEvent(client), WSA_IO_PENDING)
    t.check.equal(await client.signalled('e', SOON_MS), true, 'the event')
  })

  row('IOCTL-16', 'a second change signals nothing more', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await eventTarget(client)
    t.check.fails(await registerEvent(client), WSA_IO_PENDING)
    await change(t, name)
    t.check.equal(await client.signalled('e', SOON_MS), true, 'the first change')
    await changeAndSettle(t, client, name)
    t.check.equal(await client.signalled('e'), false, 'the second change')
  })

  row('IOCTL-17', 'after reading to the end it can be asked again', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await eventTarget(client)
    t.check.fails(await registerEvent(client), WSA_IO_PENDING, 'first')
    await change(t, name)
    t.check.equal(await client.signalled('e', SOON_MS), true, 'first change')
    await readToEnd(client)
    t.check.fails(await registerEvent(client), WSA_IO_PENDING, 'second')
    await change(t, name)
    t.check.equal(await client.signalled('e', SOON_MS), true, 'second change')
  })

  row('IOCTL-18', 'no event or no OVERLAPPED is refused', async (t) => {
    const client = await t.table()
    await watched(t, client)
    await client.overlapped('o', { event: NULL })
    t.check.fails(await registerEvent(client), WSAEINVAL, 'hEvent NULL')
    t.check.fails(await client.ioctl('h1', { type: 'event', ov: NULL }), WSAEINVAL, 'no OVERLAPPED')
  })

  row('IOCTL-19', 'what the type does not define may be junk', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    // The client fills the union's tail and all of the structure but hEvent with 0xcd.
    await eventTarget(client)
    t.check.fails(await registerEvent(client), WSA_IO_PENDING)
    await change(t, name)
    t.check.equal(await client.signalled('e', SOON_MS), true, 'the event')
    const { data } = await client.readOverlapped('o')
    t.check.equal(data.offset, '0xcdcdcdcd', 'Offset')
    t.check.equal(data.offsetHigh, '0xcdcdcdcd', 'OffsetHigh')
    t.check.equal(data.guardsIntact, true, 'what lies beside it')
  })

  row('IOCTL-20', 'End aborts before it returns', async (t) => {
    const client = await t.table()
    await watched(t, client)
    await eventTarget(client)
    t.check.fails(await registerEvent(client), WSA_IO_PENDING)
    await client.end('h1')
    t.check.equal(await client.signalled('e'), true, 'the event, at once')
    const step = await client.readOverlapped('o')
    t.check.equal(step.data.internal, STATUS_CANCELLED, 'Internal')
    t.check.fails(step, WSA_OPERATION_ABORTED, 'GetOverlappedResult')
  })

  row('IOCTL-21', 'End races with changes: one signal a request', async (t) => {
    const client = await t.table()
    const name = t.name()
    await t.set(name)
    let over = false
    const query = t.query(name)
    const racing = client
      .send<RaceData>('race', { ...query, rounds: RACE_ROUNDS, type: 'event' }, 200_000)
      .finally(() => {
        over = true
      })
    while (!over) await change(t, name)
    const { data } = await racing
    t.check.equal(data.rounds, RACE_ROUNDS, 'rounds')
    t.check.equal(data.once, RACE_ROUNDS, 'requests with one signal')
    t.check.equal(data.late, 0, 'signals after End')
    t.check.equal(data.other, 0, 'other values of Internal')
    t.check.ok(data.aborted > 0 && data.changed > 0, `both outcomes: ${JSON.stringify(data)}`)
  })

  row('IOCTL-22', 'the baseline is Begin', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await client.end('h1')
    await change(t, name)
    await t.begin(client, name)
    await eventTarget(client)
    t.check.fails(await registerEvent(client), WSA_IO_PENDING)
    await settle(t, client)
    t.check.equal(await client.signalled('e'), false, 'a change before Begin')
    t.check.fails(await client.ioctl('h1'), WSAEWOULDBLOCK, 'poll')
  })

  row('IOCTL-35', 'an unknown completion type is refused', async (t) => {
    const client = await t.table()
    await watched(t, client)
    for (const type of [5, 0x7fffffff, 0xffffffff]) {
      t.check.fails(await client.ioctl('h1', { type }), WSAEINVAL, `type ${type}`)
    }
  })

  row('IOCTL-36', 'a second request is refused and the first survives', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await eventTarget(client, '1')
    await eventTarget(client, '2')
    t.check.fails(await registerEvent(client, 'h1', '1'), WSA_IO_PENDING, 'first')
    t.check.fails(await registerEvent(client, 'h1', '2'), WSAEINVAL, 'second')
    await change(t, name)
    t.check.equal(await client.signalled('e1', SOON_MS), true, 'the first one')
    await settle(t, client)
    t.check.equal(await client.signalled('e2'), false, 'the second one')
  })

  row('IOCTL-37', 'the WSACOMPLETION may go when the call returns', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await eventTarget(client)
    // The client overwrites it and takes its memory away after each call.
    const step = await client.ioctl('h1', { type: 'event', ov: 'o' })
    t.check.fails(step, WSA_IO_PENDING)
    t.check.equal(step.data.completionUnchanged, true, 'and it is only read')
    await change(t, name)
    t.check.equal(await client.signalled('e', SOON_MS), true, 'the event')
  })

  row('IOCTL-38', 'the thread that asked ends: never silent', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await eventTarget(client)
    const step = await client.ioctl('h1', { type: 'event', ov: 'o', thread: 'T' })
    t.check.fails(step, WSA_IO_PENDING)
    await client.send('thread-exit', { thread: 'T' })
    await change(t, name)
    t.check.equal(await client.signalled('e', SOON_MS), true, 'the event')
    const { internal } = (await client.readOverlapped('o')).data
    t.check.ok([STATUS_SUCCESS, STATUS_CANCELLED].includes(internal), `Internal ${internal}`)
  })

  row('IOCTL-39', 'a request right after Begin, without a Next', async (t) => {
    const client = await t.table()
    const name = await watched(t, client, { read: false })
    await eventTarget(client)
    t.check.fails(await registerEvent(client), WSA_IO_PENDING)
    t.check.equal(await client.signalled('e'), false, 'before the change')
    await change(t, name)
    t.check.equal(await client.signalled('e', SOON_MS), true, 'after it')
  })

  row('IOCTL-41', 'the host is lost for longer than the grace', async (t) => {
    const client = await t.table()
    await watched(t, client, { read: false })
    await eventTarget(client)
    t.check.fails(await registerEvent(client), WSA_IO_PENDING)
    await t.stopHost('kill')
    t.check.equal(await client.signalled('e', SOON_MS), true, 'completes as a change')
    t.check.equal((await client.readOverlapped('o')).data.internal, STATUS_SUCCESS, 'Internal')
    t.check.fails(await client.next('h1'), WSAENETDOWN, 'Next')
  })

  row('IOCTL-47', 'the WSACOMPLETION is not in memory', async (t) => {
    const client = await t.table()
    await watched(t, client)
    t.check.fails(await client.ioctl('h1', { completion: UNMAPPED }), WSAEFAULT, 'by table call')
    const through = await t.ws2()
    await watched(t, through, { read: false })
    t.check.fails(await through.ioctl('h1', { completion: UNMAPPED }), WSAEFAULT, 'by ws2_32')
  })

  row('IOCTL-59', 'one handle for ever', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await eventTarget(client)
    for (let round = 1; round <= 4; round++) {
      t.check.fails(await registerEvent(client), WSA_IO_PENDING, `round ${round}`)
      t.check.equal(await client.signalled('e'), false, `round ${round}: before the change`)
      t.check.fails(await client.ioctl('h1'), WSAEWOULDBLOCK, `round ${round}: poll`)
      await change(t, name)
      t.check.equal(await client.signalled('e', SOON_MS), true, `round ${round}: the change`)
      await readToEnd(client)
    }
  })
})
