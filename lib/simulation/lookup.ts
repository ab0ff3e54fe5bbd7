// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One lookup of one entry as the provider DLL keeps it: Begin without a round trip, batches, change counters.

import { ignore } from '../ask/client-port.ts'
import { LookupFlag, SIO_NSP_NOTIFY_CHANGE, WinsockCode } from '../codes.ts'
import { WinsockError } from '../errors.ts'
import type { NativeNotification, NativeResult } from '../internal/native.ts'
import {
  ENTRY_FEED,
  ENTRY_HIERARCHICAL,
  FRAME_END,
  FRAME_HAS_QUERY,
  FRAME_IOCTL,
  FRAME_NEXT,
  FRAME_STILL_VALID,
  HOST_ASKS_STILL_VALID,
} from '../wire/constants.ts'
import { nameKey } from '../wire/counters.ts'
import { readQuerySet, type WireQuerySet } from '../wire/wire.ts'
import { CounterSample } from './counters.ts'
import {
  ioctlBody,
  nextBody,
  type ReadReply,
  readBatch,
  readReply,
  stillValidBody,
} from './frames.ts'
import { answerFromMemory } from './memory.ts'
import { ownsQuery } from './ownership.ts'
import { networkDown, type SimulatedProcess, untilAborted } from './process.ts'
import { visibleResult } from './results.ts'

const RESULT_IS_ALIAS = 0x01
const CONTAINERS = LookupFlag.CONTAINERS | LookupFlag.NOCONTAINERS

export const SYSCALL: Readonly<Record<'begin' | 'next' | 'ioctl', string>> = Object.freeze({
  begin: 'WSALookupServiceBeginW',
  next: 'WSALookupServiceNextW',
  ioctl: 'WSANSPIoctl',
})

function failure(code: number, syscall: string): WinsockError {
  return new WinsockError(code, { syscall })
}

export class ProviderLookup {
  readonly #process: SimulatedProcess
  readonly #query: WireQuerySet
  readonly #sample: CounterSample
  readonly #number: number
  /** The connection that has the query. */
  #queryOn: number | undefined
  #items: WireQuerySet[] = []
  #hasReceived = false
  /** The code that Next ends with, once nothing more will come. */
  #final: number | undefined
  #fetching: Promise<void> | undefined
  #isEnded = false
  #abortNotify: (() => void) | undefined
  readonly #ended = new AbortController()

  /** Begin. @throws WinsockError as NSPLookupServiceBegin refuses. */
  constructor(process: SimulatedProcess, query: WireQuerySet, namesUs: boolean) {
    const { filter } = process
    const entry = filter.entries[query.entry]
    const key = query.name === undefined ? undefined : nameKey(query.name)
    const { serviceClass, namespace, flags } = query
    if ((flags & CONTAINERS) === CONTAINERS)
      throw failure(WinsockCode.WSA_INVALID_PARAMETER, SYSCALL.begin)
    const question = { entry: query.entry, namespace, namesUs, key, serviceClass }
    if (entry === undefined || !ownsQuery(filter, question))
      throw failure(WinsockCode.WSASERVICE_NOT_FOUND, SYSCALL.begin)
    const isFlat = (entry.flags & ENTRY_HIERARCHICAL) === 0
    const hasPlainContext = ['', '\\'].includes(query.context ?? '')
    if (isFlat && ((flags & LookupFlag.CONTAINERS) !== 0 || !hasPlainContext))
      throw failure(WinsockCode.WSANO_DATA, SYSCALL.begin)
    this.#process = process
    this.#query = query
    this.#number = process.newLookup()
    this.#sample = new CounterSample(process.counters, key, serviceClass, query.entry)
  }

  /** The next result. @throws WinsockError with the code that NSPLookupServiceNext gives. */
  async next(flags: number): Promise<NativeResult> {
    for (;;) {
      this.#process.assertAlive(SYSCALL.next)
      if (this.#isEnded) throw failure(WinsockCode.WSA_E_CANCELLED, SYSCALL.next)
      const { flags: begun } = this.#query
      const wanted = (flags & LookupFlag.RETURN_ALL) === 0 ? begun : flags & begun
      const item = this.#take(wanted)
      if (item !== undefined) return this.#result(item, wanted)
      if (this.#isOver()) throw failure(this.#endStatus(), SYSCALL.next)
      this.#fetching ??= this.#fetch().finally(() => {
        this.#fetching = undefined
      })
      await this.#fetching
    }
  }

