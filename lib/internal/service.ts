// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A query set as the public API shows a service: what a client registers, and what a lookup gives.
import type { Guid } from '../guid.ts'
import { decodeServiceClass } from '../service-class.ts'
import type { Address, Service } from '../types.ts'
import { decodeSockaddr, formatIp, sockaddrFamily } from '../wire/sockaddr.ts'
import {
  RESULT_IS_ADDED,
  RESULT_IS_ALIAS,
  RESULT_IS_CHANGED,
  RESULT_IS_DELETED,
  type WireAddress,
  type WireQuerySet,
} from '../wire/wire.ts'

const CHANGES = [
  [RESULT_IS_ADDED, 'added'],
  [RESULT_IS_CHANGED, 'changed'],
  [RESULT_IS_DELETED, 'deleted'],
] as const

function given(bytes: Uint8Array): Uint8Array | undefined {
  return bytes.length === 0 ? undefined : bytes
}

/** A CSADDR_INFO; the remote side says address and port, the local one if there is no other. */
export function makeAddress({ socketType, protocol, local, remote }: WireAddress): Address {
  const sockaddr = given(remote) ?? local
  const endpoint = decodeSockaddr(sockaddr)
  return Object.freeze({
    family: sockaddrFamily(sockaddr),
    address: endpoint && formatIp(endpoint),
    port: endpoint?.port,
    scopeId: endpoint?.family === 6 ? endpoint.scopeId : undefined,
    socketType,
    protocol,
    remote: given(remote),
    local: given(local),
  })
}

/** `set` with the entry it came through; `flags` are RESULT_IS_*. */
export function makeService(set: WireQuerySet, namespace: number, providerId: Guid): Service {
  const { serviceClass, version, flags } = set
  return Object.freeze({
    name: set.name,
    serviceClass: serviceClass === undefined ? undefined : decodeServiceClass(serviceClass),
    addresses: Object.freeze(set.addresses.map(makeAddress)),
    alias: (flags & RESULT_IS_ALIAS) !== 0,
    change: CHANGES.find(([bit]) => (flags & bit) !== 0)?.[1],
    version: version?.value,
    comment: set.comment,
    context: set.context,
    queryString: set.queryString,
    blob: set.blob,
    namespace,
    providerId,
  })
}
