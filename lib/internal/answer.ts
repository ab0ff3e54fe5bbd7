// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One answer of a lookup handler: checked completely, cut to what the query can use, and encoded.
import { type AddressDefaults, AddressFault, encodeAddress } from '../address.ts'
import { WinsockCode } from '../codes.ts'
import { NspError } from '../errors.ts'
import type { Guid } from '../guid.ts'
import { decodeServiceClass, serviceClassId } from '../service-class.ts'
import type { AddressInit, Query } from '../types.ts'
import {
  FRAME_HEADER_BYTES,
  MAX_ADDRESSES,
  MAX_BLOB_BYTES,
  MAX_FRAME_BYTES,
  MAX_STRING_CHARS,
} from './constants.ts'
import { type Fields, IssueList, isFields, show } from './issues.ts'
import { AF_INET, AF_INET6, sockaddrFamily } from './sockaddr.ts'
import { type WireAddress, type WireQuerySet, writeQuerySet } from './wire.ts'

// Status and count of a Batch frame.
const BATCH_HEAD_BYTES = 8
const MAX_ITEM_BYTES = MAX_FRAME_BYTES - FRAME_HEADER_BYTES - BATCH_HEAD_BYTES
const MAX_UINT32 = 0xffffffff

export interface Answer {
  /** The encoded block; undefined if the query can use nothing of it. */
  readonly block: Uint8Array | undefined
}

/** What the handler was asked, as far as answers depend on it. */
export interface Question {
  readonly query: Query
  readonly entry: number
  /** Namespace of the catalog entry: results say it, whatever the query said. */
  readonly namespace: number
}

/** ERR_NSP_INVALID_ANSWER with what is wrong; `at` counts the answers of one lookup from 0. */
export function invalidAnswer(what: string, issues: IssueList): NspError {
  return new NspError('ERR_NSP_INVALID_ANSWER', `${what} is not a valid answer`, {
    issues: issues.issues,
    remedy:
      'Correct the fields named above in what the handler returns; the client was told onFailure.',
  })
}

/** Port and transport of a class, which say the same as the address would: SVCID_TCP(80) is port 80 over TCP. */
function addressDefaults(id: Guid | undefined): AddressDefaults {
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

function addresses(issues: IssueList, value: unknown, defaults: AddressDefaults): WireAddress[] {
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

/** Whether the client can use an address, by the families of its query. */
function isUsable(query: Query, address: WireAddress): boolean {
  const family = sockaddrFamily(address.remote.length === 0 ? address.local : address.remote)
  if (family === AF_INET) return query.families.includes(4)
  if (family === AF_INET6) return query.families.includes(6)
  // Other families have no class of their own: the protocols decide, and name lookups want IP.
  const kind = query.serviceClass?.kind
  if (kind === 'dns' || kind === 'host' || kind === 'hostByName' || kind === 'hostByAddress')
    return false
  return (
    query.protocols.length === 0 ||
    query.protocols.some((pair) => pair.family === 0 || pair.family === family)
  )
}

function optionalText(issues: IssueList, init: Fields, key: string): string | undefined {
  const value = init[key]
  if (value === undefined) return undefined
  if (typeof value !== 'string') return issues.add(key, `not a text: ${show(value)}`)
  if (value.includes('\0')) return issues.add(key, 'a text with a zero character')
  return value.length > MAX_STRING_CHARS
    ? issues.add(key, `longer than ${MAX_STRING_CHARS} characters`)
    : value
}

function optionalBlob(issues: IssueList, value: unknown): Uint8Array | undefined {
  if (value === undefined) return undefined
  if (!(value instanceof Uint8Array)) return issues.add('blob', `not a Uint8Array: ${show(value)}`)
  return value.length > MAX_BLOB_BYTES
    ? issues.add('blob', `longer than ${MAX_BLOB_BYTES} bytes`)
    : value
}

function optionalVersion(issues: IssueList, value: unknown): WireQuerySet['version'] {
  if (value === undefined) return undefined
  const number = issues.integer('version', value, 0, MAX_UINT32)
  return number === undefined ? undefined : { value: number, compare: 0 }
}

function checkRest(issues: IssueList, init: Fields): void {
  for (const [at, alias] of list(issues, 'aliases', init['aliases']).entries()) {
    if (typeof alias !== 'string' || alias === '')
      issues.add(`aliases[${at}]`, `not a name: ${show(alias)}`)
  }
  const ttl = init['ttl']
  if (ttl !== undefined && (typeof ttl !== 'number' || !Number.isFinite(ttl) || ttl < 0)) {
    issues.add('ttl', `not a number of seconds: ${show(ttl)}`)
  }
}

function serviceClass(
  issues: IssueList,
  value: unknown,
  query: Query,
): WireQuerySet['serviceClass'] {
  if (value === undefined) return query.serviceClass?.id
  return (
    serviceClassId(value) ??
    issues.add('serviceClass', `not a service class or GUID: ${show(value)}`)
  )
}

function parse(
  issues: IssueList,
  init: Fields,
  { query, entry, namespace }: Question,
): WireQuerySet {
  checkRest(issues, init)
  const id = serviceClass(issues, init['serviceClass'], query)
  return {
    namespace,
    flags: 0,
    entry,
    serviceClass: id,
    version: optionalVersion(issues, init['version']),
    name: optionalText(issues, init, 'name') ?? query.name,
    comment: optionalText(issues, init, 'comment'),
    context: optionalText(issues, init, 'context'),
    queryString: optionalText(issues, init, 'queryString'),
    blob: optionalBlob(issues, init['blob']),
    protocols: [],
    addresses: addresses(issues, init['addresses'], addressDefaults(id)),
  }
}

/** Whoever asks for a name's addresses or blob gets a result that has one of them, or WSANO_DATA in the end. */
function hasWhatIsWanted({ name, wants }: Query, set: WireQuerySet): boolean {
  if (name === undefined || (!wants.addresses && !wants.blob)) return true
  return (wants.addresses && set.addresses.length > 0) || (wants.blob && set.blob !== undefined)
}

/** Checks and encodes answer number `at` of a lookup. @throws NspError ERR_NSP_INVALID_ANSWER */
export function encodeAnswer(init: unknown, at: number, question: Question): Answer {
  const issues = new IssueList()
  const what = `answer ${at} of lookup`
  if (!isFields(init)) {
    issues.add('', `not an object: ${show(init)}`)
    throw invalidAnswer(what, issues)
  }
  const whole = parse(issues, init, question)
  if (issues.issues.length > 0) throw invalidAnswer(what, issues)
  const set = {
    ...whole,
    addresses: whole.addresses.filter((address) => isUsable(question.query, address)),
  }
  if (!hasWhatIsWanted(question.query, set)) return { block: undefined }
  const block = writeQuerySet(set)
  if (block.length > MAX_ITEM_BYTES) {
    issues.add('', `${block.length} bytes, at most ${MAX_ITEM_BYTES} fit`)
    throw invalidAnswer(what, issues)
  }
  return { block }
}

/** The code that ends a lookup when its handler has nothing more to say. One rule, here and nowhere else. */
export function finalStatus(query: Query, yielded: number, sent: number): number {
  if (sent > 0) return 0
  if (query.name === undefined) return WinsockCode.WSA_E_NO_MORE
  return yielded === 0 ? WinsockCode.WSASERVICE_NOT_FOUND : WinsockCode.WSANO_DATA
}
