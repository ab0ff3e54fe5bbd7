// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// IP addresses as text and as the bytes of sockaddr_in and sockaddr_in6.
import { isIPv4, isIPv6 } from 'node:net'

export const AF_INET = 2
export const AF_INET6 = 23

export interface IpAddress {
  readonly family: 4 | 6
  /** 4 or 16 bytes. */
  readonly bytes: Uint8Array
}

/** Digit by digit: a million names are published in seconds. */
function parseIpv4(text: string): Uint8Array {
  const bytes = new Uint8Array(4)
  let byte = 0
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0) byte++
    else bytes[byte] = (bytes[byte] ?? 0) * 10 + digit
  }
  return bytes
}

function parseIpv6(text: string): Uint8Array {
  const bytes = new Uint8Array(16)
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  const [, head = text, a, b, c, d] = dotted ?? []
  const hex = (high: unknown, low: unknown) => (Number(high) * 256 + Number(low)).toString(16)
  const plain = dotted === null ? text : `${head}${hex(a, b)}:${hex(c, d)}`
  const [left = '', right] = plain.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const put = (parts: string[], from: number) => {
    for (const [at, part] of parts.entries()) {
      const value = Number.parseInt(part, 16)
      bytes[(from + at) * 2] = value >> 8
      bytes[(from + at) * 2 + 1] = value & 0xff
    }
  }
  put(groups(left), 0)
  if (right !== undefined) put(groups(right), 8 - groups(right).length)
  return bytes
}

/** An IP address without zone or port; undefined if it is none. */
export function parseIp(text: string): IpAddress | undefined {
  if (isIPv4(text)) return { family: 4, bytes: parseIpv4(text) }
  return isIPv6(text) && !text.includes('%') ? { family: 6, bytes: parseIpv6(text) } : undefined
}

/** Bytes of an address as text: dotted, or the shortest IPv6 form of RFC 5952. */
export function formatIp({ family, bytes }: IpAddress): string {
  if (family === 4) return bytes.join('.')
  const groups = Array.from(
    { length: 8 },
    (_, at) => ((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0),
  )
  let best = { at: -1, length: 1 }
  for (let at = 0; at < 8; at++) {
    let length = 0
    while (groups[at + length] === 0) length++
    if (length > best.length) best = { at, length }
  }
  const hex = groups.map((group) => group.toString(16))
  if (best.at === -1) return hex.join(':')
  return `${hex.slice(0, best.at).join(':')}::${hex.slice(best.at + best.length).join(':')}`
}

export interface Endpoint extends IpAddress {
  readonly port: number
  readonly scopeId: number
}

export function encodeSockaddr({ family, bytes, port, scopeId }: Endpoint): Uint8Array {
  const out = new Uint8Array(family === 4 ? 16 : 28)
  out[0] = family === 4 ? AF_INET : AF_INET6
  out[2] = port >>> 8
  out[3] = port & 0xff
  out.set(bytes, family === 4 ? 4 : 8)
  if (family === 6) new DataView(out.buffer).setUint32(24, scopeId, true)
  return out
}

/** The first two bytes of a sockaddr; 0 (AF_UNSPEC) if there are none. */
export function sockaddrFamily(bytes: Uint8Array): number {
  return bytes.length < 2 ? 0 : (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8)
}

/** What a sockaddr says; undefined for other families and short ones. */
export function decodeSockaddr(bytes: Uint8Array): Endpoint | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const family = sockaddrFamily(bytes)
  if (family === AF_INET && bytes.length >= 16) {
    return { family: 4, bytes: bytes.slice(4, 8), port: view.getUint16(2, false), scopeId: 0 }
  }
  if (family === AF_INET6 && bytes.length >= 28) {
    const scopeId = view.getUint32(24, true)
    return { family: 6, bytes: bytes.slice(8, 24), port: view.getUint16(2, false), scopeId }
  }
  return undefined
}
