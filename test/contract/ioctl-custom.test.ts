// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The provider's own control codes: IOCTL-48 to IOCTL-52 and IOCTL-55.
import { describe } from 'mocha'
import { type Client, NULL } from '../helpers/client.ts'
import type { ApcCall, IoctlOptions } from '../helpers/client-types.ts'
import {
  CODE,
  change,
  dword,
  eventTarget,
  registerEvent,
  SOON_MS,
  STATUS_PENDING,
  STATUS_SUCCESS,
  WSA_IO_PENDING,
  WSAEFAULT,
  WSAEINVAL,
  WSAENETDOWN,
  WSAEWOULDBLOCK,
  watched,
} from '../helpers/notify.ts'
import { type Row, row } from '../helpers/row.ts'
import { until } from '../helpers/until.ts'

const WSAEACCES = 10013
/** Design 4.3: OVERLAPPED.Internal of a custom code that failed. */
const failure = (code: number) => `0x${(0xc0070000 + code).toString(16)}`

type Kind = 'event' | 'port' | 'apc'
const KINDS: readonly Kind[] = ['event', 'port', 'apc']

interface Outcome {
  internal: string
  /** By GetOverlappedResult. */
  error: number
  bytes: number
  apcError: number | undefined
}

/** Sends a code with a completion of that kind and waits for it. */
async function complete(t: Row, client: Client, kind: Kind, what: IoctlOptions): Promise<Outcome> {
  const [ov, tag] = [`o-${kind}`, `e-${kind}`]
  await client.event(tag)
  await client.overlapped(ov, { event: kind === 'event' ? tag : NULL })
  if (kind === 'port') await client.send('port', { name: 'p' })
  const target: IoctlOptions = { type: kind, ov, ...(kind === 'port' ? { port: 'p', key: 3 } : {}) }
  const step = await client.ioctl('h1', { ...what, ...target, thread: 'T' })
  t.check.fails(step, WSA_IO_PENDING, kind)
  t.check.equal(step.data.bytes, null, `${kind}: *lpcbBytesReturned is left alone`)
  let bytes = -1
  let apcError: number | undefined
  if (kind === 'event') {
    t.check.equal(await client.signalled(tag, SOON_MS), true, `${kind}: completed`)
  } else if (kind === 'port') {
    const packet = (await client.packet('p', SOON_MS)).data
    t.check.equal(packet.got, true, `${kind}: completed`)
    bytes = packet.bytes
  } else {
    await client.send('alertable', { thread: 'T', count: 1, ms: SOON_MS })
    const { calls } = (await client.send<{ calls: ApcCall[] }>('apc-log', { clear: true })).data
    t.check.equal(calls.length, 1, `${kind}: completed`)
    bytes = calls[0]?.transferred ?? -1
    apcError = calls[0]?.error
  }
  const { data, err, ret } = await client.readOverlapped(ov)
  if (bytes >= 0) t.check.equal(data.internalHigh, bytes, `${kind}: InternalHigh and what came`)
  return { internal: data.internal, error: ret === 0 ? 0 : err, bytes: data.internalHigh, apcError }
}

/** How many control codes have reached the host since it was asked last. */
async function ioctlCalls(t: Row): Promise<number> {
  const { calls } = await t.driver.send('calls')
  return (calls as { op: string }[]).filter((call) => call.op === 'ioctl').length
}

async function heldCode(t: Row): Promise<void> {
  await until('a handler of HOLD waits', async () => {
    return Number((await t.driver.send('held', { code: CODE.HOLD })).waiting) > 0
  })
}

