// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The module winsock-nsp/client: the other side, through the machine's own ws2_32, on threads of its own. Importing it
// works on any OS; calls reject with ERR_NSP_UNSUPPORTED_PLATFORM off Windows.

import type { ClientPort } from './ask/client-port.ts'
import { createWinsock } from './ask/winsock-client.ts'
import { loadNative } from './internal/binding.ts'
import type { Winsock } from './winsock.ts'

export type { Guid } from './guid.ts'
export type { IoctlDefinition } from './ioctl.ts'
export type { ServiceClass } from './service-class.ts'
export type { Address, Service, ServiceClassInfo, ServiceInit } from './types.ts'
export type {
  CallOptions,
  IoctlOptions,
  Lookup,
  NextOptions,
  QueryInit,
  RegisterOptions,
  RemoveOptions,
  Snapshot,
  Winsock,
} from './winsock.ts'

function machine(): ClientPort {
  const native = loadNative()
  const providers = () => native.catalogList('native').filter(({ enabled }) => enabled)
  return { ...native.client, providers }
}

const winsock = createWinsock(machine)

/**
 * Asks all providers that the query concerns: WSALookupServiceBegin, Next to the end, End. Leaving the loop ends it,
 * also while it waits. Each loop over the result asks anew.
 * @example
 * for await (const { name, addresses } of query({ name: 'printer.mesh', namespace: 1001 })) console.log(name, addresses)
 * @throws WinsockError WSASERVICE_NOT_FOUND if nobody knows the name; TypeError for a bad query.
 */
export const query: Winsock['query'] = winsock.query

/**
 * The whole answer at once, then again after each change that makes a difference, with the differences. A name that
 * nobody knows yet is an empty answer. It asks one provider: `providerId`, or the only active one of the namespace.
 * @example
 * for await (const { services, added, deleted } of watch({ namespace: 1001 })) show(services, added, deleted)
 * @throws WinsockError WSAEINVAL if the namespace has several providers; WSAEOPNOTSUPP if that one cannot notify.
 */
export const watch: Winsock['watch'] = winsock.watch

/**
 * The handle itself, for control codes and feeds. Without `providerId` it goes to the only active provider of its
 * namespace; if there are several it can be read, but has no control codes.
 * @example
 * await using lookup = await open({ name: 'printer.mesh', namespace: 1001 })
 * const latency = await lookup.ioctl(Latency, undefined)
 */
export const open: Winsock['open'] = winsock.open

/**
 * RNRSERVICE_REGISTER; disposing of the result deregisters.
 * @example
 * await using entry = await register(
 *   { name: 'printer.mesh', serviceClass: ServiceClass.tcp(631), addresses: ['10.0.0.7'] },
 *   { namespace: 1001 },
 * )
 * @throws WinsockError WSAEOPNOTSUPP if the provider does not register, WSAEACCES if it refuses.
 */
export const register: Winsock['register'] = winsock.register

/** RNRSERVICE_DELETE. @throws WinsockError WSASERVICE_NOT_FOUND if it is not registered. */
export const remove: Winsock['remove'] = winsock.remove

/** WSAInstallServiceClass: with all providers that store classes. */
export const installClass: Winsock['installClass'] = winsock.installClass

/** WSARemoveServiceClass. @throws WinsockError WSATYPE_NOT_FOUND for a class that nobody knows. */
export const removeClass: Winsock['removeClass'] = winsock.removeClass

/** WSAGetServiceClassInfo of one provider. @throws WinsockError WSATYPE_NOT_FOUND for a class that it does not know. */
export const classInfo: Winsock['classInfo'] = winsock.classInfo
