// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The query as a handler sees it, made from the block that a client sent.
import { LookupFlag } from '../codes.ts'
import { decodeServiceClass, type ServiceClass } from '../service-class.ts'
import type { Query, QueryField } from '../types.ts'
import { nameKey } from '../wire/counters.ts'
import { AF_INET, AF_INET6 } from '../wire/sockaddr.ts'
import type { WireQuerySet } from '../wire/wire.ts'

const AF_UNSPEC = 0
const COMP_NOTLESS = 1

const WANTS: { readonly [F in QueryField]: number } = {
  name: LookupFlag.RETURN_NAME,
  type: LookupFlag.RETURN_TYPE,
  version: LookupFlag.RETURN_VERSION,
  comment: LookupFlag.RETURN_COMMENT,
  addresses: LookupFlag.RETURN_ADDR,
  blob: LookupFlag.RETURN_BLOB,
  aliases: LookupFlag.RETURN_ALIASES,
  queryString: LookupFlag.RETURN_QUERY_STRING,
}

/** IP versions that a class can carry: the Get...By... functions and A records know IPv4 alone. */
function classFamilies(serviceClass: ServiceClass | undefined): readonly (4 | 6)[] {
  switch (serviceClass?.kind) {
    case 'host':
    case 'hostByName':
    case 'hostByAddress':
      return [4]
    case 'dns':
      if (serviceClass.record === 'A') return [4]
      return serviceClass.record === 'AAAA' ? [6] : [4, 6]
    default:
      return [4, 6]
  }
}

function families(
  serviceClass: ServiceClass | undefined,
  protocols: Query['protocols'],
): readonly (4 | 6)[] {
  const number = { 4: AF_INET, 6: AF_INET6 } as const
  return classFamilies(serviceClass).filter(
    (version) =>
      protocols.length === 0 ||
      protocols.some(({ family }) => family === AF_UNSPEC || family === number[version]),
  )
}

function version(wire: WireQuerySet): Query['version'] {
  if (wire.version === undefined) return undefined
  const compare = wire.version.compare === COMP_NOTLESS ? 'notLess' : 'equal'
  return Object.freeze({ value: wire.version.value, compare })
}

function wants(flags: number): Query['wants'] {
  const asked = Object.entries(WANTS).map(([field, flag]) => [field, (flags & flag) !== 0] as const)
  return Object.freeze(Object.fromEntries(asked) as Query['wants'])
}

export function makeQuery(wire: WireQuerySet): Query {
  const serviceClass =
    wire.serviceClass === undefined ? undefined : decodeServiceClass(wire.serviceClass)
  const protocols = Object.freeze(wire.protocols.map((pair) => Object.freeze({ ...pair })))
  return Object.freeze({
    name: wire.name,
    key: wire.name === undefined ? undefined : nameKey(wire.name),
    serviceClass,
    namespace: wire.namespace,
    version: version(wire),
    context: wire.context,
    families: Object.freeze(families(serviceClass, protocols)),
    protocols,
    queryString: wire.queryString,
    blob: wire.blob,
    flags: wire.flags,
    wants: wants(wire.flags),
  })
}
