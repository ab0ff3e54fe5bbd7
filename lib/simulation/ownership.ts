// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Whose query is it: the judgement that the provider DLL makes from the control file, over the same filter.
import type { Guid } from '../guid.ts'
import type { NativeFilter } from '../internal/native.ts'
import { reverseAddress } from '../store/directory-query.ts'
import {
  ENTRY_HAS_CLASSES,
  ENTRY_OWNS_BY_DEFAULT,
  PATTERN_ALL,
  PATTERN_SUFFIX,
} from '../wire/constants.ts'
import { type IpAddress, parseIp } from '../wire/sockaddr.ts'

const NS_DNS = 12

/** What a client asks of one entry. */
export interface FilterQuestion {
  readonly entry: number
  readonly namespace: number
  /** The query has the entry's GUID. */
  readonly namesUs: boolean
  readonly key: string | undefined
  readonly serviceClass: Guid | undefined
}

function ownsKey(filter: NativeFilter, entry: number, key: string): boolean {
  return filter.patterns.some(({ kind, text, entries }) => {
    if ((entries & (1 << entry)) === 0) return false
    if (kind === PATTERN_ALL) return true
    if (kind === PATTERN_SUFFIX) return key.length > text.length + 1 && key.endsWith(`.${text}`)
    return key === text
  })
}

/** The address of a reverse lookup: a PTR name, or dotted. */
function askedAddress(key: string): IpAddress | undefined {
  const plain = parseIp(key)
  return reverseAddress(key) ?? (plain?.family === 4 ? plain : undefined)
}

function isInBlock({ family, bytes }: IpAddress, block: NativeFilter['blocks'][number]): boolean {
  if (family !== block.family) return false
  return bytes.every((byte, at) => {
    const bits = Math.min(8, Math.max(0, block.prefix - at * 8))
    const mask = (0xff << (8 - bits)) & 0xff
    return ((byte ^ (block.address[at] ?? 0)) & mask) === 0
  })
}

function ownsName(filter: NativeFilter, entry: number, key: string): boolean {
  if (ownsKey(filter, entry, key)) return true
  const address = filter.blocks.length === 0 ? undefined : askedAddress(key)
  return (
    address !== undefined &&
    filter.blocks.some((block) => (block.entries & (1 << entry)) !== 0 && isInBlock(address, block))
  )
}

function ownsClass(filter: NativeFilter, question: FilterQuestion, flags: number): boolean {
  const { entry, serviceClass } = question
  if ((flags & ENTRY_HAS_CLASSES) === 0 || serviceClass === undefined) return true
  return filter.classes.some(
    ({ id, entries }) => (entries & (1 << entry)) !== 0 && id === serviceClass,
  )
}

/** False: the client is told WSASERVICE_NOT_FOUND, and no handler hears of it. */
export function ownsQuery(filter: NativeFilter, question: FilterQuestion): boolean {
  const entry = filter.entries[question.entry]
  if (entry === undefined) return false
  const namesNamespace = question.namesUs || question.namespace === entry.namespace
  if (!namesNamespace && question.namespace !== 0) return false
  // Without a written `owns` an entry answers only those who name it.
  if ((entry.flags & ENTRY_OWNS_BY_DEFAULT) !== 0 && !namesNamespace) return false
  if (!ownsClass(filter, question, entry.flags)) return false
  return question.key === undefined
    ? entry.namespace !== NS_DNS
    : ownsName(filter, question.entry, question.key)
}
