// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The argument of host.invalidate, checked and in canonical form.

import type { Definition } from '../internal/definition.ts'
import { isFields, show } from '../internal/issues.ts'
import { serviceClassId } from '../service-class.ts'
import type { InvalidateScope } from '../types.ts'
import { type Change, foldCase, nameKey } from '../wire/counters.ts'

function fault(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_VALUE' })
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '')
    throw fault(`${what} is not a text: ${show(value)}`)
  return value
}

/** @throws TypeError (`ERR_INVALID_ARG_VALUE`) */
export function parseScope(scope: InvalidateScope | undefined, definition: Definition): Change {
  // A predicate cannot be asked in another process: everybody is told, which is allowed.
  if (scope === undefined || typeof scope === 'function') return { kind: 'all' }
  const keys = isFields(scope) ? Object.keys(scope) : []
  if (!isFields(scope) || keys.length !== 1)
    throw fault('a scope has one of: name, suffix, serviceClass, entry')
  if ('name' in scope) return { kind: 'name', key: nameKey(text(scope.name, 'name')) }
  if ('suffix' in scope) {
    const suffix = nameKey(foldCase(text(scope.suffix, 'suffix')).replace(/^\*?\./, ''))
    return { kind: 'suffix', suffix: text(suffix, 'suffix') }
  }
  if ('serviceClass' in scope) {
    const id = serviceClassId(scope.serviceClass)
    if (id === undefined) throw fault(`not a service class or GUID: ${show(scope.serviceClass)}`)
    return { kind: 'class', id }
  }
  if (!('entry' in scope)) throw fault(`there is no such scope: ${keys[0]}`)
  const index = definition.entries.findIndex(({ entry }) => entry.key === scope.entry)
  if (index === -1) throw fault(`there is no entry ${show(scope.entry)}`)
  return { kind: 'entry', index }
}
