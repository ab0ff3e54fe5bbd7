// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The part of a provider that every process reads from memory: whose names, classes and codes are ours.

import type { DefinedEntry, Definition } from '../internal/definition.ts'
import type { IssueList } from '../internal/issues.ts'
import type { NativeFilter } from '../internal/native.ts'
import {
  ENTRY_FEED,
  ENTRY_HAS_CLASSES,
  ENTRY_HIERARCHICAL,
  ENTRY_OWNS_BY_DEFAULT,
  HOST_ASKS_STILL_VALID,
  HOST_REGISTERS,
  HOST_STORES_CLASSES,
  MAX_BLOCKS,
  MAX_CLASSES,
  MAX_CODES,
  MAX_PATTERNS,
  PATTERN_ALL,
  PATTERN_EXACT,
  PATTERN_POOL_CHARS,
  PATTERN_SUFFIX,
} from '../wire/constants.ts'
import { foldCase } from '../wire/counters.ts'
import { inspectorUrl } from './inspector.ts'

export interface NamePattern {
  readonly kind: number
  /** Folded; '' for all names. */
  readonly text: string
}

/** One element of `owns`, or what is wrong with it. */
export function parsePattern(text: unknown): NamePattern | string {
  if (typeof text !== 'string' || text === '') return 'not a name'
  if (text === '*') return { kind: PATTERN_ALL, text: '' }
  const isSuffix = text.startsWith('*.')
  const rest = foldCase(isSuffix ? text.slice(2) : text)
  const name = rest.length > 1 && rest.endsWith('.') ? rest.slice(0, -1) : rest
  if (name.includes('*'))
    return `${JSON.stringify(text)}: "*" may only stand alone or as the first label`
  if (name.includes('\0')) return `${JSON.stringify(text)} has a zero character`
  if (name.split('.').includes('')) return `${JSON.stringify(text)} has an empty label`
  if (name.length > 255)
    return `${JSON.stringify(`${text.slice(0, 40)}...`)} is longer than 255 characters`
  return { kind: isSuffix ? PATTERN_SUFFIX : PATTERN_EXACT, text: name }
}

/** The same thing owned by several entries is stored once, with a bit for each. */
function mergeByEntry<T>(
  entries: readonly DefinedEntry[],
  itemsOf: (entry: DefinedEntry) => readonly T[],
  keyOf: (item: T) => string,
): { readonly item: T; readonly entries: number }[] {
  const merged = new Map<string, { item: T; entries: number }>()
  for (const entry of entries) {
    for (const item of itemsOf(entry)) {
      const known = merged.get(keyOf(item))
      if (known === undefined) merged.set(keyOf(item), { item, entries: 1 << entry.index })
      else known.entries |= 1 << entry.index
    }
  }
  return [...merged.values()]
}

function entryFlags(entry: DefinedEntry): number {
  return (
    (entry.hierarchical ? ENTRY_HIERARCHICAL : 0) |
    (entry.ownsByDefault ? ENTRY_OWNS_BY_DEFAULT : 0) |
    (entry.classes === undefined ? 0 : ENTRY_HAS_CLASSES)
  )
}

type Ownership = Pick<NativeFilter, 'entries' | 'patterns' | 'blocks' | 'classes'>

export function buildOwnership(entries: readonly DefinedEntry[]): Ownership {
  return {
    entries: entries.map((defined) => ({
      id: defined.entry.id,
      namespace: defined.entry.namespace,
      flags: entryFlags(defined),
    })),
    patterns: mergeByEntry(
      entries,
      (entry) => entry.patterns,
      ({ kind, text }) => `${kind} ${text}`,
    ).map(({ item, entries: mask }) => ({ ...item, entries: mask })),
    blocks: mergeByEntry(
      entries,
      (entry) => entry.blocks,
      ({ bytes, prefix }) => `${bytes.join()}/${prefix}`,
    ).map(({ item, entries: mask }) => ({
      address: item.bytes,
      family: item.family,
      prefix: item.prefix,
      entries: mask,
    })),
    classes: mergeByEntry(
      entries,
      (entry) => entry.classes ?? [],
      (id) => id,
    ).map(({ item, entries: mask }) => ({
      id: item,
      entries: mask,
    })),
  }
}

/** Adds an issue for each list that does not fit the control file. */
export function checkLimits(
  entries: readonly DefinedEntry[],
  codes: number,
  issues: IssueList,
): void {
  const { patterns, blocks, classes } = buildOwnership(entries)
  const units = patterns.reduce((sum, { text }) => sum + text.length, 0)
  const limits = [
    ['entries.*.owns', 'patterns', patterns.length, MAX_PATTERNS],
    ['entries.*.owns', 'characters in all patterns', units, PATTERN_POOL_CHARS],
    ['entries.*.ownsAddresses', 'blocks', blocks.length, MAX_BLOCKS],
    ['entries.*.serviceClasses', 'classes', classes.length, MAX_CLASSES],
    ['ioctl', 'control codes', codes, MAX_CODES],
  ] as const
  for (const [path, what, count, limit] of limits) {
    if (count > limit) issues.add(path, `${count} ${what}, at most ${limit} fit`)
  }
}

/** What the DLL answers by itself if it is not there. */
function hostFlags({ init, handlers }: Definition): number {
  const { register, deregister, remove, installClass, removeClass, classInfo } = handlers
  return (
    (init.stillValid === undefined ? 0 : HOST_ASKS_STILL_VALID) |
    ((register ?? deregister ?? remove) ? HOST_REGISTERS : 0) |
    ((installClass ?? removeClass ?? classInfo) ? HOST_STORES_CLASSES : 0)
  )
}

export const DEFAULT_GRACE_MS = 30_000
const DEBUG_DEADLINE_MS = 600_000
// After so many silent calls in a row the DLL answers WSAENETDOWN at once, and asks again after the pause.
const BREAKER_FAILURES = 3
const BREAKER_PROBE_MS = 1_000

/** What `serve` writes into the control file. */
export function buildFilter(
  definition: Definition,
  graceMs: number,
  revision: Uint8Array | undefined,
): NativeFilter {
  const { deadlines } = definition
  const debugged = inspectorUrl() !== undefined
  const { entries, ...ownership } = buildOwnership(definition.entries)
  const feed = definition.init.changes === 'feed' ? ENTRY_FEED : 0
  return {
    entries: entries.map((entry) => ({ ...entry, flags: entry.flags | feed })),
    ...ownership,
    codes: [...definition.ioctls.keys()],
    hostFlags: hostFlags(definition),
    graceMs,
    lookupDeadlineMs: debugged ? DEBUG_DEADLINE_MS : deadlines.lookupMs,
    ioctlDeadlineMs: debugged ? DEBUG_DEADLINE_MS : deadlines.ioctlMs,
    registerDeadlineMs: debugged ? DEBUG_DEADLINE_MS : deadlines.registerMs,
    breakerFailures: BREAKER_FAILURES,
    breakerProbeMs: BREAKER_PROBE_MS,
    hostWaitLimit: hostWaitLimit(process.env['UV_THREADPOOL_SIZE']),
    revision,
  }
}

/** Calls that may wait at once in this process: half of libuv's pool, so that it can go on. */
export function hostWaitLimit(poolSize: string | undefined): number {
  const size = Number.parseInt(poolSize ?? '', 10)
  return Math.max(1, Math.floor((Number.isNaN(size) ? 4 : Math.min(Math.max(size, 1), 1024)) / 2))
}
