// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// NSPIoctl as a poll, and its refusals: IOCTL-01 to IOCTL-12, IOCTL-58 and IOCTL-60.
import { describe } from 'mocha'
import { NULL, UNMAPPED } from '../helpers/client.ts'
import {
  CODE,
  change,
  eventTarget,
  readToEnd,
  registerEvent,
  SOON_MS,
  STATUS_SUCCESS,
  WSA_INVALID_HANDLE,
  WSA_IO_PENDING,
  WSAENETDOWN,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  watched,
} from '../helpers/notify.ts'
import { noise } from '../helpers/quiet.ts'
import { row } from '../helpers/row.ts'

const SIO_ADDRESS_LIST_SORT = 0xc8000019

describe('NSPIoctl: polls and refusals', () => {
  row('IOCTL-01', 'an unknown code is refused, host or no host', async (t) => {
    const client = await t.table()
    await watched(t, client)
    t.check.fails(await client.ioctl('h1', { code: CODE.UNKNOWN }), WSAEOPNOTSUPP, 'host up')
    await t.stopHost('kill')
    t.check.fails(await client.ioctl('h1', { code: CODE.UNKNOWN }), WSAEOPNOTSUPP, 'host down')
  })

  row('IOCTL-02', 'SIO_ADDRESS_LIST_SORT is not taken for the notify code', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await change(t, name)
    t.check.fails(await client.ioctl('h1', { code: SIO_ADDRESS_LIST_SORT }), WSAEOPNOTSUPP)
  })

  row('IOCTL-03', 'a junk, an ended and a NULL handle', async (t) => {
    const client = await t.table()
    await watched(t, client)
    await client.end('h1')
    t.check.fails(await client.ioctl('h1'), WSA_INVALID_HANDLE, 'ended')
    t.check.fails(await client.ioctl('0x1234abc0'), WSA_INVALID_HANDLE, 'junk')
    t.check.fails(await client.ioctl(NULL), WSA_INVALID_HANDLE, 'NULL')
  })

  row('IOCTL-04', 'poll, nothing changed', async (t) => {
    const client = await t.table()
    await watched(t, client)
    t.check.fails(await client.ioctl('h1'), WSAEWOULDBLOCK)
  })

  row('IOCTL-05', 'poll, changed', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await change(t, name)
    t.check.succeeds(await client.ioctl('h1'))
  })

  row('IOCTL-06', 'a poll does not acknowledge; reading to the end does', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await change(t, name)
    t.check.succeeds(await client.ioctl('h1'), 'first poll')
    t.check.succeeds(await client.ioctl('h1'), 'second poll')
    await readToEnd(client)
    t.check.fails(await client.ioctl('h1'), WSAEWOULDBLOCK, 'after the end was read')
  })

  row('IOCTL-07', 'poll as NSP_NOTIFY_IMMEDIATELY', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await eventTarget(client)
    const poll = () => client.ioctl('h1', { type: 'immediate', ov: 'o' })
    t.check.fails(await poll(), WSAEWOULDBLOCK, 'clean')
    await change(t, name)
    t.check.succeeds(await poll(), 'changed')
    t.check.equal(await client.signalled('e'), false, 'a completion')
  })

  row('IOCTL-08', 'a poll leaves what pends alone', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await eventTarget(client)
    t.check.fails(await registerEvent(client), WSA_IO_PENDING)
    t.check.fails(await client.ioctl('h1'), WSAEWOULDBLOCK, 'clean')
    t.check.equal(await client.signalled('e'), false, 'completed by the poll')
    await change(t, name)
    t.check.equal(await client.signalled('e', SOON_MS), true, 'completed by the change')
    t.check.succeeds(await client.ioctl('h1'), 'changed')
  })

  row('IOCTL-09', 'lpcbBytesReturned is NULL', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    t.check.fails(await client.ioctl('h1', { bytes: NULL }), WSAEWOULDBLOCK, 'clean')
    await change(t, name)
    t.check.succeeds(await client.ioctl('h1', { bytes: NULL }), 'changed')
  })

  row('IOCTL-10', 'a poll that succeeds stores 0 bytes', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await change(t, name)
    const step = await client.ioctl('h1')
    t.check.succeeds(step)
    t.check.equal(step.data.bytes, 0, '*lpcbBytesReturned')
  })

  row('IOCTL-11', 'buffers are ignored with the notify code', async (t) => {
    const client = await t.table()
    await watched(t, client)
    const junk = { in: UNMAPPED, insize: 7, out: UNMAPPED, outsize: 0x7fffffff }
    t.check.fails(await client.ioctl('h1', junk), WSAEWOULDBLOCK, 'poll')
    await eventTarget(client)
    const pends = await client.ioctl('h1', { ...junk, type: 'event', ov: 'o' })
    t.check.fails(pends, WSA_IO_PENDING, 'request')
  })

  row('IOCTL-12', 'a poll needs no round trip and no wait, the host may hang', async (t) => {
    const client = await t.table()
    const clean = await watched(t, client, { h: 'clean' })
    const dirty = await watched(t, client, { h: 'dirty' })
    t.check.notEqual(clean, dirty, 'names')
    await change(t, dirty)
    await t.suspendHost()
    await client.countImports(t.moduleName)
    await client.counts()
    t.check.fails(await client.ioctl('clean'), WSAEWOULDBLOCK, 'clean')
    t.check.succeeds(await client.ioctl('dirty'), 'changed')
    t.check.deepEqual(await noise(client), [], 'pipe operations and waits')
  })

  row('IOCTL-58', 'a change while the handler awaits is not lost', async (t) => {
    const client = await t.table()
    const name = await watched(t, client, { read: false })
    await t.hold(name)
    await client.launch('next', 'next', { h: 'h1', flags: 0 })
    await t.held(name)
    await change(t, name)
    await t.driver.send('release', { name })
    t.check.succeeds(await client.join('next'), 'the answer from before the change')
    t.check.succeeds(await client.ioctl('h1'), 'poll')
    await readToEnd(client)
  })

  row('IOCTL-60', 'a provider with stillValid is asked', async (t) => {
    const client = await t.ws2()
    const name = t.name()
    await t.set(name)
    await t.begin(client, name, {}, 'vouch')
    t.defer(() => t.driver.send('still-valid', { value: 'true' }))
    await t.driver.send('still-valid', { value: 'true' })
    await change(t, name)
    t.check.fails(await client.ioctl('h1'), WSAEWOULDBLOCK, 'still valid, whatever the counters')
    await t.driver.send('still-valid', { value: 'false' })
    t.check.succeeds(await client.ioctl('h1'), 'no longer valid')
    await eventTarget(client)
    t.check.fails(await registerEvent(client), WSA_IO_PENDING, 'request, no longer valid')
    t.check.equal(await client.signalled('e', SOON_MS), true, 'delivered at once')
    t.check.equal((await client.readOverlapped('o')).data.internal, STATUS_SUCCESS, 'Internal')
    await t.stopHost('kill')
    t.check.fails(await client.ioctl('h1'), WSAENETDOWN, 'poll, host down')
    t.check.fails(await registerEvent(client), WSAENETDOWN, 'request, host down')
  })
})
