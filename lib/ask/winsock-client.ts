// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The client's side of Winsock over any port: the machine's own ws2_32, or a simulation.
import { WinsockCode } from '../codes.ts'
import type { Guid } from '../guid.ts'
import { parseGuid } from '../guid.ts'
import type { NativeSet } from '../internal/native.ts'
import type { ServiceClass } from '../service-class.ts'
import type { Service, ServiceClassInfo, ServiceInit } from '../types.ts'
import type {
  CallOptions,
  Lookup,
  QueryInit,
  RegisterOptions,
  RemoveOptions,
  Snapshot,
  Winsock,
} from '../winsock.ts'
import {
  type CheckedQuery,
  checkClass,
  checked,
  checkGuid,
  checkOptions,
  checkQuery,
  checkRoute,
  checkService,
} from './client-checks.ts'
import { aim, isCode, notOne, OpenLookup } from './client-lookup.ts'
import { Caller, type ClientPort, ignore } from './client-port.ts'
import { releasing } from './releasing.ts'
import { compareAnswers, isDifferent } from './snapshot.ts'

// WSAESETSERVICEOP and the flag of WSASetService.
const RNRSERVICE_REGISTER = 0
const RNRSERVICE_DEREGISTER = 1
const RNRSERVICE_DELETE = 2
const SERVICE_MULTIPLE = 1

/** One read of a lookup to its end. What is not there yet is an empty answer to a watcher. */
async function wholeAnswer(lookup: Lookup, signal: AbortSignal): Promise<Service[]> {
  const services: Service[] = []
  try {
    for (;;) {
      const service = await lookup.next({ signal })
      if (service === undefined) return services
      services.push(service)
    }
  } catch (error) {
    const { WSASERVICE_NOT_FOUND, WSANO_DATA, WSAHOST_NOT_FOUND } = WinsockCode
    if (isCode(error, WSASERVICE_NOT_FOUND, WSANO_DATA, WSAHOST_NOT_FOUND)) return services
    throw error
  }
}

async function* answers(
  caller: Caller,
  query: CheckedQuery,
  signal: AbortSignal,
): AsyncGenerator<Service, void, undefined> {
  const lookup = await OpenLookup.open(caller, query, undefined, signal)
  try {
    for (;;) {
      const service = await lookup.next({ signal })
      if (service === undefined) return
      yield service
    }
  } finally {
    await lookup.close()
  }
}

async function* snapshots(
  caller: Caller,
  asked: CheckedQuery,
  signal: AbortSignal,
): AsyncGenerator<Snapshot, void, undefined> {
  const { query, fault } = aim(asked, caller.providers())
  if (fault !== undefined) throw notOne(fault)
  let before: readonly Service[] | undefined
  for (;;) {
    // A new handle for each answer: what one handle tells after a change differs from provider to provider.
    const lookup = await OpenLookup.open(caller, query, undefined, signal)
    try {
      // Before it is read: a change while it is read is told as well.
      await lookup.watchFromNow(signal)
      const snapshot = compareAnswers(before ?? [], await wholeAnswer(lookup, signal))
      if (before === undefined || isDifferent(snapshot)) yield snapshot
      before = snapshot.services
      await lookup.nextChange({ signal })
    } finally {
      await lookup.close()
    }
  }
}

/** A service that is registered until it is disposed of. */
class Registration implements AsyncDisposable {
  readonly #caller: Caller
  readonly #set: NativeSet
  readonly #flags: number
  #ended: Promise<void> | undefined

  constructor(caller: Caller, set: NativeSet, flags: number) {
    this.#caller = caller
    this.#set = set
    this.#flags = flags
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= this.#deregister()
    return this.#ended
  }

  async #deregister(): Promise<void> {
    const { port } = this.#caller
    try {
      await this.#caller.call(() => port.setService(this.#set, RNRSERVICE_DEREGISTER, this.#flags))
    } catch (error) {
      // Somebody else removed it before.
      if (!isCode(error, WinsockCode.WSASERVICE_NOT_FOUND)) throw error
    }
  }
}

class Client {
  readonly #port: () => ClientPort
  #caller: Caller | undefined

  constructor(port: () => ClientPort) {
    this.#port = port
  }

  query(query: string | QueryInit, options?: CallOptions): AsyncIterable<Service> {
    const [given, { signal }] = checked((issues) => [
      checkQuery(issues, query),
      checkOptions(issues, options),
    ])
    const caller = this.#open()
    return releasing((stop) => answers(caller, given, stop), signal)
  }

