// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One lookup handle of a client: a round of answers; for a provider of feeds, further rounds that tell differences.

import type { DefinedEntry } from '../internal/definition.ts'
import type { CallContext, Client, LookupHandle } from '../types.ts'
import { MalformedFrame } from '../wire/bytes.ts'
import type { WireQuerySet } from '../wire/wire.ts'
import type { Reason } from './abort.ts'
import type { Call } from './call.ts'
import { Told } from './feed.ts'
import { makeQuery } from './query.ts'
import { Round, type RoundOwner } from './round.ts'

/** A query, and the bytes that it came in if they are known. They are the frame's: gone when `next` has returned. */
export interface AskedQuery {
  readonly wire: WireQuerySet
  readonly block: Uint8Array | undefined
}

export class Lookup {
  readonly number: number
  readonly client: Client
  readonly entry: DefinedEntry
  readonly handle: LookupHandle
  /** How many are under way. */
  calls = 0
  readonly #owner: RoundOwner
  readonly #told: Told | undefined
  #round: Round
  #isEnded = false

  constructor(
    owner: RoundOwner,
    client: Client,
    number: number,
    id: string,
    { wire, block }: AskedQuery,
  ) {
    const entry = owner.definition.entries[wire.entry]
    if (entry === undefined) throw new MalformedFrame(`there is no entry ${wire.entry}`)
    this.#owner = owner
    this.number = number
    this.client = client
    this.entry = entry
    this.handle = Object.freeze({ id, query: makeQuery(wire), openedAt: performance.now() })
    this.#told = owner.definition.init.changes === 'feed' ? new Told() : undefined
    this.#round = this.#begin(true, block)
  }

  /** What the handler has, or had last. */
  get context(): CallContext {
    return this.#round.context
  }

  /** Answers `call` with the next batch, when there is one. */
  next(call: Call): void {
    if (this.#round.isWaiting) throw new MalformedFrame('two Next calls of one lookup at once')
    // After the end a client of a feed comes back when it has heard of a change: it is told what is different.
    if (this.#told !== undefined && this.#round.isOver && !this.#isEnded)
      this.#round = this.#begin(false, undefined)
    this.#round.next(call)
  }

  /** The caller of Next has left; what is being made goes to the next one. */
  forget(call: Call): void {
    this.#round.forget(call)
  }

  /** The caller was answered onFailure because the handler is late: so is everything after it in this round. */
  late(status: number, reason: Reason): void {
    this.#round.late(status, reason)
  }

  /** Stops the handler. */
  end(reason: Reason): void {
    this.#isEnded = true
    this.#round.end(reason)
  }

  #begin(isFirst: boolean, block: Uint8Array | undefined): Round {
    this.#told?.begin(isFirst)
    const { client, entry, handle } = this
    return new Round(this.#owner, { client, entry, handle, told: this.#told }, block)
  }
}
