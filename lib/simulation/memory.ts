// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the provider DLL answers from the data file, without the host.
import { answerOf, isAnsweredFromMemory } from '../host/published.ts'
import { makeQuery } from '../host/query.ts'
import type { NativeFilter } from '../internal/native.ts'
import { ENTRY_FEED, ENTRY_HIERARCHICAL } from '../wire/constants.ts'
import { keyBytes, readRecord } from '../wire/records.ts'
import { type WireQuerySet, writeQuerySet } from '../wire/wire.ts'
import type { HeldAnswer, SimulatedRecords } from './records.ts'

/** The whole answer to a query; undefined: the host must be asked. */
export function answerFromMemory(
  records: SimulatedRecords,
  entry: NativeFilter['entries'][number],
  wire: WireQuerySet,
): HeldAnswer | undefined {
  if ((entry.flags & ENTRY_FEED) !== 0) return undefined
  const query = makeQuery(wire)
  const isFlat = (entry.flags & ENTRY_HIERARCHICAL) === 0
  if (isFlat && query.key !== undefined && isAnsweredFromMemory(query)) {
    const sets = readRecord(records.record(keyBytes(query.key)))
    const { namespace } = entry
    if (sets !== undefined) return answerOf({ query, entry: wire.entry, namespace }, sets)
  }
  return records.held(writeQuerySet(wire))
}
