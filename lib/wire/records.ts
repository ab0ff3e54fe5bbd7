// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Keys and records of published names as the addon takes them: many in one block of bytes.
import { ByteReader, ByteWriter, decodeUtf16, encodeUtf16, MalformedFrame, pad4 } from './bytes.ts'
import { MAX_STRING_CHARS, QUERY_SET_HEAD_BYTES } from './constants.ts'
import { readQuerySet, type WireQuerySet } from './wire.ts'

/** `owners`: the name is not published. */
export const NOBODY = 0xffffffff
/** What a record takes besides key and blocks. */
export const RECORD_HEAD_BYTES = 48
// A call costs more than a record; a block this large is still made and copied quickly.
const CALL_BYTES = 1_048_576

/** The key of one name, for `record`. */
export function keyBytes(key: string): Uint8Array {
  return encodeUtf16(key)
}

/** Bytes that a record takes in a data file. */
export function recordBytes(key: string, blocks: number): number {
  return (RECORD_HEAD_BYTES + pad4(key.length * 2) + blocks + 7) & ~7
}

/** Calls `call` with packed items, a mebibyte at a time; gives the positions, among all, of those it names. */
export function inCalls<T>(
  items: Iterable<T>,
  put: (writer: ByteWriter, item: T) => void,
  call: (packed: Uint8Array) => Uint32Array,
): number[] {
  const writer = new ByteWriter()
  const named: number[] = []
  let first = 0
  let count = 0
  const flush = () => {
    for (const at of call(writer.view())) named.push(first + at)
    first += count
    count = 0
    writer.clear()
  }
  for (const item of items) {
    put(writer, item)
    count++
    if (writer.size >= CALL_BYTES) flush()
  }
  if (count > 0) flush()
  return named
}

export function putKey(writer: ByteWriter, key: string): void {
  writer.text(key)
}

export function* unpackKeys(packed: Uint8Array): Generator<string, void, void> {
  const reader = new ByteReader(packed)
  while (reader.rest > 0) yield decodeUtf16(reader.sized(MAX_STRING_CHARS * 2))
}

export interface PackedRecord {
  readonly key: string
  readonly count: number
  readonly blocks: Uint8Array
}

export function* unpackRecords(packed: Uint8Array): Generator<PackedRecord, void, void> {
  const reader = new ByteReader(packed)
  while (reader.rest > 0) {
    const size = reader.u32()
    const key = decodeUtf16(reader.bytes(size))
    const count = reader.u32()
    yield { key, count, blocks: reader.sized(reader.rest).slice() }
  }
}

/** The first `count` blocks; what lies behind them is padding. @throws MalformedFrame */
export function splitBlocks(blocks: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength)
  const found: Uint8Array[] = []
  for (let at = 0; found.length < count; ) {
    const size = at + QUERY_SET_HEAD_BYTES <= blocks.length ? view.getUint32(at, true) : 0
    if (size < QUERY_SET_HEAD_BYTES || size > blocks.length - at)
      throw new MalformedFrame('a record whose blocks do not fit')
    found.push(blocks.subarray(at, at + size))
    at += size
  }
  return found
}

/** A record's services; none if it is not what it must be. */
export function readRecord(
  record: { readonly count: number; readonly blocks: Uint8Array } | undefined,
): WireQuerySet[] | undefined {
  if (record === undefined) return undefined
  try {
    return splitBlocks(record.blocks, record.count).map(readQuerySet)
  } catch (error) {
    if (error instanceof MalformedFrame) return undefined
    throw error
  }
}
