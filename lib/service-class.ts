// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Service classes: the GUIDs by which Windows says what kind of service is asked for (svcguid.h), decoded.
import { type Guid, parseGuid } from './guid.ts'

const records = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 0x0c,
  MX: 0x0f,
  TXT: 0x10,
  AAAA: 0x1c,
  SRV: 0x21,
} as const

export type DnsRecordType = keyof typeof records

/** A service class, decoded. `id` is always there; the rest says what Windows means by it. */
export type ServiceClass = { readonly id: Guid } & (
  | { readonly kind: 'dns'; readonly record: DnsRecordType }
  | { readonly kind: 'host' | 'hostByName' | 'hostByAddress' | 'serviceByName' }
  | { readonly kind: 'tcp' | 'udp'; readonly port: number }
  | { readonly kind: 'netware'; readonly sap: number }
  | { readonly kind: 'other' }
)

interface ServiceClassFactory {
  /** SVCID_TCP(port). @throws RangeError for a port outside 0 to 65535. */
  tcp(port: number): ServiceClass
  /** SVCID_UDP(port). @throws RangeError for a port outside 0 to 65535. */
  udp(port: number): ServiceClass
  /** SVCID_DNS_TYPE_*, what getaddrinfo asks with. */
  dns(record: DnsRecordType): ServiceClass
  /** Any GUID, decoded if it is one of Windows' own. @throws TypeError if it is not a GUID. */
  of(id: Guid): ServiceClass
}

const TAIL = '-c000-000000000046'
const WINDOWS_CLASS = /^([0-9a-f]{4})([0-9a-f]{4})-0000-([0-9a-f]{4})-c000-000000000046$/
const HOST_KINDS = {
  a800: 'host',
  a801: 'hostByAddress',
  a802: 'serviceByName',
  a803: 'hostByName',
} as const

function hex4(value: number): string {
  return value.toString(16).padStart(4, '0')
}

function checkPort(port: number): void {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw Object.assign(new RangeError(`not a port number: ${String(port)}`), {
      code: 'ERR_OUT_OF_RANGE',
    })
  }
}

function decode(id: Guid): ServiceClass {
  const [, high, low = '', record] = WINDOWS_CLASS.exec(id) ?? []
  const port = Number.parseInt(low, 16)
  if (high === '0009' && record !== '0000') {
    const number = Number.parseInt(record ?? '', 16)
    const name =
      port === 53 ? Object.entries(records).find(([, value]) => value === number)?.[0] : undefined
    return name === undefined
      ? { id, kind: 'other' }
      : { id, kind: 'dns', record: name as DnsRecordType }
  }
  if (record !== '0000') return { id, kind: 'other' }
  if (high === '0009') return { id, kind: 'tcp', port }
  if (high === '000a') return { id, kind: 'udp', port }
  if (high === '000b') return { id, kind: 'netware', sap: port }
  if (high === '0002' && low in HOST_KINDS)
    return { id, kind: HOST_KINDS[low as keyof typeof HOST_KINDS] }
  return { id, kind: 'other' }
}

// Every lookup names one, and few are in use; clients may name as many as they like.
const MAX_DECODED = 256
const decoded = new Map<Guid, ServiceClass>()

/** Decodes a canonical GUID; for GUIDs that are already checked. */
export function decodeServiceClass(id: Guid): ServiceClass {
  const known = decoded.get(id)
  if (known !== undefined) return known
  if (decoded.size === MAX_DECODED) decoded.clear()
  const made = Object.freeze(decode(id))
  decoded.set(id, made)
  return made
}

/** The GUID of what a caller may write for a class, or undefined if it is none. */
export function serviceClassId(value: unknown): Guid | undefined {
  return parseGuid(typeof value === 'object' && value !== null && 'id' in value ? value.id : value)
}

/**
 * Makes service classes.
 * @example
 * ServiceClass.tcp(80).id // '00090050-0000-0000-c000-000000000046'
 */
export const ServiceClass: ServiceClassFactory = Object.freeze({
  tcp(port: number): ServiceClass {
    checkPort(port)
    return decodeServiceClass(`0009${hex4(port)}-0000-0000${TAIL}`)
  },
  udp(port: number): ServiceClass {
    checkPort(port)
    return decodeServiceClass(`000a${hex4(port)}-0000-0000${TAIL}`)
  },
  dns(record: DnsRecordType): ServiceClass {
    if (!Object.hasOwn(records, record)) {
      throw Object.assign(new RangeError(`not a DNS record type: ${record}`), {
        code: 'ERR_OUT_OF_RANGE',
      })
    }
    return decodeServiceClass(`00090035-0000-${hex4(records[record])}${TAIL}`)
  },
  of(id: Guid): ServiceClass {
    const canonical = parseGuid(id)
    if (canonical === undefined) {
      throw Object.assign(new TypeError(`not a GUID: ${String(id)}`), {
        code: 'ERR_INVALID_ARG_VALUE',
      })
    }
    return decodeServiceClass(canonical)
  },
})