describe('NSPIoctl: own control codes', () => {
  row('IOCTL-48', 'an answer completes with its bytes', async (t) => {
    const client = await t.table()
    await watched(t, client)
    const sync = await client.ioctl('h1', { code: CODE.UPPER, in: '616263', outsize: 8 })
    t.check.succeeds(sync, 'without a completion')
    t.check.deepEqual([sync.data.bytes, sync.data.out], [3, '414243'], 'its bytes')
    for (const kind of KINDS) {
      await client.send('buffer', { name: kind, size: 16 })
      const what = { code: CODE.UPPER, in: '6162636465', out: kind }
      const outcome = await complete(t, client, kind, what)
      t.check.equal(outcome.internal, STATUS_SUCCESS, `${kind}: Internal`)
      t.check.equal(outcome.bytes, 5, `${kind}: bytes`)
      const { data } = await client.send<{ hex: string }>('buffer-read', { name: kind, count: 5 })
      t.check.equal(data.hex, '4142434445', `${kind}: the output buffer`)
    }
  })

  row('IOCTL-49', 'a failure completes with its code', async (t) => {
    const client = await t.table()
    await watched(t, client)
    const sync = await client.ioctl('h1', { code: CODE.FAIL, in: dword(WSAEACCES), outsize: 8 })
    t.check.fails(sync, WSAEACCES, 'without a completion')
    for (const kind of KINDS) {
      const what = { code: CODE.FAIL, in: dword(WSAEACCES) }
      const outcome = await complete(t, client, kind, what)
      t.check.equal(outcome.internal, failure(WSAEACCES), `${kind}: Internal`)
      t.check.equal(outcome.error, WSAEACCES, `${kind}: GetOverlappedResult`)
      if (kind === 'apc') t.check.equal(outcome.apcError, WSAEACCES, 'dwError')
    }
  })

  row('IOCTL-50', 'too small an output buffer tells the needed size', async (t) => {
    const client = await t.table()
    await watched(t, client)
    const sync = await client.ioctl('h1', { code: CODE.BIG, in: dword(64), outsize: 16 })
    t.check.fails(sync, WSAEFAULT, 'without a completion')
    t.check.equal(sync.data.bytes, 64, 'its needed size')
    for (const kind of KINDS) {
      await client.send('buffer', { name: kind, size: 16 })
      const what = { code: CODE.BIG, in: dword(64), out: kind }
      const outcome = await complete(t, client, kind, what)
      t.check.equal(outcome.internal, failure(WSAEFAULT), `${kind}: Internal`)
      t.check.equal(outcome.error, WSAEFAULT, `${kind}: GetOverlappedResult`)
      t.check.equal(outcome.bytes, 64, `${kind}: the needed size`)
      const { data } = await client.send<{ written: number }>('buffer-read', { name: kind })
      t.check.equal(data.written, 0, `${kind}: bytes written`)
    }
  })

  row('IOCTL-51', 'a window message or a poll is no completion for them', async (t) => {
    const client = await t.table()
    await watched(t, client)
    await client.send('window', { name: 'w' })
    await ioctlCalls(t)
    const what = { code: CODE.ECHO, in: '00', outsize: 8 }
    t.check.fails(await client.ioctl('h1', { ...what, type: 'hwnd', hwnd: 'w' }), WSAEINVAL, 'HWND')
    t.check.fails(await client.ioctl('h1', { ...what, type: 'immediate' }), WSAEWOULDBLOCK, 'poll')
    t.check.equal(await ioctlCalls(t), 0, 'codes sent')
  })

  row('IOCTL-52', 'one notify and one custom request pend together', async (t) => {
    const client = await t.table()
    const name = await watched(t, client)
    t.defer(() => t.driver.send('ioctl-clear', { code: CODE.HOLD }))
    await eventTarget(client, 'n')
    await eventTarget(client, 'c')
    await client.send('buffer', { name: 'b', size: 16 })
    t.check.fails(await registerEvent(client, 'h1', 'n'), WSA_IO_PENDING, 'notify')
    const custom = { code: CODE.HOLD, in: '0a0b', out: 'b', type: 'event', ov: 'oc' } as const
    t.check.fails(await client.ioctl('h1', custom), WSA_IO_PENDING, 'custom')
    t.check.fails(await client.ioctl('h1', custom), WSAEINVAL, 'a second custom one')
    await heldCode(t)
    await change(t, name)
    t.check.equal(await client.signalled('en', SOON_MS), true, 'the change')
    t.check.equal(await client.signalled('ec'), false, 'the custom one pends')
    t.check.equal((await client.readOverlapped('oc')).data.internal, STATUS_PENDING, 'Internal')
    await t.driver.send('ioctl-release', { code: CODE.HOLD })
    t.check.equal(await client.signalled('ec', SOON_MS), true, 'the answer')
    const { data } = await client.readOverlapped('oc')
    t.check.deepEqual([data.internal, data.internalHigh], [STATUS_SUCCESS, 2], 'its status')
    t.check.equal(await client.signalled('en'), false, 'a second completion of the change')
    await client.end('h1')
    t.check.equal(await client.signalled('ec'), false, 'a second completion of the code')
  })

  row('IOCTL-55', 'the host dies while one pends', async (t) => {
    const client = await t.table()
    await watched(t, client)
    await eventTarget(client)
    const custom = { code: CODE.HOLD, in: '0a', outsize: 8, type: 'event', ov: 'o' } as const
    t.check.fails(await client.ioctl('h1', custom), WSA_IO_PENDING)
    await heldCode(t)
    await t.stopHost('kill')
    t.check.equal(await client.signalled('e', SOON_MS), true, 'completes')
    const step = await client.readOverlapped('o')
    t.check.equal(step.data.internal, failure(WSAENETDOWN), 'Internal')
    t.check.fails(step, WSAENETDOWN, 'GetOverlappedResult')
  })
})
