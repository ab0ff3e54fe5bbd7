// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Runs the handlers that give one answer: ioctl and stillValid.
import { WinsockCode } from '../codes.ts'
import type { IoctlBinding } from '../ioctl.ts'
import type { CallContext, Operation } from '../types.ts'
import { isAllowed } from './access.ts'
import { invalidAnswer } from './answer.ts'
import { type Call, Context } from './call.ts'
import { FRAME_HEADER_BYTES, MAX_FRAME_BYTES } from './constants.ts'
import type { Definition } from './definition.ts'
import { IssueList, show } from './issues.ts'
import { debug, startTrace } from './trace.ts'
import { type IoctlFrame, writeReply, writeReplyTooSmall } from './wire.ts'

export interface Handlers {
  readonly definition: Definition
  /** Reports a failing handler; returns the code for the client. */
  readonly failed: (operation: Operation, error: unknown, context: CallContext) => number
}

export interface Reply {
  readonly failed: boolean
  readonly body: Uint8Array
}

// Status and length of a Reply frame.
const REPLY_HEAD_BYTES = 8
const NOTHING = new Uint8Array(0)

function refusal(status: number): Reply {
  return { failed: true, body: writeReply(status, NOTHING) }
}

/** An error that is already an answer. */
class Refusal extends Error {
  readonly status: number
  constructor(status: number) {
    super(`refused with ${status}`)
    this.status = status
  }
}

/** Runs a handler inside its trace; what it throws becomes a code. Never rejects. */
async function traced(
  { failed }: Handlers,
  call: Call,
  context: Context,
  handle: () => Promise<Uint8Array>,
): Promise<Reply> {
  const { lookup, operation } = call
  const {
    client,
    handle: { id, query },
    entry,
  } = context
  const trace = startTrace(operation, {
    id: `${lookup.handle.id}.${call.id}`,
    client,
    entry,
    query,
  })
  debug('%s %s of %s', operation, id, query.name ?? '*')
  try {
    const output = await trace.run(handle)
    trace.done(output)
    return { failed: false, body: writeReply(0, output) }
  } catch (error) {
    trace.failed(error)
    return refusal(error instanceof Refusal ? error.status : failed(operation, error, context))
  }
}

async function decodeInput({ definition }: IoctlBinding, input: Uint8Array): Promise<unknown> {
  try {
    return await definition.input.decode(input)
  } catch (error) {
    debug('ioctl 0x%s: input refused: %o', definition.code.toString(16), error)
    throw new Refusal(WinsockCode.WSAEINVAL)
  }
}

function encodeOutput({ definition }: IoctlBinding, value: unknown): Uint8Array {
  const issues = new IssueList()
  const what = `what the handler of 0x${definition.code.toString(16)} returned`
  let output: unknown
  try {
    output = definition.output.encode(value)
  } catch (error) {
    issues.add('', error instanceof Error ? error.message : String(error))
    throw invalidAnswer(what, issues)
  }
  if (output instanceof Uint8Array) return output
  issues.add('', `not encoded as bytes: ${show(output)}`)
  throw invalidAnswer(what, issues)
}

function contextOf(call: Call): Context {
  return new Context(call.lookup, call.controller.signal, () => call.deadline)
}

export async function runIoctl(handlers: Handlers, call: Call, frame: IoctlFrame): Promise<Reply> {
  const { definition } = handlers
  const binding = definition.ioctls.get(frame.code)
  if (binding === undefined) return refusal(WinsockCode.WSAEOPNOTSUPP)
  const context = contextOf(call)
  const reply = await traced(handlers, call, context, async () => {
    if ((await isAllowed(definition.allow.ioctl, context.client)) !== true)
      throw new Refusal(WinsockCode.WSAEACCES)
    const { code, outputBytes: outputSize, completion } = frame
    const input = await decodeInput(binding, frame.input)
    const request = Object.freeze({
      code,
      input,
      outputSize,
      query: call.lookup.handle.query,
      completion,
    })
    return encodeOutput(binding, await binding.handle(request, context))
  })
  const size = reply.body.length - REPLY_HEAD_BYTES
  if (size > frame.outputBytes)
    return { failed: true, body: writeReplyTooSmall(WinsockCode.WSAEFAULT, size) }
  if (size > MAX_FRAME_BYTES - FRAME_HEADER_BYTES - REPLY_HEAD_BYTES)
    return refusal(WinsockCode.WSAENOBUFS)
  return reply
}

export async function runStillValid(handlers: Handlers, call: Call): Promise<Reply> {
  const { init } = handlers.definition
  if (init.stillValid === undefined) return refusal(WinsockCode.WSAEOPNOTSUPP)
  const context = contextOf(call)
  return traced(handlers, call, context, async () => {
    const answer: unknown = await init.stillValid?.(call.lookup.handle, context)
    if (typeof answer === 'boolean') return Uint8Array.of(answer ? 1 : 0, 0, 0, 0)
    const issues = new IssueList()
    issues.add('', `neither true nor false: ${show(answer)}`)
    throw invalidAnswer('what stillValid returned', issues)
  })
}
