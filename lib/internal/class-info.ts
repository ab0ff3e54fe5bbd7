// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A service class with its properties, as users write it: checked completely, in canonical form.
import { parseGuid } from '../guid.ts'
import type { ServiceClassInfo } from '../types.ts'
import { MAX_BLOB_BYTES, MAX_CLASS_PROPERTIES, MAX_STRING_CHARS } from '../wire/constants.ts'
import { type IssueList, isFields, show } from './issues.ts'

const MAX_UINT32 = 0xffffffff

type Property = ServiceClassInfo['properties'][number]

function at(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`
}

function checkProperty(issues: IssueList, path: string, value: unknown): Property | undefined {
  if (!isFields(value)) return issues.add(path, `not an object: ${show(value)}`)
  const name = issues.text(`${path}.name`, value['name'], MAX_STRING_CHARS)
  const namespace = issues.integer(`${path}.namespace`, value['namespace'], 0, MAX_UINT32)
  const type = issues.integer(`${path}.type`, value['type'], 0, MAX_UINT32)
  const bytes = value['value']
  if (!(bytes instanceof Uint8Array))
    return issues.add(`${path}.value`, `not a Uint8Array: ${show(bytes)}`)
  if (bytes.length > MAX_BLOB_BYTES)
    return issues.add(`${path}.value`, `longer than ${MAX_BLOB_BYTES} bytes`)
  if (name === undefined || namespace === undefined || type === undefined) return undefined
  return Object.freeze({ name, namespace, type, value: bytes.slice() })
}

/** undefined: `issues` says what is wrong. */
export function checkClassInfo(
  issues: IssueList,
  path: string,
  value: unknown,
): ServiceClassInfo | undefined {
  if (!isFields(value)) return issues.add(path, `not an object: ${show(value)}`)
  const before = issues.issues.length
  const id = parseGuid(value['id'])
  if (id === undefined) issues.add(at(path, 'id'), `not a GUID: ${show(value['id'])}`)
  const name = issues.text(at(path, 'name'), value['name'], MAX_STRING_CHARS)
  const given = value['properties']
  if (given === undefined) issues.add(at(path, 'properties'), 'missing')
  const list = issues.array(at(path, 'properties'), given) ?? []
  if (list.length > MAX_CLASS_PROPERTIES)
    issues.add(at(path, 'properties'), `more than ${MAX_CLASS_PROPERTIES}`)
  const properties = list
    .slice(0, MAX_CLASS_PROPERTIES)
    .flatMap((item, n) => checkProperty(issues, at(path, `properties[${n}]`), item) ?? [])
  if (id === undefined || name === undefined || issues.issues.length > before) return undefined
  return Object.freeze({ id, name, properties: Object.freeze(properties) })
}
