// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Arguments of the client's calls, checked, in the form of a query set. Bad ones are TypeErrors, as in Node.
import { AddressFault, encodeAddress } from '../address.ts'
import { LookupFlag } from '../codes.ts'
import { type Guid, parseGuid } from '../guid.ts'
import { decodeServiceClass, serviceClassId } from '../service-class.ts'
import type { AddressInit, ServiceClassInfo } from '../types.ts'
import { checkClassInfo } from './class-info.ts'
import { MAX_ADDRESSES, MAX_BLOB_BYTES, MAX_STRING_CHARS } from './constants.ts'
import { type Fields, IssueList, isFields, show } from './issues.ts'
import { invalidArgument } from './options.ts'
import type { WireAddress, WireQuerySet } from './wire.ts'

const MAX_UINT32 = 0xffffffff
const QUERY_FIELDS = [
  'name',
  'serviceClass',
  'namespace',
  'providerId',
  'context',
  'queryString',
  'version',
  'blob',
  'flags',
]
const SERVICE_FIELDS = [
  'name',
  'serviceClass',
  'addresses',
  'aliases',
  'version',
  'comment',
  'context',
  'queryString',
  'blob',
  'ttl',
]

export interface CheckedQuery {
  readonly wire: WireQuerySet
  readonly providerId: Guid | undefined
}

const NOTHING: WireQuerySet = {
  namespace: 0,
  flags: 0,
  entry: 0,
  serviceClass: undefined,
  version: undefined,
  name: undefined,
  comment: undefined,
  context: undefined,
  queryString: undefined,
  blob: undefined,
  protocols: [],
  addresses: [],
}

function throwIfBad(issues: IssueList): void {
  if (issues.issues.length > 0) throw invalidArgument(issues)
}

function text(issues: IssueList, fields: Fields, key: string): string | undefined {
  const value = fields[key]
  if (value === undefined || value === '') return value
  return issues.text(key, value, MAX_STRING_CHARS)
}

function uint32(issues: IssueList, fields: Fields, key: string): number | undefined {
  return fields[key] === undefined ? undefined : issues.integer(key, fields[key], 0, MAX_UINT32)
}

function blob(issues: IssueList, value: unknown): Uint8Array | undefined {
  if (value === undefined) return undefined
  if (!(value instanceof Uint8Array)) return issues.add('blob', `not a Uint8Array: ${show(value)}`)
  if (value.length > MAX_BLOB_BYTES)
    return issues.add('blob', `longer than ${MAX_BLOB_BYTES} bytes`)
  return value.slice()
}

function serviceClass(issues: IssueList, value: unknown): Guid | undefined {
  if (value === undefined) return undefined
  return (
    serviceClassId(value) ??
    issues.add('serviceClass', `not a service class or GUID: ${show(value)}`)
  )
}

function guid(issues: IssueList, path: string, value: unknown): Guid | undefined {
  return parseGuid(value) ?? issues.add(path, `not a GUID: ${show(value)}`)
}

/** What queries and services have in common. */
function common(issues: IssueList, fields: Fields): WireQuerySet {
  const version = uint32(issues, fields, 'version')
  return {
    ...NOTHING,
    name: text(issues, fields, 'name'),
    serviceClass: serviceClass(issues, fields['serviceClass']),
    context: text(issues, fields, 'context'),
    queryString: text(issues, fields, 'queryString'),
    version: version === undefined ? undefined : { value: version, compare: 0 },
    blob: blob(issues, fields['blob']),
  }
}

/** @throws TypeError (`ERR_INVALID_ARG_VALUE`), which names every field at fault. */
export function checkQuery(query: unknown): CheckedQuery {
  const issues = new IssueList()
  const fields: Fields = typeof query === 'string' ? { name: query } : isFields(query) ? query : {}
  if (typeof query !== 'string' && !isFields(query))
    issues.add('', `neither a name nor a query: ${show(query)}`)
  issues.unknownKeys('', fields, QUERY_FIELDS)
  const wire = {
    ...common(issues, fields),
    namespace: uint32(issues, fields, 'namespace') ?? 0,
    flags: uint32(issues, fields, 'flags') ?? LookupFlag.RETURN_ALL,
  }
  const id = fields['providerId']
  const providerId = id === undefined ? undefined : guid(issues, 'providerId', id)
  throwIfBad(issues)
  return { wire, providerId }
}

function addresses(issues: IssueList, value: unknown, id: Guid | undefined): WireAddress[] {
  const known = id === undefined ? undefined : decodeServiceClass(id)
  const isIp = known?.kind === 'tcp' || known?.kind === 'udp'
  const defaults = isIp
    ? { port: known.port, transport: known.kind }
    : ({ port: 0, transport: 'udp' } as const)
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null || !(Symbol.iterator in value)) {
    issues.add('addresses', `not a list: ${show(value)}`)
    return []
  }
  const list = [...(value as Iterable<AddressInit>)]
  if (list.length > MAX_ADDRESSES) issues.add('addresses', `more than ${MAX_ADDRESSES}`)
  return list.slice(0, MAX_ADDRESSES).flatMap((address, at) => {
    try {
      return encodeAddress(address, defaults)
    } catch (error) {
      if (!(error instanceof AddressFault)) throw error
      issues.add(`addresses[${at}]${error.path === '' ? '' : `.${error.path}`}`, error.message)
      return []
    }
  })
}

/** A service to register, deregister or remove. @throws TypeError (`ERR_INVALID_ARG_VALUE`) */
export function checkRegistration(service: unknown): WireQuerySet {
  const issues = new IssueList()
  const fields: Fields = isFields(service) ? service : {}
  if (!isFields(service)) issues.add('', `not a service: ${show(service)}`)
  issues.unknownKeys('', fields, SERVICE_FIELDS)
  if (fields['name'] === undefined || fields['name'] === '') issues.add('name', 'missing')
  if (fields['serviceClass'] === undefined) issues.add('serviceClass', 'missing')
  const set = common(issues, fields)
  const checked = {
    ...set,
    comment: text(issues, fields, 'comment'),
    addresses: addresses(issues, fields['addresses'], set.serviceClass),
  }
  throwIfBad(issues)
  return checked
}

/** @throws TypeError (`ERR_INVALID_ARG_VALUE`) */
export function checkClass(info: unknown): ServiceClassInfo {
  const issues = new IssueList()
  const checked = checkClassInfo(issues, '', info)
  throwIfBad(issues)
  return checked as ServiceClassInfo
}

/** @throws TypeError (`ERR_INVALID_ARG_VALUE`) */
export function checkGuid(path: string, id: unknown): Guid {
  const issues = new IssueList()
  const checked = guid(issues, path, id)
  throwIfBad(issues)
  return checked ?? ''
}
