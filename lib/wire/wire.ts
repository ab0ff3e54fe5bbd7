// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The frames of the pipe (native/common/wire.h): readers of what clients send, writers of what the host answers.
// Readers throw MalformedFrame for everything that is not exactly in order.
import { type Guid, guidFromBytes, guidToBytes } from '../guid.ts'
import { ByteReader, ByteWriter, decodeUtf16, MalformedFrame, putU32 } from './bytes.ts'
import {
  BLOB_OPAQUE,
  BLOB_SERVENT,
  COUNTER_COUNT,
  HAS_ALIASES,
  HAS_BLOB,
  HAS_CLASS,
  HAS_COMMENT,
  HAS_CONTEXT,
  HAS_NAME,
  HAS_QUERY_STRING,
  HAS_VERSION,
  MAX_ADDRESSES,
  MAX_BLOB_BYTES,
  MAX_PROTOCOLS,
  MAX_SOCKADDR_BYTES,
  MAX_STRING_CHARS,
  QUERY_SET_HEAD_BYTES,
} from './constants.ts'

/** A query or a result, as it lies in a query-set block. */
export interface WireQuerySet {
  readonly namespace: number
  readonly flags: number
  readonly entry: number
  readonly serviceClass: Guid | undefined
  readonly version: { readonly value: number; readonly compare: number } | undefined
  readonly name: string | undefined
  readonly comment: string | undefined
  readonly context: string | undefined
  readonly queryString: string | undefined
  readonly blob: Uint8Array | undefined
  readonly protocols: readonly { readonly family: number; readonly protocol: number }[]
  readonly addresses: readonly WireAddress[]
  readonly aliases?: readonly string[] | undefined
  /** BLOB_HOSTENT or BLOB_SERVENT: the DLL makes the blob of name, aliases and addresses. Default BLOB_OPAQUE. */
  readonly blobKind?: number | undefined
}

export interface WireAddress {
  readonly socketType: number
  readonly protocol: number
  readonly local: Uint8Array
  readonly remote: Uint8Array
}

export interface NextFrame {
  readonly deadlineMs: number
  readonly query: WireQuerySet | undefined
}
export interface IoctlFrame {
  readonly deadlineMs: number
  readonly code: number
  readonly outputBytes: number
  readonly completion: 'sync' | 'event' | 'port' | 'apc'
  readonly query: WireQuerySet | undefined
  readonly input: Uint8Array
}
export interface StillValidFrame {
  readonly deadlineMs: number
  readonly counters: readonly {
    readonly index: number
    readonly atBegin: number
    readonly atNext: number
  }[]
  readonly query: WireQuerySet | undefined
}

const KNOWN_FIELDS =
  HAS_NAME |
  HAS_CLASS |
  HAS_VERSION |
  HAS_COMMENT |
  HAS_CONTEXT |
  HAS_QUERY_STRING |
  HAS_BLOB |
  HAS_ALIASES
const NEXT_HEAD_BYTES = 8
const NO_CLASS = new Uint8Array(16)
/** Where a block has its `flags`. */
export const FLAGS_OFFSET = 12
/** RESULT_IS_*: `flags` of a result. */
export const RESULT_IS_ALIAS = 0x01
export const RESULT_IS_ADDED = 0x10
export const RESULT_IS_CHANGED = 0x20
export const RESULT_IS_DELETED = 0x40
const COMPLETIONS = new Map([
  [0, 'sync'],
  [2, 'event'],
  [3, 'port'],
  [4, 'apc'],
] as const)

function readText(reader: ByteReader, present: number, bit: number): string | undefined {
  if ((present & bit) === 0) return undefined
  const bytes = reader.sized(MAX_STRING_CHARS * 2)
  if (bytes.length % 2 !== 0) throw new MalformedFrame('half a UTF-16 unit')
  return decodeUtf16(bytes)
}

/** Aliases follow each other, each with a terminator. */
function readAliases(reader: ByteReader, present: number): readonly string[] | undefined {
  const text = readText(reader, present, HAS_ALIASES)
  if (text === undefined) return undefined
  if (text !== '' && !text.endsWith('\0')) throw new MalformedFrame('an alias without its end')
  return text.split('\0').slice(0, -1)
}

