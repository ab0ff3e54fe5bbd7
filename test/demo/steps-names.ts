// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The demo's names: what programs know that have never heard of namespaces. getaddrinfo and gethostbyname reach the
// provider, Node's own dns.lookup does, and foreign names go on resolving.
import type { HostData } from '../helpers/names.ts'
import { resolveName } from '../helpers/names.ts'
import { Asker } from './asker-process.ts'
import type { Report } from './report.ts'
import { codeOf, type Session } from './session.ts'
import { shortest, type ZoneCopy } from './zone-copy.ts'

export async function names(session: Session, zone: ZoneCopy): Promise<void> {
  const { client } = session
  const { name, v4, v6 } = zone.owned
  await session.step(
    {
      name: 'getaddrinfo',
      call: 'getaddrinfo',
      subject: name,
      expected: { code: 0, addresses: [...v4, ...v6].sort() },
    },
    async () => {
      const reported = await resolveName(client, { name })
      const addresses = (reported.data.addresses ?? []).map(shortest).sort()
      return {
        actual: { code: codeOf(reported), addresses },
        reported,
        text: addresses.join(', '),
      }
    },
  )
  const bytes = v4.map((address) => Buffer.from(address.split('.').map(Number)).toString('hex'))
  await session.step(
    {
      name: 'gethostbyname',
      call: 'gethostbyname',
      subject: name,
      expected: { code: 0, name, addresses: bytes },
    },
    async () => {
      const reported = await client.send<HostData>('gethostbyname', { name })
      const { data } = reported
      return {
        actual: { code: codeOf(reported), name: data.name, addresses: data.addresses },
        reported,
        text: `a hostent of ${data.name} with ${data.addresses.length} addresses`,
      }
    },
  )
  await session.step(
    {
      name: 'foreign name',
      call: 'getaddrinfo',
      subject: 'localhost, IPv4',
      expected: { code: 0, addresses: ['127.0.0.1'] },
    },
    async () => {
      const reported = await resolveName(client, { name: 'localhost', family: 2 })
      const addresses = reported.data.addresses ?? []
      return { actual: { code: codeOf(reported), addresses }, reported, text: '127.0.0.1' }
    },
  )
}

/** Another Node program. */
export async function nodeNames(report: Report, zone: ZoneCopy, patienceMs: number): Promise<void> {
  const { name, v4 } = zone.owned
  await report.step({
    name: 'node dns.lookup',
    arch: 'node',
    call: 'dns.lookup',
    subject: `${name}, IPv4`,
    expected: [...v4].sort(),
    run: async () => {
      await using asker = new Asker('dns', name)
      const actual = await asker.next(patienceMs)
      return { actual, reported: { addresses: actual }, text: String(actual) }
    },
  })
}
