// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the addon and the control file are to a real host: connections, deadlines, change counters. No pipe, no files.
import { isAllowed } from '../host/access.ts'
import type {
  NativeAnswer,
  NativeClient,
  NativeEvent,
  NativeServeOptions,
  NativeServer,
  NativeStats,
} from '../internal/native.ts'
import type { Allow } from '../types.ts'
import {
  COUNTER_COUNT,
  FRAME_BATCH,
  FRAME_LAST_BATCH,
  FRAME_NEXT,
  FRAME_REPLY,
} from '../wire/constants.ts'
import { answerAheadMs } from '../wire/deadline.ts'
import { writeBatch, writeReply } from '../wire/wire.ts'
import type { Clock } from './clock.ts'
import { SimulatedRecords } from './records.ts'

const NOTHING = new Uint8Array(0)

export interface Frame {
  readonly kind: number
  readonly flags: number
  readonly lookup: number
  readonly body: Uint8Array
  readonly deadlineMs: number
}

export interface Answer {
  readonly kind: number
  readonly flags: number
  readonly body: Uint8Array
}

interface Call {
  readonly frame: Frame
  readonly stopTimer: () => void
  readonly settle: (answer: Answer | undefined) => void
}

interface Connection {
  readonly calls: Map<number, Call>
  readonly onGone: () => void
}

interface Subscription {
  readonly indices: readonly number[]
  readonly changed: () => void
}

export class SimulatedServer implements NativeServer {
  readonly pipeName = '\\\\.\\pipe\\winsock-nsp-simulation'
  readonly epoch = 1
  readonly counters: Uint32Array = new Uint32Array(COUNTER_COUNT)
  readonly options: NativeServeOptions
  /** What every process reads from memory. */
  readonly records: SimulatedRecords
  readonly #clock: Clock
  readonly #allow: Allow
  readonly #onEvent: (event: NativeEvent) => void
  readonly #connections = new Map<number, Connection>()
  readonly #subscriptions = new Set<Subscription>()
  #nextClient = 1
  #nextCall = 1
  #isAccepting = true
  #isClosed = false
  #framesIn = 0
  #framesOut = 0
  #refused = 0
  #late = 0

  constructor(
    options: NativeServeOptions,
    allow: Allow,
    clock: Clock,
    onEvent: (event: NativeEvent) => void,
  ) {
    this.options = options
    this.#allow = allow
    this.#clock = clock
    this.records = new SimulatedRecords(this.counters, () => clock.now())
    this.#onEvent = onEvent
  }

  // ── what a client process does ──