function readAddress(reader: ByteReader): WireAddress {
  const socketType = reader.i32()
  const protocol = reader.i32()
  const localBytes = reader.u32()
  const remoteBytes = reader.u32()
  if (localBytes > MAX_SOCKADDR_BYTES || remoteBytes > MAX_SOCKADDR_BYTES) {
    throw new MalformedFrame('a socket address that is too long')
  }
  const local = reader.bytes(localBytes).slice()
  return { socketType, protocol, local, remote: reader.bytes(remoteBytes).slice() }
}

function repeat<T>(count: number, limit: number, what: string, read: () => T): T[] {
  if (count > limit) throw new MalformedFrame(`${count} ${what}, at most ${limit} are allowed`)
  const items: T[] = []
  for (let i = 0; i < count; i++) items.push(read())
  return items
}

/** Reads a block that fills `bytes` exactly. */
export function readQuerySet(bytes: Uint8Array): WireQuerySet {
  const reader = new ByteReader(bytes)
  if (reader.u32() !== bytes.length || bytes.length % 4 !== 0)
    throw new MalformedFrame('wrong block size')
  const present = reader.u32()
  if ((present & ~KNOWN_FIELDS) !== 0) throw new MalformedFrame('unknown fields')
  const namespace = reader.u32()
  const flags = reader.u32()
  const entry = reader.u32()
  const version = { value: reader.u32(), compare: reader.u32() }
  const serviceClass = reader.bytes(16)
  const protocolCount = reader.u32()
  const addressCount = reader.u32()
  const blobKind = reader.u32()
  if (blobKind > BLOB_SERVENT) throw new MalformedFrame('unknown kind of blob')
  const name = readText(reader, present, HAS_NAME)
  const comment = readText(reader, present, HAS_COMMENT)
  const context = readText(reader, present, HAS_CONTEXT)
  const queryString = readText(reader, present, HAS_QUERY_STRING)
  const blob = (present & HAS_BLOB) === 0 ? undefined : reader.sized(MAX_BLOB_BYTES).slice()
  const aliases = readAliases(reader, present)
  const protocols = repeat(protocolCount, MAX_PROTOCOLS, 'protocols', () => ({
    family: reader.i32(),
    protocol: reader.i32(),
  }))
  const addresses = repeat(addressCount, MAX_ADDRESSES, 'addresses', () => readAddress(reader))
  reader.end()
  return {
    namespace,
    flags,
    entry,
    serviceClass: (present & HAS_CLASS) === 0 ? undefined : guidFromBytes(serviceClass),
    version: (present & HAS_VERSION) === 0 ? undefined : version,
    name,
    comment,
    context,
    queryString,
    blob,
    protocols,
    addresses,
    ...(aliases === undefined ? {} : { aliases }),
    ...(blobKind === BLOB_OPAQUE ? {} : { blobKind }),
  }
}

function presentFields(set: WireQuerySet): number {
  return (
    (set.name === undefined ? 0 : HAS_NAME) |
    (set.serviceClass === undefined ? 0 : HAS_CLASS) |
    (set.version === undefined ? 0 : HAS_VERSION) |
    (set.comment === undefined ? 0 : HAS_COMMENT) |
    (set.context === undefined ? 0 : HAS_CONTEXT) |
    (set.queryString === undefined ? 0 : HAS_QUERY_STRING) |
    (set.blob === undefined ? 0 : HAS_BLOB) |
    (set.aliases === undefined ? 0 : HAS_ALIASES)
  )
}

/** Writes a block. Limits are the caller's business (answer.ts checks them, with paths). */
export function writeQuerySet(set: WireQuerySet): Uint8Array {
  const writer = new ByteWriter()
  putQuerySet(writer, set)
  return writer.finish()
}

