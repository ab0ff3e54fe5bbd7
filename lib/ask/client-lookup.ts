// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One lookup handle of a client: reading, control codes and notifications.
import { SIO_NSP_NOTIFY_CHANGE, WinsockCode } from '../codes.ts'
import { isWinsockError, WinsockError } from '../errors.ts'
import { isFields, show } from '../internal/issues.ts'
import type { NativeLookup, NativeNotification, NativeResult } from '../internal/native.ts'
import { makeService } from '../internal/service.ts'
import type { IoctlDefinition } from '../ioctl.ts'
import type { Service } from '../types.ts'
import type { CallOptions, IoctlOptions, Lookup, NextOptions } from '../winsock.ts'
import {
  type CheckedQuery,
  checked,
  checkOptions,
  DEFAULT_OUTPUT_BYTES,
  MAX_OUTPUT_BYTES,
} from './client-checks.ts'
import { type ActiveProvider, type Caller, ignore } from './client-port.ts'

const MAX_UINT32 = 0xffffffff
// What Winsock 1 programs were told at the end; some providers still say it.
const WSAENOMORE = 10102
const NO_PROVIDER = '00000000-0000-0000-0000-000000000000'

export function isCode(error: unknown, ...codes: readonly number[]): error is WinsockError {
  return isWinsockError(error) && codes.includes(error.errno)
}

export function serviceOf(result: NativeResult, asked: string | undefined): Service {
  const { version, namespace, providerId } = result
  const set = {
    ...result,
    entry: 0,
    protocols: [],
    version: version === undefined ? undefined : { value: version, compare: 0 },
  }
  return makeService(set, namespace, providerId ?? asked ?? NO_PROVIDER)
}

/** The query, aimed at the one active provider of its namespace; or why there is no such one. */
export function aim(
  query: CheckedQuery,
  providers: readonly ActiveProvider[],
): { readonly query: CheckedQuery; readonly fault: string | undefined } {
  const { set } = query
  if (set.providerId !== undefined) return { query, fault: undefined }
  const all = set.namespace === 0
  const found = providers.filter(({ namespace }) => all || namespace === set.namespace)
  const [only] = found
  if (only !== undefined && found.length === 1) {
    return { query: { ...query, set: { ...set, providerId: only.id } }, fault: undefined }
  }
  const names = found.map(({ name, id }) => `${name} ${id}`).join(', ')
  const where = all ? 'the catalog' : `namespace ${set.namespace}`
  const fault =
    found.length === 0
      ? `${where} has no active provider`
      : `${where} has ${found.length} active providers; name one by providerId (${names})`
  return { query, fault }
}

export function notOne(fault: string): WinsockError {
  const plain = new WinsockError('WSAEINVAL', { syscall: 'WSANSPIoctl' })
  return new WinsockError('WSAEINVAL', {
    syscall: 'WSANSPIoctl',
    message: `${plain.message}: ${fault}`,
  })
}

function checkDefinition(definition: unknown): void {
  checked((issues) => {
    const fields = isFields(definition) ? definition : {}
    const { code, input, output } = fields
    if (!isFields(definition)) issues.add('definition', `not from defineIoctl: ${show(definition)}`)
    else {
      issues.integer('definition.code', code, 0, MAX_UINT32)
      if (code === SIO_NSP_NOTIFY_CHANGE)
        issues.add('definition.code', 'SIO_NSP_NOTIFY_CHANGE: use changed() or nextChange()')
      if (!isFields(input) || typeof input['encode'] !== 'function')
        issues.add('definition.input', 'not a codec')
      if (!isFields(output) || typeof output['decode'] !== 'function')
        issues.add('definition.output', 'not a codec')
    }
  })
}

/** Made by `open`. Collecting it ends the handle as well. */
export class OpenLookup implements Lookup {
  readonly #caller: Caller
  readonly #handle: NativeLookup
  readonly #query: CheckedQuery
  /** Why control codes have no single provider to go to. */
  readonly #fault: string | undefined
  #closing: Promise<void> | undefined
  /** The one request that a handle may have. It outlives an aborted wait, so that no change is lost. */
  #notification: NativeNotification | undefined

  constructor(
    caller: Caller,
    handle: NativeLookup,
    query: CheckedQuery,
    fault: string | undefined,
  ) {
    this.#caller = caller
    this.#handle = handle
    this.#query = query
    this.#fault = fault
  }

