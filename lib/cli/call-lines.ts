// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One readable line for each call, from the diagnostics channels.
import { tracingChannel } from 'node:diagnostics_channel'
import { win32 } from 'node:path'
import { isWinsockError } from '../errors.ts'
import { OPERATIONS } from '../host/stats.ts'
import type { TraceMessage } from '../host/trace.ts'
import { decodeServiceClass, type ServiceClass } from '../service-class.ts'
import type { Operation } from '../types.ts'

export function className(serviceClass: ServiceClass | undefined): string {
  if (serviceClass === undefined) return ''
  switch (serviceClass.kind) {
    case 'dns':
      return ` ${serviceClass.record}`
    case 'tcp':
    case 'udp':
      return ` ${serviceClass.kind}/${serviceClass.port}`
    case 'other':
      return ` ${serviceClass.id}`
    default:
      return ` ${serviceClass.kind}`
  }
}

function outcome(operation: Operation, { results, error }: TraceMessage): string {
  if (isWinsockError(error)) return error.code
  if (error instanceof Error) return error.message.split('\n')[0] ?? ''
  if (operation === 'stillValid')
    return (results as Uint8Array)[0] === 1 ? 'still valid' : 'no longer valid'
  if (operation === 'ioctl') return `${(results as Uint8Array).length} bytes`
  if (operation !== 'lookup') return 'done'
  const { yielded, sent } = results as { readonly yielded: number; readonly sent: number }
  return yielded === sent ? `${sent} results` : `${sent} results of ${yielded}`
}

function subject({ query, service, serviceClass }: TraceMessage): string {
  if (serviceClass !== undefined) return className(decodeServiceClass(serviceClass)).trim()
  const { name, serviceClass: asked } = query ?? service ?? {}
  return `${name ?? '(all)'}${className(asked)}`
}

export function describeCall(
  operation: Operation,
  message: TraceMessage,
  milliseconds: number,
): string {
  const { client, entry } = message
  const program = client.imagePath === undefined ? 'process' : win32.basename(client.imagePath)
  const time = `${milliseconds.toFixed(1)} ms`
  return `${operation} ${subject(message)} [${entry.key}] for ${program} ${client.processId} (${client.architecture}): ${outcome(operation, message)}, ${time}`
}

/** Calls `print` at the end of every call; returns what stops that. */
export function watchCalls(print: (line: string) => void): () => void {
  const stops = OPERATIONS.map((operation) => {
    const channel = tracingChannel<string, TraceMessage>(`winsock-nsp:${operation}`)
    const begun = new WeakMap<TraceMessage, number>()
    const ignore = () => undefined
    const subscribers = {
      start: (message: TraceMessage) => void begun.set(message, performance.now()),
      end: ignore,
      asyncStart: ignore,
      asyncEnd: (message: TraceMessage) =>
        print(describeCall(operation, message, performance.now() - (begun.get(message) ?? 0))),
      error: ignore,
    }
    channel.subscribe(subscribers)
    return () => channel.unsubscribe(subscribers)
  })
  return () => {
    for (const stop of stops) stop()
  }
}
