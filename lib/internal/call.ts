// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One frame that a client waits for, and the context its handler gets.
import { NspError, type NspErrorCode } from '../errors.ts'
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
  readonly lookup: Lookup
  /** `performance.now()` values. */
  readonly arrived: number
  readonly deadline: number
  /** Ends the handler of an ioctl or a still-valid question; that of a lookup belongs to the lookup. */
  readonly controller: AbortController
}

export function makeCall(
  connection: Connection,
  lookup: Lookup,
  init: { readonly id: number; readonly operation: Operation; readonly deadlineMs: number },
): Call {
  const arrived = performance.now()
  const deadline =
    inspectorUrl() === undefined
      ? arrived + init.deadlineMs - LATE_MARGIN_MS
      : Number.POSITIVE_INFINITY
  return {
    id: init.id,
    operation: init.operation,
    connection,
    lookup,
    arrived,
    deadline,
    controller: new AbortController(),
  }
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

export class Context implements CallContext {
  readonly client: Client
  readonly signal: AbortSignal
  readonly handle: LookupHandle
  readonly entry: Entry
  readonly #deadline: () => number

  constructor(lookup: Lookup, signal: AbortSignal, deadline: () => number) {
    this.client = lookup.client
    this.signal = signal
    this.handle = lookup.handle
    this.entry = lookup.entry.entry
    this.#deadline = deadline
  }

  get deadline(): number {
    return this.#deadline()
  }
}
