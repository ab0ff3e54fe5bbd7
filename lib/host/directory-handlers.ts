// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A directory as the handlers of a provider, and its events as notifications.
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { WinsockError } from '../errors.ts'
import type { SharedHandlers } from '../internal/definition.ts'
import { type IssueList, isFields, show } from '../internal/issues.ts'
import type { Directory, DirectoryOperation } from '../store/directory.ts'
import type { Host, ProviderInit, ServiceChange } from '../types.ts'
import { debug } from './trace.ts'

// After a failing watch.
const RETRY_MS = 1_000

/** Names each member that a directory lacks. */
export function checkDirectory(issues: IssueList, value: unknown): Directory | undefined {
  if (value === undefined) return undefined
  if (!isFields(value)) return issues.add('directory', `not a directory: ${show(value)}`)
  for (const key of ['find', 'apply', 'watch']) {
    if (typeof value[key] !== 'function')
      issues.add(`directory.${key}`, `not a function: ${show(value[key])}`)
  }
  const classes = value['classes']
  for (const key of ['get', 'put', 'delete']) {
    const member = isFields(classes) ? classes[key] : undefined
    if (typeof member !== 'function')
      issues.add(`directory.classes.${key}`, `not a function: ${show(member)}`)
  }
  return value as unknown as Directory
}

function directoryHandlers(directory: Directory, leaseByProcess: boolean): SharedHandlers {
  const apply =
    (kind: DirectoryOperation['kind']): NonNullable<SharedHandlers['register']> =>
    async (change: ServiceChange, { client, signal }) => {
      const owner = leaseByProcess ? client : undefined
      await directory.apply(Object.freeze({ kind, ...change, owner }), { signal })
      // A turn later its watchers, us among them, have heard of it: clients who wait are told before this one is answered.
      await turn()
    }
  return {
    lookup: (query, { signal }) => directory.find(query, { signal }),
    register: apply('register'),
    deregister: apply('deregister'),
    remove: apply('remove'),
    installClass: (info) => directory.classes.put(info),
    async removeClass(id) {
      if ((await directory.classes.delete(id)) !== true) throw new WinsockError('WSATYPE_NOT_FOUND')
    },
    classInfo: (id) => directory.classes.get(id),
  }
}

const SHARED = [
  'lookup',
  'register',
  'deregister',
  'remove',
  'installClass',
  'removeClass',
  'classInfo',
] as const

/** The provider's own handlers, bound; for the others those of its directory. */
export function sharedHandlers(
  init: ProviderInit,
  directory: Directory | undefined,
): SharedHandlers {
  const own = SHARED.flatMap((key) => {
    const handler: unknown = init[key]
    return typeof handler === 'function' ? [[key, handler.bind(init)] as const] : []
  })
  const stand = directory && directoryHandlers(directory, init.leaseByProcess === true)
  return Object.freeze({ ...stand, ...(Object.fromEntries(own) as SharedHandlers) })
}

/** Tells clients of everything that the directory tells, until `host` closes. */
export async function announceChanges(directory: Directory, host: Host): Promise<void> {
  const { signal } = host
  let since: string | undefined
  while (!signal.aborted) {
    try {
      for await (const event of directory.watch({ signal, since })) {
        since = event.revision
        debug('directory: %s %s', event.kind, event.kind === 'reset' ? '' : event.name)
        host.invalidate(event.kind === 'reset' ? undefined : { name: event.name })
      }
      // Its end means that the directory is closed: there will be no more changes.
      return
    } catch (error) {
      if (signal.aborted) return
      // What it did not tell, nobody knows: everything may be different.
      host.invalidate()
      process.emitWarning(error instanceof Error ? error : String(error))
      await wait(RETRY_MS, undefined, { ref: false, signal }).catch(() => undefined)
    }
  }
}