  /** SIO_NSP_NOTIFY_CHANGE without a completion: true after NO_ERROR. */
  async poll(): Promise<boolean> {
    this.#assertOpen()
    const changed = this.#isVouching ? !(await this.#stillValid()) : this.#sample.isDirty
    if (changed) this.#sample.report()
    return changed
  }

  /** SIO_NSP_NOTIFY_CHANGE with an event. `changed` rejects with WSA_OPERATION_ABORTED when the lookup ends. */
  notify(): NativeNotification {
    const { promise: changed, resolve, reject } = Promise.withResolvers<void>()
    const accepted = this.#register(resolve, reject)
    changed.catch(ignore)
    accepted.catch(reject)
    return { accepted, changed }
  }

  /** A declared control code. */
  async ioctl(code: number, input: Uint8Array, outputSize: number): Promise<ReadReply> {
    this.#assertOpen()
    if (code === SIO_NSP_NOTIFY_CHANGE || !this.#process.filter.codes.includes(code))
      throw failure(WinsockCode.WSAEOPNOTSUPP, SYSCALL.ioctl)
    const { ioctlDeadlineMs } = this.#process.filter
    return this.#ask(FRAME_IOCTL, (query) =>
      ioctlBody(ioctlDeadlineMs, code, input, outputSize, query),
    )
  }

  async #register(resolve: () => void, reject: (error: WinsockError) => void): Promise<void> {
    this.#assertOpen()
    if (this.#abortNotify !== undefined) throw failure(WinsockCode.WSAEINVAL, SYSCALL.ioctl)
    // Counted from before the question: what changes while it is answered completes the request.
    const seen = this.#isVouching ? this.#sample.present : this.#sample.seen
    let leave: () => void = () => undefined
    const complete = (task: () => void) => {
      leave()
      this.#abortNotify = undefined
      task()
    }
    this.#abortNotify = () =>
      complete(() => reject(failure(WinsockCode.WSA_OPERATION_ABORTED, SYSCALL.ioctl)))
    const changed = () =>
      complete(() => {
        this.#sample.report()
        resolve()
      })
    try {
      if (this.#isVouching && !(await this.#stillValid())) changed()
      else leave = this.#process.subscribe(SYSCALL.ioctl, seen, changed)
    } catch (error) {
      this.#abortNotify = undefined
      throw error
    }
  }

  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#ended.abort(failure(WinsockCode.WSA_E_CANCELLED, SYSCALL.next))
    this.#abortNotify?.()
    if (this.#queryOn !== undefined && this.#queryOn === this.#process.connection)
      this.#process.post(FRAME_END, this.#number)
  }

  get #isVouching(): boolean {
    return (this.#process.filter.hostFlags & HOST_ASKS_STILL_VALID) !== 0
  }
  get #isFeed(): boolean {
    return ((this.#process.filter.entries[this.#query.entry]?.flags ?? 0) & ENTRY_FEED) !== 0
  }

  #assertOpen(): void {
    this.#process.assertAlive(SYSCALL.ioctl)
    if (this.#isEnded) throw failure(WinsockCode.WSA_INVALID_HANDLE, SYSCALL.ioctl)
  }

  /** The item at the cursor; aliases only for those that want them. */
  #take(wanted: number): WireQuerySet | undefined {
    for (;;) {
      const item = this.#items.shift()
      const isAlias = item !== undefined && (item.flags & RESULT_IS_ALIAS) !== 0
      if (!isAlias || (wanted & LookupFlag.RETURN_ALIASES) !== 0) return item
    }
  }

  #result(item: WireQuerySet, wanted: number): NativeResult {
    const entry = this.#process.filter.entries[this.#query.entry]
    const { architecture } = this.#process.identity
    const visible = visibleResult(item, wanted, architecture)
    return {
      ...visible,
      version: visible.version?.value,
      namespace: entry?.namespace ?? 0,
      providerId: entry?.id,
    }
  }

