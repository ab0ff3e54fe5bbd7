// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The frames that belong to no lookup: registrations, and the calls on service classes (native/common/wire.h).
import { type Guid, guidFromBytes, guidToBytes } from '../guid.ts'
import type { ServiceClassInfo } from '../types.ts'
import { ByteReader, ByteWriter, decodeUtf16, encodeUtf16, MalformedFrame } from './bytes.ts'
import { MAX_BLOB_BYTES, MAX_CLASS_PROPERTIES, MAX_STRING_CHARS } from './constants.ts'
import { readQuery, type WireQuerySet } from './wire.ts'

const OPERATIONS = ['register', 'deregister', 'remove'] as const

export interface SetServiceFrame {
  readonly deadlineMs: number
  readonly operation: (typeof OPERATIONS)[number]
  /** SERVICE_MULTIPLE */
  readonly multiple: boolean
  readonly entry: number
  readonly service: WireQuerySet
}
export interface InstallClassFrame {
  readonly deadlineMs: number
  readonly entry: number
  readonly info: ServiceClassInfo
}
/** RemoveClass and ClassInfo. */
export interface ClassFrame {
  readonly deadlineMs: number
  readonly entry: number
  readonly id: Guid
}

export function readSetService(body: Uint8Array, entryCount: number): SetServiceFrame {
  const reader = new ByteReader(body)
  const deadlineMs = reader.u32()
  const operation = OPERATIONS[reader.u32()]
  const multiple = reader.u32()
  reader.u32()
  if (operation === undefined) throw new MalformedFrame('unknown operation on a service')
  if (multiple > 1) throw new MalformedFrame('neither one nor multiple')
  const service = readQuery(reader.bytes(reader.rest, false), entryCount)
  return { deadlineMs, operation, multiple: multiple === 1, entry: service.entry, service }
}

function readEntry(reader: ByteReader, entryCount: number): number {
  const entry = reader.u32()
  if (entry >= entryCount) throw new MalformedFrame(`there is no entry ${entry}`)
  return entry
}

export function readInstallClass(body: Uint8Array, entryCount: number): InstallClassFrame {
  const reader = new ByteReader(body)
  const deadlineMs = reader.u32()
  const entry = readEntry(reader, entryCount)
  return { deadlineMs, entry, info: readClassBlock(reader.bytes(reader.rest, false)) }
}

export function readClass(body: Uint8Array, entryCount: number): ClassFrame {
  const reader = new ByteReader(body)
  const deadlineMs = reader.u32()
  const entry = readEntry(reader, entryCount)
  const id = guidFromBytes(reader.bytes(16))
  reader.end()
  return { deadlineMs, entry, id }
}

function readName(reader: ByteReader): string {
  const bytes = reader.sized(MAX_STRING_CHARS * 2)
  if (bytes.length % 2 !== 0) throw new MalformedFrame('half a UTF-16 unit')
  return decodeUtf16(bytes)
}

/** Reads a block that fills `bytes` exactly. */
export function readClassBlock(bytes: Uint8Array): ServiceClassInfo {
  const reader = new ByteReader(bytes)
  if (reader.u32() !== bytes.length || bytes.length % 4 !== 0)
    throw new MalformedFrame('wrong size of a class block')
  const count = reader.u32()
  if (count > MAX_CLASS_PROPERTIES) throw new MalformedFrame(`${count} properties of a class`)
  const id = guidFromBytes(reader.bytes(16))
  const name = readName(reader)
  const properties = Array.from({ length: count }, () => {
    const property = readName(reader)
    const namespace = reader.u32()
    const type = reader.u32()
    const value = reader.sized(MAX_BLOB_BYTES).slice()
    return Object.freeze({ name: property, namespace, type, value })
  })
  reader.end()
  return Object.freeze({ id, name, properties: Object.freeze(properties) })
}

/** Writes a block. `id` must be canonical; limits are the caller's business (class-info.ts checks them, with paths). */
export function writeClassBlock({ id, name, properties }: ServiceClassInfo): Uint8Array {
  const writer = new ByteWriter().u32(0).u32(properties.length)
  writer.bytes(guidToBytes(id)).sized(encodeUtf16(name))
  for (const { name: property, namespace, type, value } of properties) {
    writer.sized(encodeUtf16(property)).u32(namespace).u32(type).sized(value)
  }
  return writer.u32At(0, writer.size).finish()
}