/** The same behind what `writer` has already. */
export function putQuerySet(writer: ByteWriter, set: WireQuerySet): void {
  const start = writer.size
  writer.u32(0).u32(presentFields(set)).u32(set.namespace).u32(set.flags).u32(set.entry)
  writer.u32(set.version?.value ?? 0).u32(set.version?.compare ?? 0)
  writer.bytes(set.serviceClass === undefined ? NO_CLASS : guidToBytes(set.serviceClass))
  writer
    .u32(set.protocols.length)
    .u32(set.addresses.length)
    .u32(set.blobKind ?? BLOB_OPAQUE)
  for (const text of [set.name, set.comment, set.context, set.queryString]) {
    if (text !== undefined) writer.text(text)
  }
  if (set.blob !== undefined) writer.sized(set.blob)
  if (set.aliases !== undefined) {
    writer.text(set.aliases.map((alias) => `${alias}\0`).join(''))
  }
  for (const { family, protocol } of set.protocols) writer.i32(family).i32(protocol)
  for (const { socketType, protocol, local, remote } of set.addresses) {
    writer
      .i32(socketType)
      .i32(protocol)
      .u32(local.length)
      .u32(remote.length)
      .bytes(local)
      .bytes(remote)
  }
  writer.u32At(start, writer.size - start)
}

/** A block with the entry index in range, or MalformedFrame. */
export function readQuery(bytes: Uint8Array, entryCount: number): WireQuerySet {
  if (bytes.length < QUERY_SET_HEAD_BYTES) throw new MalformedFrame('no query')
  const query = readQuerySet(bytes)
  if (query.entry >= entryCount) throw new MalformedFrame(`there is no entry ${query.entry}`)
  return query
}

export function readNext(body: Uint8Array, hasQuery: boolean, entryCount: number): NextFrame {
  const reader = new ByteReader(body)
  const deadlineMs = reader.u32()
  reader.u32()
  const query = hasQuery ? readQuery(reader.bytes(reader.rest, false), entryCount) : undefined
  reader.end()
  return { deadlineMs, query }
}

/** Of a Next that `readNext` has read: the bytes of its query, as they lie in the frame. */
export function nextBlock(body: Uint8Array): Uint8Array {
  return body.subarray(NEXT_HEAD_BYTES)
}

export function readIoctl(body: Uint8Array, entryCount: number): IoctlFrame {
  const reader = new ByteReader(body)
  const deadlineMs = reader.u32()
  const code = reader.u32()
  const outputBytes = reader.u32()
  const completion = COMPLETIONS.get(reader.u32() as 0)
  if (completion === undefined) throw new MalformedFrame('unknown completion type')
  const queryBytes = reader.u32()
  const inputBytes = reader.u32()
  if (queryBytes % 4 !== 0) throw new MalformedFrame('query size')
  const query = queryBytes === 0 ? undefined : readQuery(reader.bytes(queryBytes), entryCount)
  const input = reader.bytes(inputBytes, false).slice()
  reader.end()
  return { deadlineMs, code, outputBytes, completion, query, input }
}

export function readStillValid(body: Uint8Array, entryCount: number): StillValidFrame {
  const reader = new ByteReader(body)
  const deadlineMs = reader.u32()
  const counters = repeat(reader.u32(), COUNTER_COUNT, 'counters', () => ({
    index: reader.u32(),
    atBegin: reader.u32(),
    atNext: reader.u32(),
  }))
  const isFirst = reader.rest > 0
  const query = isFirst ? readQuery(reader.bytes(reader.rest, false), entryCount) : undefined
  return { deadlineMs, counters, query }
}

// Status and count of a Batch, status and length of a Reply.
const HEAD_BYTES = 8

/** An answer of `size` bytes: the head, and room for the rest. */
function head(size: number, status: number, count: number): Uint8Array {
  const body = new Uint8Array(size)
  putU32(body, 0, status)
  putU32(body, 4, count)
  return body
}

/** Blocks are multiples of 4 bytes. */
export function writeBatch(status: number, items: readonly Uint8Array[]): Uint8Array {
  const size = items.reduce((sum, { length }) => sum + length, HEAD_BYTES)
  const body = head(size, status, items.length)
  let at = HEAD_BYTES
  for (const item of items) {
    body.set(item, at)
    at += item.length
  }
  return body
}

export function writeReply(status: number, output: Uint8Array): Uint8Array {
  const body = head(HEAD_BYTES + output.length, status, output.length)
  body.set(output, HEAD_BYTES)
  return body
}

/** The answer to an ioctl whose output does not fit: the size that is needed, and nothing else. */
export function writeReplyTooSmall(status: number, needed: number): Uint8Array {
  return head(HEAD_BYTES, status, needed)
}
