// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A service as users write it (ServiceInit): every field checked, with its path, and encoded as far as that goes.
import { type AddressDefaults, AddressFault, encodeAddress } from '../address.ts'
import type { Guid } from '../guid.ts'
import { type Fields, type IssueList, show } from '../internal/issues.ts'
import { decodeServiceClass, serviceClassId } from '../service-class.ts'
import type { AddressInit } from '../types.ts'
import { MAX_ADDRESSES, MAX_BLOB_BYTES, MAX_STRING_CHARS } from '../wire/constants.ts'
import type { WireAddress } from '../wire/wire.ts'

const MAX_UINT32 = 0xffffffff

export interface ParsedService {
  readonly name: string | undefined
  readonly serviceClass: Guid | undefined
  readonly version: number | undefined
  readonly comment: string | undefined
  readonly context: string | undefined
  readonly queryString: string | undefined
  readonly blob: Uint8Array | undefined
  /** undefined: none were given. */
  readonly addresses: readonly WireAddress[] | undefined
  readonly aliases: readonly string[]
  readonly ttl: number | undefined
}

/** Port and transport of a class, which say the same as the address would: SVCID_TCP(80) is port 80 over TCP. */
export function addressDefaults(id: Guid | undefined): AddressDefaults {
  const known = id === undefined ? undefined : decodeServiceClass(id)
  if (known?.kind === 'tcp' || known?.kind === 'udp') {
    return { port: known.port, transport: known.kind }
  }
  return { port: 0, transport: 'udp' }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}

function list(issues: IssueList, path: string, value: unknown): readonly unknown[] {
  if (value === undefined) return []
  if (!isIterable(value)) {
    issues.add(path, `not a list: ${show(value)}`)
    return []
  }
  const items: unknown[] = []
  for (const item of value) {
    if (items.length === MAX_ADDRESSES) {
      issues.add(path, `more than ${MAX_ADDRESSES}`)
      break
    }
    items.push(item)
  }
  return items
}

export function optionalAddresses(
  issues: IssueList,
  value: unknown,
  defaults: AddressDefaults,
): WireAddress[] | undefined {
  if (value === undefined) return undefined
  return list(issues, 'addresses', value).flatMap((item, at) => {
    try {
      return encodeAddress(item as AddressInit, defaults)
    } catch (error) {
      if (!(error instanceof AddressFault)) throw error
      issues.add(`addresses[${at}]${error.path === '' ? '' : `.${error.path}`}`, error.message)
      return []
    }
  })
}

export function optionalText(issues: IssueList, init: Fields, key: string): string | undefined {
  const value = init[key]
  if (value === undefined) return undefined
  if (typeof value !== 'string') return issues.add(key, `not a text: ${show(value)}`)
  if (value.includes('\0')) return issues.add(key, 'a text with a zero character')
  return value.length > MAX_STRING_CHARS
    ? issues.add(key, `longer than ${MAX_STRING_CHARS} characters`)
    : value
}

export function optionalBlob(issues: IssueList, value: unknown): Uint8Array | undefined {
  if (value === undefined) return undefined
  if (!(value instanceof Uint8Array)) return issues.add('blob', `not a Uint8Array: ${show(value)}`)
  return value.length > MAX_BLOB_BYTES
    ? issues.add('blob', `longer than ${MAX_BLOB_BYTES} bytes`)
    : value
}

/** All of them lie in one field of the frame, each with its end. */
function aliases(issues: IssueList, value: unknown): string[] {
  const texts: string[] = []
  for (const [at, alias] of list(issues, 'aliases', value).entries()) {
    if (typeof alias !== 'string' || alias === '')
      issues.add(`aliases[${at}]`, `not a name: ${show(alias)}`)
    else if (alias.includes('\0')) issues.add(`aliases[${at}]`, 'a text with a zero character')
    else texts.push(alias)
  }
  if (texts.reduce((sum, text) => sum + text.length + 1, 0) > MAX_STRING_CHARS)
    issues.add('aliases', `longer than ${MAX_STRING_CHARS} characters together`)
  return texts
}

function optionalTtl(issues: IssueList, ttl: unknown): number | undefined {
  if (ttl === undefined || (typeof ttl === 'number' && Number.isFinite(ttl) && ttl >= 0)) return ttl
  return issues.add('ttl', `not a number of seconds: ${show(ttl)}`)
}

export function optionalClass(issues: IssueList, value: unknown): Guid | undefined {
  if (value === undefined) return undefined
  return (
    serviceClassId(value) ??
    issues.add('serviceClass', `not a service class or GUID: ${show(value)}`)
  )
}

/** Checks `init`; `issues` says what is wrong. `asked` is the class of a service that does not say its own. */
export function parseService(
  issues: IssueList,
  init: Fields,
  asked: Guid | undefined,
): ParsedService {
  const version = init['version']
  const id = optionalClass(issues, init['serviceClass']) ?? asked
  return {
    name: optionalText(issues, init, 'name'),
    serviceClass: id,
    version: version === undefined ? undefined : issues.integer('version', version, 0, MAX_UINT32),
    comment: optionalText(issues, init, 'comment'),
    context: optionalText(issues, init, 'context'),
    queryString: optionalText(issues, init, 'queryString'),
    blob: optionalBlob(issues, init['blob']),
    addresses: optionalAddresses(issues, init['addresses'], addressDefaults(id)),
    aliases: aliases(issues, init['aliases']),
    ttl: optionalTtl(issues, init['ttl']),
  }
}
