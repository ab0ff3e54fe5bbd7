// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One frame that a client waits for, and the context its handler gets.
import { NspError, type NspErrorCode } from '../errors.ts'
import type { DefinedEntry } from '../internal/definition.ts'
import type { CallContext, Client, Entry, LookupHandle, Operation } from '../types.ts'
import type { Connection } from './connection.ts'
import { inspectorUrl } from './inspector.ts'
import type { Lookup } from './lookup.ts'

// The addon answers this much before the client's own deadline.
const LATE_MARGIN_MS = 25

export interface Call {
  readonly id: number
  readonly operation: Operation
  readonly connection: Connection
  /** undefined for registrations and calls on classes. */
  readonly lookup: Lookup | undefined
  /** `performance.now()` values. */
  readonly arrived: number
  readonly deadline: number
  /** What a handler of this call alone gets; that of a lookup has the lookup's own. */
  readonly context: CallContext
  /** Ends the handler of this call; that of a lookup belongs to the lookup. */
  readonly controller: AbortController
}

export interface CallInit {
  readonly id: number
  readonly operation: Operation
  readonly deadlineMs: number
  readonly entry: DefinedEntry
  readonly lookup: Lookup | undefined
}

export function makeCall(connection: Connection, init: CallInit): Call {
  const { id, operation, deadlineMs, entry, lookup } = init
  const arrived = performance.now()
  const deadline =
    inspectorUrl() === undefined ? arrived + deadlineMs - LATE_MARGIN_MS : Number.POSITIVE_INFINITY
  const controller = new AbortController()
  const asked = { client: connection.client, entry, handle: lookup?.handle }
  const context = new Context(asked, controller.signal, () => deadline)
  return { id, operation, connection, lookup, arrived, deadline, context, controller }
}

type AbortCode = Extract<
  NspErrorCode,
  'ERR_NSP_CALL_ENDED' | 'ERR_NSP_CALL_TIMEOUT' | 'ERR_NSP_CLIENT_GONE' | 'ERR_NSP_HOST_CLOSED'
>

const REASONS: Readonly<Record<AbortCode, string>> = {
  ERR_NSP_CALL_ENDED: 'the client has ended this call',
  ERR_NSP_CALL_TIMEOUT: 'the client was answered onFailure: the handler was late',
  ERR_NSP_CLIENT_GONE: 'the client process is gone',
  ERR_NSP_HOST_CLOSED: 'the host is closed',
}

/** Why a signal aborts. */
export function abortReason(code: AbortCode, cause?: unknown): NspError {
  return new NspError(code, REASONS[code], { cause })
}

/** Who asks, through what. */
export interface Asked {
  readonly client: Client
  readonly entry: DefinedEntry
  readonly handle: LookupHandle | undefined
}

export class Context implements CallContext {
  readonly client: Client
  readonly signal: AbortSignal
  readonly handle: LookupHandle | undefined
  readonly entry: Entry
  readonly #deadline: () => number

  constructor({ client, entry, handle }: Asked, signal: AbortSignal, deadline: () => number) {
    this.client = client
    this.signal = signal
    this.handle = handle
    this.entry = entry.entry
    this.#deadline = deadline
  }

  get deadline(): number {
    return this.#deadline()
  }
}
