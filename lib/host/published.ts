// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a published name answers to a query: the rules that the provider DLL follows too (docs/protocol.md, "Data files").
import { LookupFlag } from '../codes.ts'
import { IssueList } from '../internal/issues.ts'
import { ServiceClass } from '../service-class.ts'
import { fitsClass, fitsContext, fitsVersion } from '../store/directory-query.ts'
import type { Query } from '../types.ts'
import type { WireQuerySet } from '../wire/wire.ts'
import { encodeService, finalStatus, type Question } from './answer.ts'
import type { ParsedService } from './service-init.ts'

const PTR = ServiceClass.dns('PTR').id
const ROOT_CONTEXT = '\\'

/** Whether a publication answers a query that has its name. The others ask for names by what they know: the handler's. */
export function asksForName({ key, serviceClass }: Query): boolean {
  const kind = serviceClass?.kind
  return (
    key !== undefined &&
    kind !== 'serviceByName' &&
    kind !== 'hostByAddress' &&
    serviceClass?.id !== PTR
  )
}

/** Whether every process may answer it from memory, under an entry that is neither hierarchical nor a feed. */
export function isAnsweredFromMemory(query: Query): boolean {
  const { version, context, queryString, blob, flags } = query
  const isPlain =
    version === undefined &&
    (context === undefined || context === '' || context === ROOT_CONTEXT) &&
    queryString === undefined &&
    blob === undefined
  return isPlain && (flags & LookupFlag.CONTAINERS) === 0 && asksForName(query)
}

/** The services of a record that answer a query, as an answer of a handler. */
export function* fittingServices(
  query: Query,
  sets: Iterable<WireQuerySet>,
): Generator<ParsedService, void, void> {
  // There are services here, and no containers of services.
  if ((query.flags & LookupFlag.CONTAINERS) !== 0) return
  const context = query.context === ROOT_CONTEXT ? '' : query.context
  for (const set of sets) {
    const service = { ...set, version: set.version?.value }
    if (!fitsClass(query, set.serviceClass) || !fitsVersion(query, service)) continue
    if (!fitsContext({ ...query, context }, service)) continue
    yield {
      ...service,
      serviceClass: set.serviceClass ?? query.serviceClass?.id,
      aliases: set.aliases ?? [],
      ttl: undefined,
    }
  }
}

export interface PublishedAnswer {
  readonly status: number
  readonly blocks: readonly Uint8Array[]
}

/** The whole answer of a record. */
export function answerOf(question: Question, sets: Iterable<WireQuerySet>): PublishedAnswer {
  const blocks: Uint8Array[] = []
  let count = 0
  for (const service of fittingServices(question.query, sets)) {
    count++
    blocks.push(...encodeService(new IssueList(), service, question))
  }
  return { status: finalStatus(question.query, count, blocks.length), blocks }
}
