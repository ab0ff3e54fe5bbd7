// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One answer to a lookup: drives the handler's iterator and cuts what it yields into batches.

import { isWinsockError } from '../errors.ts'
import type { DefinedEntry, Definition } from '../internal/definition.ts'
import { IssueList } from '../internal/issues.ts'
import type { CallContext, Client, LookupHandle } from '../types.ts'
import { BATCH_TARGET_BYTES } from '../wire/constants.ts'
import { LazyAbort, type Reason } from './abort.ts'
import {
  type EncodedAnswer,
  encodeAnswer,
  encodeService,
  finalStatus,
  invalidAnswer,
} from './answer.ts'
import { type Call, Context } from './call.ts'
import type { Told } from './feed.ts'
import { FromRecord, type PublishedNames, publishedAnswer, withPublished } from './record-source.ts'
import { type Item, isThenable, type Sequence, sequenceOf } from './sequence.ts'
import { startTrace, type Trace, untraced } from './trace.ts'

export interface Batch {
  /** 0, or the Winsock code that ends the lookup after these items. */
  readonly status: number
  readonly items: readonly Uint8Array[]
  readonly last: boolean
}

/** Who waits for a batch. */
export type Waiter = Pick<Call, 'deadline'>

/** An answer that one batch has whole, and that may be kept. */
export interface WholeAnswer {
  /** The query as it came; whoever keeps it makes a copy. */
  readonly query: Uint8Array
  readonly status: number
  readonly items: readonly Uint8Array[]
  /** Seconds. */
  readonly ttl: number
  /** How many changes there had been when the round began. */
  readonly changes: number
}

/** What a round needs of the dispatcher. */
export interface RoundOwner {
  readonly definition: Definition
  readonly answerBytes: number
  readonly published: PublishedNames
  readonly changes: { readonly count: number }
  answerNext(call: Waiter, batch: Batch): void
  /** Comes before the batch is handed out. */
  answered(init: RoundInit, answer: WholeAnswer): void
  /** Reports a failing handler; returns the code for the client. */
  handlerFailed(operation: 'lookup', error: unknown, context: CallContext): number
}

/** The handler has yielded nothing for one turn of the event loop. */
const PAUSE = Symbol('pause')

/** A block, or the status that ends the round. */
type Read = Uint8Array | number

/** What `reading` gives, or PAUSE if that takes longer than a turn. `reading` never rejects. */
function withinOneTurn(reading: Promise<Read>): Promise<Read | typeof PAUSE> {
  return new Promise((resolve) => {
    const turn = setImmediate(resolve, PAUSE)
    void reading.then((read) => {
      clearImmediate(turn)
      resolve(read)
    })
  })
}

/** A batch that is being made. */
class Collected {
  readonly items: Uint8Array[] = []
  size = 0
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
  readonly #abort = new LazyAbort()
  readonly #context: CallContext
  #sequence: Sequence | undefined
  #trace: Trace | undefined
  #waiting: Waiter | undefined
  #isPumping = false
  /** A step of the handler that outlived its batch. */
  #reading: Promise<Read> | undefined
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
  /** Seconds for which all that was yielded holds. */
  #ttl = Number.POSITIVE_INFINITY
  /** The query as it came, until the first batch has been made; a copy from when that takes longer than `next`. */
  #block: Uint8Array | undefined
  readonly #changes: number

