// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A service as a directory keeps it, and what registrations make of it: the object model of the contract.

import { WinsockError } from '../errors.ts'
import type { Guid } from '../guid.ts'
import { parseService } from '../host/service-init.ts'
import { IssueList, invalidArgument, isFields, show } from '../internal/issues.ts'
import { makeAddress } from '../internal/service.ts'
import { decodeServiceClass } from '../service-class.ts'
import type { Address, Service, ServiceInit } from '../types.ts'
import { MAX_ADDRESSES } from '../wire/constants.ts'
import { nameKey } from '../wire/counters.ts'
import type { WireAddress } from '../wire/wire.ts'
import { addressKey } from './addresses.ts'
import type { DirectoryOperation } from './directory.ts'

const SOCK_STREAM = 1
const SOCK_DGRAM = 2
const IPPROTO_TCP = 6
const IPPROTO_UDP = 17

export type NamedService = ServiceInit & { name: string }

/** Frozen, with its addresses in full. One object for each name and class. */
export interface Stored {
  readonly name: string
  readonly serviceClass: Guid | undefined
  readonly addresses: readonly Address[]
  readonly aliases: readonly string[]
  readonly version: number | undefined
  readonly comment: string | undefined
  readonly context: string | undefined
  readonly queryString: string | undefined
  readonly blob: Uint8Array | undefined
  readonly ttl: number | undefined
}

/** What tells objects apart. */
export function identity({ name, serviceClass }: Pick<Stored, 'name' | 'serviceClass'>): string {
  return `${serviceClass ?? ''} ${nameKey(name)}`
}

/** Fills a wildcard of type or protocol with what fits the class, as the contract wants it of a provider. */
function withProtocol(address: WireAddress, serviceClass: Guid | undefined): WireAddress {
  const { socketType, protocol } = address
  const isIp = makeAddress(address).address !== undefined
  if (!isIp || (socketType !== 0 && protocol !== 0)) return address
  const kind = serviceClass === undefined ? undefined : decodeServiceClass(serviceClass).kind
  const isTcp =
    socketType === SOCK_STREAM ||
    protocol === IPPROTO_TCP ||
    (socketType === 0 && protocol === 0 && kind === 'tcp')
  const isUdp = socketType === SOCK_DGRAM || protocol === IPPROTO_UDP || kind === 'udp'
  if (!isTcp && !isUdp) return address
  return {
    ...address,
    socketType: socketType || (isTcp ? SOCK_STREAM : SOCK_DGRAM),
    protocol: protocol || (isTcp ? IPPROTO_TCP : IPPROTO_UDP),
  }
}

function unique(addresses: readonly Address[]): Address[] {
  return [...new Map(addresses.map((address) => [addressKey(address), address])).values()]
}

/** Checks a service; `issues` says what is wrong. */
export function parseStored(issues: IssueList, init: unknown): Stored | undefined {
  if (!isFields(init)) return issues.add('', `not an object: ${show(init)}`)
  const before = issues.issues.length
  const { name, addresses = [], ...rest } = parseService(issues, init, undefined)
  if (name === undefined || name === '') issues.add('name', 'missing')
  if (name === undefined || issues.issues.length > before) return undefined
  const full = addresses.map((address) => makeAddress(withProtocol(address, rest.serviceClass)))
  return Object.freeze({
    ...rest,
    name,
    blob: rest.blob?.slice(),
    addresses: Object.freeze(unique(full)),
    aliases: Object.freeze(rest.aliases),
  })
}

/** @throws TypeError (`ERR_INVALID_ARG_VALUE`), which names each field at fault. */
export function makeStored(init: unknown): Stored {
  const issues = new IssueList()
  const stored = parseStored(issues, init)
  if (stored === undefined) throw invalidArgument(issues)
  return stored
}

/** As an answer of `lookup`. */
export function serviceInit(stored: Stored): NamedService {
  return { ...stored, blob: stored.blob?.slice() }
}

/** @throws WinsockError WSAEINVAL for addresses that no answer could carry. */
function fromService(service: Service): Stored {
  const { name, serviceClass, addresses, version, comment, context, queryString, blob } = service
  const init = { name, serviceClass, addresses, version, comment, context, queryString, blob }
  const issues = new IssueList()
  const stored = parseStored(issues, init)
  if (stored !== undefined) return stored
  throw new WinsockError('WSAEINVAL', { cause: invalidArgument(issues) })
}

/** What the new one says, over what the old one said. */
function merged(before: Stored, given: Stored, addresses: readonly Address[]): Stored {
  const { serviceClass, aliases: _, ...rest } = given
  const all = unique(addresses)
  if (all.length > MAX_ADDRESSES) throw new WinsockError('WSAENOBUFS')
  const said = Object.entries(rest).filter(([, value]) => value !== undefined)
  return Object.freeze({
    ...before,
    ...Object.fromEntries(said),
    serviceClass,
    addresses: Object.freeze(all),
  })
}

/**
 * What becomes of the object with this name and class; undefined: there is none any more. Addresses are compared whole.
 * @throws WinsockError WSASERVICE_NOT_FOUND; WSAENOBUFS for more addresses than an answer carries
 */
export function applyOperation(
  before: Stored | undefined,
  { kind, multiple, service }: Pick<DirectoryOperation, 'kind' | 'multiple' | 'service'>,
): Stored | undefined {
  const given = fromService(service)
  if (kind === 'register') {
    if (before === undefined) return given
    return merged(before, given, [...(multiple ? before.addresses : []), ...given.addresses])
  }
  if (before === undefined) throw new WinsockError('WSASERVICE_NOT_FOUND')
  const gone = new Set(given.addresses.map(addressKey))
  const left = multiple ? before.addresses.filter((one) => !gone.has(addressKey(one))) : []
  if (kind === 'remove' && left.length === 0) return undefined
  return Object.freeze({ ...before, addresses: Object.freeze(left) })
}

/** What an operation is about. */
export function operationIdentity({ service }: Pick<DirectoryOperation, 'service'>): string {
  return identity({ name: service.name ?? '', serviceClass: service.serviceClass?.id })
}

/** Whether two states of a service are the same for whoever looks. */
export function isSameStored(a: Stored | undefined, b: Stored | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && signature(a) === signature(b))
}

function signature(stored: Stored): string {
  return JSON.stringify(stored, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  )
}
