// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Which registrations end with which connection (leaseByProcess), and their end.
import { WinsockCode } from '../codes.ts'
import { isWinsockError } from '../errors.ts'
import type { DefinedEntry, Definition } from '../internal/definition.ts'
import { addressKey } from '../store/addresses.ts'
import type { CallContext, Service, ServiceChange } from '../types.ts'
import { nameKey } from '../wire/counters.ts'
import { Context } from './call.ts'
import type { Connection } from './connection.ts'
import { debug } from './trace.ts'

/** A call of register, deregister or remove. */
export interface LeasedCall {
  readonly connection: Connection
  readonly entry: DefinedEntry
  readonly operation: 'register' | 'deregister' | 'remove'
  readonly context: CallContext
}

/** What one connection has registered of one service. */
interface Lease {
  readonly entry: DefinedEntry
  readonly service: Service
  readonly addresses: Map<string, Service['addresses'][number]>
}

/** Reports a handler that failed. */
type Failed = (operation: 'deregister', error: unknown, context: CallContext) => void

export class Leases {
  readonly #definition: Definition
  readonly #failed: Failed
  /** By service, then by connection. */
  readonly #held = new Map<string, Map<Connection, Lease>>()
  /** Registrations whose handler has not answered yet, by service. */
  readonly #underWay = new Map<string, Set<Promise<void>>>()
  readonly #running = new Set<Promise<void>>()
  readonly #controller = new AbortController()

  constructor(definition: Definition, failed: Failed) {
    this.#definition = definition
    this.#failed = failed
  }

  /** Runs the handler of a registration, and remembers what it has done. */
  async run(call: LeasedCall, change: ServiceChange, handle: () => unknown): Promise<void> {
    if (this.#definition.init.leaseByProcess !== true) {
      await handle()
      return
    }
    const { signal } = call.context
    const { service } = change
    const key = `${call.entry.index} ${service.serviceClass?.id} ${nameKey(service.name ?? '')}`
    const leave = this.#enter(key)
    // Whoever waits for it waits no longer than its client.
    signal.addEventListener('abort', leave, { once: true })
    try {
      await handle()
      this.#note(key, call, change)
    } finally {
      signal.removeEventListener('abort', leave)
      leave()
    }
  }

  #enter(key: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    const underWay = this.#underWay.get(key) ?? new Set<Promise<void>>()
    underWay.add(promise)
    this.#underWay.set(key, underWay)
    return () => {
      underWay.delete(promise)
      if (underWay.size === 0 && this.#underWay.get(key) === underWay) this.#underWay.delete(key)
      resolve()
    }
  }

  #note(key: string, { connection, entry, operation }: LeasedCall, change: ServiceChange): void {
    const { service, multiple } = change
    const holders = this.#held.get(key) ?? new Map<Connection, Lease>()
    if (!multiple) holders.clear()
    else if (operation !== 'register') {
      for (const { addresses } of holders.values())
        for (const address of service.addresses) addresses.delete(addressKey(address))
    }
    if (operation === 'register') {
      const addresses = holders.get(connection)?.addresses ?? new Map()
      for (const address of service.addresses) addresses.set(addressKey(address), address)
      holders.set(connection, { entry, service, addresses })
    }
    if (holders.size === 0) this.#held.delete(key)
    else this.#held.set(key, holders)
    // The client died while its registration was under way: nobody else would take it back.
    if (connection.isEnded) this.end(connection)
  }

  /** Deregisters what ended with this connection, except what another one has registered as well. */
  end(connection: Connection): void {
    for (const [key, holders] of this.#held) {
      const lease = holders.get(connection)
      if (lease === undefined) continue
      holders.delete(connection)
      if (holders.size === 0) this.#held.delete(key)
      const running = this.#release(key, connection, lease)
      this.#running.add(running)
      void running.finally(() => this.#running.delete(running))
    }
  }

  async #release(key: string, connection: Connection, lease: Lease): Promise<void> {
    // Another process may be registering the same: taken away behind its back, it would be lost.
    for (;;) {
      const underWay = this.#underWay.get(key)
      if (underWay === undefined) break
      await Promise.all(underWay)
    }
    if (this.#controller.signal.aborted) return
    const holders = [...(this.#held.get(key)?.values() ?? [])]
    const others = new Set(holders.flatMap(({ addresses }) => [...addresses.keys()]))
    const addresses = [...lease.addresses].flatMap(([at, address]) =>
      others.has(at) ? [] : [address],
    )
    if (addresses.length > 0) await this.#deregister(connection, lease, addresses)
  }

  /** Ends everything that is held; resolves when all of it has been deregistered. */
  async drain(): Promise<void> {
    for (const holders of [...this.#held.values()])
      for (const connection of [...holders.keys()]) this.end(connection)
    await Promise.all(this.#running)
  }

  /** Tells what is under way that nobody waits for it. */
  destroy(reason: Error): void {
    this.#controller.abort(reason)
    this.#held.clear()
  }

  async #deregister(
    { client }: Connection,
    { entry, service }: Lease,
    addresses: Service['addresses'],
  ): Promise<void> {
    const asked = { client, entry, handle: undefined }
    const context = new Context(asked, this.#controller, () => Number.POSITIVE_INFINITY)
    const change: ServiceChange = Object.freeze({
      service: Object.freeze({ ...service, addresses: Object.freeze(addresses) }),
      multiple: true,
    })
    debug('the registration of %s ends with process %d', service.name, client.processId)
    try {
      await this.#definition.handlers.deregister?.(change, context)
    } catch (error) {
      // Somebody else has taken it away meanwhile.
      if (isWinsockError(error) && error.errno === WinsockCode.WSASERVICE_NOT_FOUND) return
      this.#failed('deregister', error, context)
    }
  }
}
