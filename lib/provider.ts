// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// defineProvider: checks a provider completely, on any OS, and opens nothing.
import { type CidrBlock, parseCidr } from './address.ts'
import { Namespace, WinsockCode, type WinsockCodeName } from './codes.ts'
import type { Directory } from './directory.ts'
import { NspError } from './errors.ts'
import { type Guid, parseGuid } from './guid.ts'
import { checkDirectory, sharedHandlers } from './host/directory-handlers.ts'
import { checkLimits, type NamePattern, parsePattern } from './host/filter.ts'
import { attachDefinition, type DefinedEntry, type Definition } from './internal/definition.ts'
import { type Fields, IssueList, isFields, show } from './internal/issues.ts'
import { controlCodeFault, type IoctlBinding, ioctlBinding } from './ioctl.ts'
import { serviceClassId } from './service-class.ts'
import type { Allow, Entry, Provider, ProviderInit } from './types.ts'
import { MAX_ENTRIES } from './wire/constants.ts'

const FUNCTIONS = [
  'lookup',
  'stillValid',
  'register',
  'deregister',
  'remove',
  'installClass',
  'removeClass',
  'classInfo',
  'start',
  'revision',
] as const
const OPTIONS = [
  ...FUNCTIONS,
  'name',
  'entries',
  'directory',
  'changes',
  'ioctl',
  'leaseByProcess',
  'deadlines',
  'onFailure',
  'allow',
]
const ENTRY_OPTIONS = [
  'id',
  'namespace',
  'version',
  'displayName',
  'owns',
  'ownsAddresses',
  'serviceClasses',
  'hierarchical',
]
const DEADLINES = { lookupMs: 500, ioctlMs: 5000, registerMs: 5000 } as const
// What these mean to a caller of Next or ioctl, no failing handler can mean.
const NO_FAILURES: readonly string[] = [
  'WSA_IO_PENDING',
  'WSAEFAULT',
  'WSA_E_NO_MORE',
  'WSAEWOULDBLOCK',
]
const MAX_NAME = 255
const MAX_UINT32 = 0xffffffff

/** Parses each element of an optional list; faults go to path[i]. */
function parseList<T>(
  issues: IssueList,
  path: string,
  value: unknown,
  parse: (item: unknown) => T | string,
): Exclude<T, string>[] {
  const parsed: Exclude<T, string>[] = []
  for (const [at, item] of (issues.array(path, value) ?? []).entries()) {
    const result = parse(item)
    if (typeof result === 'string') issues.add(`${path}[${at}]`, result)
    else parsed.push(result as Exclude<T, string>)
  }
  return parsed
}

function parseClass(value: unknown): { readonly id: Guid } | string {
  const id = serviceClassId(value)
  return id === undefined ? `not a service class or GUID: ${show(value)}` : { id }
}

function checkId(issues: IssueList, path: string, value: unknown, seen: Set<Guid>): Guid {
  const id = parseGuid(value)
  if (value === undefined) issues.add(path, 'missing; make one with crypto.randomUUID()')
  else if (id === undefined) issues.add(path, `not a GUID: ${show(value)}`)
  else if (seen.has(id)) issues.add(path, 'another entry has the same GUID')
  if (id !== undefined) seen.add(id)
  return id ?? ''
}

interface EntryChecks {
  readonly issues: IssueList
  readonly seen: Set<Guid>
  readonly providerName: string
}

