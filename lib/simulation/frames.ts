// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The frames that a provider DLL sends, and what it reads out of the answers.

import { type Guid, guidToBytes } from '../guid.ts'
import { ByteReader, ByteWriter } from '../wire/bytes.ts'
import { FRAME_LAST_BATCH } from '../wire/constants.ts'
import { readQuerySet, type WireQuerySet, writeQuerySet } from '../wire/wire.ts'
import type { Answer } from './server.ts'

const NOTHING = new Uint8Array(0)

function block(query: WireQuerySet | undefined): Uint8Array {
  return query === undefined ? NOTHING : writeQuerySet(query)
}

export function nextBody(deadlineMs: number, query: WireQuerySet | undefined): Uint8Array {
  return new ByteWriter().u32(deadlineMs).u32(0).bytes(block(query)).finish()
}

export function ioctlBody(
  deadlineMs: number,
  code: number,
  input: Uint8Array,
  outputSize: number,
  query: WireQuerySet | undefined,
): Uint8Array {
  const encoded = block(query)
  return new ByteWriter()
    .u32(deadlineMs)
    .u32(code)
    .u32(outputSize)
    .u32(0)
    .u32(encoded.length)
    .u32(input.length)
    .bytes(encoded)
    .bytes(input, false)
    .finish()
}

export function stillValidBody(
  deadlineMs: number,
  history: readonly (readonly [number, number, number])[],
  query: WireQuerySet | undefined,
): Uint8Array {
  const writer = new ByteWriter().u32(deadlineMs).u32(history.length)
  for (const [index, atBegin, atNext] of history) writer.u32(index).u32(atBegin).u32(atNext)
  return writer.bytes(block(query)).finish()
}

export function setServiceBody(
  deadlineMs: number,
  operation: number,
  multiple: boolean,
  service: WireQuerySet,
): Uint8Array {
  return new ByteWriter()
    .u32(deadlineMs)
    .u32(operation)
    .u32(multiple ? 1 : 0)
    .u32(0)
    .bytes(writeQuerySet(service))
    .finish()
}

export function installClassBody(deadlineMs: number, entry: number, info: Uint8Array): Uint8Array {
  return new ByteWriter().u32(deadlineMs).u32(entry).bytes(info).finish()
}

export function classBody(deadlineMs: number, entry: number, id: Guid): Uint8Array {
  return new ByteWriter().u32(deadlineMs).u32(entry).bytes(guidToBytes(id)).finish()
}

export interface ReadBatch {
  readonly status: number
  readonly isLast: boolean
  readonly items: readonly WireQuerySet[]
}

export function readBatch({ flags, body }: Answer): ReadBatch {
  const reader = new ByteReader(body)
  const status = reader.u32()
  const items = Array.from({ length: reader.u32() }, () => {
    const at = body.byteOffset + body.length - reader.rest
    return readQuerySet(reader.bytes(new DataView(body.buffer, at).getUint32(0, true)))
  })
  reader.end()
  return { status, isLast: (flags & FRAME_LAST_BATCH) !== 0, items }
}

export interface ReadReply {
  readonly status: number
  /** With WSAEFAULT the size that is needed. */
  readonly size: number
  readonly output: Uint8Array
}

export function readReply({ body }: Answer): ReadReply {
  const reader = new ByteReader(body)
  const status = reader.u32()
  const size = reader.u32()
  return { status, size, output: reader.bytes(reader.rest, false).slice() }
}
