// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Turns what the addon reports into calls of handlers, and their results into answers. Knows nothing of pipes.
import { WinsockCode } from '../codes.ts'
import { isWinsockError } from '../errors.ts'
import type { Definition } from '../internal/definition.ts'
import type { NativeClient, NativeEvent, NativeFrame, NativeServer } from '../internal/native.ts'
import type {
  CallContext,
  Client,
  DisconnectReason,
  HandlerFailure,
  HostStats,
  Operation,
} from '../types.ts'
import { MalformedFrame } from '../wire/bytes.ts'
import {
  FRAME_BATCH,
  FRAME_CANCEL,
  FRAME_END,
  FRAME_LAST_BATCH,
  FRAME_REPLY,
} from '../wire/constants.ts'
import { writeBatch } from '../wire/wire.ts'
import { Reason } from './abort.ts'
import { isAllowed } from './access.ts'
import type { AnswerCache } from './answer-cache.ts'
import { Call } from './call.ts'
import { Connection } from './connection.ts'
import { keepFrame } from './frames.ts'
import { Leases } from './leases.ts'
import { Lookup } from './lookup.ts'
import { type Handlers, type Reply, refusal } from './reply.ts'
import { type LookupRequest, readRequest } from './requests.ts'
import type { Batch, RoundInit, RoundOwner, WholeAnswer } from './round.ts'
import { CallStats } from './stats.ts'
import { debug, publish } from './trace.ts'

// Handles that one process may leave open; a program that never ends its lookups must not fill our memory.
const MAX_LOOKUPS = 16_384

export type Outlet = Pick<NativeServer, 'answer' | 'disconnect'>

/** What is published, and what a round may add to it. */
export interface DispatchStores extends Pick<RoundOwner, 'published' | 'changes'> {
  readonly answers: Pick<AnswerCache, 'answered'>
}

export interface DispatchListener {
  connected(client: Client): void
  disconnected(client: Client, reason: DisconnectReason): void
  handlerFailed(failure: HandlerFailure): void
}

export class Dispatcher implements RoundOwner {
  readonly definition: Definition
  readonly answerBytes: number
  readonly published: RoundOwner['published']
  readonly changes: RoundOwner['changes']
  readonly clients: Set<Client> = new Set()
  readonly #answers: DispatchStores['answers']
  readonly #outlet: Outlet
  readonly #listener: DispatchListener
  readonly #handlers: Handlers
  readonly #connections = new Map<number, Connection>()
  readonly #stats = new CallStats()
  #refusing = false
  #rejectedFrames = 0
  #idle: (() => void) | undefined

  constructor(
    definition: Definition,
    answerBytes: number,
    outlet: Outlet,
    stores: DispatchStores,
    listener: DispatchListener,
  ) {
    this.definition = definition
    this.published = stores.published
    this.changes = stores.changes
    this.#answers = stores.answers
    this.answerBytes = answerBytes
    this.#outlet = outlet
    this.#listener = listener
    const failed = this.handlerFailed.bind(this)
    this.#handlers = { definition, failed, leases: new Leases(definition, failed) }
  }

  handle(event: NativeEvent): void {
    switch (event.type) {
      case 'connect':
        this.#connect(event.client, event.identity)
        break
      case 'disconnect':
        this.#disconnect(event.client, event.reason)
        break
      case 'frame':
        this.#frame(event)
        break
      case 'late':
        this.#late(event.client, event.call)
        break
      case 'retired':
        // The host's matter.
        break
    }
  }

