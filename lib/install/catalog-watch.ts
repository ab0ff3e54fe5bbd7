// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The catalogs, and again after each change. A wait for the next change is always asked for before they are read, so
// that no change is missed; several that come together may give one value.
import { isDeepStrictEqual } from 'node:util'
import { IssueList, invalidArgument, isFields, show } from '../internal/issues.ts'
import type { Native } from '../internal/native.ts'
import { isNativeFailure, nativeError } from '../internal/windows-error.ts'
import { type CatalogEntry, list } from './operations.ts'

type Catalogs = readonly CatalogEntry[]

/** @throws TypeError (`ERR_INVALID_ARG_VALUE`) */
export function checkWatchOptions(options: unknown): AbortSignal | undefined {
  const issues = new IssueList()
  const given = isFields(options) ? options : {}
  if (!isFields(options)) issues.add('options', `not an object: ${show(options)}`)
  issues.unknownKeys('', given, ['signal'])
  const { signal } = given
  if (signal !== undefined && !(signal instanceof AbortSignal))
    issues.add('signal', `not an AbortSignal: ${show(signal)}`)
  if (issues.issues.length > 0) throw invalidArgument(issues)
  return signal as AbortSignal | undefined
}

/** An abort's reason and errors of our own stay what they are. */
function asUserSees(error: unknown): unknown {
  return isNativeFailure(error) ? nativeError(error, 'watching the catalog') : error
}

/**
 * One iteration. It holds nothing before the first `next`, and nothing after `return`, an abort or a failure; `return`
 * ends a `next` that waits, which a generator could not do.
 */
export class CatalogIterator implements AsyncIterableIterator<Catalogs> {
  readonly #load: () => Native
  readonly #signal: AbortSignal | undefined
  #native: Native | undefined
  #watch: { close(): void } | undefined
  #last: Catalogs | undefined
  #isDone = false
  #isChanged = true
  #failure: { readonly error: unknown } | undefined
  #wake = Promise.withResolvers<void>()
  /** Calls of `next` are answered in order. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(load: () => Native, signal: AbortSignal | undefined) {
    this.#load = load
    this.#signal = signal
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Catalogs, undefined>> {
    const result = this.#turn.then(() => this.#next())
    this.#turn = result.catch(() => undefined)
    return result
  }

  async return(): Promise<IteratorResult<Catalogs, undefined>> {
    this.#close()
    return { done: true, value: undefined }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close()
  }

  #open(): Native {
    this.#signal?.throwIfAborted()
    const native = this.#load()
    this.#watch = native.catalogWatch((failure) => this.#onChange(failure))
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true })
    this.#native = native
    return native
  }

  #onAbort = (): void => this.#fail(this.#signal?.reason)

  #onChange(failure: Error | undefined): void {
    if (failure !== undefined) {
      this.#fail(asUserSees(failure))
      return
    }
    this.#isChanged = true
    this.#wakeUp()
  }

  #wakeUp(): void {
    this.#wake.resolve()
    this.#wake = Promise.withResolvers()
  }

  #fail(error: unknown): void {
    if (this.#isDone) return
    this.#failure = { error }
    this.#close()
  }

  #close(): void {
    this.#isDone = true
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#watch?.close()
    this.#watch = undefined
    this.#wakeUp()
  }

  async #next(): Promise<IteratorResult<Catalogs, undefined>> {
    while (!this.#isDone) {
      try {
        const changed = this.#read()
        if (changed !== undefined) return { done: false, value: changed }
      } catch (error) {
        this.#close()
        throw asUserSees(error)
      }
      await this.#wake.promise
    }
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure.error
    return { done: true, value: undefined }
  }

  /** The catalogs if they are not those given last. */
  #read(): Catalogs | undefined {
    const native = this.#native ?? this.#open()
    if (!this.#isChanged) return undefined
    this.#isChanged = false
    const catalogs = list(native)
    if (isDeepStrictEqual(catalogs, this.#last)) return undefined
    this.#last = catalogs
    return catalogs
  }
}