  /** `block`: the query as it came, if the answer to it may be kept; only to be there until `next` returns. */
  constructor(owner: RoundOwner, init: RoundInit, block: Uint8Array | undefined) {
    this.#owner = owner
    this.#block = block
    this.#init = init
    this.#changes = owner.changes.count
    const deadline = () => this.#waiting?.deadline ?? Number.POSITIVE_INFINITY
    this.#context = new Context(init, this.#abort, deadline)
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
  next(call: Waiter): void {
    if (this.#final !== undefined && this.#kept === undefined) {
      this.#owner.answerNext(call, this.#final)
      return
    }
    this.#waiting = call
    if (!this.#isPumping) this.#pump()
    this.#block = this.#block?.slice()
  }

  /** The caller of Next has left; what is being made goes to the next one. */
  forget(call: Waiter): void {
    if (this.#waiting === call) this.#waiting = undefined
  }

  /** The caller was answered onFailure because the handler is late: so is everything after it. */
  late(status: number, reason: Reason): void {
    this.#waiting = undefined
    this.#kept = undefined
    this.#final = { status, items: [], last: true }
    this.end(reason)
  }

  /** Stops the handler. */
  end(reason: Reason): void {
    this.#abort.abort(reason)
    this.#final ??= { status: this.#owner.definition.onFailure, items: [], last: true }
    // The error is made for a trace that is under way only.
    this.#finishTrace(reason)
    this.#sequence?.stop()
  }

  #pump(): void {
    this.#isPumping = true
    while (this.#waiting !== undefined) {
      const batch = this.#kept ?? this.#final ?? this.#collect()
      if (batch instanceof Promise) {
        void this.#pumpLater(batch)
        return
      }
      this.#deliver(batch)
    }
    this.#isPumping = false
  }

  async #pumpLater(coming: Promise<Batch>): Promise<void> {
    this.#deliver(await coming)
    this.#pump()
  }

  #deliver(batch: Batch): void {
    if (this.#final === undefined && batch.last) {
      this.#final = { ...batch, items: [] }
      this.#keep(batch)
    }
    this.#block = undefined
    const call = this.#waiting
    this.#kept = call === undefined && !this.#abort.aborted ? batch : undefined
    if (call === undefined) return
    this.#waiting = undefined
    this.#owner.answerNext(call, batch)
  }

  /** Offers an answer that is whole and may be kept. */
  #keep({ status, items }: Batch): void {
    const ttl = this.#ttl
    const query = this.#block
    const isKept = Number.isFinite(ttl) && ttl > 0 && this.#init.told === undefined
    if (!isKept || query === undefined || this.#abort.aborted) return
    this.#owner.answered(this.#init, { query, status, items, ttl, changes: this.#changes })
  }

