// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What users give the client, checked: queries, registrations, classes and options. Faults are TypeErrors that name
// each field.
import { type AddressDefaults, AddressFault, encodeAddress } from '../address.ts'
import { LookupFlag } from '../codes.ts'
import { type Guid, parseGuid } from '../guid.ts'
import { type Fields, IssueList, invalidArgument, isFields, show } from '../internal/issues.ts'
import type { NativeAddress, NativeClass, NativeSet } from '../internal/native.ts'
import { decodeServiceClass, type ServiceClass, serviceClassId } from '../service-class.ts'
import type { AddressInit, ServiceClassInfo } from '../types.ts'
import type { QueryInit } from '../winsock.ts'
import {
  MAX_ADDRESSES,
  MAX_BLOB_BYTES,
  MAX_CLASS_PROPERTIES,
  MAX_STRING_CHARS,
} from '../wire/constants.ts'

const MAX_UINT32 = 0xffffffff
export const MAX_OUTPUT_BYTES: number = 64 * 1024 * 1024
export const DEFAULT_OUTPUT_BYTES: number = 64 * 1024
const NOTHING = {
  name: undefined,
  serviceClass: undefined,
  namespace: 0,
  providerId: undefined,
  version: undefined,
  comment: undefined,
  context: undefined,
  queryString: undefined,
  blob: undefined,
  addresses: [],
} satisfies NativeSet

export interface CheckedQuery {
  readonly set: NativeSet
  readonly flags: number
}

/** Runs the checks of one call; throws what they found. */
export function checked<T>(check: (issues: IssueList) => T): T {
  const issues = new IssueList()
  const result = check(issues)
  if (issues.issues.length > 0) throw invalidArgument(issues)
  return result
}

function optional<T>(value: unknown, check: (value: unknown) => T | undefined): T | undefined {
  return value === undefined ? undefined : check(value)
}

function textField(issues: IssueList, path: string, value: unknown): string | undefined {
  return optional(value, () => (value === '' ? '' : issues.text(path, value, MAX_STRING_CHARS)))
}

function guidField(issues: IssueList, path: string, value: unknown): Guid | undefined {
  return optional(value, () => parseGuid(value) ?? issues.add(path, `not a GUID: ${show(value)}`))
}

function classField(issues: IssueList, path: string, value: unknown): Guid | undefined {
  return optional(
    value,
    () => serviceClassId(value) ?? issues.add(path, `not a service class or GUID: ${show(value)}`),
  )
}

function bytesField(issues: IssueList, path: string, value: unknown): Uint8Array | undefined {
  return optional(value, () => {
    if (!(value instanceof Uint8Array)) return issues.add(path, `not a Uint8Array: ${show(value)}`)
    return value.length > MAX_BLOB_BYTES
      ? issues.add(path, `longer than ${MAX_BLOB_BYTES} bytes`)
      : value
  })
}

function uint32Field(issues: IssueList, path: string, value: unknown): number | undefined {
  return optional(value, () => issues.integer(path, value, 0, MAX_UINT32))
}

/** The fields that restrictions and registrations share. */
function commonFields(issues: IssueList, fields: Fields): Partial<NativeSet> {
  return {
    name: textField(issues, 'name', fields['name']),
    serviceClass: classField(issues, 'serviceClass', fields['serviceClass']),
    context: textField(issues, 'context', fields['context']),
    queryString: textField(issues, 'queryString', fields['queryString']),
    version: uint32Field(issues, 'version', fields['version']),
    blob: bytesField(issues, 'blob', fields['blob']),
  }
}

/** Where a call goes: fields of a query, options of a registration. */
function route(issues: IssueList, fields: Fields): Pick<NativeSet, 'namespace' | 'providerId'> {
  return {
    namespace: uint32Field(issues, 'namespace', fields['namespace']) ?? 0,
    providerId: guidField(issues, 'providerId', fields['providerId']),
  }
}

