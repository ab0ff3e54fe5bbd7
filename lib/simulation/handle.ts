// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What ws2_32 does between a program and the entries of a provider: who is asked, in which order, which error counts.
import { WinsockCode } from '../codes.ts'
import { isWinsockError, WinsockError } from '../errors.ts'
import type { Guid } from '../guid.ts'
import type { WireQuerySet } from '../internal/wire.ts'
import type { IoctlDefinition } from '../ioctl.ts'
import type { Service } from '../types.ts'
import type { CallOptions, IoctlOptions, Lookup, NextOptions } from '../winsock.ts'
import { ProviderLookup, SYSCALL } from './lookup.ts'
import type { SimulatedProcess } from './process.ts'

const DEFAULT_OUTPUT_BYTES = 65_536

export interface Route {
  readonly namespace: number
  readonly providerId: Guid | undefined
}

/** The entries that a call reaches, in catalog order. @throws WinsockError WSAEINVAL, WSASERVICE_NOT_FOUND */
export function routeOf(
  process: SimulatedProcess,
  { namespace, providerId }: Route,
  syscall: string,
): readonly number[] {
  const all = process.filter.entries.map((entry, index) => ({ ...entry, index }))
  if (providerId !== undefined) {
    const entry = all.find(({ id }) => id === providerId)
    if (entry === undefined) throw new WinsockError(WinsockCode.WSAEINVAL, { syscall })
    return [entry.index]
  }
  const found = all.filter((entry) => namespace === 0 || entry.namespace === namespace)
  if (found.length === 0) throw new WinsockError(WinsockCode.WSASERVICE_NOT_FOUND, { syscall })
  return found.map(({ index }) => index)
}

/** Succeeds if one of them does; else the last one's error. */
export async function tryEach<T>(
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

/** A query handle over the entries that accepted its Begin. */
export class SimulatedLookup implements Lookup {
  readonly #lookups: readonly ProviderLookup[]
  readonly #onClose: (lookup: SimulatedLookup) => void
  #at = 0
  #hasDelivered = false
  #isClosed = false

  private constructor(
    lookups: readonly ProviderLookup[],
    onClose: (lookup: SimulatedLookup) => void,
  ) {
    this.#lookups = lookups
    this.#onClose = onClose
  }

  static async begin(
    process: SimulatedProcess,
    query: WireQuerySet,
    providerId: Guid | undefined,
    onClose: (lookup: SimulatedLookup) => void,
  ): Promise<SimulatedLookup> {
    process.assertAlive(SYSCALL.begin)
    const entries = routeOf(process, { namespace: query.namespace, providerId }, SYSCALL.begin)
    const lookups = await tryEach(
      entries,
      (entry) => new ProviderLookup(process, { ...query, entry }, providerId !== undefined),
    )
    return new SimulatedLookup(lookups, onClose)
  }

  async next({ flags = 0, signal }: NextOptions = {}): Promise<Service | undefined> {
    signal?.throwIfAborted()
    this.#assertOpen(SYSCALL.next)
    for (;;) {
      const isLast = this.#at >= this.#lookups.length - 1
      try {
        const service = await this.#lookups[this.#at]?.next(flags, signal)
        this.#hasDelivered = true
        return service
      } catch (error) {
        if (!isWinsockError(error)) throw error
        if (isLast) return this.#end(error)
        this.#at++
      }
    }
  }

  async ioctl<Input, Output>(
    definition: IoctlDefinition<Input, Output>,
    input: Input,
    { outputSize = DEFAULT_OUTPUT_BYTES, signal }: IoctlOptions = {},
  ): Promise<Output> {
    signal?.throwIfAborted()
    const lookup = this.#only()
    const bytes = definition.input.encode(input)
    const { status, output } = await lookup.ioctl(definition.code, bytes, outputSize, signal)
    if (status !== 0) throw new WinsockError(status, { syscall: SYSCALL.ioctl })
    return definition.output.decode(output)
  }

  async changed(): Promise<boolean> {
    return this.#only().poll()
  }

  async nextChange({ signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    await this.#only().nextChange(signal)
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true
      for (const lookup of this.#lookups) lookup.end()
      this.#onClose(this)
    }
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Service, void, void> {
    for (;;) {
      const service = await this.next()
      if (service === undefined) return
      yield service
    }
  }

  /** One provider's error goes to the client as it is; of several, the last one's if nothing came. */
  #end(error: WinsockError): undefined {
    const isOver =
      error.errno === WinsockCode.WSA_E_NO_MORE || (this.#lookups.length > 1 && this.#hasDelivered)
    if (!isOver) throw error
    return undefined
  }

  #assertOpen(syscall: string): void {
    if (this.#isClosed) throw new WinsockError(WinsockCode.WSA_INVALID_HANDLE, { syscall })
  }

  /** An ioctl needs a query that one provider serves. */
  #only(): ProviderLookup {
    this.#assertOpen(SYSCALL.ioctl)
    const [lookup, ...more] = this.#lookups
    if (lookup === undefined || more.length > 0)
      throw new WinsockError(WinsockCode.WSAEINVAL, { syscall: SYSCALL.ioctl })
    return lookup
  }
}
