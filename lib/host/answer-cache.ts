// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Answers with a time to live: published for other processes, and asked for again before they run out.
import type { Definition } from '../internal/definition.ts'
import type { NativeRecords } from '../internal/native.ts'
import type { CallContext } from '../types.ts'
import { sampledCounters } from '../wire/counters.ts'
import { Reason } from './abort.ts'
import type { Changes } from './changes.ts'
import { Round, type RoundInit, type RoundOwner, type WholeAnswer } from './round.ts'
import type { Timing } from './timing.ts'
import { debug, publish } from './trace.ts'

/** More than these are not published: their clients ask each time. */
export const MAX_ANSWERS = 4_096
export const MAX_ANSWERS_BYTES: number = 16 * 1_048_576
// So often is an answer made again after the last time that a client asked for it.
const MAX_REFRESHES = 8
const REFRESH_AT = 0.75
const MAX_TTL_MS = 0xffffffff
// Rather a little late than a timer for each answer.
const TICK_MS = 50

interface Kept {
  /** Who asked first, and what. */
  readonly init: RoundInit
  readonly query: Uint8Array
  bytes: number
  refreshAt: number
  expiresAt: number
  refreshes: number
  running: Round | undefined
}

export interface AnswerCacheInit {
  readonly definition: Definition
  readonly answerBytes: number
  readonly records: NativeRecords
  readonly changes: Changes
  readonly published: RoundOwner['published']
  readonly timing: Timing
  readonly failed: (error: unknown, context: CallContext) => number
}

export class AnswerCache {
  readonly #init: AnswerCacheInit
  readonly #kept = new Map<string, Kept>()
  #bytes = 0
  #stopTimer: (() => void) | undefined
  #wakesAt = Number.POSITIVE_INFINITY
  #isClosed = false

  constructor(init: AnswerCacheInit) {
    this.#init = init
  }

  /** A client has been answered: its answer is published if the handler said for how long it holds. */
  answered(init: RoundInit, answer: WholeAnswer): void {
    const kept = this.#kept.get(keyOf(answer.query))
    // The first client that asked is the one that a later run of the handler is told of.
    this.#put(kept?.init ?? init, answer, 0)
  }

  /** Ends what runs; nothing is published any more. What is published holds until it runs out. */
  close(reason: Reason): void {
    this.#isClosed = true
    this.#stopTimer?.()
    for (const { running } of this.#kept.values()) running?.end(reason)
    this.#kept.clear()
  }

  #put(init: RoundInit, answer: WholeAnswer, refreshes: number): void {
    const { changes, records, timing } = this.#init
    // The frame that it came in is not to be kept for it.
    const query = answer.query.slice()
    const key = keyOf(query)
    if (this.#isClosed) return
    this.#drop(key)
    const ttlMs = Math.min(MAX_TTL_MS, Math.floor(answer.ttl * 1000))
    // A change that came while the handler ran may concern it.
    if (ttlMs < 1 || changes.count !== answer.changes) return
    const blocks = joined(answer.items)
    const bytes = query.length + blocks.length
    if (this.#kept.size >= MAX_ANSWERS || this.#bytes + bytes > MAX_ANSWERS_BYTES) {
      debug('%d answers are published: no more', this.#kept.size)
      return
    }
    const { status, items } = answer
    try {
      const counters = sampled(init)
      records.putAnswer({ query, counters, status, count: items.length, blocks, ttlMs })
    } catch (error) {
      // The client has its answer; the next one asks again.
      debug('an answer could not be published: %o', error)
      return
    }
    const now = timing.now()
    const kept: Kept = {
      init,
      query,
      bytes,
      refreshAt: now + ttlMs * REFRESH_AT,
      expiresAt: now + ttlMs,
      refreshes,
      running: undefined,
    }
    this.#kept.set(key, kept)
    this.#bytes += bytes
    this.#wake(kept.refreshAt)
    const { query: asked } = init.handle
    debug('answer to %s published for %d ms', asked.name ?? '*', ttlMs)
    publish('publish', {
      published: 0,
      withdrawn: 0,
      unchanged: 0,
      answer: { query: asked, ttlMs },
    })
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key)
    if (kept === undefined) return
    this.#bytes -= kept.bytes
    this.#kept.delete(key)
    kept.running?.end(new Reason('ERR_NSP_CALL_ENDED'))
  }

  /** One timer for all, for the earliest. */
  #wake(at: number): void {
    if (at >= this.#wakesAt || this.#isClosed) return
    const { timing } = this.#init
    this.#stopTimer?.()
    this.#wakesAt = at
    this.#stopTimer = timing.after(Math.max(TICK_MS, at - timing.now()), () => this.#tick())
  }

  #tick(): void {
    const now = this.#init.timing.now()
    let next = Number.POSITIVE_INFINITY
    this.#wakesAt = next
    for (const [key, kept] of this.#kept) {
      if (kept.expiresAt <= now) {
        this.#drop(key)
        continue
      }
      const isDue = kept.refreshAt <= now
      if (isDue && kept.running === undefined && kept.refreshes < MAX_REFRESHES)
        void this.#refresh(key, kept)
      next = Math.min(next, isDue ? kept.expiresAt : kept.refreshAt)
    }
    if (next !== Number.POSITIVE_INFINITY) this.#wake(next)
  }

  /** Runs the handler for the same query again. */
  async #refresh(key: string, kept: Kept): Promise<void> {
    const { definition, answerBytes, failed } = this.#init
    const { promise, resolve } = Promise.withResolvers<void>()
    const owner: RoundOwner = {
      definition,
      answerBytes,
      published: this.#init.published,
      changes: this.#init.changes,
      answerNext: () => resolve(),
      answered: (_init, answer) => {
        if (this.#kept.get(key) !== kept) return
        kept.running = undefined
        this.#put(kept.init, answer, kept.refreshes + 1)
      },
      handlerFailed: (_operation, error, context) => failed(error, context),
    }
    const round = new Round(owner, kept.init, kept.query)
    kept.running = round
    round.next({ deadline: Number.POSITIVE_INFINITY })
    await promise
    // It is not published again: what the handler says now is not to be kept, or came in parts.
    round.end(new Reason('ERR_NSP_CALL_ENDED'))
    if (kept.running === round) {
      kept.running = undefined
      kept.refreshes = MAX_REFRESHES
    }
  }
}

/** Bytes as a key of a Map. */
function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

function sampled({ handle, entry }: RoundInit): number[] {
  const { key, serviceClass } = handle.query
  return sampledCounters(key, serviceClass?.id, entry.index)
}

function joined(items: readonly Uint8Array[]): Uint8Array {
  const blocks = new Uint8Array(items.reduce((sum, item) => sum + item.length, 0))
  let at = 0
  for (const item of items) {
    blocks.set(item, at)
    at += item.length
  }
  return blocks
}
