// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One answer to a lookup: drives the handler's iterator and cuts what it yields into batches.

import type { DefinedEntry, Definition } from '../internal/definition.ts'
import { IssueList, show } from '../internal/issues.ts'
import type { CallContext, Client, LookupAnswer, LookupHandle } from '../types.ts'
import { BATCH_TARGET_BYTES } from '../wire/constants.ts'
import { encodeAnswer, finalStatus, invalidAnswer } from './answer.ts'
import { type Call, Context } from './call.ts'
import type { Told } from './feed.ts'
import { startTrace, type Trace } from './trace.ts'

export interface Batch {
  /** 0, or the Winsock code that ends the lookup after these items. */
  readonly status: number
  readonly items: readonly Uint8Array[]
  readonly last: boolean
}

/** What a round needs of the dispatcher. */
export interface RoundOwner {
  readonly definition: Definition
  readonly answerBytes: number
  answerNext(call: Call, batch: Batch): void
  /** Reports a failing handler; returns the code for the client. */
  handlerFailed(operation: 'lookup', error: unknown, context: CallContext): number
}

/** The handler has yielded nothing for one turn of the event loop. */
const PAUSE = Symbol('pause')

/** Whatever a handler returned, as one asynchronous sequence. Its `return` reaches the handler's generator. */
async function* flatten(answer: LookupAnswer): AsyncGenerator<unknown, void, void> {
  const value: unknown = await answer
  if (value === undefined) return
  if (typeof value !== 'object' || value === null) {
    const issues = new IssueList()
    issues.add('', `neither a service nor a list of services: ${show(value)}`)
    throw invalidAnswer('what lookup returned', issues)
  }
  if (Symbol.asyncIterator in value || Symbol.iterator in value)
    yield* value as AsyncIterable<unknown>
  else yield value
}

/** Whose lookup it is. */
export interface RoundInit {
  readonly client: Client
  readonly entry: DefinedEntry
  readonly handle: LookupHandle
  /** For a provider of feeds: what the client knows already. */
  readonly told: Told | undefined
}

export class Round {
  readonly #owner: RoundOwner
  readonly #init: RoundInit
  readonly #controller = new AbortController()
  readonly #context: CallContext
  #items: AsyncGenerator<unknown, void, void> | undefined
  #trace: Trace | undefined
  #waiting: Call | undefined
  #isPumping = false
  /** A step of the handler that outlived its batch. */
  #reading: Promise<Uint8Array | number> | undefined
  /** What did not fit into the last batch any more. */
  #carry: Uint8Array | undefined
  /** Blocks of what the handler has yielded last. */
  #pending: Uint8Array[] = []
  /** The handler has ended; this is what its client is told when `pending` is empty. */
  #ended: number | undefined
  /** A batch whose caller had left when it was ready. */
  #kept: Batch | undefined
  /** Answers every Next from now on. */
  #final: Batch | undefined
  #yielded = 0
  #sent = 0
  #bytes = 0

  constructor(owner: RoundOwner, init: RoundInit) {
    this.#owner = owner
    this.#init = init
    const deadline = () => this.#waiting?.deadline ?? Number.POSITIVE_INFINITY
    this.#context = new Context(init, this.#controller.signal, deadline)
  }

  /** Everything has been handed out. */
  get isOver(): boolean {
    return this.#final !== undefined && this.#kept === undefined && this.#waiting === undefined
  }

  get isWaiting(): boolean {
    return this.#waiting !== undefined
  }

  get context(): CallContext {
    return this.#context
  }

