// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The text of a zone file: {"records": [...], "classes": [...]}, read with every fault and its line, and written.
import { encodeAddress } from '../address.ts'
import { type Issue, NspError } from '../errors.ts'
import { parseGuid } from '../guid.ts'
import { addressDefaults } from '../host/service-init.ts'
import { checkClassInfo } from '../internal/class-info.ts'
import { type Fields, IssueList, isFields, show } from '../internal/issues.ts'
import { makeAddress } from '../internal/service.ts'
import { decodeServiceClass, ServiceClass } from '../service-class.ts'
import type { Address, AddressInit, ServiceClassInfo } from '../types.ts'
import { addressKey } from './addresses.ts'
import { JsonFault, type JsonText, parseJsonText } from './json-text.ts'
import { identity, parseStored, type Stored } from './stored.ts'

/** What a zone file says. */
export interface Zone {
  /** By identity. */
  readonly services: ReadonlyMap<string, Stored>
  readonly classes: ReadonlyMap<string, ServiceClassInfo>
}

const RECORD_FIELDS = [
  'name',
  'class',
  'addresses',
  'aliases',
  'version',
  'comment',
  'context',
  'queryString',
  'blob',
  'ttl',
]

const ADDRESS_FIELDS = [
  'address',
  'port',
  'scopeId',
  'transport',
  'local',
  'family',
  'remote',
  'socketType',
  'protocol',
]

export function invalidFile(path: string, issues: readonly Issue[], cause?: unknown): NspError {
  return new NspError('ERR_NSP_INVALID_FILE', `${path} is not a zone file`, {
    issues,
    remedy: 'Correct the fields named above; until then the last good state is served.',
    cause,
  })
}

/** What is said of a file that cannot even be read. */
export function unreadableFile(path: string, cause: unknown): NspError {
  const message = cause instanceof Error ? cause.message : show(cause)
  return new NspError('ERR_NSP_INVALID_FILE', `${path} cannot be read`, {
    issues: [{ path, message }],
    remedy:
      'Name a file that exists and may be read, or pass { save: true }, which makes it. If it was read before, what it said is served.',
    cause,
  })
}

/** Bytes are written as hexadecimal digits; what is not such a text stays as it is, for the checks that follow. */
function fromHex(value: unknown): unknown {
  if (typeof value !== 'string' || !/^(?:[0-9a-f]{2})*$/i.test(value)) return value
  return Uint8Array.from(Buffer.from(value, 'hex'))
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function withBytes(value: unknown, fields: readonly string[]): unknown {
  if (!isFields(value)) return value
  const made = fields.flatMap((field) =>
    value[field] === undefined ? [] : [[field, fromHex(value[field])] as const],
  )
  return { ...value, ...Object.fromEntries(made) }
}

/** A GUID, or 'tcp/80'. */
function classOf(value: unknown): unknown {
  const [, kind, port] = /^(tcp|udp)\/(\d{1,5})$/.exec(String(value)) ?? []
  if (kind === undefined || Number(port) > 65535) return value
  return kind === 'tcp' ? ServiceClass.tcp(Number(port)) : ServiceClass.udp(Number(port))
}

function classText(id: string): string {
  const known = decodeServiceClass(id)
  return known.kind === 'tcp' || known.kind === 'udp' ? `${known.kind}/${known.port}` : id
}

function readRecord(issues: IssueList, value: unknown): Stored | undefined {
  if (!isFields(value)) return issues.add('', `not an object: ${show(value)}`)
  issues.unknownKeys('', value, [...RECORD_FIELDS, 'serviceClass'])
  if (value['serviceClass'] !== undefined) issues.add('serviceClass', "it is called 'class' here")
  const { class: serviceClass, addresses, ...rest } = value
  for (const [at, one] of Array.isArray(addresses) ? addresses.entries() : []) {
    if (isFields(one)) issues.unknownKeys(`addresses[${at}]`, one, ADDRESS_FIELDS)
  }
  const list = Array.isArray(addresses)
    ? addresses.map((one: unknown) => withBytes(one, ['remote', 'local']))
    : addresses
  const given = serviceClass === undefined ? undefined : classOf(serviceClass)
  const init = { ...rest, addresses: list, serviceClass: given }
  const hasText = typeof init.addresses === 'string'
  if (hasText) issues.add('addresses', `not a list: ${show(addresses)}`)
  return parseStored(issues, {
    ...(withBytes(init, ['blob']) as Fields),
    ...(hasText ? { addresses: [] } : {}),
  })
}

function readClass(issues: IssueList, value: unknown): ServiceClassInfo | undefined {
  if (!isFields(value)) return issues.add('', `not an object: ${show(value)}`)
  issues.unknownKeys('', value, ['id', 'name', 'properties'])
  const { properties = [], ...rest } = value
  const list = Array.isArray(properties)
    ? properties.map((one: unknown) => withBytes(one, ['value']))
    : properties
  return checkClassInfo(issues, '', { ...rest, properties: list })
}

/** The checks speak of values in code; a file has only texts. */
function inFile(message: string): string {
  return message
    .replace(/^not a Uint8Array: /, 'not pairs of hexadecimal digits: ')
    .replace(/^not a service class or GUID: /, "neither a GUID nor like 'tcp/80': ")
}

/** Reads a list of `what`, collecting faults with their lines. */
function readList<T>(
  json: JsonText,
  file: { readonly path: string; readonly issues: Issue[] },
  what: 'records' | 'classes',
  read: (issues: IssueList, value: unknown) => T | undefined,
): (T & object)[] {
  const list = (json.value as Fields)[what]
  const place = (path: string) => `${file.path}:${json.lineOf(path)} ${path}`
  if (list === undefined && what === 'classes') return []
  if (!Array.isArray(list)) {
    file.issues.push({ path: place(what), message: 'missing or not a list' })
    return []
  }
  return list.flatMap((value: unknown, at) => {
    const issues = new IssueList()
    const made = read(issues, value)
    for (const { path, message } of issues.issues) {
      const isSlip = path === 'serviceClass' && isFields(value) && path in value
      const field = path === 'serviceClass' && !isSlip ? 'class' : path
      const whole = `${what}[${at}]${field === '' ? '' : `.${field}`}`
      file.issues.push({ path: place(whole), message: inFile(message) })
    }
    return made === undefined ? [] : [made as T & object]
  })
}

function byKey<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  twice: (item: T) => void,
): Map<string, T> {
  const map = new Map<string, T>()
  for (const item of items) {
    if (map.has(keyOf(item))) twice(item)
    map.set(keyOf(item), item)
  }
  return map
}