function checkEntry(
  { issues, seen, providerName }: EntryChecks,
  key: string,
  value: unknown,
  index: number,
): DefinedEntry | undefined {
  const path = `entries.${key}`
  if (!isFields(value)) return issues.add(path, `not an object: ${show(value)}`)
  issues.unknownKeys(path, value, ENTRY_OPTIONS)
  const id = checkId(issues, `${path}.id`, value['id'], seen)
  const namespace = issues.integer(`${path}.namespace`, value['namespace'], 1, MAX_UINT32) ?? 0
  const ownsByDefault = value['owns'] === undefined && namespace !== Namespace.DNS
  if (value['owns'] === undefined && namespace === Namespace.DNS) {
    issues.add(
      `${path}.owns`,
      "missing; under Namespace.DNS say which names are yours, or '*' for all",
    )
  }
  const owns = ownsByDefault ? ['*'] : value['owns']
  const patterns = parseList<NamePattern>(issues, `${path}.owns`, owns, parsePattern)
  const blocks = parseList<CidrBlock>(
    issues,
    `${path}.ownsAddresses`,
    value['ownsAddresses'],
    parseCidr,
  )
  const classes = parseList(
    issues,
    `${path}.serviceClasses`,
    value['serviceClasses'],
    parseClass,
  ).map((item) => item.id)
  const displayName = value['displayName'] ?? providerName
  const entry: Entry = Object.freeze({
    key,
    id,
    namespace,
    owns: Object.freeze([...(Array.isArray(owns) ? owns : [])]),
  })
  return Object.freeze({
    entry,
    index,
    displayName:
      value['displayName'] === undefined
        ? providerName
        : (issues.text(`${path}.displayName`, displayName, MAX_NAME) ?? ''),
    version:
      value['version'] === undefined
        ? 1
        : (issues.integer(`${path}.version`, value['version'], 0, MAX_UINT32) ?? 1),
    hierarchical: issues.boolean(`${path}.hierarchical`, value['hierarchical']) ?? false,
    ownsByDefault,
    patterns,
    blocks,
    classes: value['serviceClasses'] === undefined ? undefined : classes,
  })
}

function checkEntries(issues: IssueList, value: unknown, providerName: string): DefinedEntry[] {
  if (!isFields(value)) {
    issues.add('entries', value === undefined ? 'missing' : `not an object: ${show(value)}`)
    return []
  }
  const keys = Object.keys(value)
  if (keys.length === 0) issues.add('entries', 'empty; a provider has at least one entry')
  if (keys.length > MAX_ENTRIES)
    issues.add('entries', `${keys.length} entries, at most ${MAX_ENTRIES} fit`)
  const checks = { issues, seen: new Set<Guid>(), providerName }
  return keys.flatMap((key, index) => checkEntry(checks, key, value[key], index) ?? [])
}

function checkIoctls(issues: IssueList, value: unknown): Map<number, IoctlBinding> {
  const bindings = new Map<number, IoctlBinding>()
  for (const [at, handler] of (issues.array('ioctl', value) ?? []).entries()) {
    const binding = ioctlBinding(handler)
    const code = binding?.definition.code
    const fault =
      binding === undefined ? `not made by onIoctl: ${show(handler)}` : controlCodeFault(code)
    if (fault !== undefined) issues.add(`ioctl[${at}]`, fault)
    else if (bindings.has(code ?? 0))
      issues.add(`ioctl[${at}]`, `0x${code?.toString(16)} is declared twice`)
    else if (binding !== undefined) bindings.set(binding.definition.code, binding)
  }
  return bindings
}

function checkDeadlines(issues: IssueList, value: unknown): Definition['deadlines'] {
  const given = issues.fields('deadlines', value) ?? {}
  issues.unknownKeys('deadlines', given, Object.keys(DEADLINES))
  const deadline = (key: keyof typeof DEADLINES) =>
    given[key] === undefined
      ? DEADLINES[key]
      : (issues.integer(`deadlines.${key}`, given[key], 50, 600_000) ?? DEADLINES[key])
  return {
    lookupMs: deadline('lookupMs'),
    ioctlMs: deadline('ioctlMs'),
    registerMs: deadline('registerMs'),
  }
}

function checkOnFailure(issues: IssueList, value: unknown): number {
  const name = value ?? 'WSATRY_AGAIN'
  if (typeof name !== 'string' || !Object.hasOwn(WinsockCode, name) || NO_FAILURES.includes(name)) {
    issues.add('onFailure', `not the name of a code that a failure can have: ${show(value)}`)
    return WinsockCode.WSATRY_AGAIN
  }
  return WinsockCode[name as WinsockCodeName]
}

