// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Options and arguments as they are typed: service classes, namespaces, control codes, bytes.
import { InvalidArgumentError } from 'commander'
import { MAX_OUTPUT_BYTES } from '../ask/client-checks.ts'
import { Namespace, SIO_NSP_NOTIFY_CHANGE } from '../codes.ts'
import { parseGuid } from '../guid.ts'
import { type DnsRecordType, ServiceClass } from '../service-class.ts'

const MAX_UINT32 = 0xffffffff

/** A decimal or hexadecimal number that fits; undefined if it is none. */
function uint32(text: string): number | undefined {
  const value = Number(text)
  return /^(?:\d+|0x[0-9a-f]+)$/i.test(text) && value <= MAX_UINT32 ? value : undefined
}

/** 'A', 'PTR', 'tcp:80', 'udp:53' or a GUID; gives the GUID. */
export function parseClass(text: string): string {
  const guid = parseGuid(text)
  if (guid !== undefined) return guid
  const [, transport, port] = /^(tcp|udp):(\d{1,5})$/i.exec(text) ?? []
  try {
    if (transport !== undefined)
      return ServiceClass[transport.toLowerCase() as 'tcp'](Number(port)).id
    return ServiceClass.dns(text.toUpperCase() as DnsRecordType).id
  } catch {
    throw new InvalidArgumentError(
      'Not a GUID, a DNS record type (A, AAAA, PTR, ...), tcp:PORT or udp:PORT.',
    )
  }
}

/** A number, or the name of a constant: 12, DNS. */
export function parseNamespace(text: string): number {
  const named: unknown = Object.hasOwn(Namespace, text.toUpperCase())
    ? Namespace[text.toUpperCase() as keyof typeof Namespace]
    : uint32(text)
  if (typeof named === 'number') return named
  throw new InvalidArgumentError(`Not a number, nor one of ${Object.keys(Namespace).join(', ')}.`)
}

export function parseProvider(text: string): string {
  const guid = parseGuid(text)
  if (guid !== undefined) return guid
  throw new InvalidArgumentError('Not a GUID; winsock-nsp list shows those of the providers.')
}

export function parseCode(text: string): number {
  const code = uint32(text)
  if (code === SIO_NSP_NOTIFY_CHANGE)
    throw new InvalidArgumentError('That is SIO_NSP_NOTIFY_CHANGE; use the command watch.')
  if (code !== undefined) return code
  throw new InvalidArgumentError('Not a 32-bit number like 0xd8000001.')
}

export function parseHex(text: string): Uint8Array {
  const digits = text.replace(/^0x/i, '').replaceAll(/[\s:]/g, '')
  if (/^(?:[0-9a-f]{2})*$/i.test(digits)) return Uint8Array.from(Buffer.from(digits, 'hex'))
  throw new InvalidArgumentError('Not pairs of hexadecimal digits.')
}

export function parseSize(text: string): number {
  const size = uint32(text)
  if (size !== undefined && size <= MAX_OUTPUT_BYTES) return size
  throw new InvalidArgumentError(`Not a number of bytes up to ${MAX_OUTPUT_BYTES}.`)
}
