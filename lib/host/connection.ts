// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One connected client process with its lookups and calls.

import type { NativeClient, NativeEvent } from '../internal/native.ts'
import type { Client } from '../types.ts'
import type { Call } from './call.ts'
import type { Lookup } from './lookup.ts'

export type NativeFrame = Extract<NativeEvent, { readonly type: 'frame' }>

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

  /** Ends everything of this client. */
  end(reason: Error): void {
    this.isEnded = true
    this.#controller.abort(reason)
    this.queue = undefined
    for (const call of this.calls.values()) call.controller.abort(reason)
    for (const lookup of this.lookups.values()) lookup.end(reason)
    this.calls.clear()
    this.lookups.clear()
  }
}