function checkAllow(issues: IssueList, value: unknown): Allow {
  const given = issues.fields('allow', value) ?? {}
  issues.unknownKeys('allow', given, ['connect', 'sandboxed', 'register', 'ioctl'])
  issues.boolean('allow.sandboxed', given['sandboxed'])
  for (const key of ['connect', 'register', 'ioctl']) {
    const rule = given[key]
    const isNamed =
      rule === undefined || rule === 'everyone' || rule === 'users' || rule === 'administrators'
    const isSid =
      isFields(rule) &&
      typeof rule['sid'] === 'string' &&
      /^S-1-\d+(-\d+){1,15}$/i.test(rule['sid'])
    if (!isNamed && !isSid && typeof rule !== 'function') {
      issues.add(
        `allow.${key}`,
        `not 'everyone', 'users', 'administrators', { sid } or a function: ${show(rule)}`,
      )
    }
  }
  return given as Allow
}

function checkHandlers(issues: IssueList, init: Fields, directory: Directory | undefined): void {
  for (const key of FUNCTIONS) issues.callable(key, init[key])
  const lease = issues.boolean('leaseByProcess', init['leaseByProcess'])
  if (lease === true && directory === undefined && init['deregister'] === undefined) {
    issues.add('leaseByProcess', 'needs deregister, which ends what a process has registered')
  }
  const { changes, lookup, ioctl } = init
  if (changes !== undefined && changes !== 'snapshot' && changes !== 'feed')
    issues.add('changes', `neither 'snapshot' nor 'feed': ${show(changes)}`)
  if (lookup === undefined && ioctl === undefined && directory === undefined) {
    issues.add('lookup', 'missing; a provider without lookup, directory and ioctl answers nothing')
  }
}

/**
 * Describes a provider. Inert: it opens nothing and works on any OS. Everything is checked at once.
 * @example
 * export default defineProvider({
 *   name: 'Example',
 *   entries: { names: { id: '6b1f0c6e-2f2b-4f0c-8b7c-0f5b7f6f0001', namespace: Namespace.DNS, owns: ['*.example.test'] } },
 *   lookup: (query) => ({ addresses: ['10.0.0.1'] }),
 * })
 * @throws NspError ERR_NSP_INVALID_PROVIDER, whose `issues` name each field.
 */
export function defineProvider(init: ProviderInit): Provider {
  const issues = new IssueList()
  const fields: Fields = isFields(init) ? init : {}
  if (!isFields(init)) issues.add('', `not an object: ${show(init)}`)
  issues.unknownKeys('', fields, OPTIONS)
  const name = issues.text('name', fields['name'], MAX_NAME) ?? ''
  const entries = checkEntries(issues, fields['entries'], name)
  const ioctls = checkIoctls(issues, fields['ioctl'])
  const directory = checkDirectory(issues, fields['directory'])
  checkHandlers(issues, fields, directory)
  checkLimits(entries, ioctls.size, issues)
  const definition: Definition = Object.freeze({
    init,
    handlers: sharedHandlers(fields as unknown as ProviderInit, directory),
    name,
    entries: Object.freeze(entries),
    ioctls,
    deadlines: checkDeadlines(issues, fields['deadlines']),
    onFailure: checkOnFailure(issues, fields['onFailure']),
    allow: checkAllow(issues, fields['allow']),
  })
  if (issues.issues.length > 0) {
    throw new NspError('ERR_NSP_INVALID_PROVIDER', 'the provider is not valid', {
      issues: issues.issues,
      remedy: 'Correct the fields named above in the call of defineProvider.',
    })
  }
  const visible = Object.fromEntries(entries.map(({ entry }) => [entry.key, entry]))
  const provider: Provider = { name, entries: Object.freeze(visible) }
  attachDefinition(provider, definition)
  return Object.freeze(provider)
}
