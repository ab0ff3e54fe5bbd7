// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One frame that a client waits for, and the context its handler gets.
import type { DefinedEntry } from '../internal/definition.ts'
import type { CallContext, Client, Entry, LookupHandle, Operation } from '../types.ts'
import { answerAheadMs } from '../wire/deadline.ts'
import { LazyAbort } from './abort.ts'
import type { Connection } from './connection.ts'
import { inspectorUrl } from './inspector.ts'
import type { Lookup } from './lookup.ts'

export interface CallInit {
  readonly id: number
  readonly operation: Operation
  readonly deadlineMs: number
  readonly entry: DefinedEntry
  /** undefined for registrations and calls on classes. */
  readonly lookup: Lookup | undefined
}

export class Call {
  readonly id: number
  readonly operation: Operation
  readonly connection: Connection
  /** undefined for registrations and calls on classes. */
  readonly lookup: Lookup | undefined
  /** A `performance.now()` value. */
  readonly arrived: number = performance.now()
  /** Ends the handler of this call; that of a lookup belongs to the lookup. */
  readonly abort: LazyAbort = new LazyAbort()
  readonly #init: CallInit
  #context: CallContext | undefined

  constructor(connection: Connection, init: CallInit) {
    this.id = init.id
    this.operation = init.operation
    this.connection = connection
    this.lookup = init.lookup
    this.#init = init
  }

  /** A `performance.now()` value; nobody is late while somebody debugs. */
  get deadline(): number {
    return inspectorUrl() === undefined
      ? this.arrived + this.#init.deadlineMs - answerAheadMs(this.#init.deadlineMs)
      : Number.POSITIVE_INFINITY
  }

  /** What a handler of this call alone gets; that of a lookup has the lookup's own. */
  get context(): CallContext {
    this.#context ??= this.#makeContext()
    return this.#context
  }

  #makeContext(): CallContext {
    const { client } = this.connection
    const { entry, lookup } = this.#init
    return new Context({ client, entry, handle: lookup?.handle }, this.abort, () => this.deadline)
  }
}

/** Who asks, through what. */
export interface Asked {
  readonly client: Client
  readonly entry: DefinedEntry
  readonly handle: LookupHandle | undefined
}

export class Context implements CallContext {
  readonly client: Client
  readonly handle: LookupHandle | undefined
  readonly entry: Entry
  readonly #ends: { readonly signal: AbortSignal }
  readonly #deadline: () => number

  constructor(
    { client, entry, handle }: Asked,
    ends: { readonly signal: AbortSignal },
    deadline: () => number,
  ) {
    this.client = client
    this.handle = handle
    this.entry = entry.entry
    this.#ends = ends
    this.#deadline = deadline
  }

  get signal(): AbortSignal {
    return this.#ends.signal
  }

  get deadline(): number {
    return this.#deadline()
  }
}
