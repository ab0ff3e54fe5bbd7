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

const NO_IP: Query['families'] = Object.freeze([])
const IPV4: Query['families'] = Object.freeze([4])
const IPV6: Query['families'] = Object.freeze([6])
const ANY_IP: Query['families'] = Object.freeze([4, 6])
const NO_PROTOCOLS: Query['protocols'] = Object.freeze([])

/** IP versions that a class can carry: the Get...By... functions and A records know IPv4 alone. */
function classFamilies(serviceClass: ServiceClass | undefined): Query['families'] {
  switch (serviceClass?.kind) {
    case 'host':
    case 'hostByName':
    case 'hostByAddress':
      return IPV4
    case 'dns':
      if (serviceClass.record === 'A') return IPV4
      return serviceClass.record === 'AAAA' ? IPV6 : ANY_IP
    default:
      return ANY_IP
  }
}

function families(
  serviceClass: ServiceClass | undefined,
  protocols: Query['protocols'],
): Query['families'] {
  const all = classFamilies(serviceClass)
  if (protocols.length === 0) return all
  const asks = (number: number) =>
    protocols.some(({ family }) => family === AF_UNSPEC || family === number)
  const v4 = all.includes(4) && asks(AF_INET)
  const v6 = all.includes(6) && asks(AF_INET6)
  if (v4) return v6 ? ANY_IP : IPV4
  return v6 ? IPV6 : NO_IP
}

function version(wire: WireQuerySet): Query['version'] {
  if (wire.version === undefined) return undefined
  const compare = wire.version.compare === COMP_NOTLESS ? 'notLess' : 'equal'
  return Object.freeze({ value: wire.version.value, compare })
}

const ALL_WANTS = Object.values(WANTS).reduce((all, flag) => all | flag, 0)
/** By the bits that say it: at most 256. */
const knownWants = new Map<number, Query['wants']>()

function wants(flags: number): Query['wants'] {
  const bits = flags & ALL_WANTS
  const known = knownWants.get(bits)
  if (known !== undefined) return known
  const asked = Object.entries(WANTS).map(([field, flag]) => [field, (bits & flag) !== 0] as const)
  const made = Object.freeze(Object.fromEntries(asked) as Query['wants'])
  knownWants.set(bits, made)
  return made
}

export function makeQuery(wire: WireQuerySet): Query {
  const serviceClass =
    wire.serviceClass === undefined ? undefined : decodeServiceClass(wire.serviceClass)
  const protocols =
    wire.protocols.length === 0
      ? NO_PROTOCOLS
      : Object.freeze(wire.protocols.map((pair) => Object.freeze({ ...pair })))
  return Object.freeze({
    name: wire.name,
    key: wire.name === undefined ? undefined : nameKey(wire.name),
    serviceClass,
    namespace: wire.namespace,
    version: version(wire),
    context: wire.context,
    families: families(serviceClass, protocols),
    protocols,
    queryString: wire.queryString,
    blob: wire.blob,
    flags: wire.flags,
    wants: wants(wire.flags),
  })
}
