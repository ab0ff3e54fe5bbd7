// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What ws2_32 does between a program and the entries of a provider: who is asked, in which order, which error counts.

import type { ActiveProvider, ClientPort } from '../ask/client-port.ts'
import { ignore } from '../ask/client-port.ts'
import { WinsockCode } from '../codes.ts'
import { isWinsockError, WinsockError } from '../errors.ts'
import type {
  NativeClass,
  NativeLookup,
  NativeNotification,
  NativeResult,
  NativeSet,
} from '../internal/native.ts'
import {
  FRAME_CLASS_INFO,
  FRAME_INSTALL_CLASS,
  FRAME_REMOVE_CLASS,
  FRAME_SET_SERVICE,
  HOST_REGISTERS,
  HOST_STORES_CLASSES,
} from '../wire/constants.ts'
import { nameKey } from '../wire/counters.ts'
import type { WireQuerySet } from '../wire/wire.ts'
import { readClassBlock, writeClassBlock } from '../wire/wire-class.ts'
import { classBody, installClassBody, type ReadReply, readReply, setServiceBody } from './frames.ts'
import { ProviderLookup, SYSCALL } from './lookup.ts'
import { ownsQuery } from './ownership.ts'
import type { SimulatedProcess } from './process.ts'

const SERVICE_MULTIPLE = 1
const SET_SERVICE = 'WSASetServiceW'
const INSTALL_CLASS = 'WSAInstallServiceClassW'
const REMOVE_CLASS = 'WSARemoveServiceClass'
const CLASS_INFO = 'WSAGetServiceClassInfoW'

interface HostCall {
  readonly syscall: string
  readonly kind: number
  readonly body: (deadlineMs: number) => Uint8Array
}

/** A query handle: the entries that accepted its Begin, read one after the other. */
class Handle {
  readonly lookups: readonly ProviderLookup[]
  at = 0
  hasDelivered = false
  isEnded = false

  constructor(lookups: readonly ProviderLookup[]) {
    this.lookups = lookups
  }
}

/** Succeeds if one of them does; else the last one's error. */
async function tryEach<T>(
  entries: readonly number[],
  run: (entry: number) => T | Promise<T>,
): Promise<T[]> {
  const done: T[] = []
  let last: unknown
  for (const entry of entries) {
    try {
      done.push(await run(entry))
    } catch (error) {
      if (!isWinsockError(error)) throw error
      last = error
    }
  }
  if (done.length === 0) throw last
  return done
}

function wireOf(set: NativeSet, flags: number): WireQuerySet {
  const { version, namespace } = set
  return {
    ...set,
    namespace,
    flags,
    entry: 0,
    version: version === undefined ? undefined : { value: version, compare: 0 },
    protocols: [],
  }
}

/** As the addon reports a failing call, with the size that the provider wants. */
function tooSmall(needed: number): Error {
  const errno = WinsockCode.WSAEFAULT
  return Object.assign(new Error(`${SYSCALL.ioctl}: ${errno}`), {
    errno,
    syscall: SYSCALL.ioctl,
    needed,
  })
}

export class SimulatedPort implements ClientPort {
  readonly #process: SimulatedProcess
  readonly #handles = new Set<Handle>()

  constructor(process: SimulatedProcess) {
    this.#process = process
  }

  /** TerminateProcess. */
  kill(): void {
    for (const handle of [...this.#handles]) this.#end(handle)
    this.#process.kill()
  }

  providers = (): readonly ActiveProvider[] =>
    this.#process.filter.entries.map(({ id, namespace }) => ({ id, namespace, name: 'simulated' }))

  begin = async (query: NativeSet, flags: number): Promise<NativeLookup> => {
    this.#process.assertAlive(SYSCALL.begin)
    const wire = wireOf(query, flags)
    const namesUs = query.providerId !== undefined
    const lookups = await tryEach(
      this.#route(query, SYSCALL.begin),
      (entry) => new ProviderLookup(this.#process, { ...wire, entry }, namesUs),
    )
    const handle = new Handle(lookups)
    this.#handles.add(handle)
    return handle
  }

  next = async (lookup: NativeLookup, flags: number): Promise<NativeResult> => {
    const handle = this.#open(lookup, SYSCALL.next)
    for (;;) {
      const current = handle.lookups[handle.at]
      if (current === undefined) throw this.#error(WinsockCode.WSA_E_NO_MORE, SYSCALL.next)
      try {
        const result = await current.next(flags)
        handle.hasDelivered = true
        return result
      } catch (error) {
        if (!isWinsockError(error)) throw error
        if (handle.at === handle.lookups.length - 1) throw this.#last(handle, error)
        handle.at++
      }
    }
  }

  end = (lookup: NativeLookup): Promise<void> => {
    if (lookup instanceof Handle) this.#end(lookup)
    return Promise.resolve()
  }

  ioctl = async (
    lookup: NativeLookup,
    code: number,
    input: Uint8Array,
    outputSize: number,
  ): Promise<Uint8Array> => {
    const { status, size, output } = await this.#only(lookup).ioctl(code, input, outputSize)
    if (status === WinsockCode.WSAEFAULT && size > outputSize) throw tooSmall(size)
    if (status !== 0) throw this.#error(status, SYSCALL.ioctl)
    return output
  }

  poll = async (lookup: NativeLookup): Promise<boolean> => this.#only(lookup).poll()

  notify = (lookup: NativeLookup): NativeNotification => {
    try {
      return this.#only(lookup).notify()
    } catch (error) {
      const refused = Promise.reject(error)
      refused.catch(ignore)
      return { accepted: refused, changed: refused }
    }
  }

  setService = async (set: NativeSet, operation: number, flags: number): Promise<void> => {
    const wire = wireOf(set, 0)
    const multiple = (flags & SERVICE_MULTIPLE) !== 0
    await tryEach(this.#route(set, SET_SERVICE), (entry) => {
      this.#assertHost(HOST_REGISTERS, SET_SERVICE)
      this.#assertOwned(entry, wire)
      return this.#call({
        syscall: SET_SERVICE,
        kind: FRAME_SET_SERVICE,
        body: (deadlineMs) => setServiceBody(deadlineMs, operation, multiple, { ...wire, entry }),
      })
    })
  }

