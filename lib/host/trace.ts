// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What can be watched from outside: diagnostics channels, and NODE_DEBUG=winsock-nsp on stderr.
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Channel, channel, tracingChannel } from 'node:diagnostics_channel'
import { type DebugLogger, debuglog } from 'node:util'
import type { Guid } from '../guid.ts'
import type { Client, Entry, Operation, Query, Service } from '../types.ts'
import { OPERATIONS } from './stats.ts'

export const debug: DebugLogger = debuglog('winsock-nsp')

/** What the messages of a traced call carry; `results` or `error` come when it has ended. */
export interface TraceMessage {
  readonly id: string
  readonly client: Client
  readonly entry: Entry
  /** Of the lookup; undefined in registrations and calls on classes. */
  readonly query: Query | undefined
  /** Of a registration. */
  readonly service?: Service
  /** Of a call on classes. */
  readonly serviceClass?: Guid
  results?: unknown
  error?: unknown
}

export interface Trace {
  /** Runs a step of the handler inside the trace context. */
  run<T>(step: () => T): T
  done(results: unknown): void
  failed(error: unknown): void
}

const channels = new Map(
  OPERATIONS.map((operation) => [
    operation,
    tracingChannel<string, TraceMessage>(`winsock-nsp:${operation}`),
  ]),
)

type PlainChannel = 'connect' | 'disconnect' | 'frame-rejected' | 'publish'

const plain: Readonly<Record<PlainChannel, Channel>> = {
  connect: channel('winsock-nsp:connect'),
  disconnect: channel('winsock-nsp:disconnect'),
  'frame-rejected': channel('winsock-nsp:frame-rejected'),
  publish: channel('winsock-nsp:publish'),
}

/** Of all calls while nobody listens. */
export const untraced: Trace = {
  run: (step) => step(),
  done: () => undefined,
  failed: () => undefined,
}

/** Begins the trace of one call; costs nothing while nobody listens. */
export function startTrace(operation: Operation, message: TraceMessage): Trace {
  const channel = channels.get(operation)
  if (channel?.hasSubscribers !== true) return untraced
  const { start, end, asyncStart, asyncEnd, error } = channel
  // A handler runs in several steps (a generator), each of which must see the stores bound to `start`.
  const run = start.runStores(message, () => AsyncLocalStorage.snapshot())
  end.publish(message)
  const finish = () => {
    asyncStart.publish(message)
    asyncEnd.publish(message)
  }
  return {
    run: (step) => run(step),
    done(results) {
      message.results = results
      finish()
    },
    failed(reason) {
      message.error = reason
      error.publish(message)
      finish()
    },
  }
}

export function publish(name: PlainChannel, message: object): void {
  if (plain[name].hasSubscribers) plain[name].publish(message)
}
