// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Turns what the addon reports into calls of handlers, and their results into answers. Knows nothing of pipes.
import { WinsockCode } from '../codes.ts'
import { isWinsockError } from '../errors.ts'
import type {
  CallContext,
  Client,
  DisconnectReason,
  HandlerFailure,
  HostStats,
  Operation,
} from '../types.ts'
import { isAllowed } from './access.ts'
import { MalformedFrame } from './bytes.ts'
import { abortReason, type Call, makeCall } from './call.ts'
import { Connection, type NativeFrame } from './connection.ts'
import {
  FRAME_BATCH,
  FRAME_CANCEL,
  FRAME_END,
  FRAME_HAS_QUERY,
  FRAME_IOCTL,
  FRAME_LAST_BATCH,
  FRAME_NEXT,
  FRAME_REPLY,
  FRAME_STILL_VALID,
} from './constants.ts'
import type { Definition } from './definition.ts'
import { runIoctl, runStillValid } from './handlers.ts'
import { type Batch, Lookup, type LookupOwner } from './lookup.ts'
import type { NativeClient, NativeEvent, NativeServer } from './native.ts'
import { CallStats } from './stats.ts'
import { debug, publish } from './trace.ts'
import {
  readIoctl,
  readNext,
  readStillValid,
  type WireQuerySet,
  writeBatch,
  writeReply,
} from './wire.ts'

// Handles that one process may leave open; a program that never ends its lookups must not fill our memory.
const MAX_LOOKUPS = 16_384

export type Outlet = Pick<NativeServer, 'answer' | 'disconnect'>

export interface DispatchListener {
  connected(client: Client): void
  disconnected(client: Client, reason: DisconnectReason): void
  handlerFailed(failure: HandlerFailure): void
}

const OPERATIONS: ReadonlyMap<number, Operation> = new Map([
  [FRAME_NEXT, 'lookup'],
  [FRAME_IOCTL, 'ioctl'],
  [FRAME_STILL_VALID, 'stillValid'],
])

export class Dispatcher implements LookupOwner {
  readonly definition: Definition
  readonly answerBytes: number
  readonly clients: Set<Client> = new Set()
  readonly #outlet: Outlet
  readonly #listener: DispatchListener
  readonly #connections = new Map<number, Connection>()
  readonly #stats = new CallStats()
  #refusing = false
  #rejectedFrames = 0
  #idle: (() => void) | undefined

  constructor(
    definition: Definition,
    answerBytes: number,
    outlet: Outlet,
    listener: DispatchListener,
  ) {
    this.definition = definition
    this.answerBytes = answerBytes
    this.#outlet = outlet
    this.#listener = listener
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

  /** New calls are answered WSAENETDOWN; resolves when the running ones have ended. */
  drain(): Promise<void> {
    this.#refusing = true
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#idle = resolve
    this.#checkIdle()
    return promise
  }

  /** Aborts everything; nobody is answered any more. */
  destroy(cause?: unknown): void {
    this.#refusing = true
    for (const connection of this.#connections.values()) {
      connection.end(abortReason('ERR_NSP_HOST_CLOSED', cause))
      this.clients.delete(connection.client)
    }
    this.#connections.clear()
    this.#checkIdle()
  }

  // ── LookupOwner ──

  answerNext(call: Call, { status, items, last }: Batch): void {
    if (!this.#settle(call, status !== 0 && items.length === 0 && this.#isFailure(status))) return
    const flags = last ? FRAME_LAST_BATCH : 0
    const { connection, lookup, id } = call
    this.#outlet.answer(
      connection.number,
      FRAME_BATCH,
      flags,
      id,
      lookup.number,
      writeBatch(status, items),
    )
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
    connection.end(abortReason('ERR_NSP_CLIENT_GONE'))
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
      connection.queue.push(frame)
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
    const reason = abortReason('ERR_NSP_CALL_ENDED')
    connection.lookups.delete(number)
    for (const call of connection.calls.values()) {
      if (call.lookup === lookup) this.#drop(call, reason)
    }
    lookup.end(reason)
  }

  #cancel(connection: Connection, id: number): void {
    const call = connection.calls.get(id)
    if (call !== undefined) this.#drop(call, abortReason('ERR_NSP_CALL_ENDED'))
  }

