// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The calls of winsock-nsp/client, made by a simulated process.
import { WinsockCode } from '../codes.ts'
import { WinsockError } from '../errors.ts'
import type { Guid } from '../guid.ts'
import {
  FRAME_CLASS_INFO,
  FRAME_INSTALL_CLASS,
  FRAME_REMOVE_CLASS,
  FRAME_SET_SERVICE,
  HOST_REGISTERS,
  HOST_STORES_CLASSES,
} from '../internal/constants.ts'
import { nameKey } from '../internal/counters.ts'
import { queryServices, watchServices } from '../internal/snapshots.ts'
import {
  checkClass,
  checkGuid,
  checkQuery,
  checkRegistration,
} from '../internal/winsock-arguments.ts'
import type { WireQuerySet } from '../internal/wire.ts'
import { readClassBlock, writeClassBlock } from '../internal/wire-class.ts'
import type { ServiceClass } from '../service-class.ts'
import type { Service, ServiceClassInfo, ServiceInit } from '../types.ts'
import type {
  CallOptions,
  Lookup,
  QueryInit,
  RegisterOptions,
  Snapshot,
  Winsock,
} from '../winsock.ts'
import { classBody, installClassBody, type ReadReply, readReply, setServiceBody } from './frames.ts'
import { routeOf, SimulatedLookup, tryEach } from './handle.ts'
import { SYSCALL } from './lookup.ts'
import { ownsQuery } from './ownership.ts'
import type { SimulatedProcess } from './process.ts'

const OPERATIONS = { register: 0, deregister: 1, remove: 2 } as const
const SET_SERVICE = 'WSASetService'
const INSTALL_CLASS = 'WSAInstallServiceClass'
const REMOVE_CLASS = 'WSARemoveServiceClass'
const CLASS_INFO = 'WSAGetServiceClassInfo'

interface HostCall {
  readonly syscall: string
  readonly kind: number
  readonly body: (deadlineMs: number) => Uint8Array
}

export class SimulatedWinsock implements Winsock {
  readonly #process: SimulatedProcess
  readonly #open = new Set<SimulatedLookup>()

  constructor(process: SimulatedProcess) {
    this.#process = process
  }

  query(query: string | QueryInit, options: CallOptions = {}): AsyncIterable<Service> {
    return queryServices((more) => this.open(query, more), options)
  }

  watch(query: string | QueryInit, options: CallOptions = {}): AsyncIterable<Snapshot> {
    return watchServices((more) => this.open(this.#single(query), more), options)
  }

  async open(query: string | QueryInit, { signal }: CallOptions = {}): Promise<Lookup> {
    const { wire, providerId } = checkQuery(query)
    signal?.throwIfAborted()
    const lookup = await SimulatedLookup.begin(this.#process, wire, providerId, (closed) =>
      this.#open.delete(closed),
    )
    this.#open.add(lookup)
    return lookup
  }

  async register(
    service: ServiceInit & { name: string; serviceClass: ServiceClass | Guid },
    options: RegisterOptions = {},
  ): Promise<AsyncDisposable> {
    const set = checkRegistration(service)
    await this.#setService('register', set, options)
    const { signal: _given, ...rest } = options
    let isGone = false
    return {
      [Symbol.asyncDispose]: async () => {
        if (isGone) return
        isGone = true
        await this.#setService('deregister', set, rest)
      },
    }
  }

  async remove(
    name: string,
    serviceClass: ServiceClass | Guid,
    options: CallOptions = {},
  ): Promise<void> {
    await this.#setService('remove', checkRegistration({ name, serviceClass }), options)
  }

  async installClass(info: ServiceClassInfo, { signal }: CallOptions = {}): Promise<void> {
    const block = writeClassBlock(checkClass(info))
    await this.#onAll(HOST_STORES_CLASSES, INSTALL_CLASS, (entry) =>
      this.#call(
        {
          syscall: INSTALL_CLASS,
          kind: FRAME_INSTALL_CLASS,
          body: (deadlineMs) => installClassBody(deadlineMs, entry, block),
        },
        signal,
      ),
    )
  }