  /** Nothing more will come; a feed goes on when something has changed. */
  #isOver(): boolean {
    if (this.#final === undefined) return false
    const goesOn = this.#isFeed && this.#final === WinsockCode.WSA_E_NO_MORE && this.#sample.isStale
    if (goesOn) this.#final = undefined
    return !goesOn
  }

  #endStatus(): number {
    const code = this.#final ?? WinsockCode.WSA_E_NO_MORE
    if (code === WinsockCode.WSA_E_NO_MORE) this.#sample.acknowledge()
    // A passing fault: the next call asks anew.
    else if (!this.#hasReceived && !isAnswer(code)) this.#final = undefined
    return code
  }

  /** What is published, if the host has not been asked yet. */
  #readMemory(): boolean {
    const entry = this.#process.filter.entries[this.#query.entry]
    if (entry === undefined || this.#queryOn !== undefined || this.#isFeed) return false
    const answer = answerFromMemory(this.#process.records, entry, this.#query)
    if (answer === undefined) return false
    this.#items.push(...answer.blocks.map(readQuerySet))
    this.#hasReceived = true
    this.#final = answer.status === 0 ? WinsockCode.WSA_E_NO_MORE : answer.status
    return true
  }

  async #fetch(): Promise<void> {
    const { lookupDeadlineMs } = this.#process.filter
    // Counted from before it is read, as from before the host is asked.
    if (this.#queryOn === undefined) this.#sample.noteNext()
    if (this.#readMemory()) return
    const connection = this.#process.connect(SYSCALL.next)
    const carries = this.#queryOn !== connection
    // The host that knew the rest has gone.
    if (carries && this.#hasReceived) throw networkDown(SYSCALL.next)
    this.#sample.noteNext()
    this.#queryOn = connection
    const frame = {
      kind: FRAME_NEXT,
      flags: carries ? FRAME_HAS_QUERY : 0,
      lookup: this.#number,
      body: nextBody(lookupDeadlineMs, carries ? this.#query : undefined),
      deadlineMs: lookupDeadlineMs,
    }
    const answered = this.#process.call(SYSCALL.next, frame)
    const batch = readBatch(await untilAborted(answered, this.#ended.signal))
    this.#items.push(...batch.items)
    if (batch.items.length > 0) this.#hasReceived = true
    if (!batch.isLast) return
    this.#final = batch.status === 0 ? WinsockCode.WSA_E_NO_MORE : batch.status
    if (this.#final === WinsockCode.WSA_E_NO_MORE && this.#isFeed) this.#sample.takeFetched()
    // The host remembers how this lookup ended: a passing fault needs a new one.
    if (!this.#hasReceived && !isAnswer(this.#final)) this.#restart()
  }

  #restart(): void {
    this.#process.post(FRAME_END, this.#number)
    this.#queryOn = undefined
  }

  async #stillValid(): Promise<boolean> {
    const { ioctlDeadlineMs } = this.#process.filter
    const { history } = this.#sample
    const reply = await this.#ask(FRAME_STILL_VALID, (query) =>
      stillValidBody(ioctlDeadlineMs, history, query),
    )
    if (reply.status !== 0) throw failure(reply.status, SYSCALL.ioctl)
    return (reply.output[0] ?? 0) !== 0
  }

  async #ask(
    kind: number,
    body: (query: WireQuerySet | undefined) => Uint8Array,
  ): Promise<ReadReply> {
    const connection = this.#process.connect(SYSCALL.ioctl)
    const carries = this.#queryOn !== connection
    this.#queryOn = connection
    const frame = {
      kind,
      flags: carries ? FRAME_HAS_QUERY : 0,
      lookup: this.#number,
      body: body(carries ? this.#query : undefined),
      deadlineMs: this.#process.filter.ioctlDeadlineMs,
    }
    const answered = this.#process.call(SYSCALL.ioctl, frame)
    return readReply(await untilAborted(answered, this.#ended.signal))
  }
}

/** Codes that say something about the name; everything else is a passing fault. */
function isAnswer(code: number): boolean {
  const { WSA_E_NO_MORE, WSASERVICE_NOT_FOUND, WSANO_DATA } = WinsockCode
  return code === WSA_E_NO_MORE || code === WSASERVICE_NOT_FOUND || code === WSANO_DATA
}
