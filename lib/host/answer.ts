// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One answer of a lookup handler: checked completely, cut to what the query can use, and encoded.

import { encodeAddress } from '../address.ts'
import { WinsockCode } from '../codes.ts'
import { NspError } from '../errors.ts'
import { IssueList, isFields, show } from '../internal/issues.ts'
import { decodeServiceClass, ServiceClass } from '../service-class.ts'
import type { Query } from '../types.ts'
import {
  BLOB_HOSTENT,
  BLOB_SERVENT,
  FRAME_HEADER_BYTES,
  MAX_FRAME_BYTES,
} from '../wire/constants.ts'
import { AF_INET, AF_INET6, decodeSockaddr, parseIp, sockaddrFamily } from '../wire/sockaddr.ts'
import {
  RESULT_IS_ALIAS,
  type WireAddress,
  type WireQuerySet,
  writeQuerySet,
} from '../wire/wire.ts'
import { type ParsedService, parseService } from './service-init.ts'

// Status and count of a Batch frame.
const BATCH_HEAD_BYTES = 8
const MAX_ITEM_BYTES = MAX_FRAME_BYTES - FRAME_HEADER_BYTES - BATCH_HEAD_BYTES
const IPPROTO_TCP = 6
const IPPROTO_UDP = 17

/** What the handler was asked, as far as answers depend on it. */
export interface Question {
  readonly query: Query
  readonly entry: number
  /** Namespace of the catalog entry: results say it, whatever the query said. */
  readonly namespace: number
}

/** ERR_NSP_INVALID_ANSWER with what is wrong; `at` counts the answers of one lookup from 0. */
export function invalidAnswer(what: string, issues: IssueList): NspError {
  return new NspError('ERR_NSP_INVALID_ANSWER', `${what} is not a valid answer`, {
    issues: issues.issues,
    remedy:
      'Correct the fields named above in what the handler returns; the client was told onFailure.',
  })
}

/** Whether the client can use an address, by the families of its query. */
function isUsable(query: Query, address: WireAddress): boolean {
  const family = sockaddrFamily(address.remote.length === 0 ? address.local : address.remote)
  if (family === AF_INET) return query.families.includes(4)
  if (family === AF_INET6) return query.families.includes(6)
  // Other families have no class of their own: the protocols decide, and name lookups want IP.
  const kind = query.serviceClass?.kind
  if (kind === 'dns' || kind === 'host' || kind === 'hostByName' || kind === 'hostByAddress')
    return false
  return (
    query.protocols.length === 0 ||
    query.protocols.some((pair) => pair.family === 0 || pair.family === family)
  )
}

/** Whoever asks for the name of an address has the address already: it need not be said again. */
function askedAddress({ serviceClass, key }: Query): WireAddress[] {
  if (serviceClass?.kind !== 'hostByAddress' || key === undefined) return []
  return parseIp(key) === undefined
    ? []
    : [encodeAddress({ address: key }, { port: 0, transport: 'udp' })]
}

/** getservbyname asks 'http/tcp': the name is what stands before the slash. */
function askedName({ serviceClass, name }: Query): string | undefined {
  return serviceClass?.kind === 'serviceByName' ? name?.split('/')[0] : name
}

/** The class that says port and transport of a servent: the answer's own, else that of its first address. */
function servicePort({ serviceClass, addresses: [first] }: WireQuerySet): string | undefined {
  const kind = serviceClass === undefined ? undefined : decodeServiceClass(serviceClass).kind
  if (kind === 'tcp' || kind === 'udp') return serviceClass
  const port = first && decodeSockaddr(first.remote.length === 0 ? first.local : first.remote)?.port
  if (port === undefined || port === 0) return undefined
  if (first?.protocol === IPPROTO_TCP) return ServiceClass.tcp(port).id
  return first?.protocol === IPPROTO_UDP ? ServiceClass.udp(port).id : undefined
}

/**
 * Adds what the DLL needs to make the blob of the older name functions, if the query wants one. They follow offsets in
 * it: bytes of the answer's own are never given to them.
 */
