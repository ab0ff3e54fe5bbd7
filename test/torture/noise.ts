// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Random numbers that are the same for one seed: what a fault has done can be done again.
import { type Cipher, createCipheriv } from 'node:crypto'

export class Noise {
  readonly #stream: Cipher

  constructor(seed: number) {
    const key = Buffer.alloc(16)
    key.writeUInt32LE(seed)
    this.#stream = createCipheriv('aes-128-ctr', key, Buffer.alloc(16))
  }

  bytes(length: number): Buffer {
    return this.#stream.update(Buffer.alloc(length))
  }

  /** A whole number from 0 up to, but not, `limit`. */
  below(limit: number): number {
    return this.bytes(4).readUInt32LE() % limit
  }
}