  installClass = (info: NativeClass): Promise<void> =>
    this.#onAll(INSTALL_CLASS, (entry) => ({
      syscall: INSTALL_CLASS,
      kind: FRAME_INSTALL_CLASS,
      body: (deadlineMs) => installClassBody(deadlineMs, entry, writeClassBlock(info)),
    }))

  removeClass = (id: string): Promise<void> =>
    this.#onAll(REMOVE_CLASS, (entry) => ({
      syscall: REMOVE_CLASS,
      kind: FRAME_REMOVE_CLASS,
      body: (deadlineMs) => classBody(deadlineMs, entry, id),
    }))

  classInfo = async (providerId: string, id: string): Promise<NativeClass> => {
    const [entry = 0] = this.#route({ namespace: 0, providerId }, CLASS_INFO)
    this.#assertHost(HOST_STORES_CLASSES, CLASS_INFO)
    const { output } = await this.#call({
      syscall: CLASS_INFO,
      kind: FRAME_CLASS_INFO,
      body: (deadlineMs) => classBody(deadlineMs, entry, id),
    })
    return readClassBlock(output)
  }

  hold = (): void => undefined

  #error(code: number, syscall: string): WinsockError {
    return new WinsockError(code, { syscall })
  }

  #end(handle: Handle): void {
    handle.isEnded = true
    this.#handles.delete(handle)
    for (const lookup of handle.lookups) lookup.end()
  }

  #open(lookup: NativeLookup, syscall: string): Handle {
    this.#process.assertAlive(syscall)
    if (lookup instanceof Handle && !lookup.isEnded) return lookup
    throw this.#error(WinsockCode.WSA_INVALID_HANDLE, syscall)
  }

  /** An ioctl needs a query that one provider serves. */
  #only(lookup: NativeLookup): ProviderLookup {
    const [only, ...more] = this.#open(lookup, SYSCALL.ioctl).lookups
    if (only === undefined || more.length > 0)
      throw this.#error(WinsockCode.WSAEINVAL, SYSCALL.ioctl)
    return only
  }

  /** One provider's error goes to the client as it is; of several, the last one's if nothing came. */
  #last({ lookups, hasDelivered }: Handle, error: WinsockError): WinsockError {
    const isOver = lookups.length > 1 && hasDelivered
    return isOver ? this.#error(WinsockCode.WSA_E_NO_MORE, SYSCALL.next) : error
  }

  /** The entries that a call reaches, in catalog order. */
  #route(
    { namespace, providerId }: Pick<NativeSet, 'namespace' | 'providerId'>,
    syscall: string,
  ): readonly number[] {
    const all = this.#process.filter.entries.map((entry, index) => ({ ...entry, index }))
    const found = all.filter((entry) =>
      providerId === undefined
        ? namespace === 0 || entry.namespace === namespace
        : entry.id === providerId,
    )
    if (found.length > 0) return found.map(({ index }) => index)
    const { WSAEINVAL, WSASERVICE_NOT_FOUND } = WinsockCode
    throw this.#error(providerId === undefined ? WSASERVICE_NOT_FOUND : WSAEINVAL, syscall)
  }

  async #onAll(syscall: string, call: (entry: number) => HostCall): Promise<void> {
    const all = this.#route({ namespace: 0, providerId: undefined }, syscall)
    await tryEach(all, (entry) => {
      this.#assertHost(HOST_STORES_CLASSES, syscall)
      return this.#call(call(entry))
    })
  }

  async #call({ syscall, kind, body }: HostCall): Promise<ReadReply> {
    const deadlineMs = this.#process.filter.registerDeadlineMs
    const frame = { kind, flags: 0, lookup: 0, body: body(deadlineMs), deadlineMs }
    const reply = readReply(await this.#process.call(syscall, frame))
    if (reply.status !== 0) throw this.#error(reply.status, syscall)
    return reply
  }

  /** What the provider does not do is known from memory. */
  #assertHost(flag: number, syscall: string): void {
    this.#process.assertAlive(syscall)
    if ((this.#process.filter.hostFlags & flag) === 0)
      throw this.#error(WinsockCode.WSAEOPNOTSUPP, syscall)
  }

  #assertOwned(entry: number, set: WireQuerySet): void {
    const key = set.name === undefined ? undefined : nameKey(set.name)
    const { serviceClass, namespace } = set
    const question = { entry, namespace, namesUs: true, key, serviceClass }
    if (!ownsQuery(this.#process.filter, question))
      throw this.#error(WinsockCode.WSASERVICE_NOT_FOUND, SET_SERVICE)
  }
}