const QUERY_FIELDS: readonly (keyof QueryInit)[] = [
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

export function checkQuery(issues: IssueList, query: unknown): CheckedQuery {
  const fields = typeof query === 'string' ? { name: query } : query
  const standard: CheckedQuery = { set: NOTHING, flags: LookupFlag.RETURN_ALL }
  if (!isFields(fields)) {
    issues.add('query', `neither a name nor an object: ${show(query)}`)
    return standard
  }
  issues.unknownKeys('', fields, QUERY_FIELDS)
  return {
    set: { ...NOTHING, ...commonFields(issues, fields), ...route(issues, fields) },
    flags: uint32Field(issues, 'flags', fields['flags']) ?? standard.flags,
  }
}

/** The options that `keys` name, and the signal, which all calls have. */
export function checkOptions(
  issues: IssueList,
  options: unknown,
  keys: readonly string[] = [],
): Fields & { readonly signal: AbortSignal | undefined } {
  const fields = options === undefined ? {} : options
  if (!isFields(fields)) {
    issues.add('options', `not an object: ${show(options)}`)
    return { signal: undefined }
  }
  issues.unknownKeys('options', fields, ['signal', ...keys])
  const signal = fields['signal']
  if (signal === undefined || signal instanceof AbortSignal) return { ...fields, signal }
  issues.add('options.signal', `not an AbortSignal: ${show(signal)}`)
  return { signal: undefined }
}

/** Where a registration goes, from the options of the call. */
export function checkRoute(
  issues: IssueList,
  options: Fields,
): Pick<NativeSet, 'namespace' | 'providerId'> {
  return {
    namespace: uint32Field(issues, 'options.namespace', options['namespace']) ?? 0,
    providerId: guidField(issues, 'options.providerId', options['providerId']),
  }
}

/** Port and transport that a class says, for addresses that do not say them. */
function addressDefaults(id: Guid | undefined): AddressDefaults {
  const known: ServiceClass | undefined = id === undefined ? undefined : decodeServiceClass(id)
  return known?.kind === 'tcp' || known?.kind === 'udp'
    ? { port: known.port, transport: known.kind }
    : { port: 0, transport: 'udp' }
}

function addressFields(
  issues: IssueList,
  value: unknown,
  defaults: AddressDefaults,
): readonly NativeAddress[] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null || !(Symbol.iterator in value)) {
    issues.add('addresses', `not a list: ${show(value)}`)
    return []
  }
  const items = [...(value as Iterable<AddressInit>)]
  if (items.length > MAX_ADDRESSES) issues.add('addresses', `more than ${MAX_ADDRESSES}`)
  return items.flatMap((item, at) => {
    try {
      return encodeAddress(item, defaults)
    } catch (error) {
      if (!(error instanceof AddressFault)) throw error
      issues.add(`addresses[${at}]${error.path === '' ? '' : `.${error.path}`}`, error.message)
      return []
    }
  })
}

const SERVICE_FIELDS = [
  'name',
  'serviceClass',
  'addresses',
  'version',
  'comment',
  'context',
  'queryString',
  'blob',
] as const

/** A service to register; its name and class are required. */
export function checkService(issues: IssueList, service: unknown): NativeSet {
  if (!isFields(service)) {
    issues.add('service', `not an object: ${show(service)}`)
    return NOTHING
  }
  for (const key of ['aliases', 'ttl']) {
    if (service[key] !== undefined) issues.add(key, 'a WSAQUERYSET cannot carry it; leave it out')
  }
  issues.unknownKeys('', service, [...SERVICE_FIELDS, 'aliases', 'ttl'])
  if (service['name'] === undefined || service['name'] === '') issues.add('name', 'missing')
  if (service['serviceClass'] === undefined) issues.add('serviceClass', 'missing')
  const common = commonFields(issues, service)
  return {
    ...NOTHING,
    ...common,
    comment: textField(issues, 'comment', service['comment']),
    addresses: addressFields(issues, service['addresses'], addressDefaults(common.serviceClass)),
  }
}

/** A GUID that a call cannot do without. */
export function checkGuid(issues: IssueList, path: string, value: unknown): Guid {
  return (value === undefined ? issues.add(path, 'missing') : guidField(issues, path, value)) ?? ''
}

function checkProperty(
  issues: IssueList,
  path: string,
  value: unknown,
): NativeClass['properties'][number] {
  const fields = isFields(value) ? value : {}
  if (!isFields(value)) issues.add(path, `not an object: ${show(value)}`)
  else issues.unknownKeys(path, fields, ['name', 'namespace', 'type', 'value'])
  const bytes = fields['value']
  if (isFields(value) && bytes === undefined) issues.add(`${path}.value`, 'missing')
  return {
    name: issues.text(`${path}.name`, fields['name'], MAX_STRING_CHARS) ?? '',
    namespace: issues.integer(`${path}.namespace`, fields['namespace'], 0, MAX_UINT32) ?? 0,
    type: issues.integer(`${path}.type`, fields['type'], 0, MAX_UINT32) ?? 0,
    value: bytesField(issues, `${path}.value`, bytes) ?? new Uint8Array(0),
  }
}

export function checkClass(issues: IssueList, info: unknown): NativeClass {
  const fields: Fields & Partial<ServiceClassInfo> = isFields(info) ? info : {}
  if (!isFields(info)) issues.add('info', `not an object: ${show(info)}`)
  else issues.unknownKeys('', fields, ['id', 'name', 'properties'])
  const properties = issues.array('properties', fields['properties']) ?? []
  if (properties.length > MAX_CLASS_PROPERTIES)
    issues.add('properties', `more than ${MAX_CLASS_PROPERTIES}`)
  return {
    id: checkGuid(issues, 'id', fields['id']),
    name: issues.text('name', fields['name'], MAX_STRING_CHARS) ?? '',
    properties: properties.map((one, at) => checkProperty(issues, `properties[${at}]`, one)),
  }
}
