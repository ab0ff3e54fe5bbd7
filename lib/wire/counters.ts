// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Which change counters of the control file a change bumps, and which a query samples (docs/protocol.md).
import { type Guid, guidToBytes } from '../guid.ts'
import {
  CLASS_BITS,
  COUNTER_ANY,
  COUNTER_CLASSES,
  COUNTER_ENTRIES,
  COUNTER_GLOBAL,
  COUNTER_NAMES,
  COUNTER_SUFFIXES,
  MAX_SUFFIXES,
  NAME_BUCKETS,
  SUFFIX_BUCKETS,
} from './constants.ts'

/** FNV-1a over the words of a GUID as it lies in memory. */
export function hashGuid(id: Guid): number {
  const bytes = guidToBytes(id)
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let hash = 2166136261
  for (let at = 0; at < 16; at += 4) hash = Math.imul(hash ^ words.getUint32(at, true), 16777619)
  return hash >>> 0
}

/** FNV-1a over the UTF-16 units of a text, from the last to the first: on its way it meets the hash of each suffix. */
export function hashText(text: string): number {
  let hash = 2166136261
  for (let at = text.length; at-- > 0; ) hash = Math.imul(hash ^ text.charCodeAt(at), 16777619)
  return hash >>> 0
}

/** ASCII letters in lower case, all else as it is: the folding of DNS, the same in every locale. */
export function foldCase(text: string): string {
  // Nearly every name is in lower case already.
  return !/[A-Z]/.test(text) ? text : text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/** The key of a name: folded, without one trailing dot. */
export function nameKey(name: string): string {
  return foldCase(name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name)
}

export function nameCounter(key: string): number {
  return COUNTER_NAMES + (hashText(key) % NAME_BUCKETS)
}

export function suffixCounter(suffix: string): number {
  return COUNTER_SUFFIXES + (hashText(suffix) % SUFFIX_BUCKETS)
}

export function classCounter(id: Guid): number {
  return COUNTER_CLASSES + (hashGuid(id) >>> (32 - CLASS_BITS))
}

/** A change, in canonical form. */
export type Change =
  | { readonly kind: 'all' }
  | { readonly kind: 'name'; readonly key: string }
  | { readonly kind: 'suffix'; readonly suffix: string }
  | { readonly kind: 'class'; readonly id: Guid }
  | { readonly kind: 'entry'; readonly index: number }

/** The counters that a change bumps. */
export function changedCounters(change: Change): number[] {
  switch (change.kind) {
    case 'all':
      return [COUNTER_GLOBAL, COUNTER_ANY]
    case 'name':
      return [COUNTER_ANY, nameCounter(change.key)]
    case 'suffix':
      return [COUNTER_ANY, suffixCounter(change.suffix)]
    case 'class':
      return [COUNTER_ANY, classCounter(change.id)]
    case 'entry':
      return [COUNTER_ANY, COUNTER_ENTRIES + change.index]
  }
}

/** The suffixes of a key: what follows each dot, from the last, then itself; undefined if there are too many to sample. */
export function suffixesOf(key: string): string[] | undefined {
  const suffixes: string[] = []
  for (let at = key.length - 1; at >= 0; at--) {
    if (at === 0 || key[at - 1] === '.') suffixes.push(key.slice(at))
  }
  return suffixes.length > MAX_SUFFIXES ? undefined : suffixes
}

/** The counters that a query samples, in the order in which the provider DLL samples them. */
export function sampledCounters(
  key: string | undefined,
  classId: Guid | undefined,
  entry: number,
): number[] {
  const counters = [COUNTER_GLOBAL, COUNTER_ENTRIES + entry]
  if (classId !== undefined) counters.push(classCounter(classId))
  if (key === undefined) {
    counters.push(COUNTER_ANY)
  } else {
    const suffixes = suffixesOf(key)
    counters.push(
      ...(suffixes === undefined ? [COUNTER_ANY] : suffixes.map(suffixCounter)),
      nameCounter(key),
    )
  }
  return counters
}