  /** Opens the pipe; undefined if it cannot be opened (nobody serves, access denied, all instances taken). */
  connect(identity: NativeClient, onGone: () => void): number | undefined {
    if (!this.#isAccepting || this.#connections.size >= this.options.maxClients) return undefined
    const { connect, sandboxed } = this.#allow
    const isSandboxed = identity.appContainerSid !== undefined
    const isOpen =
      typeof connect === 'function' ||
      isAllowed(connect, { ...identity, signal: new AbortController().signal }) === true
    if (!isOpen || (isSandboxed && sandboxed !== true)) return undefined
    const client = this.#nextClient++
    this.#connections.set(client, { calls: new Map(), onGone })
    this.#onEvent({ type: 'connect', client, identity })
    return client
  }

  /** The process has gone, or has closed its end. */
  leave(client: number, reason: 'closed' | 'killed'): void {
    if (this.#drop(client)) this.#onEvent({ type: 'disconnect', client, reason })
  }

  /** A frame that is not answered. */
  post(client: number, kind: number, lookup: number): void {
    if (!this.#connections.has(client)) return
    this.#framesIn++
    this.#emit(client, 0, { kind, flags: 0, lookup, body: NOTHING, deadlineMs: 0 })
  }

  /** Sends a call. The answer is undefined if there will be none: the connection is gone. */
  send(client: number, frame: Frame): Promise<Answer | undefined> {
    const connection = this.#connections.get(client)
    if (connection === undefined) return Promise.resolve(undefined)
    this.#framesIn++
    if (connection.calls.size >= this.options.maxCallsPerClient)
      return Promise.resolve(this.#failure(frame))
    const call = this.#nextCall++
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>()
    const wait = Math.max(1, frame.deadlineMs - answerAheadMs(frame.deadlineMs))
    const stopTimer = this.#clock.after(wait, () => this.#expire(client, call))
    connection.calls.set(call, { frame, stopTimer, settle: resolve })
    this.#emit(client, call, frame)
    return promise
  }

  /** Calls `changed` once, as soon as a counter is not what was seen. Returns what ends the wait. */
  subscribe(
    seen: readonly { readonly index: number; readonly value: number }[],
    changed: () => void,
  ): () => void {
    const subscription = { indices: seen.map(({ index }) => index), changed }
    if (seen.some(({ index, value }) => this.counters[index] !== value)) {
      queueMicrotask(changed)
      return () => undefined
    }
    this.#subscriptions.add(subscription)
    return () => void this.#subscriptions.delete(subscription)
  }

  // ── NativeServer ──

  answer(
    client: number,
    kind: number,
    flags: number,
    call: number,
    _lookup: number,
    body: Uint8Array,
  ): boolean {
    return this.#settle(client, call, { kind, flags, body })
  }

  change(indices: readonly number[]): void {
    for (const index of indices) this.counters[index] = (this.counters[index] ?? 0) + 1
    for (const subscription of this.#subscriptions) {
      if (!subscription.indices.some((index) => indices.includes(index))) continue
      this.#subscriptions.delete(subscription)
      subscription.changed()
    }
  }

  disconnect(client: number): void {
    this.#refused++
    this.#drop(client)
  }

  stats(): NativeStats {
    const calls = [...this.#connections.values()].reduce(
      (sum, { calls: { size } }) => sum + size,
      0,
    )
    return {
      clients: this.#connections.size,
      calls,
      subscriptions: this.#subscriptions.size,
      framesIn: this.#framesIn,
      framesOut: this.#framesOut,
      refusedClients: this.#refused,
      rejectedFrames: 0,
      // Its clients have no breaker: the simulated host is never silent.
      breakerOpenings: 0,
      late: this.#late,
    }
  }

  ref(): void {}
  unref(): void {}

  stopAccepting(): void {
    this.#isAccepting = false
  }

  close(): Promise<void> {
    this.#isAccepting = false
    if (!this.#isClosed) {
      this.#isClosed = true
      for (const client of [...this.#connections.keys()]) this.#drop(client)
    }
    return Promise.resolve()
  }

  // ── NativeRecords ──

  reserve(): void {}
  publish(owner: number, records: Uint8Array): Uint32Array {
    return this.records.publish(owner, records)
  }
  withdraw(keys: Uint8Array): Uint32Array {
    return this.records.withdraw(keys)
  }
  owners(keys: Uint8Array): Uint32Array {
    return this.records.owners(keys)
  }
  record(key: Uint8Array): ReturnType<NativeServer['record']> {
    return this.records.record(key)
  }
  keys(owner?: number): Uint8Array {
    return this.records.keys(owner)
  }
  putAnswer(answer: NativeAnswer): void {
    this.records.putAnswer(answer)
  }
  published(): ReturnType<NativeServer['published']> {
    return this.records.published()
  }

  // ── inside ──

  #emit(client: number, call: number, { kind, flags, lookup, body }: Frame): void {
    const lent = body.slice()
    this.#onEvent({ type: 'frame', client, kind, flags, call, lookup, body: lent })
    lent.fill(0xee) // as the addon's, which uses its memory again
  }

  #failure({ kind }: Frame): Answer {
    const { onFailure } = this.options
    return kind === FRAME_NEXT
      ? { kind: FRAME_BATCH, flags: FRAME_LAST_BATCH, body: writeBatch(onFailure, []) }
      : { kind: FRAME_REPLY, flags: 0, body: writeReply(onFailure, NOTHING) }
  }

  #expire(client: number, call: number): void {
    const frame = this.#connections.get(client)?.calls.get(call)?.frame
    if (frame === undefined) return
    this.#late++
    this.#settle(client, call, this.#failure(frame))
    this.#onEvent({ type: 'late', client, call })
  }

  #settle(client: number, id: number, answer: Answer | undefined): boolean {
    const calls = this.#connections.get(client)?.calls
    const call = calls?.get(id)
    if (call === undefined) return false
    calls?.delete(id)
    call.stopTimer()
    this.#framesOut++
    call.settle(answer)
    return true
  }

  #drop(client: number): boolean {
    const connection = this.#connections.get(client)
    if (connection === undefined) return false
    for (const call of connection.calls.keys()) this.#settle(client, call, undefined)
    this.#connections.delete(client)
    connection.onGone()
    return true
  }
}
