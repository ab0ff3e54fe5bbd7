// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Which stored services answer a query: by name, by address (reverse lookups), by 'name/protocol', or all.
import { LookupFlag } from '../codes.ts'
import { decodeServiceClass, ServiceClass } from '../service-class.ts'
import type { Query } from '../types.ts'
import { nameKey } from '../wire/counters.ts'
import { formatIp, type IpAddress, parseIp } from '../wire/sockaddr.ts'
import { type NamedService, type Stored, serviceInit } from './stored.ts'

export interface Source {
  named(key: string): Iterable<Stored>
  all(): Iterable<Stored>
}

/** Whether a service of class `id` answers who asks with this class. Who wants addresses of a name takes any. */
export function fitsClass({ serviceClass }: Query, id: string | undefined): boolean {
  if (serviceClass === undefined || id === undefined || serviceClass.id === id) return true
  const { kind } = serviceClass
  if (kind === 'dns') return serviceClass.record === 'A' || serviceClass.record === 'AAAA'
  return kind === 'host' || kind === 'hostByName'
}

export function fitsVersion({ version }: Query, stored: Pick<Stored, 'version'>): boolean {
  if (version === undefined || stored.version === undefined) return true
  return version.compare === 'equal'
    ? stored.version === version.value
    : stored.version >= version.value
}

export function fitsContext({ context }: Query, stored: Pick<Stored, 'context'>): boolean {
  return context === undefined || context === '' || context === (stored.context ?? '')
}

/** The address of a PTR name: 4.3.2.1.in-addr.arpa, or 32 nibbles below ip6.arpa. */
export function reverseAddress(key: string): IpAddress | undefined {
  const [, four] = /^((?:\d{1,3}\.){4})in-addr\.arpa$/.exec(key) ?? []
  if (four !== undefined) return parseIp(four.slice(0, -1).split('.').toReversed().join('.'))
  const [, six] = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(key) ?? []
  const digits = six?.replaceAll('.', '').split('').toReversed().join('')
  return digits === undefined ? undefined : parseIp(digits.replace(/(.{4})(?!$)/g, '$1:'))
}

function* byAddress(source: Source, ip: IpAddress): Generator<NamedService> {
  const text = formatIp(ip)
  for (const stored of source.all()) {
    // The class is that of the question: whoever asks for a name knows no other.
    if (stored.addresses.some(({ address }) => address === text))
      yield { ...serviceInit(stored), serviceClass: undefined }
  }
}

/** getservbyname and getservbyport: 'http/tcp' or '80/tcp'; without a protocol either. */
function* byPort(source: Source, key: string): Generator<NamedService> {
  const [service = '', protocol] = key.split('/')
  const port = /^\d{1,5}$/.test(service) ? Number(service) : undefined
  for (const stored of port === undefined ? source.named(service) : source.all()) {
    const id = stored.serviceClass
    const known = id === undefined ? undefined : decodeServiceClass(id)
    if (known?.kind !== 'tcp' && known?.kind !== 'udp') continue
    if (protocol !== undefined && protocol !== known.kind) continue
    if (port === undefined || port === known.port) yield serviceInit(stored)
  }
}

export function* findStored(source: Source, query: Query): Generator<NamedService> {
  const { key, serviceClass, flags } = query
  // There are services here, and no containers of services.
  if ((flags & LookupFlag.CONTAINERS) !== 0) return
  if (key !== undefined && serviceClass?.kind === 'serviceByName') {
    yield* byPort(source, key)
    return
  }
  if (key !== undefined && serviceClass !== undefined) {
    const isPointer = serviceClass.id === ServiceClass.dns('PTR').id
    const ip = isPointer ? reverseAddress(key) : undefined
    const asked = serviceClass.kind === 'hostByAddress' ? parseIp(key) : ip
    if (asked !== undefined) {
      yield* byAddress(source, asked)
      return
    }
  }
  for (const stored of key === undefined ? source.all() : source.named(nameKey(key))) {
    if (!fitsClass(query, stored.serviceClass)) continue
    if (fitsVersion(query, stored) && fitsContext(query, stored)) yield serviceInit(stored)
  }
}