  /** Answers `call` with the next batch, when there is one. */
  next(call: Call): void {
    if (this.#final !== undefined && this.#kept === undefined) {
      this.#owner.answerNext(call, this.#final)
      return
    }
    this.#waiting = call
    if (!this.#isPumping) void this.#pump()
  }

  /** The caller of Next has left; what is being made goes to the next one. */
  forget(call: Call): void {
    if (this.#waiting === call) this.#waiting = undefined
  }

  /** The caller was answered onFailure because the handler is late: so is everything after it. */
  late(status: number, reason: Error): void {
    this.#waiting = undefined
    this.#kept = undefined
    this.#final = { status, items: [], last: true }
    this.end(reason)
  }

  /** Stops the handler. */
  end(reason: Error): void {
    this.#controller.abort(reason)
    this.#final ??= { status: this.#owner.definition.onFailure, items: [], last: true }
    this.#finishTrace(reason)
    // A handler that ignores its signal keeps `return` waiting; nobody waits for it.
    this.#items?.return().catch(() => undefined)
  }

  async #pump(): Promise<void> {
    this.#isPumping = true
    while (this.#waiting !== undefined) {
      const batch: Batch = this.#kept ?? this.#final ?? (await this.#collect())
      if (this.#final === undefined && batch.last) this.#final = { ...batch, items: [] }
      const call: Call | undefined = this.#waiting
      this.#kept = call === undefined && !this.#controller.signal.aborted ? batch : undefined
      if (call === undefined) break
      this.#waiting = undefined
      this.#owner.answerNext(call, batch)
    }
    this.#isPumping = false
  }

  async #collect(): Promise<Batch> {
    const items: Uint8Array[] = []
    let size = 0
    for (;;) {
      const read = await this.#read(items.length > 0)
      if (read === PAUSE) return { status: 0, items, last: false }
      if (typeof read === 'number') return { status: read, items, last: true }
      if (items.length > 0 && size + read.length > BATCH_TARGET_BYTES) {
        this.#carry = read
        return { status: 0, items, last: false }
      }
      items.push(read)
      size += read.length
      if (size >= BATCH_TARGET_BYTES) return { status: 0, items, last: false }
    }
  }

  /** The next item, the final status, or PAUSE if that takes longer than a turn and `mayPause`. */
  async #read(mayPause: boolean): Promise<Uint8Array | number | typeof PAUSE> {
    const carry = this.#carry
    this.#carry = undefined
    if (carry !== undefined) return carry
    this.#reading ??= this.#step()
    const read = mayPause ? await this.#readForOneTurn(this.#reading) : await this.#reading
    if (read !== PAUSE) this.#reading = undefined
    return read
  }

  async #readForOneTurn(
    reading: Promise<Uint8Array | number>,
  ): Promise<Uint8Array | number | typeof PAUSE> {
    const { promise, resolve } = Promise.withResolvers<typeof PAUSE>()
    const turn = setImmediate(resolve, PAUSE)
    const read = await Promise.race([reading, promise])
    clearImmediate(turn)
    return read
  }

  /** Runs the handler until it has yielded something that the client can use, or has ended. Never rejects. */
  async #step(): Promise<Uint8Array | number> {
    try {
      for (;;) {
        const block = this.#pending.shift()
        if (block !== undefined) {
          this.#sent++
          return block
        }
        if (this.#ended !== undefined) {
          this.#finishTrace()
          return this.#ended
        }
        const { done, value } = await this.#advance()
        // A handler that went on after its end must not change what the next round compares with.
        if (this.#controller.signal.aborted) return this.#owner.definition.onFailure
        if (done === true) this.#end()
        else this.#take(value)
      }
    } catch (error) {
      this.#finishTrace(error)
      this.#items?.return().catch(() => undefined)
      return this.#owner.handlerFailed('lookup', error, this.#context)
    }
  }

  #take(value: unknown): void {
    const { handle, entry, told } = this.#init
    const question = {
      query: handle.query,
      entry: entry.index,
      namespace: entry.entry.namespace,
    }
    for (const block of encodeAnswer(value, this.#yielded++, question)) {
      this.#count(block)
      const news = told === undefined ? block : told.pass(block)
      if (news !== undefined) this.#pending.push(news)
    }
  }

  #end(): void {
    const { handle, told } = this.#init
    const isFirst = told?.isFirst ?? true
    // Differences end with nothing but their end.
    this.#ended = isFirst ? finalStatus(handle.query, this.#yielded, this.#sent) : 0
    if (told !== undefined) this.#pending.push(...told.finish())
  }

  #advance(): Promise<IteratorResult<unknown, void>> {
    const { handlers } = this.#owner.definition
    const { client, entry, handle } = this.#init
    const { id, query } = handle
    this.#trace ??= startTrace('lookup', { id, client, entry: entry.entry, query })
    return this.#trace.run(() => {
      this.#items ??= flatten(handlers.lookup?.(query, this.#context))
      return this.#items.next()
    })
  }

  #count(block: Uint8Array): void {
    this.#bytes += block.length
    if (this.#bytes <= this.#owner.answerBytes) return
    const issues = new IssueList()
    issues.add('', `more than ${this.#owner.answerBytes} bytes; see limits.answerBytes`)
    throw invalidAnswer('the whole of what lookup yields', issues)
  }

  #finishTrace(error?: unknown): void {
    const trace = this.#trace
    if (trace === undefined) return
    this.#trace = { run: trace.run, done: () => undefined, failed: () => undefined }
    if (error === undefined) trace.done({ yielded: this.#yielded, sent: this.#sent })
    else trace.failed(error)
  }
}
