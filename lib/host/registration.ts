// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Runs register, deregister and remove: what a client wants with WSASetService.
import { WinsockCode } from '../codes.ts'
import { WinsockError } from '../errors.ts'
import type { DefinedEntry } from '../internal/definition.ts'
import { makeService } from '../internal/service.ts'
import type { ServiceChange } from '../types.ts'
import type { SetServiceFrame } from '../wire/wire-class.ts'
import { isAllowed } from './access.ts'
import type { Call } from './call.ts'
import { type Handlers, NOTHING, type Reply, refusal, traced } from './reply.ts'

/** What the contract ignores (protocols, query string, output flags) is gone from the service. */
function changeOf({ entry }: DefinedEntry, { service, multiple }: SetServiceFrame): ServiceChange {
  const set = { ...service, flags: 0, protocols: [], queryString: undefined }
  return Object.freeze({ service: makeService(set, entry.namespace, entry.id), multiple })
}

/** A name and a class always; addresses to register. */
function isComplete({ operation, service }: SetServiceFrame): boolean {
  if (service.name === undefined || service.name === '') return false
  if (service.serviceClass === undefined) return false
  return operation !== 'register' || service.addresses.length > 0
}

export async function runSetService(
  handlers: Handlers,
  call: Call,
  entry: DefinedEntry,
  frame: SetServiceFrame,
): Promise<Reply> {
  if (!isComplete(frame)) return refusal(WinsockCode.WSAEINVAL)
  const { definition, leases } = handlers
  const { operation } = frame
  const handler = definition.handlers[operation]
  if (handler === undefined) return refusal(WinsockCode.WSAEOPNOTSUPP)
  const change = changeOf(entry, frame)
  return traced(handlers, call, { service: change.service }, async () => {
    const { context } = call
    if ((await isAllowed(definition.allow.register, context.client)) !== true)
      throw new WinsockError('WSAEACCES')
    const { connection } = call
    const leased = { connection, entry, operation, context }
    await leases.run(leased, change, () => handler(change, context))
    return NOTHING
  })
}