  #late(number: number, id: number): void {
    const call = this.#connections.get(number)?.calls.get(id)
    if (call === undefined) return
    const reason = abortReason('ERR_NSP_CALL_TIMEOUT')
    const { lookup, operation } = call
    this.#stats.late(operation)
    this.#listener.handlerFailed(
      Object.freeze({ operation, error: reason, context: lookup.context }),
    )
    this.#drop(call, reason)
    if (operation === 'lookup') lookup.late(this.definition.onFailure, reason)
  }

  /** Nobody waits for this call any more. */
  #drop(call: Call, reason: Error): void {
    call.connection.calls.delete(call.id)
    call.controller.abort(reason)
    call.lookup.forget(call)
    this.#checkIdle()
  }

  #call(connection: Connection, frame: NativeFrame): void {
    const operation = OPERATIONS.get(frame.kind)
    if (operation === undefined) throw new MalformedFrame(`unknown kind ${frame.kind}`)
    if (frame.call === 0 || connection.calls.has(frame.call))
      throw new MalformedFrame(`call id ${frame.call}`)
    const count = this.definition.entries.length
    const { id, start, query, deadlineMs } = this.#decode(operation, frame, count)
    const lookup = this.#lookup(connection, frame.lookup, query)
    const call = makeCall(connection, lookup, { id, operation, deadlineMs })
    connection.calls.set(id, call)
    this.#stats.begin(operation)
    if (this.#refusing) this.#refuse(call, WinsockCode.WSAENETDOWN)
    else if (connection.lookups.size > MAX_LOOKUPS) this.#refuse(call, WinsockCode.WSAENOBUFS)
    else start(call)
  }

  #decode(operation: Operation, frame: NativeFrame, entries: number): Decoded {
    const { body, call: id } = frame
    if (operation === 'lookup') {
      const next = readNext(body, (frame.flags & FRAME_HAS_QUERY) !== 0, entries)
      return { id, ...next, start: (call) => call.lookup.next(call) }
    }
    const handlers = { definition: this.definition, failed: this.handlerFailed.bind(this) }
    if (operation === 'ioctl') {
      const ioctl = readIoctl(body, entries)
      return {
        id,
        ...ioctl,
        start: (call) => void this.#reply(call, runIoctl(handlers, call, ioctl)),
      }
    }
    const question = readStillValid(body, entries)
    return {
      id,
      ...question,
      start: (call) => void this.#reply(call, runStillValid(handlers, call)),
    }
  }

  /** The lookup of a frame; made by the first frame, which carries the query. */
  #lookup(connection: Connection, number: number, query: WireQuerySet | undefined): Lookup {
    const known = connection.lookups.get(number)
    if (known !== undefined) return known
    if (number === 0 || query === undefined)
      throw new MalformedFrame(`lookup ${number} without a query`)
    const id = `${connection.client.processId}.${connection.number}.${number}`
    const lookup = new Lookup(this, connection.client, number, id, query)
    connection.lookups.set(number, lookup)
    return lookup
  }

  async #reply(
    call: Call,
    running: Promise<{ readonly failed: boolean; readonly body: Uint8Array }>,
  ): Promise<void> {
    const { failed, body } = await running
    if (!this.#settle(call, failed)) return
    this.#outlet.answer(call.connection.number, FRAME_REPLY, 0, call.id, call.lookup.number, body)
  }

  #refuse(call: Call, status: number): void {
    if (call.operation === 'lookup') {
      this.answerNext(call, { status, items: [], last: true })
      return
    }
    void this.#reply(
      call,
      Promise.resolve({ failed: true, body: writeReply(status, new Uint8Array(0)) }),
    )
  }

  /** Takes the call out of the books. False: it is not in them, so that there is nobody to answer. */
  #settle(call: Call, failed: boolean): boolean {
    const { calls } = call.connection
    if (calls.get(call.id) !== call) return false
    calls.delete(call.id)
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

interface Decoded {
  readonly id: number
  readonly deadlineMs: number
  readonly query: WireQuerySet | undefined
  readonly start: (call: Call) => void
}