  /** WSALookupServiceBegin. It cannot be cancelled: a handle that comes after an abort is ended. */
  static async open(
    caller: Caller,
    query: CheckedQuery,
    fault: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<OpenLookup> {
    const { port } = caller
    const handle = await caller.call(() => port.begin(query.set, query.flags), {
      signal,
      abandon: (work) => void work.then((late) => port.end(late)).catch(ignore),
    })
    return new OpenLookup(caller, handle, query, fault)
  }

  async next(options?: NextOptions): Promise<Service | undefined> {
    const { signal, flags } = checked((issues) => {
      const given = checkOptions(issues, options, ['flags'])
      const value = given['flags'] ?? 0
      return {
        signal: given.signal,
        flags: issues.integer('options.flags', value, 0, MAX_UINT32) ?? 0,
      }
    })
    this.#check('WSALookupServiceNextW')
    try {
      const { port } = this.#caller
      const result = await this.#caller.call(
        () => port.next(this.#handle, flags),
        this.#ending(signal),
      )
      return serviceOf(result, this.#query.set.providerId)
    } catch (error) {
      if (isCode(error, WinsockCode.WSA_E_NO_MORE, WSAENOMORE)) return undefined
      throw error
    }
  }

  async ioctl<Input, Output>(
    definition: IoctlDefinition<Input, Output>,
    input: Input,
    options?: IoctlOptions,
  ): Promise<Output> {
    checkDefinition(definition)
    const { signal, size } = checked((issues) => {
      const given = checkOptions(issues, options, ['outputSize'])
      const value = given['outputSize'] ?? DEFAULT_OUTPUT_BYTES
      const bytes = issues.integer('options.outputSize', value, 0, MAX_OUTPUT_BYTES)
      return { signal: given.signal, size: bytes ?? 0 }
    })
    const bytes = definition.input.encode(input)
    checked((issues) => {
      if (!(bytes instanceof Uint8Array))
        issues.add('definition.input', `encodes to no Uint8Array: ${show(bytes)}`)
    })
    this.#check('WSANSPIoctl', true)
    const { port } = this.#caller
    const output = await this.#caller.call(
      () => port.ioctl(this.#handle, definition.code, bytes, size),
      this.#ending(signal),
    )
    return await definition.output.decode(output)
  }

  async changed(): Promise<boolean> {
    this.#check('WSANSPIoctl', true)
    return await this.#caller.call(() => this.#caller.port.poll(this.#handle))
  }

  async nextChange(options?: CallOptions): Promise<void> {
    const { signal } = checked((issues) => checkOptions(issues, options))
    signal?.throwIfAborted()
    this.#check('WSANSPIoctl', true)
    const notification = this.#request()
    try {
      await this.#caller.call(() => notification.changed, { signal })
    } catch (error) {
      // Aborted: the request stays, and the next wait joins it.
      if (signal?.aborted !== true || error !== signal.reason) this.#consume(notification)
      throw error
    }
    this.#consume(notification)
  }

  /** Resolves when the provider has a request that the next nextChange waits for: no later change is missed. */
  async watchFromNow(signal: AbortSignal | undefined): Promise<void> {
    this.#check('WSANSPIoctl', true)
    await this.#caller.call(() => this.#request().accepted, { signal })
  }

  close(): Promise<void> {
    this.#closing ??= this.#caller.call(() => this.#caller.port.end(this.#handle))
    return this.#closing
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Service, void, undefined> {
    for (;;) {
      const service = await this.next()
      if (service === undefined) return
      yield service
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #request(): NativeNotification {
    if (this.#notification === undefined) {
      this.#notification = this.#caller.port.notify(this.#handle)
      this.#notification.accepted.catch(ignore)
      this.#notification.changed.catch(ignore)
    }
    return this.#notification
  }

  #consume(notification: NativeNotification): void {
    if (this.#notification === notification) this.#notification = undefined
  }

  /** Winsock cancels a call only by ending its handle. */
  #ending(signal: AbortSignal | undefined): {
    signal: AbortSignal | undefined
    abandon: () => void
  } {
    return { signal, abandon: () => void this.close().catch(ignore) }
  }

  #check(syscall: string, needsOne = false): void {
    if (this.#closing !== undefined) throw new WinsockError('WSA_INVALID_HANDLE', { syscall })
    if (needsOne && this.#fault !== undefined) throw notOne(this.#fault)
  }
}
