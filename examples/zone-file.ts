// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Reads a zone file: {"records": [{"name", "addresses", "class", "version", "comment"}]}. Errors name file, line and field.
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { type Issue, NspError, type ServiceInit } from 'winsock-nsp'

export type ZoneRecord = ServiceInit & { readonly name: string }
export type Zone = ReadonlyMap<string, ZoneRecord>

const GUID = /^\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i
const FIELDS = ['name', 'addresses', 'class', 'version', 'comment']

function isAddress(value: unknown): value is string {
  if (typeof value !== 'string') return false
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(value) ?? []
  return isIP(value) !== 0 || (isIP(bracketed ?? plain ?? '') !== 0 && Number(port ?? 0) <= 65535)
}

/** What is wrong with each field of one record, as it stands in the file. */
function recordFaults(record: Record<string, unknown>): [field: string, fault: string][] {
  const { name, addresses = [], version, comment } = record
  const faults: [string, string][] = []
  if (typeof name !== 'string' || name === '') faults.push(['name', 'missing or not a text'])
  if (!Array.isArray(addresses)) faults.push(['addresses', 'not a list'])
  for (const [at, address] of Array.isArray(addresses) ? addresses.entries() : []) {
    if (!isAddress(address))
      faults.push([`addresses[${at}]`, `${JSON.stringify(address)} is not an address`])
  }
  if (record.class !== undefined && !GUID.test(String(record.class)))
    faults.push(['class', 'not a GUID'])
  if (version !== undefined && !Number.isInteger(version))
    faults.push(['version', 'not a whole number'])
  if (comment !== undefined && typeof comment !== 'string') faults.push(['comment', 'not a text'])
  for (const field of Object.keys(record))
    if (!FIELDS.includes(field)) faults.push([field, 'there is no such field'])
  return faults
}

/** The line on which a record begins: that of its name, if it has one. */
function lineOf(text: string, name: unknown): number {
  const at = typeof name === 'string' ? text.indexOf(JSON.stringify(name)) : -1
  return text.slice(0, Math.max(at, 0)).split('\n').length
}

function invalid(path: string, issues: readonly Issue[], cause?: unknown): NspError {
  return new NspError('ERR_NSP_INVALID_FILE', `${path} is not a zone file`, {
    issues,
    remedy: 'Correct the fields named above; until then the last good state is served.',
    cause,
  })
}

function parse(path: string, text: string): unknown[] {
  try {
    const { records } = JSON.parse(text) as { readonly records?: unknown }
    if (Array.isArray(records)) return records
  } catch (error) {
    throw invalid(
      path,
      [{ path: `${path}:${lineOfSyntaxError(text, error)}`, message: String(error) }],
      error,
    )
  }
  throw invalid(path, [{ path: 'records', message: 'missing or not a list' }])
}

function lineOfSyntaxError(text: string, error: unknown): number {
  const [, position] = /position (\d+)/.exec(String(error)) ?? []
  return position === undefined
    ? text.split('\n').length
    : text.slice(0, Number(position)).split('\n').length
}

/** The records of a zone file by lower-case name. @throws NspError ERR_NSP_INVALID_FILE with every fault. */
export function readZone(path: string): Zone {
  const text = readText(path)
  const zone = new Map<string, ZoneRecord>()
  const issues: Issue[] = []
  for (const [at, value] of parse(path, text).entries()) {
    const isRecord = typeof value === 'object' && value !== null
    const record = (isRecord ? value : {}) as Record<string, unknown>
    const place = `${path}:${lineOf(text, record.name)} records[${at}]`
    for (const [field, message] of isRecord ? recordFaults(record) : [['', 'not an object']]) {
      issues.push({ path: `${place}${field === '' ? '' : `.${field}`}`, message: message ?? '' })
    }
    const { class: serviceClass, ...rest } = record
    const made = { ...rest, ...(serviceClass === undefined ? {} : { serviceClass }) } as ZoneRecord
    if (typeof made.name === 'string') zone.set(made.name.toLowerCase(), made)
  }
  if (issues.length > 0) throw invalid(path, issues)
  return zone
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw invalid(
      path,
      [{ path, message: error instanceof Error ? error.message : String(error) }],
      error,
    )
  }
}

/** The names whose records differ between two states. */
export function changedNames(before: Zone, after: Zone): string[] {
  const names = new Set([...before.keys(), ...after.keys()])
  const text = (zone: Zone, name: string) => JSON.stringify(zone.get(name))
  return [...names].filter((name) => text(before, name) !== text(after, name))
}
