// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a round takes from published names: in the handler's place, or behind what it says.
import { isFields } from '../internal/issues.ts'
import type { Query } from '../types.ts'
import { nameKey } from '../wire/counters.ts'
import { asksForName, fittingServices } from './published.ts'
import type { Publisher } from './publisher.ts'
import type { Item, Sequence } from './sequence.ts'
import type { ParsedService } from './service-init.ts'

export type PublishedNames = Pick<Publisher, 'services' | 'keys' | 'isEmpty'>

/** Not of the handler, but of a published name. */
export class FromRecord {
  readonly service: ParsedService
  constructor(service: ParsedService) {
    this.service = service
  }
}

/** What a published name answers; undefined if the handler is to be asked. */
export function publishedAnswer(
  published: PublishedNames,
  query: Query,
): readonly FromRecord[] | undefined {
  if (published.isEmpty || query.key === undefined || !asksForName(query)) return undefined
  const sets = published.services(query.key)
  return sets && Array.from(fittingServices(query, sets), (service) => new FromRecord(service))
}

/** An enumeration: what the handler says, then the published names that it has not said. */
class Enumeration implements Sequence {
  readonly #handled: Sequence
  readonly #published: PublishedNames
  readonly #query: Query
  readonly #said = new Set<string>()
  #rest: Iterator<FromRecord, void> | undefined

  constructor(handled: Sequence, published: PublishedNames, query: Query) {
    this.#handled = handled
    this.#published = published
    this.#query = query
  }

  next(): Item | Promise<Item> {
    if (this.#rest !== undefined) return this.#rest.next()
    const item = this.#handled.next()
    return item instanceof Promise ? item.then((one) => this.#pass(one)) : this.#pass(item)
  }

  stop(): void {
    this.#handled.stop()
    this.#rest?.return?.()
  }

  #pass(item: Item): Item {
    if (item.done === true) {
      this.#rest = this.#unsaid()
      return this.#rest.next()
    }
    const name = isFields(item.value) ? item.value['name'] : undefined
    if (typeof name === 'string') this.#said.add(nameKey(name))
    return item
  }

  *#unsaid(): Generator<FromRecord, void, void> {
    for (const key of this.#published.keys) {
      if (this.#said.has(key)) continue
      for (const service of fittingServices(this.#query, this.#published.services(key) ?? []))
        yield new FromRecord(service)
    }
  }
}

/** What a handler says, with what belongs behind it. */
export function withPublished(
  handled: Sequence,
  published: PublishedNames,
  query: Query,
): Sequence {
  const isEnumeration = query.name === undefined && !published.isEmpty
  return isEnumeration ? new Enumeration(handled, published, query) : handled
}
