// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A directory as the handlers of a provider, and its events as notifications.
import { setImmediate as turn } from 'node:timers/promises'
import { WinsockError } from '../errors.ts'
import type { SharedHandlers } from '../internal/definition.ts'
import { type IssueList, isFields, show } from '../internal/issues.ts'
import type { Directory, DirectoryOperation } from '../store/directory.ts'
import type { ProviderInit, ServiceChange } from '../types.ts'

/** Names each member that a directory lacks. */
export function checkDirectory(issues: IssueList, value: unknown): Directory | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'function')
    return issues.add('directory', 'a function, not a directory: make one with new, or call it')
  if (!isFields(value)) return issues.add('directory', `not a directory: ${show(value)}`)
  if (typeof value['then'] === 'function')
    return issues.add('directory', 'a promise: write await before it')
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
    // Few directories look at the signal of a search: it is made for those.
    lookup: (query, context) =>
      directory.find(query, {
        get signal() {
          return context.signal
        },
      }),
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
