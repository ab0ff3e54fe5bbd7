// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The host: a served provider with its clients, from the first accepted connection to the last.
import { createHash } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { Definition } from '../internal/definition.ts'
import type { Native, NativeEvent, NativeFrame, NativeServer } from '../internal/native.ts'
import type {
  Awaitable,
  Client,
  DisconnectReason,
  HandlerFailure,
  Host,
  HostEvents,
  HostStats,
  InvalidateScope,
  NamedServiceInit,
  Provider,
  Publication,
} from '../types.ts'
import { abortReason, Reason } from './abort.ts'
import { pipeSddl } from './access.ts'
import { Announcer } from './announcer.ts'
import { AnswerCache } from './answer-cache.ts'
import { Changes } from './changes.ts'
import { Dispatcher } from './dispatch.ts'
import { FailureLog } from './failure-log.ts'
import { buildFilter } from './filter.ts'
import { forEachFrame, keepFrame } from './frames.ts'
import type { CheckedServeOptions } from './options.ts'
import { Publisher } from './publisher.ts'
import { parseScope } from './scope.ts'
import { MACHINE_TIME, type Timing } from './timing.ts'
import { debug } from './trace.ts'

const CLOSE_TIMEOUT_MS = 5_000

export interface HostParts {
  readonly native: Pick<Native, 'serve' | 'currentUserSid'>
  readonly provider: Provider
  readonly definition: Definition
  readonly controlPath: string
  readonly options: CheckedServeOptions
  /** Runs last, once, however serving ended: takes a temporary installation back. */
  readonly afterClose: () => Promise<void>
  /** Default: the machine's. */
  readonly timing?: Timing
}

export class ProviderHost extends EventEmitter<HostEvents> implements Host {
  readonly provider: Provider
  readonly closed: Promise<void>
  readonly signal: AbortSignal
  readonly #definition: Definition
  readonly #dispatcher: Dispatcher
  readonly #server: NativeServer
  readonly #changes: Changes
  readonly #publisher: Publisher
  readonly #answers: AnswerCache
  readonly #afterClose: () => Promise<void>
  readonly #controller = new AbortController()
  readonly #log = new FailureLog()
  readonly #isClosed = Promise.withResolvers<void>()
  /** Events that came before `start` had finished. */
  #early: NativeEvent[] | undefined = []
  #cleanUp: (() => Awaitable<void>) | undefined
  #closing: Promise<void> | undefined
  #destroying: Promise<void> | undefined
  #onAbort: (() => void) | undefined

