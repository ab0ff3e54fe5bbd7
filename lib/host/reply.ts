// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A handler that gives one answer: run inside its trace, with what it returns or throws made a Reply frame.

import type { Definition } from '../internal/definition.ts'
import type { CallContext, Operation, Query, Service } from '../types.ts'
import { FRAME_HEADER_BYTES, MAX_FRAME_BYTES } from '../wire/constants.ts'
import { writeReply } from '../wire/wire.ts'
import type { Call } from './call.ts'
import type { Leases } from './leases.ts'
import { debug, startTrace } from './trace.ts'

export interface Handlers {
  readonly definition: Definition
  readonly leases: Leases
  /** Reports a failing handler; returns the code for the client. */
  readonly failed: (operation: Operation, error: unknown, context: CallContext) => number
}

export interface Reply {
  readonly failed: boolean
  readonly body: Uint8Array
}

// Status and length of a Reply frame.
const REPLY_HEAD_BYTES = 8
export const MAX_REPLY_BYTES: number = MAX_FRAME_BYTES - FRAME_HEADER_BYTES - REPLY_HEAD_BYTES
export const NOTHING: Uint8Array = new Uint8Array(0)

export function refusal(status: number): Reply {
  return { failed: true, body: writeReply(status, NOTHING) }
}

/** How many bytes of output a reply carries. */
export function outputSize({ body }: Reply): number {
  return body.length - REPLY_HEAD_BYTES
}

/** What a traced call is about. */
export interface Subject {
  readonly query?: Query
  readonly service?: Service
  readonly serviceClass?: string
}

/** Runs a handler inside its trace; what it throws becomes a code. Never rejects. */
export async function traced(
  { failed }: Handlers,
  { id, operation, context, connection }: Call,
  subject: Subject,
  handle: () => Promise<Uint8Array>,
): Promise<Reply> {
  const { client, entry } = context
  const asked = context.handle?.id ?? `${client.processId}.${connection.number}.0`
  const trace = startTrace(operation, {
    id: `${asked}.${id}`,
    client,
    entry,
    query: undefined,
    ...subject,
  })
  const { query, service, serviceClass } = subject
  debug('%s %s of %s', operation, asked, query?.name ?? service?.name ?? serviceClass ?? '*')
  try {
    const output = await trace.run(handle)
    trace.done(output)
    return { failed: false, body: writeReply(0, output) }
  } catch (error) {
    trace.failed(error)
    return refusal(failed(operation, error, context))
  }
}
