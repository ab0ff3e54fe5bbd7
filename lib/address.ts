// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Addresses as a provider writes them, turned into what CSADDR_INFO wants; and CIDR blocks.

import { show } from './internal/issues.ts'
import type { AddressInit } from './types.ts'
import { MAX_SOCKADDR_BYTES } from './wire/constants.ts'
import { encodeSockaddr, type IpAddress, parseIp, sockaddrFamily } from './wire/sockaddr.ts'
import type { WireAddress } from './wire/wire.ts'

/** What the class that was asked says about an address that does not say it itself. */
export interface AddressDefaults {
  readonly port: number
  readonly transport: 'tcp' | 'udp'
}

// SOCK_STREAM/IPPROTO_TCP and SOCK_DGRAM/IPPROTO_UDP.
const TRANSPORTS = {
  tcp: { socketType: 1, protocol: 6 },
  udp: { socketType: 2, protocol: 17 },
} as const

const NO_BYTES = new Uint8Array(0)

/** A fault of one address: `path` is the field within it, '' for the whole. */
export class AddressFault extends Error {
  readonly path: string
  constructor(path: string, message: string) {
    super(message)
    this.path = path
  }
}

interface TextParts {
  readonly ip: IpAddress
  readonly scopeId: number | undefined
  readonly port: number | undefined
}

function uint(text: string, limit: number): number | undefined {
  const value = Number(text)
  return /^\d{1,10}$/.test(text) && value <= limit ? value : undefined
}

function splitPort(text: string): [host: string, port: string | undefined] {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text)
  if (bracketed !== null) return [bracketed[1] ?? '', bracketed[2]]
  const colon = text.indexOf(':')
  // One colon is a port behind IPv4; more are IPv6 without brackets, which cannot carry a port.
  return colon !== -1 && colon === text.lastIndexOf(':')
    ? [text.slice(0, colon), text.slice(colon + 1)]
    : [text, undefined]
}

function parseText(path: string, text: string): TextParts {
  const plain = parseIp(text)
  if (plain !== undefined) return { ip: plain, scopeId: undefined, port: undefined }
  const [host, portText] = splitPort(text)
  const [address = '', zone, ...more] = host.split('%')
  const ip = parseIp(address)
  if (ip === undefined || more.length > 0 || (text.startsWith('[') && ip.family === 4))
    throw new AddressFault(path, `${JSON.stringify(text)} is not an address`)
  const port = portText === undefined ? undefined : uint(portText, 0xffff)
  if (portText !== undefined && port === undefined) {
    throw new AddressFault(path, `${JSON.stringify(text)} has a port that is not 0 to 65535`)
  }
  const scopeId = zone === undefined ? undefined : uint(zone, 0xffffffff)
  if (zone !== undefined && (scopeId === undefined || ip.family === 4)) {
    throw new AddressFault(path, `${JSON.stringify(text)} has a zone that is not a number`)
  }
  return { ip, scopeId, port }
}

function number(init: object, field: string, limit: number): number | undefined {
  const value: unknown = (init as Record<string, unknown>)[field]
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > limit) {
    throw new AddressFault(field, `${show(value)} is not an integer from 0 to ${limit}`)
  }
  return value
}

function raw(init: object, field: 'remote' | 'local'): Uint8Array {
  const value: unknown = (init as Record<string, unknown>)[field]
  if (value === undefined) return NO_BYTES
  if (!(value instanceof Uint8Array) || value.length < 2 || value.length > MAX_SOCKADDR_BYTES) {
    throw new AddressFault(field, `not 2 to ${MAX_SOCKADDR_BYTES} bytes of a socket address`)
  }
  return value.slice()
}

function rawAddress(init: object): WireAddress {
  const family = number(init, 'family', 0xffff) ?? 0
  const [remote, local] = [raw(init, 'remote'), raw(init, 'local')]
  if (remote.length === 0 && local.length === 0)
    throw new AddressFault('', 'neither remote nor local bytes')
  for (const [field, bytes] of [
    ['remote', remote],
    ['local', local],
  ] as const) {
    if (bytes.length !== 0 && sockaddrFamily(bytes) !== family) {
      throw new AddressFault(
        field,
        `the bytes are of family ${sockaddrFamily(bytes)}, not ${family}`,
      )
    }
  }
  const socketType = number(init, 'socketType', 0x7fffffff)
  const protocol = number(init, 'protocol', 0x7fffffff)
  if (socketType === undefined) throw new AddressFault('socketType', 'missing')
  if (protocol === undefined) throw new AddressFault('protocol', 'missing')
  return { socketType, protocol, local, remote }
}

function ipAddress(init: string | object, defaults: AddressDefaults): WireAddress {
  const fields = (typeof init === 'string' ? {} : init) as Record<string, unknown>
  const text = typeof init === 'string' ? init : fields['address']
  const path = typeof init === 'string' ? '' : 'address'
  if (typeof text !== 'string') throw new AddressFault(path, `${show(text)} is not an address`)
  const { ip, scopeId, port } = parseText(path, text)
  const transport = fields['transport'] ?? defaults.transport
  if (transport !== 'tcp' && transport !== 'udp') {
    throw new AddressFault('transport', `${show(transport)} is neither 'tcp' nor 'udp'`)
  }
  const remote = {
    ...ip,
    port: number(fields, 'port', 0xffff) ?? port ?? defaults.port,
    scopeId: number(fields, 'scopeId', 0xffffffff) ?? scopeId ?? 0,
  }
  return {
    ...TRANSPORTS[transport],
    local: localAddress(fields['local'], ip.family),
    remote: encodeSockaddr(remote),
  }
}

function localAddress(local: unknown, family: 4 | 6): Uint8Array {
  if (local === undefined) return NO_BYTES
  if (typeof local !== 'string') throw new AddressFault('local', `${show(local)} is not an address`)
  const { ip, scopeId, port } = parseText('local', local)
  if (ip.family !== family) throw new AddressFault('local', `${local} is not of the same family`)
  return encodeSockaddr({ ...ip, port: port ?? 0, scopeId: scopeId ?? 0 })
}

/** Turns one address into its wire form. @throws AddressFault */
export function encodeAddress(init: AddressInit, defaults: AddressDefaults): WireAddress {
  if (typeof init === 'string') return ipAddress(init, defaults)
  if (typeof init !== 'object' || init === null)
    throw new AddressFault('', `${show(init)} is not an address`)
  return 'family' in init ? rawAddress(init) : ipAddress(init, defaults)
}

/** A block of addresses, for reverse lookups. */
export interface CidrBlock extends IpAddress {
  readonly prefix: number
}

/** '10.1.0.0/16' as a block, or what is wrong with it. */
export function parseCidr(text: unknown): CidrBlock | string {
  if (typeof text !== 'string') return `not a CIDR block: ${show(text)}`
  const [address = '', bits, ...more] = text.split('/')
  const ip = parseIp(address)
  if (ip === undefined || more.length > 0) return `not a CIDR block: ${JSON.stringify(text)}`
  const prefix = bits === undefined ? ip.bytes.length * 8 : uint(bits, ip.bytes.length * 8)
  if (prefix === undefined)
    return `${JSON.stringify(text)} has a prefix that is not 0 to ${ip.bytes.length * 8}`
  const isBehind = (byte: number, at: number) =>
    (byte & (0xff >> Math.min(8, Math.max(0, prefix - at * 8)))) !== 0
  if (ip.bytes.some(isBehind)) return `${JSON.stringify(text)} has bits behind its prefix`
  return { ...ip, prefix }
}
