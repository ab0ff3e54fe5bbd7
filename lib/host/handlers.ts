// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Runs the handlers that give one answer about a lookup: ioctl and stillValid.
import { WinsockCode } from '../codes.ts'
import { WinsockError } from '../errors.ts'
import { IssueList, show } from '../internal/issues.ts'
import type { IoctlBinding } from '../ioctl.ts'
import type { LookupHandle } from '../types.ts'
import { type IoctlFrame, writeReplyTooSmall } from '../wire/wire.ts'
import { isAllowed } from './access.ts'
import { invalidAnswer } from './answer.ts'
import type { Call } from './call.ts'
import { type Handlers, MAX_REPLY_BYTES, outputSize, type Reply, refusal, traced } from './reply.ts'
import { debug } from './trace.ts'

async function decodeInput({ definition }: IoctlBinding, input: Uint8Array): Promise<unknown> {
  try {
    return await definition.input.decode(input)
  } catch (error) {
    debug('ioctl 0x%s: input refused: %o', definition.code.toString(16), error)
    throw new WinsockError('WSAEINVAL')
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

export async function runIoctl(
  handlers: Handlers,
  call: Call,
  { query }: LookupHandle,
  frame: IoctlFrame,
): Promise<Reply> {
  const { definition } = handlers
  const binding = definition.ioctls.get(frame.code)
  if (binding === undefined) return refusal(WinsockCode.WSAEOPNOTSUPP)
  const { context } = call
  const reply = await traced(handlers, call, { query }, async () => {
    if ((await isAllowed(definition.allow.ioctl, context.client)) !== true)
      throw new WinsockError('WSAEACCES')
    const { code, outputBytes, completion } = frame
    const input = await decodeInput(binding, frame.input)
    const request = Object.freeze({ code, input, outputSize: outputBytes, query, completion })
    return encodeOutput(binding, await binding.handle(request, context))
  })
  const size = outputSize(reply)
  if (size > frame.outputBytes)
    return { failed: true, body: writeReplyTooSmall(WinsockCode.WSAEFAULT, size) }
  if (size > MAX_REPLY_BYTES) return refusal(WinsockCode.WSAENOBUFS)
  return reply
}

export async function runStillValid(
  handlers: Handlers,
  call: Call,
  handle: LookupHandle,
): Promise<Reply> {
  const { init } = handlers.definition
  if (init.stillValid === undefined) return refusal(WinsockCode.WSAEOPNOTSUPP)
  return traced(handlers, call, { query: handle.query }, async () => {
    const answer: unknown = await init.stillValid?.(handle, call.context)
    if (typeof answer === 'boolean') return Uint8Array.of(answer ? 1 : 0, 0, 0, 0)
    const issues = new IssueList()
    issues.add('', `neither true nor false: ${show(answer)}`)
    throw invalidAnswer('what stillValid returned', issues)
  })
}
