// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Little-endian reading and writing with bounds checks, padded to 4 bytes as the wire wants it.

/** Thrown by ByteReader alone: the frame is not what it must be. */
export class MalformedFrame extends Error {}

/** Text of UTF-16LE bytes; lone surrogates stay as they are, half a unit at the end is left out. */
export function decodeUtf16(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf16le')
}

function putUtf16(text: string, bytes: Uint8Array, from: number): void {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    bytes[from + at * 2] = unit & 0xff
    bytes[from + at * 2 + 1] = unit >>> 8
  }
}

export function encodeUtf16(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2)
  putUtf16(text, bytes, 0)
  return bytes
}

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}

export function pad4(size: number): number {
  return (size + 3) & ~3
}

/** Takes values off the front of bytes that somebody else wrote. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get rest(): number {
    return this.#bytes.length - this.#at
  }

  u32(): number {
    return this.i32() >>> 0
  }

  i32(): number {
    const at = this.#take(4)
    const bytes = this.#bytes
    return (
      (bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24)
    )
  }

  /** A view of the next `size` bytes; with `padded`, up to three bytes behind them are skipped. */
  bytes(size: number, padded = true): Uint8Array {
    const at = this.#take(padded ? pad4(size) : size)
    return this.#bytes.subarray(at, at + size)
  }

  /** A length of at most `limit` bytes, then that many. */
  sized(limit: number): Uint8Array {
    const size = this.u32()
    if (size > limit)
      throw new MalformedFrame(`a field of ${size} bytes, at most ${limit} are allowed`)
    return this.bytes(size)
  }

  end(): void {
    if (this.rest !== 0) throw new MalformedFrame(`${this.rest} bytes too many`)
  }

  #take(size: number): number {
    const at = this.#at
    if (size > this.rest) throw new MalformedFrame(`${size} bytes expected, ${this.rest} there`)
    this.#at += size
    return at
  }
}

// What the writer before the next one has left: most blocks are small and short-lived.
let spare: Uint8Array | undefined
const SPARE_BYTES = 4096

/** Collects values into one growing block. Of no use after `finish`. */
export class ByteWriter {
  #bytes: Uint8Array
  #size = 0

  constructor() {
    this.#bytes = spare ?? new Uint8Array(SPARE_BYTES)
    spare = undefined
  }

  get size(): number {
    return this.#size
  }

  u32(value: number): this {
    // First grow: it may replace the bytes.
    const at = this.#grow(4)
    return this.u32At(at, value)
  }

  i32(value: number): this {
    return this.u32(value)
  }

  /** Overwrites a value that is already there. */
  u32At(at: number, value: number): this {
    putU32(this.#bytes, at, value)
    return this
  }

  bytes(bytes: Uint8Array, padded = true): this {
    const at = this.#grow(padded ? pad4(bytes.length) : bytes.length)
    this.#bytes.set(bytes, at)
    return this.#pad(at + bytes.length)
  }

  sized(bytes: Uint8Array): this {
    return this.u32(bytes.length).bytes(bytes)
  }

  /** The same of a text in UTF-16. */
  text(text: string): this {
    const size = text.length * 2
    this.u32(size)
    const at = this.#grow(pad4(size))
    putUtf16(text, this.#bytes, at)
    return this.#pad(at + size)
  }

  /** Forgets what was written; the room stays. */
  clear(): this {
    this.#size = 0
    return this
  }

  /** What was written from `at` on; valid until the next writing. */
  view(at = 0): Uint8Array {
    return this.#bytes.subarray(at, this.#size)
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    const copy = this.#bytes.slice(0, this.#size)
    if (this.#bytes.length === SPARE_BYTES) spare = this.#bytes
    this.#bytes = copy
    return copy
  }

  /** Zeros to the end: the bytes are another writer's. */
  #pad(from: number): this {
    for (let at = from; at < this.#size; at++) this.#bytes[at] = 0
    return this
  }

  #grow(size: number): number {
    const at = this.#size
    this.#size += size
    if (this.#size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#size, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, at))
      this.#bytes = larger
    }
    return at
  }
}
