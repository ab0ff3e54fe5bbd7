// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The demo's control codes: an answer at once, a buffer that is too small, a code nobody declared, and an answer that
// comes later, by event.
import { dword } from '../helpers/notify.ts'
import { codeText } from './report.ts'
import { codeOf, type Session } from './session.ts'
import type { Entries } from './steps-lookup.ts'
import type { ZoneCopy } from './zone-copy.ts'

const WSA_IO_PENDING = 997
const WSAEFAULT = 10014
const WSAEOPNOTSUPP = 10045
/** The code of examples/zone.ts: how many names contain a text. */
const COUNT = 0xd8000001
const UNDECLARED = 0xd8000fff

const utf16 = (text: string) => Buffer.from(text, 'utf16le').toString('hex')

export async function controlCodes(
  session: Session,
  { mesh }: Entries,
  zone: ZoneCopy,
): Promise<void> {
  const { client } = session
  await client.begin({ h: 'code', name: zone.named.name, ns: mesh.namespace })
  const part = zone.named.name.toLowerCase().replace(/^[^.]*(?=\.)/, '')
  const count = zone.records.filter(({ name }) => name.toLowerCase().includes(part)).length
  const input = utf16(part)
  const answer = dword(count)
  await session.step(
    {
      name: 'control code',
      call: 'WSANSPIoctl',
      subject: `count of names with ${part}`,
      expected: { code: 0, bytes: 4, out: answer },
    },
    async () => {
      const reported = await client.ioctl('code', { code: COUNT, in: input, outsize: 64 })
      const { bytes, out } = reported.data
      return {
        actual: { code: codeOf(reported), bytes, out },
        reported,
        text: `4 bytes: ${count} names`,
      }
    },
  )
  await session.step(
    {
      name: 'control code, no room',
      call: 'WSANSPIoctl',
      subject: 'the same, room for 1 byte',
      expected: { code: WSAEFAULT, bytes: 4 },
    },
    async () => {
      const reported = await client.ioctl('code', { code: COUNT, in: input, outsize: 1 })
      const { bytes } = reported.data
      return {
        actual: { code: codeOf(reported), bytes },
        reported,
        text: `${codeText(WSAEFAULT)}, needs ${bytes} bytes`,
      }
    },
  )
  await session.code(
    {
      name: 'undeclared code',
      call: 'WSANSPIoctl',
      subject: 'a code that nobody declared',
      expected: WSAEOPNOTSUPP,
    },
    () => client.ioctl('code', { code: UNDECLARED, outsize: 64 }),
  )
  await later(session, input, count)
  await client.end('code')
}

async function later(session: Session, input: string, count: number): Promise<void> {
  const { client } = session
  await client.event('code')
  await client.overlapped('code', { event: 'code' })
  await client.send('buffer', { name: 'code', size: 64 })
  await session.code(
    {
      name: 'control code by event',
      call: 'WSANSPIoctl',
      subject: 'the same, NSP_NOTIFY_EVENT',
      expected: WSA_IO_PENDING,
    },
    () => client.ioctl('code', { code: COUNT, in: input, out: 'code', type: 'event', ov: 'code' }),
  )
  const expected = { signalled: true, code: 0, bytes: 4, out: dword(count) }
  await session.step(
    {
      name: 'control code completes',
      call: 'GetOverlappedResult',
      subject: 'of that request',
      expected,
    },
    async () => {
      const signalled = await client.signalled('code', 20_000)
      const reported = await client.readOverlapped('code')
      const { hex } = (
        await client.send<{ hex: string }>('buffer-read', { name: 'code', count: 4 })
      ).data
      const { bytes } = reported.data
      return {
        actual: { signalled, code: codeOf(reported), bytes, out: hex },
        reported,
        text: `4 bytes: ${count} names`,
      }
    },
  )
}