function parse(path: string, text: string): JsonText {
  try {
    const json = parseJsonText(text)
    if (isFields(json.value)) return json
    throw new JsonFault(1, `not an object: ${show(json.value)}`)
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    throw invalidFile(path, [{ path: `${path}:${error.line}`, message: error.message }], error)
  }
}

/** @throws NspError ERR_NSP_INVALID_FILE with every fault: file, line and field. */
export function parseZone(path: string, text: string): Zone {
  const json = parse(path, text)
  const issues: Issue[] = []
  const unknown = new IssueList()
  unknown.unknownKeys('', json.value as Fields, ['records', 'classes'])
  for (const { path: key, message } of unknown.issues)
    issues.push({ path: `${path}:${json.lineOf(key)} ${key}`, message })
  const file = { path, issues }
  const services = readList(json, file, 'records', readRecord)
  const classes = readList(json, file, 'classes', readClass)
  const twice = (name: string, what: string) =>
    void issues.push({ path: `${path} ${show(name)}`, message: `there are two ${what}` })
  const zone = {
    services: byKey(services, identity, ({ name }) =>
      twice(name, 'records with this name and class'),
    ),
    classes: byKey(
      classes,
      ({ id }) => id,
      ({ id }) => twice(id, 'classes with this id'),
    ),
  }
  if (issues.length > 0) throw invalidFile(path, issues)
  return zone
}

/** The shortest way to write an address that reads as the same again. */
function addressText(address: Address, id: string | undefined): AddressInit | object {
  const { address: ip, port, scopeId, family, remote, local, socketType, protocol } = address
  const raw = {
    family,
    ...(remote === undefined ? {} : { remote: toHex(remote) }),
    ...(local === undefined ? {} : { local: toHex(local) }),
    socketType,
    protocol,
  }
  if (ip === undefined) return raw
  const zoned = scopeId === undefined || scopeId === 0 ? ip : `${ip}%${scopeId}`
  const withPort = ip.includes(':') ? `[${zoned}]:${port}` : `${zoned}:${port}`
  const forms: AddressInit[] = [
    zoned,
    withPort,
    { address: withPort, transport: 'tcp' },
    { address: withPort, transport: 'udp' },
  ]
  const defaults = addressDefaults(id)
  const same = (form: AddressInit) =>
    addressKey(makeAddress(encodeAddress(form, defaults))) === addressKey(address)
  return forms.find(same) ?? raw
}

function recordOf(stored: Stored): object {
  const { serviceClass, addresses, aliases, blob, name, ...rest } = stored
  return {
    name,
    ...(serviceClass === undefined ? {} : { class: classText(serviceClass) }),
    addresses: addresses.map((address) => addressText(address, serviceClass)),
    ...(aliases.length === 0 ? {} : { aliases }),
    ...rest,
    ...(blob === undefined ? {} : { blob: toHex(blob) }),
  }
}

function classRecord({ id, name, properties }: ServiceClassInfo): object {
  const written = properties.map((property) => ({ ...property, value: toHex(property.value) }))
  return { id: parseGuid(id), name, properties: written }
}

/** One record a line: changes are easy to see. */
export function formatZone({ services, classes }: Zone): string {
  const lines = (items: Iterable<object>) =>
    [...items].map((item) => `\n    ${JSON.stringify(item)}`).join(',')
  const records = lines([...services.values()].map(recordOf))
  const list = lines([...classes.values()].map(classRecord))
  const close = (text: string) => (text === '' ? '[]' : `[${text}\n  ]`)
  const tail = list === '' ? '' : `,\n  "classes": ${close(list)}`
  return `{\n  "records": ${close(records)}${tail}\n}\n`
}
