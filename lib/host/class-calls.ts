// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Runs installClass, removeClass and classInfo: what a client wants with the functions on service classes.
import { WinsockCode } from '../codes.ts'
import { WinsockError } from '../errors.ts'
import { checkClassInfo } from '../internal/class-info.ts'
import { IssueList } from '../internal/issues.ts'
import { type ClassFrame, type InstallClassFrame, writeClassBlock } from '../wire/wire-class.ts'
import { isAllowed } from './access.ts'
import { invalidAnswer } from './answer.ts'
import type { Call } from './call.ts'
import { type Handlers, MAX_REPLY_BYTES, NOTHING, type Reply, refusal, traced } from './reply.ts'

/** Classes are part of what is registered: the same rule says who may change them. */
async function admit({ definition }: Handlers, { context }: Call): Promise<void> {
  if ((await isAllowed(definition.allow.register, context.client)) !== true)
    throw new WinsockError('WSAEACCES')
}

export async function runInstallClass(
  handlers: Handlers,
  call: Call,
  { info }: InstallClassFrame,
): Promise<Reply> {
  // A class and its properties have names.
  if (checkClassInfo(new IssueList(), '', info) === undefined) return refusal(WinsockCode.WSAEINVAL)
  const handler = handlers.definition.handlers.installClass
  if (handler === undefined) return refusal(WinsockCode.WSAEOPNOTSUPP)
  return traced(handlers, call, { serviceClass: info.id }, async () => {
    await admit(handlers, call)
    await handler(info, call.context)
    return NOTHING
  })
}

export async function runRemoveClass(
  handlers: Handlers,
  call: Call,
  { id }: ClassFrame,
): Promise<Reply> {
  const handler = handlers.definition.handlers.removeClass
  if (handler === undefined) return refusal(WinsockCode.WSAEOPNOTSUPP)
  return traced(handlers, call, { serviceClass: id }, async () => {
    await admit(handlers, call)
    await handler(id, call.context)
    return NOTHING
  })
}

export async function runClassInfo(
  handlers: Handlers,
  call: Call,
  { id }: ClassFrame,
): Promise<Reply> {
  const handler = handlers.definition.handlers.classInfo
  if (handler === undefined) return refusal(WinsockCode.WSAEOPNOTSUPP)
  return traced(handlers, call, { serviceClass: id }, async () => {
    const answer: unknown = await handler(id, call.context)
    if (answer === undefined) throw new WinsockError('WSATYPE_NOT_FOUND')
    const issues = new IssueList()
    const info = checkClassInfo(issues, '', answer)
    if (info !== undefined && info.id !== id) issues.add('id', `${info.id} is not what was asked`)
    const block = info === undefined ? NOTHING : writeClassBlock(info)
    if (block.length > MAX_REPLY_BYTES)
      issues.add('', `${block.length} bytes, at most ${MAX_REPLY_BYTES} fit`)
    if (issues.issues.length > 0) throw invalidAnswer('what classInfo returned', issues)
    return block
  })
}
