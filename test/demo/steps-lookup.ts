// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The demo's lookups: by name under both namespaces, by address family, a service, everything, and what is not ours.
import { addressesOf, codeOf, type EntryRef, LOOKUP, type Session } from './session.ts'
import type { ZoneCopy, ZoneRecord } from './zone-copy.ts'

const WSAEINVAL = 10022
const WSAEWOULDBLOCK = 10035
const WSASERVICE_NOT_FOUND = 10108

/** What getaddrinfo asks for: SVCID_DNS_TYPE_A and _AAAA. */
const CLASS_A = '00090035-0000-0001-c000-000000000046'
const CLASS_AAAA = '00090035-0000-001c-c000-000000000046'

export interface Entries {
  /** Under NS_DNS. */
  readonly names: EntryRef
  /** Under a private number. */
  readonly mesh: EntryRef
}

async function byName(session: Session, { names, mesh }: Entries, zone: ZoneCopy): Promise<void> {
  const named = zone.named
  await session.addresses(
    { name: 'lookup by name', subject: `${named.name} in ${mesh.namespace}` },
    { name: named.name, ns: mesh.namespace },
    [...named.v4, ...named.v6],
  )
  const { name, v4, v6 } = zone.owned
  const sixed = zone.sixed
  await session.addresses(
    { name: 'lookup under NS_DNS', subject: `${name} in NS_DNS` },
    { name, ns: names.namespace },
    [...v4, ...v6],
  )
  await session.addresses(
    { name: 'lookup of IPv4', subject: `${name}, class A` },
    { name, ns: names.namespace, class: CLASS_A },
    v4,
  )
  await session.addresses(
    { name: 'lookup of IPv6', subject: `${sixed.name}, class AAAA` },
    { name: sixed.name, ns: names.namespace, class: CLASS_AAAA },
    sixed.v6,
  )
}

/** The fields of a service that the file may give. */
function serviceText({ name, port, version, comment }: Omit<ZoneRecord, 'v4' | 'v6'>): string {
  const parts = [
    name,
    port && `port ${port}`,
    version && `version ${version}`,
    comment && `"${comment}"`,
  ]
  return parts.filter(Boolean).join(', ')
}

async function service(session: Session, { mesh }: Entries, zone: ZoneCopy): Promise<void> {
  const { name, serviceClass, port, version, comment, v4, v6 } = zone.service
  const query = { name, ns: mesh.namespace, ...(serviceClass ? { class: serviceClass } : {}) }
  const expected = { name, serviceClass, port, version, comment, addresses: [...v4, ...v6].sort() }
  await session.step(
    { name: 'lookup of a service', call: LOOKUP, subject: name, expected },
    async () => {
      const { reported, results } = await session.lookup(query)
      const [result] = results
      if (!result) return { actual: codeOf(reported), reported }
      const actual = {
        name: result.name,
        serviceClass: result.class ?? undefined,
        port: port === 0 ? 0 : result.addresses[0]?.remote.port,
        version: result.version ?? undefined,
        comment: result.comment ?? undefined,
        addresses: addressesOf([result]),
      }
      return { actual, reported, text: serviceText(zone.service) }
    },
  )
}

async function everything(session: Session, { mesh }: Entries, zone: ZoneCopy): Promise<void> {
  const expected = zone.records.map(({ name }) => name).sort()
  await session.step(
    { name: 'enumeration', call: LOOKUP, subject: `all names in ${mesh.namespace}`, expected },
    async () => {
      const { reported, results } = await session.lookup({ ns: mesh.namespace })
      const actual = results.map(({ name }) => name ?? '').sort()
      return { actual, reported, text: `${actual.length} names` }
    },
  )
}

export async function lookups(session: Session, entries: Entries, zone: ZoneCopy): Promise<void> {
  const { mesh, names } = entries
  await byName(session, entries, zone)
  await service(session, entries, zone)
  await everything(session, entries, zone)
  await session.code(
    {
      name: 'lookup of an unknown name',
      call: LOOKUP,
      subject: zone.unknown,
      expected: WSASERVICE_NOT_FOUND,
    },
    async () => (await session.lookup({ name: zone.unknown, ns: mesh.namespace })).reported,
  )
  await session.code(
    {
      name: "lookup of somebody else's name",
      call: 'WSALookupServiceBegin',
      subject: 'www.example.org',
      expected: WSASERVICE_NOT_FOUND,
    },
    async () =>
      (await session.lookup({ name: 'www.example.org', ns: names.namespace, provider: names.id }))
        .reported,
  )
}

/** Under NS_DNS another provider takes part in each query, and NSPIoctl wants exactly one. */
export async function strangers(
  session: Session,
  { names }: Entries,
  zone: ZoneCopy,
): Promise<void> {
  const { client } = session
  const query = { name: zone.owned.name, ns: names.namespace }
  await session.openAndRead('dns', query)
  await session.code(
    {
      name: 'poll under NS_DNS',
      call: 'WSANSPIoctl',
      subject: 'poll in NS_DNS, where Tcpip takes part',
      expected: WSAEINVAL,
    },
    () => client.ioctl('dns'),
  )
  await client.end('dns')
  await session.openAndRead('dns', { ...query, provider: names.id })
  await session.code(
    {
      name: 'poll with lpNSProviderId',
      call: 'WSANSPIoctl',
      subject: 'the same with lpNSProviderId',
      expected: WSAEWOULDBLOCK,
    },
    () => client.ioctl('dns'),
  )
  await client.end('dns')
}
