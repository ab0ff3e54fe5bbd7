// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// GUIDs as text and as the 16 bytes that Windows keeps in memory.

/** Accepted with or without braces, any case; given out as `crypto.randomUUID()` writes it. */
export type Guid = string

const PATTERN = /^(?:\{([0-9a-f-]{36})\}|([0-9a-f-]{36}))$/i
const SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
// Where the two digits of each byte of memory stand in the text: the first three groups are little-endian numbers, the
// rest are bytes as written.
const TEXT_AT = [6, 4, 2, 0, 11, 9, 16, 14, 19, 21, 24, 26, 28, 30, 32, 34] as const
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

/** The value of a digit, by its character's code. */
function digit(code: number): number {
  return code < 0x3a ? code - 0x30 : code - 0x57
}

/** The bytes of a canonical GUID as they lie in memory. */
export function guidToBytes(id: Guid): Uint8Array {
  const bytes = new Uint8Array(16)
  for (let i = 0; i < 16; i++) {
    const at = TEXT_AT[i] ?? 0
    bytes[i] = (digit(id.charCodeAt(at)) << 4) | digit(id.charCodeAt(at + 1))
  }
  return bytes
}

/** Back: canonical text of 16 bytes of memory. */
export function guidFromBytes(bytes: Uint8Array): Guid {
  const hex = (at: number) => HEX[bytes[at] ?? 0]
  const numbers = `${hex(3)}${hex(2)}${hex(1)}${hex(0)}-${hex(5)}${hex(4)}-${hex(7)}${hex(6)}`
  const rest = `${hex(10)}${hex(11)}${hex(12)}${hex(13)}${hex(14)}${hex(15)}`
  return `${numbers}-${hex(8)}${hex(9)}-${rest}`
}