  get stats(): Pick<HostStats, 'handles' | 'calls' | 'rejectedFrames'> {
    const handles = [...this.#connections.values()].reduce(
      (sum, { lookups }) => sum + lookups.size,
      0,
    )
    return { handles, calls: this.#stats.snapshot(), rejectedFrames: this.#rejectedFrames }
  }

  /** New calls are answered WSAENETDOWN; leases end; resolves when that and the running calls have ended. */
  async drain(): Promise<void> {
    this.#refusing = true
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#idle = resolve
    this.#checkIdle()
    const { leases } = this.#handlers
    // At once: a call that hangs until the timeout must not keep registrations for ever.
    await Promise.all([promise, leases.drain()])
    // Those that were under way.
    await leases.drain()
  }

  /** Aborts everything; nobody is answered any more. */
  destroy(cause?: unknown): void {
    this.#refusing = true
    const reason = new Reason('ERR_NSP_HOST_CLOSED', cause)
    for (const connection of this.#connections.values()) {
      connection.end(reason)
      this.clients.delete(connection.client)
    }
    this.#connections.clear()
    this.#handlers.leases.destroy(reason.error)
    this.#checkIdle()
  }

  // ── RoundOwner ──

  answerNext(call: Call, { status, items, last }: Batch): void {
    if (!this.#settle(call, status !== 0 && items.length === 0 && this.#isFailure(status))) return
    const flags = last ? FRAME_LAST_BATCH : 0
    this.#answer(call, FRAME_BATCH, flags, writeBatch(status, items))
  }

  answered(init: RoundInit, answer: WholeAnswer): void {
    this.#answers.answered(init, answer)
  }

  /** The code for the client; reports what is not a WinsockError, unless the call has been given up. */
  handlerFailed(operation: Operation, error: unknown, context: CallContext): number {
    if (context.signal.aborted) return this.definition.onFailure
    if (isWinsockError(error)) return error.errno
    debug('%s handler failed: %o', operation, error)
    this.#listener.handlerFailed(Object.freeze({ operation, error, context }))
    return this.definition.onFailure
  }

  // ── events of the addon ──

  #connect(number: number, identity: NativeClient): void {
    const connection = new Connection(number, identity)
    const { client } = connection
    this.#connections.set(number, connection)
    const rule = this.definition.allow.connect
    if (typeof rule === 'function') {
      connection.queue = []
      void this.#admit(connection)
    } else {
      this.#welcome(connection)
    }
    debug('client %d: process %d (%s)', number, client.processId, client.imagePath ?? '?')
  }

  #welcome({ client }: Connection): void {
    this.clients.add(client)
    publish('connect', { client })
    this.#listener.connected(client)
  }

  /** Lets a function decide; a function that throws says no. */
  async #admit(connection: Connection): Promise<void> {
    const { client, number } = connection
    let isWelcome = false
    try {
      isWelcome = await isAllowed(this.definition.allow.connect, client)
    } catch (error) {
      debug('allow.connect failed: %o', error)
    }
    if (this.#connections.get(number) !== connection) return
    if (isWelcome !== true) {
      this.#disconnect(number, 'refused')
      this.#outlet.disconnect(number)
      return
    }
    const frames = connection.queue ?? []
    connection.queue = undefined
    this.#welcome(connection)
    for (const frame of frames) this.#frame(frame)
  }

