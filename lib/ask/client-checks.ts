// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What users give the client, checked: queries, registrations, classes and options. Faults are TypeErrors that name
// each field.
import { LookupFlag } from '../codes.ts'
import { type Guid, parseGuid } from '../guid.ts'
import {
  addressDefaults,
  optionalAddresses,
  optionalBlob,
  optionalClass,
  optionalText,
} from '../host/service-init.ts'
import { checkClassInfo } from '../internal/class-info.ts'
import { type Fields, IssueList, invalidArgument, isFields, show } from '../internal/issues.ts'
import type { NativeClass, NativeSet } from '../internal/native.ts'
import type { QueryInit } from '../winsock.ts'

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

function guidField(issues: IssueList, path: string, value: unknown): Guid | undefined {
  return optional(value, () => parseGuid(value) ?? issues.add(path, `not a GUID: ${show(value)}`))
}

function uint32Field(issues: IssueList, path: string, value: unknown): number | undefined {
  return optional(value, () => issues.integer(path, value, 0, MAX_UINT32))
}

/** The fields that restrictions and registrations share. */
function commonFields(issues: IssueList, fields: Fields): Partial<NativeSet> {
  return {
    name: optionalText(issues, fields, 'name'),
    serviceClass: optionalClass(issues, fields['serviceClass']),
    context: optionalText(issues, fields, 'context'),
    queryString: optionalText(issues, fields, 'queryString'),
    version: uint32Field(issues, 'version', fields['version']),
    // A copy: it is sent later, and by each loop over a query.
    blob: optionalBlob(issues, fields['blob'])?.slice(),
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
    comment: optionalText(issues, service, 'comment'),
    addresses:
      optionalAddresses(issues, service['addresses'], addressDefaults(common.serviceClass)) ?? [],
  }
}

/** A GUID that a call cannot do without. */
export function checkGuid(issues: IssueList, path: string, value: unknown): Guid {
  return (value === undefined ? issues.add(path, 'missing') : guidField(issues, path, value)) ?? ''
}

export function checkClass(issues: IssueList, info: unknown): NativeClass {
  if (!isFields(info)) issues.add('info', `not an object: ${show(info)}`)
  else {
    issues.unknownKeys('', info, ['id', 'name', 'properties'])
    const properties: readonly unknown[] = Array.isArray(info['properties'])
      ? info['properties']
      : []
    for (const [at, one] of properties.entries()) {
      if (isFields(one))
        issues.unknownKeys(`properties[${at}]`, one, ['name', 'namespace', 'type', 'value'])
    }
    const checked = checkClassInfo(issues, '', info)
    if (checked !== undefined) return checked
  }
  return { id: '', name: '', properties: [] }
}