  watch(query: string | QueryInit, options?: CallOptions): AsyncIterable<Snapshot> {
    const [given, { signal }] = checked((issues) => [
      checkQuery(issues, query),
      checkOptions(issues, options),
    ])
    const caller = this.#open()
    return releasing((stop) => snapshots(caller, given, stop), signal)
  }

  async open(query: string | QueryInit, options?: CallOptions): Promise<Lookup> {
    const [given, { signal }] = checked((issues) => [
      checkQuery(issues, query),
      checkOptions(issues, options),
    ])
    const caller = this.#open()
    signal?.throwIfAborted()
    const aimed = aim(given, caller.providers())
    return await OpenLookup.open(caller, aimed.query, aimed.fault, signal)
  }

  async register(
    service: ServiceInit & { name: string; serviceClass: ServiceClass | Guid },
    options?: RegisterOptions,
  ): Promise<AsyncDisposable> {
    const { set, flags, signal } = checked((issues) => {
      const given = checkOptions(issues, options, ['multiple', 'providerId', 'namespace'])
      const multiple = issues.boolean('options.multiple', given['multiple']) === true
      const route = checkRoute(issues, given)
      return {
        set: { ...checkService(issues, service), ...route },
        flags: multiple ? SERVICE_MULTIPLE : 0,
        signal: given.signal,
      }
    })
    const caller = this.#open()
    const registration = new Registration(caller, set, flags)
    await caller.call(() => caller.port.setService(set, RNRSERVICE_REGISTER, flags), {
      signal,
      // It may still come to be, and nobody is left to take it back.
      abandon: (work) => void work.then(() => registration[Symbol.asyncDispose]()).catch(ignore),
    })
    return registration
  }

  async remove(
    name: string,
    serviceClass: ServiceClass | Guid,
    options?: RemoveOptions,
  ): Promise<void> {
    const { set, signal } = checked((issues) => {
      const given = checkOptions(issues, options, ['providerId', 'namespace'])
      const route = checkRoute(issues, given)
      const fields = { name: name as unknown, serviceClass: serviceClass as unknown }
      return { set: { ...checkService(issues, fields), ...route }, signal: given.signal }
    })
    const caller = this.#open()
    await caller.call(() => caller.port.setService(set, RNRSERVICE_DELETE, 0), { signal })
  }

  async installClass(info: ServiceClassInfo, options?: CallOptions): Promise<void> {
    const [given, { signal }] = checked((issues) => [
      checkClass(issues, info),
      checkOptions(issues, options),
    ])
    const caller = this.#open()
    await caller.call(() => caller.port.installClass(given), { signal })
  }

  async removeClass(id: Guid, options?: CallOptions): Promise<void> {
    const [given, { signal }] = checked((issues) => [
      checkGuid(issues, 'id', id),
      checkOptions(issues, options),
    ])
    const caller = this.#open()
    await caller.call(() => caller.port.removeClass(given), { signal })
  }

  async classInfo(providerId: Guid, id: Guid, options?: CallOptions): Promise<ServiceClassInfo> {
    const [provider, wanted, { signal }] = checked((issues) => [
      checkGuid(issues, 'providerId', providerId),
      checkGuid(issues, 'id', id),
      checkOptions(issues, options),
    ])
    const caller = this.#open()
    const info = await caller.call(() => caller.port.classInfo(provider, wanted), { signal })
    const properties = info.properties.map((property) => Object.freeze({ ...property }))
    return Object.freeze({
      id: parseGuid(info.id) ?? info.id,
      name: info.name,
      properties: Object.freeze(properties),
    })
  }

  #open(): Caller {
    this.#caller ??= new Caller(this.#port())
    return this.#caller
  }
}

/** All of `Winsock` as functions that need no `this`. `port` is asked for at the first call. */
export function createWinsock(port: () => ClientPort): Winsock {
  const client = new Client(port)
  return Object.freeze({
    query: (query, options) => client.query(query, options),
    watch: (query, options) => client.watch(query, options),
    open: (query, options) => client.open(query, options),
    register: (service, options) => client.register(service, options),
    remove: (name, serviceClass, options) => client.remove(name, serviceClass, options),
    installClass: (info, options) => client.installClass(info, options),
    removeClass: (id, options) => client.removeClass(id, options),
    classInfo: (providerId, id, options) => client.classInfo(providerId, id, options),
  } satisfies Winsock)
}