  #disconnect(number: number, reason: DisconnectReason): void {
    const connection = this.#connections.get(number)
    if (connection === undefined) return
    const { client } = connection
    this.#connections.delete(number)
    connection.end(new Reason('ERR_NSP_CLIENT_GONE'))
    this.#handlers.leases.end(connection)
    // A client that was never let in is told of only when it was refused.
    if (this.clients.delete(client) || reason === 'refused') {
      publish('disconnect', { client, reason })
      this.#listener.disconnected(client, reason)
    }
    this.#checkIdle()
  }

  #frame(frame: NativeFrame): void {
    const connection = this.#connections.get(frame.client)
    if (connection === undefined) return
    if (connection.queue !== undefined) {
      connection.queue.push(keepFrame(frame))
      return
    }
    try {
      if (frame.kind === FRAME_END) this.#end(connection, frame.lookup)
      else if (frame.kind === FRAME_CANCEL) this.#cancel(connection, frame.call)
      else this.#call(connection, frame)
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error
      this.#rejectedFrames++
      debug('client %d: frame rejected: %s', frame.client, error.message)
      publish('frame-rejected', { client: connection.client, message: error.message })
      this.#disconnect(frame.client, 'protocol')
      this.#outlet.disconnect(frame.client)
    }
  }

  #end(connection: Connection, number: number): void {
    const lookup = connection.lookups.get(number)
    if (lookup === undefined) return
    const reason = new Reason('ERR_NSP_CALL_ENDED')
    connection.lookups.delete(number)
    for (const call of connection.callsOf(lookup)) this.#drop(call, reason)
    lookup.end(reason)
  }

  #cancel(connection: Connection, id: number): void {
    const call = connection.calls.get(id)
    if (call !== undefined) this.#drop(call, new Reason('ERR_NSP_CALL_ENDED'))
  }

  #late(number: number, id: number): void {
    const call = this.#connections.get(number)?.calls.get(id)
    if (call === undefined) return
    const reason = new Reason('ERR_NSP_CALL_TIMEOUT')
    const { operation } = call
    const lookup = operation === 'lookup' ? call.lookup : undefined
    const context = lookup?.context ?? call.context
    this.#stats.late(operation)
    this.#listener.handlerFailed(Object.freeze({ operation, error: reason.error, context }))
    this.#drop(call, reason)
    lookup?.late(this.definition.onFailure, reason)
  }

  /** Nobody waits for this call any more. */
  #drop(call: Call, reason: Reason): void {
    call.connection.remove(call)
    call.abort.abort(reason)
    call.lookup?.forget(call)
    this.#checkIdle()
  }

  #call(connection: Connection, frame: NativeFrame): void {
    const { entries } = this.definition
    const request = readRequest(frame, entries.length)
    if (connection.calls.has(frame.call)) throw new MalformedFrame(`call id ${frame.call}`)
    const { operation, deadlineMs } = request
    const found =
      request.about === 'lookup' ? this.#lookup(connection, frame.lookup, request) : undefined
    if (typeof found === 'number') {
      this.#turnAway(frame, operation, found)
      return
    }
    const lookup = found
    const entry = request.about === 'entry' ? entries[request.entry] : lookup?.entry
    if (entry === undefined) throw new MalformedFrame('there is no such entry')
    const call = new Call(connection, { id: frame.call, operation, deadlineMs, entry, lookup })
    connection.add(call)
    this.#stats.begin(operation)
    if (this.#refusing) this.#refuse(call, WinsockCode.WSAENETDOWN)
    else if (request.about === 'entry')
      void this.#reply(call, request.run(this.#handlers, call, entry))
    else if (lookup !== undefined && request.run !== undefined)
      void this.#reply(call, request.run(this.#handlers, call, lookup))
    else lookup?.next(call)
  }

  /** The lookup of a frame; made by the first frame, which carries the query. A number: why there is none. */
  #lookup(
    connection: Connection,
    number: number,
    { query, block }: LookupRequest,
  ): Lookup | number {
    const known = connection.lookups.get(number)
    if (known !== undefined) return known
    if (number === 0) throw new MalformedFrame('a call on lookup 0')
    // One thread of the client has ended it while another was about to send, or its first frame was one too many.
    if (query === undefined) return WinsockCode.WSAENETDOWN
    if (connection.lookups.size >= MAX_LOOKUPS) return WinsockCode.WSAENOBUFS
    const id = `${connection.client.processId}.${connection.number}.${number}`
    const lookup = new Lookup(this, connection.client, number, id, { wire: query, block })
    connection.lookups.set(number, lookup)
    return lookup
  }

  async #reply(call: Call, running: Promise<Reply>): Promise<void> {
    const { failed, body } = await running
    if (this.#settle(call, failed)) this.#answer(call, FRAME_REPLY, 0, body)
  }

  /** Answers a call on a lookup that is not there. */
  #turnAway({ client, call, lookup }: NativeFrame, operation: Operation, status: number): void {
    const isNext = operation === 'lookup'
    const body = isNext ? writeBatch(status, []) : refusal(status).body
    const flags = isNext ? FRAME_LAST_BATCH : 0
    this.#outlet.answer(client, isNext ? FRAME_BATCH : FRAME_REPLY, flags, call, lookup, body)
  }

  #refuse(call: Call, status: number): void {
    if (call.operation === 'lookup') this.answerNext(call, { status, items: [], last: true })
    else void this.#reply(call, Promise.resolve(refusal(status)))
  }

  #answer({ connection, id, lookup }: Call, kind: number, flags: number, body: Uint8Array): void {
    this.#outlet.answer(connection.number, kind, flags, id, lookup?.number ?? 0, body)
  }

  /** Takes the call out of the books. False: it is not in them, so that there is nobody to answer. */
  #settle(call: Call, failed: boolean): boolean {
    if (!call.connection.remove(call)) return false
    this.#stats.end(call.operation, performance.now() - call.arrived, failed)
    this.#checkIdle()
    return true
  }

  #isFailure(status: number): boolean {
    const { WSASERVICE_NOT_FOUND, WSANO_DATA, WSA_E_NO_MORE } = WinsockCode
    return status !== WSASERVICE_NOT_FOUND && status !== WSANO_DATA && status !== WSA_E_NO_MORE
  }

  #checkIdle(): void {
    if (this.#idle === undefined) return
    for (const { calls } of this.#connections.values()) if (calls.size > 0) return
    this.#idle()
  }
}