function withMadeBlob(query: Query, set: WireQuerySet, aliases: readonly string[]): WireQuerySet {
  if (!query.wants.blob) return set
  switch (query.serviceClass?.kind) {
    case 'host':
    case 'hostByName':
    case 'hostByAddress':
      // These classes let IPv4 addresses through alone.
      return set.addresses.length === 0
        ? { ...set, blob: undefined }
        : { ...set, blob: undefined, aliases, blobKind: BLOB_HOSTENT }
    case 'serviceByName': {
      const serviceClass = servicePort(set)
      return serviceClass === undefined
        ? { ...set, blob: undefined }
        : { ...set, blob: undefined, serviceClass, aliases, blobKind: BLOB_SERVENT }
    }
    default:
      return set
  }
}

/** Whoever asks for a name's addresses or blob gets a result that has one of them, or WSANO_DATA in the end. */
function hasWhatIsWanted({ name, wants }: Query, set: WireQuerySet): boolean {
  if (name === undefined || (!wants.addresses && !wants.blob)) return true
  const hasBlob = set.blob !== undefined || set.blobKind !== undefined
  return (wants.addresses && set.addresses.length > 0) || (wants.blob && hasBlob)
}

function result(service: ParsedService, { query, entry, namespace }: Question): WireQuerySet {
  const { version, addresses, name, ...rest } = service
  const { serviceClass, comment, context, queryString, blob } = rest
  const usable = (addresses ?? askedAddress(query)).filter((address) => isUsable(query, address))
  const set: WireQuerySet = {
    namespace,
    flags: 0,
    entry,
    serviceClass,
    version: version === undefined ? undefined : { value: version, compare: 0 },
    name: name ?? askedName(query),
    comment,
    context,
    queryString,
    blob,
    protocols: [],
    addresses: usable,
  }
  return withMadeBlob(query, set, service.aliases)
}

/** The same under its other names, if the client wants to hear of them. */
function aliasResults({ wants }: Query, set: WireQuerySet, service: ParsedService): WireQuerySet[] {
  if (!wants.aliases) return []
  // A made blob has the aliases in it already.
  const { aliases: _, blobKind: __, ...rest } = set
  return service.aliases.map((name) => ({ ...rest, name, flags: RESULT_IS_ALIAS }))
}

function encode(issues: IssueList, set: WireQuerySet): Uint8Array {
  const block = writeQuerySet(set)
  if (block.length > MAX_ITEM_BYTES)
    issues.add('', `${block.length} bytes, at most ${MAX_ITEM_BYTES} fit`)
  return block
}

export interface EncodedAnswer {
  /** One for the service and one for each alias that is wanted; none if the query can use nothing of it. */
  readonly blocks: readonly Uint8Array[]
  /** Seconds; 0: to be asked each time. */
  readonly ttl: number
}

/** A service that was checked, for one query; `issues` says what does not fit. */
export function encodeService(
  issues: IssueList,
  service: ParsedService,
  question: Question,
): Uint8Array[] {
  const { query } = question
  const set = result(service, question)
  if (!hasWhatIsWanted(query, set)) return []
  return [set, ...aliasResults(query, set, service)].map((item) => encode(issues, item))
}

/**
 * Checks and encodes answer number `at` of a lookup.
 * @throws NspError ERR_NSP_INVALID_ANSWER
 */
export function encodeAnswer(init: unknown, at: number, question: Question): EncodedAnswer {
  const issues = new IssueList()
  const what = `answer ${at} of lookup`
  if (!isFields(init)) {
    issues.add('', `not an object: ${show(init)}`)
    throw invalidAnswer(what, issues)
  }
  const service = parseService(issues, init, question.query.serviceClass?.id)
  if (issues.issues.length > 0) throw invalidAnswer(what, issues)
  const blocks = encodeService(issues, service, question)
  if (issues.issues.length > 0) throw invalidAnswer(what, issues)
  return { blocks, ttl: service.ttl ?? 0 }
}

/** The code that ends a lookup when its handler has nothing more to say. One rule, here and nowhere else. */
export function finalStatus(query: Query, yielded: number, sent: number): number {
  if (sent > 0) return 0
  if (query.name === undefined) return WinsockCode.WSA_E_NO_MORE
  return yielded === 0 ? WinsockCode.WSASERVICE_NOT_FOUND : WinsockCode.WSANO_DATA
}
