// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Reads the hostent or servent that a result's blob is: every pointer is an offset within the blob,
// as wide as a pointer of the client.

export interface Hostent {
  name: string
  aliases: string[]
  family: number
  length: number
  /** In hexadecimal. */
  addresses: string[]
  /** Bytes of the blob behind the last that belongs to it. */
  spare: number
}

export interface Servent {
  name: string
  aliases: string[]
  port: number
  protocol: string
  spare: number
}

class Blob {
  readonly #bytes: Buffer
  readonly #wide: boolean
  #end = 0

  constructor(hex: string, wide: boolean) {
    this.#bytes = Buffer.from(hex, 'hex')
    this.#wide = wide
    if (this.#bytes.length <= this.size * 4) {
      throw new Error(`cbSize ${this.#bytes.length} covers nothing but the structure`)
    }
    this.#claim(0, this.size * 4, 'the structure')
  }

  get size(): number {
    return this.#wide ? 8 : 4
  }
  get spare(): number {
    return this.#bytes.length - this.#end
  }
  #claim(at: number, length: number, what: string): void {
    if (at < 0 || at + length > this.#bytes.length) {
      throw new Error(`${what} at ${at} lies outside the ${this.#bytes.length} bytes of the blob`)
    }
    this.#end = Math.max(this.#end, at + length)
  }
  word(at: number, what: string): number {
    this.#claim(at, 2, what)
    return this.#bytes.readInt16LE(at)
  }
  pointer(at: number, what: string): number {
    this.#claim(at, this.size, what)
    return this.#wide ? Number(this.#bytes.readBigUInt64LE(at)) : this.#bytes.readUInt32LE(at)
  }
  text(at: number, what: string): string {
    let end = at
    for (; ; end++) {
      this.#claim(end, 1, what)
      if (this.#bytes[end] === 0) break
    }
    return this.#bytes.toString('latin1', at, end)
  }
  hex(at: number, length: number, what: string): string {
    this.#claim(at, length, what)
    return this.#bytes.toString('hex', at, at + length)
  }
  /** The entries of a list, up to its zero. */
  list(at: number, what: string): number[] {
    if (at === 0) throw new Error(`${what} is NULL`)
    if (at % this.size !== 0) throw new Error(`${what} at ${at} is not aligned`)
    const entries: number[] = []
    for (;;) {
      const entry = this.pointer(at + entries.length * this.size, what)
      if (entry === 0) return entries
      entries.push(entry)
    }
  }
}

export function readHostent(hex: string, is64: boolean): Hostent {
  const blob = new Blob(hex, is64)
  const { size } = blob
  const length = blob.word(size * 2 + 2, 'h_length')
  const hostent = {
    name: blob.text(blob.pointer(0, 'h_name'), 'h_name'),
    aliases: blob
      .list(blob.pointer(size, 'h_aliases'), 'h_aliases')
      .map((at) => blob.text(at, 'an alias')),
    family: blob.word(size * 2, 'h_addrtype'),
    length,
    addresses: blob
      .list(blob.pointer(size * 3, 'h_addr_list'), 'h_addr_list')
      .map((at) => blob.hex(at, length, 'an address')),
  }
  return { ...hostent, spare: blob.spare }
}

/** 64-bit programs have s_proto before s_port. */
export function readServent(hex: string, is64: boolean): Servent {
  const blob = new Blob(hex, is64)
  const { size } = blob
  const [proto, port] = is64 ? [16, 24] : [12, 8]
  const servent = {
    name: blob.text(blob.pointer(0, 's_name'), 's_name'),
    aliases: blob
      .list(blob.pointer(size, 's_aliases'), 's_aliases')
      .map((at) => blob.text(at, 'an alias')),
    port: Buffer.from(blob.hex(port, 2, 's_port'), 'hex').readUInt16BE(),
    protocol: blob.text(blob.pointer(proto, 's_proto'), 's_proto'),
  }
  return { ...servent, spare: blob.spare }
}
