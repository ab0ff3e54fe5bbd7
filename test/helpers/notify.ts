// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the rows on NSPIoctl share: a watched name of the row's own, changes to it, and the way to
// show that something did not happen without waiting for a time.
import type { Client } from './client.ts'
import type { Step } from './client-types.ts'
import type { Row } from './row.ts'

export const WSA_INVALID_HANDLE = 6
export const WSA_OPERATION_ABORTED = 995
export const WSA_IO_PENDING = 997
export const WSAEFAULT = 10014
export const WSAEINVAL = 10022
export const WSAEWOULDBLOCK = 10035
export const WSAEINPROGRESS = 10036
export const WSAEOPNOTSUPP = 10045
export const WSAENETDOWN = 10050
export const WSASERVICE_NOT_FOUND = 10108
export const WSA_E_NO_MORE = 10110
export const WSATRY_AGAIN = 11002

/** NTSTATUS values of OVERLAPPED.Internal, as the client prints them. */
export const STATUS_PENDING = '0x103'
export const STATUS_SUCCESS = '0x0'
export const STATUS_CANCELLED = '0xc0000120'

/** Only as much as a watching client needs, so that rows on results alone speak of results. */
export const LUP_RETURN_NAME = 0x10

/** How long a client waits for a completion that must come; shorter where it is meant to fail. */
export const SOON_MS = Number(process.env.NSP_SOON_MS ?? 20_000)

/** Reads a handle to its end; fails the row at anything but WSA_E_NO_MORE. */
export async function readToEnd(client: Client, h = 'h1'): Promise<void> {
  const step = await client.drain(h, { flags: LUP_RETURN_NAME })
  if (step.err !== WSA_E_NO_MORE) throw new Error(`Next on ${h} ended with ${step.err}`)
}

/** Begins a lookup of a record made for this row and, unless told, reads it to its end. */
export async function watched(
  t: Row,
  client: Client,
  { h = 'h1', read = true }: { h?: string; read?: boolean } = {},
): Promise<string> {
  const name = t.name()
  await t.set(name)
  await t.begin(client, name, { h, flags: LUP_RETURN_NAME })
  if (read) await readToEnd(client, h)
  return name
}

export async function change(t: Row, name: string): Promise<void> {
  await t.driver.send('invalidate', { name })
}

/** An automatic event and an overlapped structure that names it. */
export async function eventTarget(client: Client, tag = ''): Promise<void> {
  await client.event(`e${tag}`)
  await client.overlapped(`o${tag}`, { event: `e${tag}` })
}

export function registerEvent(client: Client, h = 'h1', tag = ''): Promise<Step> {
  return client.ioctl(h, { type: 'event', ov: `o${tag}` }) as Promise<Step<never>>
}

let barriers = 0

/**
 * Changes a name and returns when the client's process has dealt with that change, and with another
 * after it: each is seen at a request of its own that must complete.
 */
export async function changeAndSettle(t: Row, client: Client, name: string): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const tag = `barrier${barriers++}`
    await t.begin(client, name, { h: tag })
    await eventTarget(client, tag)
    const step = await registerEvent(client, tag, tag)
    if (step.err !== WSA_IO_PENDING) throw new Error(`the barrier was refused with ${step.err}`)
    await change(t, name)
    if (!(await client.signalled(`e${tag}`, SOON_MS))) throw new Error('a change got lost')
    await client.end(tag)
  }
}

/** As changeAndSettle, at a name that nothing but the barrier looks at. */
export async function settle(t: Row, client: Client): Promise<void> {
  const name = t.name('barrier')
  await t.set(name)
  await changeAndSettle(t, client, name)
}

/** An 8-digit little-endian number, as the input of a control code. */
export function dword(value: number): string {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return Buffer.from(bytes).toString('hex')
}

/** The test provider's control codes. */
export const CODE = {
  ECHO: 0xd8000001,
  UPPER: 0xd8000002,
  WHO: 0xd8000003,
  FAIL: 0xd8000004,
  HOLD: 0xd8000005,
  BIG: 0xd8000006,
  UNKNOWN: 0xd8000099,
} as const
