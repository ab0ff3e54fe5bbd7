// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One connected client process with its lookups and calls.

import type { NativeClient, NativeFrame } from '../internal/native.ts'
import type { Client } from '../types.ts'
import type { Reason } from './abort.ts'
import type { Call } from './call.ts'
import type { Lookup } from './lookup.ts'

export class Connection {
  readonly number: number
  readonly client: Client
  readonly lookups: Map<number, Lookup> = new Map()
  readonly calls: Map<number, Call> = new Map()
  /** Frames that came before it was decided whether this client may connect. */
  queue: NativeFrame[] | undefined
  isEnded = false
  readonly #controller = new AbortController()

  constructor(number: number, identity: NativeClient) {
    this.number = number
    this.client = Object.freeze({ ...identity, signal: this.#controller.signal })
  }

  add(call: Call): void {
    this.calls.set(call.id, call)
    if (call.lookup !== undefined) call.lookup.calls++
  }

  /** False: it is not (or no longer) there. */
  remove(call: Call): boolean {
    if (this.calls.get(call.id) !== call) return false
    this.calls.delete(call.id)
    if (call.lookup !== undefined) call.lookup.calls--
    return true
  }

  /** The calls of a lookup that ends; nearly always it has none, and then nothing is searched. */
  callsOf(lookup: Lookup): readonly Call[] {
    return lookup.calls === 0
      ? []
      : [...this.calls.values()].filter((call) => call.lookup === lookup)
  }

  /** Ends everything of this client. */
  end(reason: Reason): void {
    this.isEnded = true
    this.#controller.abort(reason.error)
    this.queue = undefined
    for (const call of this.calls.values()) call.abort.abort(reason)
    for (const lookup of this.lookups.values()) lookup.end(reason)
    this.calls.clear()
    this.lookups.clear()
  }
}