  /** A batch; a promise if the handler has to be waited for. */
  #collect(): Batch | Promise<Batch> {
    const collected = new Collected()
    for (;;) {
      const read = this.#read()
      if (read instanceof Promise) return this.#collectLater(collected, read)
      const batch = this.#put(collected, read)
      if (batch !== undefined) return batch
    }
  }

  async #collectLater(collected: Collected, first: Promise<Read>): Promise<Batch> {
    for (let next: Read | Promise<Read> = first; ; next = this.#read()) {
      let read: Read | typeof PAUSE
      if (next instanceof Promise) {
        this.#reading = next
        read = collected.items.length > 0 ? await withinOneTurn(next) : await next
        if (read === PAUSE) return { status: 0, items: collected.items, last: false }
        this.#reading = undefined
      } else {
        read = next
      }
      const batch = this.#put(collected, read)
      if (batch !== undefined) return batch
    }
  }

  /** Adds to a batch; returns it when it is full or the last one. */
  #put(collected: Collected, read: Read): Batch | undefined {
    const { items } = collected
    if (typeof read === 'number') return { status: read, items, last: true }
    if (items.length > 0 && collected.size + read.length > BATCH_TARGET_BYTES) {
      this.#carry = read
      return { status: 0, items, last: false }
    }
    items.push(read)
    collected.size += read.length
    return collected.size >= BATCH_TARGET_BYTES ? { status: 0, items, last: false } : undefined
  }

  #read(): Read | Promise<Read> {
    const carry = this.#carry
    this.#carry = undefined
    return carry ?? this.#reading ?? this.#step()
  }

  /** Runs the handler until it has yielded something that the client can use, or has ended. Neither throws nor rejects. */
  #step(): Read | Promise<Read> {
    try {
      for (;;) {
        const ready = this.#ready()
        if (ready !== undefined) return ready
        const item = this.#advance()
        if (item instanceof Promise) return this.#stepLater(item)
        this.#accept(item)
      }
    } catch (error) {
      return this.#fail(error)
    }
  }

  async #stepLater(first: Promise<Item>): Promise<Read> {
    try {
      for (let item = await first; ; item = await this.#advance()) {
        this.#accept(item)
        const ready = this.#ready()
        if (ready !== undefined) return ready
      }
    } catch (error) {
      return this.#fail(error)
    }
  }

  /** What has been made and not handed out. */
  #ready(): Read | undefined {
    const block = this.#pending.shift()
    if (block !== undefined) {
      this.#sent++
      return block
    }
    if (this.#ended !== undefined) this.#finishTrace()
    return this.#ended
  }

  #accept({ done, value }: Item): void {
    // A handler that went on after its end must not change what the next round compares with.
    if (this.#abort.aborted) this.#ended = this.#owner.definition.onFailure
    else if (done === true) this.#end()
    else this.#take(value)
  }

  #fail(error: unknown): number {
    this.#ttl = isWinsockError(error) && this.#yielded === 0 ? (error.ttl ?? 0) : 0
    this.#finishTrace({ error })
    this.#sequence?.stop()
    return this.#owner.handlerFailed('lookup', error, this.#context)
  }

  #take(value: unknown): void {
    const { handle, entry, told } = this.#init
    const question = {
      query: handle.query,
      entry: entry.index,
      namespace: entry.entry.namespace,
    }
    const { blocks, ttl }: EncodedAnswer =
      value instanceof FromRecord
        ? { blocks: encodeService(new IssueList(), value.service, question), ttl: this.#ttl }
        : encodeAnswer(value, this.#yielded, question)
    this.#yielded++
    this.#ttl = Math.min(this.#ttl, ttl)
    for (const block of blocks) {
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

  #advance(): Item | Promise<Item> {
    this.#trace ??= this.#startTrace()
    return this.#trace.run(() => this.#sequence?.next() ?? this.#start())
  }

  #start(): Item | Promise<Item> {
    const said = publishedAnswer(this.#owner.published, this.#init.handle.query)
    if (said !== undefined) return this.#open(said)
    const answer: unknown = this.#owner.definition.handlers.lookup?.(
      this.#init.handle.query,
      this.#context,
    )
    return isThenable(answer) ? this.#startLater(answer) : this.#open(answer)
  }

  async #startLater(answer: PromiseLike<unknown>): Promise<Item> {
    return this.#open(await answer)
  }

  #open(answer: unknown): Item | Promise<Item> {
    const { query } = this.#init.handle
    this.#sequence = withPublished(sequenceOf(answer), this.#owner.published, query)
    // Ended meanwhile: then nothing of it is read.
    if (this.#abort.aborted) this.#sequence.stop()
    return this.#sequence.next()
  }

  #startTrace(): Trace {
    const { client, entry, handle } = this.#init
    const { id, query } = handle
    return startTrace('lookup', { id, client, entry: entry.entry, query })
  }

  #count(block: Uint8Array): void {
    this.#bytes += block.length
    if (this.#bytes <= this.#owner.answerBytes) return
    const issues = new IssueList()
    issues.add('', `more than ${this.#owner.answerBytes} bytes; see limits.answerBytes`)
    throw invalidAnswer('the whole of what lookup yields', issues)
  }

  #finishTrace(failure?: { readonly error: unknown }): void {
    const trace = this.#trace
    if (trace === undefined || trace === untraced) return
    this.#trace = { run: trace.run, done: () => undefined, failed: () => undefined }
    if (failure === undefined) trace.done({ yielded: this.#yielded, sent: this.#sent })
    else trace.failed(failure.error)
  }
}
