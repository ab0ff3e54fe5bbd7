// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Little-endian reading and writing with bounds checks, padded to 4 bytes as the wire wants it.

/** Thrown by ByteReader alone: the frame is not what it must be. */
export class MalformedFrame extends Error {}

const utf16 = new TextDecoder('utf-16le', { ignoreBOM: true })

/** Text of UTF-16LE bytes; lone surrogates stay as they are. */
export function decodeUtf16(bytes: Uint8Array): string {
  const text = utf16.decode(bytes)
  if (!text.includes('\ufffd')) return text
  // The decoder replaces lone surrogates; names may hold them, and must come back as they were.
  const units = Array.from(
    { length: bytes.length / 2 },
    (_, at) => (bytes[at * 2] ?? 0) | ((bytes[at * 2 + 1] ?? 0) << 8),
  )
  return units.map((unit) => String.fromCharCode(unit)).join('')
}

export function encodeUtf16(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2)
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    bytes[at * 2] = unit & 0xff
    bytes[at * 2 + 1] = unit >>> 8
  }
  return bytes
}

export function pad4(size: number): number {
  return (size + 3) & ~3
}

/** Takes values off the front of bytes that somebody else wrote. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get rest(): number {
    return this.#bytes.length - this.#at
  }

  u32(): number {
    const at = this.#take(4)
    return this.#view.getUint32(at, true)
  }

  i32(): number {
    const at = this.#take(4)
    return this.#view.getInt32(at, true)
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

/** Collects values into one growing block. */
export class ByteWriter {
  #bytes: Uint8Array = new Uint8Array(256)
  #view: DataView = new DataView(this.#bytes.buffer)
  #size = 0

  get size(): number {
    return this.#size
  }

  u32(value: number): this {
    // First grow: it may replace the view.
    const at = this.#grow(4)
    this.#view.setUint32(at, value, true)
    return this
  }

  i32(value: number): this {
    // First grow: it may replace the view.
    const at = this.#grow(4)
    this.#view.setInt32(at, value, true)
    return this
  }

  /** Overwrites a value that is already there. */
  u32At(at: number, value: number): this {
    this.#view.setUint32(at, value, true)
    return this
  }

  bytes(bytes: Uint8Array, padded = true): this {
    const at = this.#grow(padded ? pad4(bytes.length) : bytes.length)
    this.#bytes.set(bytes, at)
    this.#bytes.fill(0, at + bytes.length, this.#size)
    return this
  }

  sized(bytes: Uint8Array): this {
    return this.u32(bytes.length).bytes(bytes)
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#size)
  }

  #grow(size: number): number {
    const at = this.#size
    this.#size += size
    if (this.#size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#size, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, at))
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return at
  }
}
