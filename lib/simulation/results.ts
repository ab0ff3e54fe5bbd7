// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A result as the provider DLL writes it into a client's buffer: the fields that were asked for, blobs made for its width.
import { LookupFlag } from '../codes.ts'
import { decodeServiceClass } from '../service-class.ts'
import { BLOB_HOSTENT, BLOB_OPAQUE, BLOB_SERVENT } from '../wire/constants.ts'
import { AF_INET, AF_INET6, sockaddrFamily } from '../wire/sockaddr.ts'
import type { WireAddress, WireQuerySet } from '../wire/wire.ts'

/** Offsets from the start of the blob, in the order of a 32-bit or 64-bit process. */
class BlobWriter {
  readonly #pointerBytes: 4 | 8
  #bytes: Uint8Array
  #size: number

  constructor(pointerBytes: 4 | 8, headBytes: number) {
    this.#pointerBytes = pointerBytes
    this.#bytes = new Uint8Array(headBytes)
    this.#size = headBytes
  }

  place(bytes: Uint8Array, align: number): number {
    const at = Math.ceil(this.#size / align) * align
    const larger = new Uint8Array(at + bytes.length)
    larger.set(this.#bytes)
    larger.set(bytes, at)
    this.#bytes = larger
    this.#size = larger.length
    return at
  }
  text(text: string): number {
    const bytes = Uint8Array.from(text, (letter) => {
      const unit = letter.charCodeAt(0)
      return unit < 0x80 ? unit : 0x3f
    })
    return this.place(Uint8Array.of(...bytes, 0), 1)
  }
  /** An array of offsets with its terminator. */
  pointers(offsets: readonly number[]): number {
    const at = this.place(
      new Uint8Array((offsets.length + 1) * this.#pointerBytes),
      this.#pointerBytes,
    )
    for (const [index, offset] of offsets.entries())
      this.set(at + index * this.#pointerBytes, offset)
    return at
  }
  set(at: number, offset: number): void {
    new DataView(this.#bytes.buffer).setUint32(at, offset, true)
  }
  set16(at: number, value: number, littleEndian = true): void {
    new DataView(this.#bytes.buffer).setUint16(at, value, littleEndian)
  }
  get bytes(): Uint8Array {
    return this.#bytes
  }
}

function makeHostent(set: WireQuerySet, pointerBytes: 4 | 8): Uint8Array {
  const writer = new BlobWriter(pointerBytes, pointerBytes * 4)
  const addresses = set.addresses.filter(({ remote }) => sockaddrFamily(remote) === AF_INET)
  const name = writer.text(set.name ?? '')
  const aliases = writer.pointers((set.aliases ?? []).map((alias) => writer.text(alias)))
  const list = writer.pointers(addresses.map(({ remote }) => writer.place(remote.slice(4, 8), 4)))
  writer.set(0, name)
  writer.set(pointerBytes, aliases)
  writer.set16(pointerBytes * 2, AF_INET)
  writer.set16(pointerBytes * 2 + 2, 4)
  writer.set(pointerBytes * 3, list)
  return writer.bytes
}

/** The port comes before the protocol in a 32-bit servent, and behind it in a 64-bit one. */
function makeServent(set: WireQuerySet, pointerBytes: 4 | 8): Uint8Array {
  const known = set.serviceClass === undefined ? undefined : decodeServiceClass(set.serviceClass)
  const isIp = known?.kind === 'tcp' || known?.kind === 'udp'
  const writer = new BlobWriter(pointerBytes, pointerBytes * 4)
  const name = writer.text(set.name ?? '')
  const aliases = writer.pointers((set.aliases ?? []).map((alias) => writer.text(alias)))
  const protocol = writer.text(isIp ? known.kind : '')
  const [portAt, protocolAt] = pointerBytes === 8 ? [24, 16] : [8, 12]
  writer.set(0, name)
  writer.set(pointerBytes, aliases)
  writer.set16(portAt, isIp ? known.port : 0, false)
  writer.set(protocolAt, protocol)
  return writer.bytes
}

function blobOf(set: WireQuerySet, pointerBytes: 4 | 8): Uint8Array | undefined {
  const kind = set.blobKind ?? BLOB_OPAQUE
  if (kind === BLOB_HOSTENT) return makeHostent(set, pointerBytes)
  return kind === BLOB_SERVENT ? makeServent(set, pointerBytes) : set.blob
}

/** A missing local side of an IP address becomes a zeroed one of its family. */
function withLocal(address: WireAddress): WireAddress {
  const family = sockaddrFamily(address.remote)
  if (address.local.length > 0 || (family !== AF_INET && family !== AF_INET6)) return address
  const local = new Uint8Array(address.remote.length)
  local[0] = family
  return { ...address, local }
}

/** What of a result a call with these LUP_RETURN_* bits gets. */
export function visibleResult(
  set: WireQuerySet,
  wanted: number,
  architecture: 'x86' | 'x64' | 'arm64',
): WireQuerySet {
  const ifWanted = <T>(flag: number, value: T): T | undefined =>
    (wanted & flag) === 0 ? undefined : value
  return {
    ...set,
    name: ifWanted(LookupFlag.RETURN_NAME, set.name),
    serviceClass: ifWanted(LookupFlag.RETURN_TYPE, set.serviceClass),
    version: ifWanted(LookupFlag.RETURN_VERSION, set.version),
    comment: ifWanted(LookupFlag.RETURN_COMMENT, set.comment),
    queryString: ifWanted(LookupFlag.RETURN_QUERY_STRING, set.queryString),
    addresses: ifWanted(LookupFlag.RETURN_ADDR, set.addresses.map(withLocal)) ?? [],
    blob: ifWanted(LookupFlag.RETURN_BLOB, blobOf(set, architecture === 'x86' ? 4 : 8)),
  }
}
