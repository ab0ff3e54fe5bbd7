// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// GUIDs as text and as the 16 bytes that Windows keeps in memory.

/** Accepted with or without braces, any case; given out as `crypto.randomUUID()` writes it. */
export type Guid = string

const PATTERN = /^(?:\{([0-9a-f-]{36})\}|([0-9a-f-]{36}))$/i
const SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
// The first three groups are little-endian numbers in memory, the rest are bytes as written.
const MEMORY_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
)

/** The canonical text of a GUID, or undefined if `text` is none. */
export function parseGuid(text: unknown): Guid | undefined {
  if (typeof text !== 'string') return undefined
  const match = PATTERN.exec(text)
  const body = match?.[1] ?? match?.[2]
  return body !== undefined && SHAPE.test(body) ? body.toLowerCase() : undefined
}

/** The bytes of a canonical GUID as they lie in memory. */
export function guidToBytes(id: Guid): Uint8Array {
  const hex = id.replaceAll('-', '')
  return Uint8Array.from(MEMORY_ORDER, (at) => Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16))
}

/** Back: canonical text of 16 bytes of memory. */
export function guidFromBytes(bytes: Uint8Array): Guid {
  const hex = (from: number, to: number): string => {
    let text = ''
    for (const at of MEMORY_ORDER.slice(from, to)) text += HEX[bytes[at] ?? 0]
    return text
  }
  return `${hex(0, 4)}-${hex(4, 6)}-${hex(6, 8)}-${hex(8, 10)}-${hex(10, 16)}`
}