  constructor(parts: HostParts, revision: Uint8Array | undefined) {
    super()
    const { native, provider, definition, options } = parts
    this.provider = provider
    this.closed = this.#isClosed.promise
    this.signal = this.#controller.signal
    this.#definition = definition
    this.#afterClose = parts.afterClose
    this.#server = native.serve(
      {
        controlPath: parts.controlPath,
        filter: buildFilter(definition, options.restartGraceMs, revision),
        pipeSddl: pipeSddl(native.currentUserSid(), definition.allow),
        maxClients: options.clients,
        maxCallsPerClient: options.callsPerClient,
        onFailure: definition.onFailure,
      },
      (event) => this.#receive(event),
      (bytes, size) => forEachFrame(bytes, size, (frame) => this.#receiveFrame(frame)),
    )
    const records = this.#server
    const changes = new Changes(records)
    const published = new Publisher(records, changes)
    const answers = new AnswerCache({
      definition,
      answerBytes: options.answerBytes,
      records,
      changes,
      published,
      timing: parts.timing ?? MACHINE_TIME,
      failed: (error, context) => this.#dispatcher.handlerFailed('lookup', error, context),
    })
    this.#changes = changes
    this.#publisher = published
    this.#answers = answers
    const stores = { published, changes, answers }
    this.#dispatcher = new Dispatcher(definition, options.answerBytes, this.#server, stores, {
      connected: (client) => this.#tell('connect', client),
      disconnected: (client, reason) => this.#tell('disconnect', client, reason),
      handlerFailed: (failure) => this.#handlerFailed(failure),
    })
  }

  get clients(): ReadonlySet<Client> {
    return this.#dispatcher.clients
  }

  /** Follows the directory, runs `start`, then lets calls through. */
  async begin(signal: AbortSignal | undefined): Promise<void> {
    const { init } = this.#definition
    if (init.directory !== undefined) void new Announcer(init.directory, this).run()
    this.#cleanUp = (await init.start?.(this)) ?? undefined
    this.#publisher.dropFormer()
    const early = this.#early ?? []
    this.#early = undefined
    for (const event of early) this.#receive(event)
    if (signal === undefined) return
    this.#onAbort = () => this.#closeAlone('the signal was aborted')
    signal.addEventListener('abort', this.#onAbort, { once: true, signal: this.signal })
    if (signal.aborted) this.#onAbort()
  }

  invalidate(scope?: InvalidateScope): void {
    const change = parseScope(scope, this.#definition)
    debug('invalidate %o', change)
    if (this.#destroying === undefined) this.#changes.tell(change)
  }

  publish(services: Iterable<NamedServiceInit>): Publication {
    return this.#publisher.publish(services)
  }

  ref(): this {
    if (this.#destroying === undefined) this.#server.ref()
    return this
  }

  unref(): this {
    if (this.#destroying === undefined) this.#server.unref()
    return this
  }

  close({ timeoutMs = CLOSE_TIMEOUT_MS }: { timeoutMs?: number | undefined } = {}): Promise<void> {
    this.#closing ??= this.#drain(timeoutMs)
    return this.#closing
  }

  destroy(reason?: Error): Promise<void> {
    this.#destroying ??= this.#tearDown(reason)
    return this.#destroying
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  stats(): HostStats {
    const native = this.#server.stats()
    const { handles, calls, rejectedFrames } = this.#dispatcher.stats
    const { names, answers } = this.#server.published()
    return Object.freeze({
      clients: this.clients.size,
      handles,
      pendingNotifications: native.subscriptions,
      calls,
      refusedClients: native.refusedClients,
      rejectedFrames: native.rejectedFrames + rejectedFrames,
      breakerOpenings: native.breakerOpenings,
      published: names + answers,
    })
  }

  #receive(event: NativeEvent): void {
    if (this.#destroying !== undefined) return
    if (event.type === 'retired') this.#closeAlone('the provider was uninstalled')
    else if (this.#early === undefined) this.#dispatcher.handle(event)
    else this.#early.push(event.type === 'frame' ? keepFrame(event) : event)
  }

  /** One of several: a fault of ours in one must not lose those behind it. */
  #receiveFrame(frame: NativeFrame): void {
    try {
      this.#receive(frame)
    } catch (error) {
      process.nextTick(() => {
        throw error
      })
    }
  }

  /** Listeners are the user's: what they throw must not come back into the dispatcher. */
  #tell(
    ...event:
      | ['connect', Client]
      | ['disconnect', Client, DisconnectReason]
      | ['handlerError', HandlerFailure]
  ): void {
    try {
      const [name, ...args] = event
      this.emit(name, ...(args as never))
    } catch (error) {
      process.nextTick(() => {
        throw error
      })
    }
  }

  #handlerFailed(failure: HandlerFailure): void {
    if (this.listenerCount('handlerError') > 0) this.#tell('handlerError', failure)
    else this.#log.write(this.provider.name, failure)
  }

  #closeAlone(why: string): void {
    debug('closing: %s', why)
    this.close().catch((error: unknown) => {
      process.emitWarning(error instanceof Error ? error : String(error))
    })
  }

  async #drain(timeoutMs: number): Promise<void> {
    this.#server.stopAccepting()
    this.#controller.abort(abortReason('ERR_NSP_HOST_CLOSED'))
    const { promise: timedOut, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, timeoutMs)
    await Promise.race([this.#dispatcher.drain(), timedOut])
    clearTimeout(timer)
    await this.destroy()
  }

  async #tearDown(reason: Error | undefined): Promise<void> {
    this.#controller.abort(abortReason('ERR_NSP_HOST_CLOSED', reason))
    this.#publisher.close()
    this.#answers.close(new Reason('ERR_NSP_HOST_CLOSED', reason))
    this.#dispatcher.destroy(reason)
    const faults: unknown[] = []
    // Each step must run whatever became of the one before it.
    for (const step of [
      () => this.#cleanUp?.(),
      () => this.#server.close(),
      () => this.#afterClose(),
    ]) {
      try {
        await step()
      } catch (error) {
        faults.push(error)
      }
    }
    this.#isClosed.resolve()
    this.emit('close')
    if (faults.length === 1) throw faults[0]
    if (faults.length > 1) throw new AggregateError(faults, 'closing the host failed')
  }
}

/** SHA-256 of what vouches for the data; undefined if nothing does. */
async function revisionHash({ init }: Definition): Promise<Uint8Array | undefined> {
  const revision: unknown = await init.revision?.()
  if (revision === undefined) return undefined
  if (typeof revision !== 'string') throw new TypeError('revision() must give a string')
  return createHash('sha256').update(revision).digest()
}

/** Takes the provider over and runs its `start`. */
export async function startHost(
  parts: HostParts,
  signal: AbortSignal | undefined,
): Promise<ProviderHost> {
  const host = new ProviderHost(parts, await revisionHash(parts.definition))
  try {
    await host.begin(signal)
  } catch (error) {
    await host
      .destroy(error instanceof Error ? error : undefined)
      .catch((fault: unknown) => debug('%o', fault))
    throw error
  }
  return host
}