  async removeClass(id: Guid, { signal }: CallOptions = {}): Promise<void> {
    const guid = checkGuid('id', id)
    await this.#onAll(HOST_STORES_CLASSES, REMOVE_CLASS, (entry) =>
      this.#call(
        {
          syscall: REMOVE_CLASS,
          kind: FRAME_REMOVE_CLASS,
          body: (deadlineMs) => classBody(deadlineMs, entry, guid),
        },
        signal,
      ),
    )
  }

  async classInfo(
    providerId: Guid,
    id: Guid,
    { signal }: CallOptions = {},
  ): Promise<ServiceClassInfo> {
    const route = { namespace: 0, providerId: checkGuid('providerId', providerId) }
    const guid = checkGuid('id', id)
    const [entry = 0] = routeOf(this.#process, route, CLASS_INFO)
    this.#assertHost(HOST_STORES_CLASSES, CLASS_INFO)
    const { output } = await this.#call(
      {
        syscall: CLASS_INFO,
        kind: FRAME_CLASS_INFO,
        body: (deadlineMs) => classBody(deadlineMs, entry, guid),
      },
      signal,
    )
    return readClassBlock(output)
  }

  /** TerminateProcess. */
  kill(): void {
    for (const lookup of [...this.#open]) void lookup.close()
    this.#process.kill()
  }

  /** A watch needs one provider: the one that is named, or the only one of the namespace. */
  #single(query: string | QueryInit): QueryInit {
    const init = typeof query === 'string' ? { name: query } : query
    if (init.providerId !== undefined) return init
    const found = this.#process.filter.entries.filter(
      ({ namespace }) => namespace === (init.namespace ?? 0),
    )
    const [only, ...more] = found
    if (only === undefined || more.length > 0)
      throw new WinsockError(WinsockCode.WSAEINVAL, { syscall: SYSCALL.ioctl })
    return { ...init, providerId: only.id }
  }

  async #setService(
    kind: keyof typeof OPERATIONS,
    set: WireQuerySet,
    options: RegisterOptions,
  ): Promise<void> {
    const { multiple = false, namespace = 0, providerId, signal } = options
    const route = {
      namespace,
      providerId: providerId === undefined ? undefined : checkGuid('providerId', providerId),
    }
    signal?.throwIfAborted()
    await tryEach(routeOf(this.#process, route, SET_SERVICE), (entry) => {
      this.#assertHost(HOST_REGISTERS, SET_SERVICE)
      this.#assertOwned(entry, set)
      return this.#call(
        {
          syscall: SET_SERVICE,
          kind: FRAME_SET_SERVICE,
          body: (deadlineMs) =>
            setServiceBody(deadlineMs, OPERATIONS[kind], multiple, { ...set, entry }),
        },
        signal,
      )
    })
  }

  async #onAll(
    flag: number,
    syscall: string,
    run: (entry: number) => Promise<unknown>,
  ): Promise<void> {
    await tryEach(
      routeOf(this.#process, { namespace: 0, providerId: undefined }, syscall),
      (entry) => {
        this.#assertHost(flag, syscall)
        return run(entry)
      },
    )
  }

  async #call(
    { syscall, kind, body }: HostCall,
    signal: AbortSignal | undefined,
  ): Promise<ReadReply> {
    const deadlineMs = this.#process.filter.registerDeadlineMs
    const frame = { kind, flags: 0, lookup: 0, body: body(deadlineMs), deadlineMs }
    const reply = readReply(await this.#process.call(syscall, frame, signal))
    if (reply.status !== 0) throw new WinsockError(reply.status, { syscall })
    return reply
  }

  /** What the provider does not do is known from memory. */
  #assertHost(flag: number, syscall: string): void {
    this.#process.assertAlive(syscall)
    if ((this.#process.filter.hostFlags & flag) === 0)
      throw new WinsockError(WinsockCode.WSAEOPNOTSUPP, { syscall })
  }

  #assertOwned(entry: number, set: WireQuerySet): void {
    const key = set.name === undefined ? undefined : nameKey(set.name)
    const { serviceClass, namespace } = set
    const question = { entry, namespace, namesUs: true, key, serviceClass }
    if (!ownsQuery(this.#process.filter, question))
      throw new WinsockError(WinsockCode.WSASERVICE_NOT_FOUND, { syscall: SET_SERVICE })
  }
}
