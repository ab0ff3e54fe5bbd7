// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Notification by window message and by completion port: IOCTL-23 to IOCTL-28 and IOCTL-53.
import { describe } from 'mocha'
import type { Client } from '../helpers/client.ts'
import {
  change,
  SOON_MS,
  STATUS_CANCELLED,
  STATUS_PENDING,
  STATUS_SUCCESS,
  settle,
  WSA_IO_PENDING,
  WSAEINVAL,
  watched,
} from '../helpers/notify.ts'
import { row } from '../helpers/row.ts'

interface Message {
  msg: number
  wParam: number
  lParam: number
}
const MSG = 0x8005
const CONTEXT = 0x51a7

async function messages(client: Client, count: number, ms: number): Promise<Message[]> {
  const step = await client.send<{ messages: Message[] }>('window-pump', { name: 'w', count, ms })
  return step.data.messages
}

const toWindow = { type: 'hwnd', hwnd: 'w', msg: MSG, context: CONTEXT } as const
const toPort = { type: 'port', ov: 'o', port: 'p', key: 0x5eed } as const

async function portTarget(client: Client): Promise<void> {
  await client.send('port', { name: 'p' })
  await client.event('e')
  await client.overlapped('o', { event: 'e' })
}

describe('NSPIoctl: completion by window message', () => {
  row('IOCTL-23', 'a change posts one message', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await client.send('window', { name: 'w' })
    t.check.fails(await client.ioctl('h1', toWindow), WSA_IO_PENDING)
    t.check.deepEqual(await messages(client, 1, 0), [], 'before the change')
    await change(t, name)
    const expected = [{ msg: MSG, wParam: CONTEXT, lParam: 0 }]
    t.check.deepEqual(await messages(client, 1, SOON_MS), expected, 'the message')
    await settle(t, client)
    t.check.deepEqual(await messages(client, 1, 0), [], 'a second one')
  })

  row('IOCTL-24', 'End posts nothing', async (t) => {
    const client = await t.table()
    await watched(t, client)
    await client.send('window', { name: 'w' })
    t.check.fails(await client.ioctl('h1', toWindow), WSA_IO_PENDING)
    await client.end('h1')
    await settle(t, client)
    t.check.deepEqual(await messages(client, 1, 0), [], 'messages')
  })

  row('IOCTL-25', 'the window has gone', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await client.send('window', { name: 'w' })
    t.check.fails(await client.ioctl('h1', toWindow), WSA_IO_PENDING)
    await client.send('window-destroy', { name: 'w' })
    await change(t, name)
    await settle(t, client)
    t.check.succeeds(await client.ioctl('h1'), 'the client lives and sees the change')
  })

  row('IOCTL-26', 'the result is never 0', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await client.send('window', { name: 'w' })
    await change(t, name)
    t.check.fails(await client.ioctl('h1', toWindow), WSA_IO_PENDING, 'changed already')
    t.check.equal((await messages(client, 1, SOON_MS)).length, 1, 'messages')
  })

  row('IOCTL-53', 'a client without user32 is refused', async (t) => {
    const client = await t.table()
    await watched(t, client)
    const step = await client.ioctl('h1', { type: 'hwnd', hwnd: '0x10010', msg: MSG })
    t.check.fails(step, WSAEINVAL)
    t.check.equal((await client.process()).data.user32, false, 'user32 was loaded')
  })
})

describe('NSPIoctl: completion by port', () => {
  row('IOCTL-27', 'a change posts one packet', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    await portTarget(client)
    t.check.fails(await client.ioctl('h1', toPort), WSA_IO_PENDING)
    t.check.equal((await client.readOverlapped('o')).data.internal, STATUS_PENDING, 'Internal')
    await change(t, name)
    const { got, bytes, key, ov } = (await client.packet('p', SOON_MS)).data
    const expected = { got: true, bytes: 0, key: 0x5eed, ov: 'o' }
    t.check.deepEqual({ got, bytes, key, ov }, expected, 'the packet')
    t.check.equal((await client.readOverlapped('o')).data.internal, STATUS_SUCCESS, 'Internal')
    await settle(t, client)
    t.check.equal((await client.packet('p')).data.got, false, 'a second packet')
    t.check.equal(await client.signalled('e'), false, "the client's own hEvent")
  })

  row('IOCTL-28', 'End posts the abort before it returns', async (t) => {
    const client = await t.table()
    await watched(t, client)
    await portTarget(client)
    t.check.fails(await client.ioctl('h1', toPort), WSA_IO_PENDING)
    await client.end('h1')
    const { got, bytes, ov } = (await client.packet('p')).data
    t.check.deepEqual({ got, bytes, ov }, { got: true, bytes: 0, ov: 'o' }, 'the packet, at once')
    t.check.equal((await client.readOverlapped('o')).data.internal, STATUS_CANCELLED, 'Internal')
  })
})
