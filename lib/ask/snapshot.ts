// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What differs between two whole answers.
import type { Service } from '../types.ts'
import type { Snapshot } from '../winsock.ts'

/** As in a feed: name, class and being an alias make a service the same one; then its place among those. */
function keyed(services: readonly Service[]): Map<string, Service> {
  const counts = new Map<string, number>()
  return new Map(
    services.map((service) => {
      const key = JSON.stringify([service.name, service.serviceClass?.id, service.alias])
      const count = counts.get(key) ?? 0
      counts.set(key, count + 1)
      return [`${key}${count}`, service]
    }),
  )
}

/** All that a service says, as text; how a feed would mark it is not part of it. */
function contentOf(service: Service): string {
  const value = (_key: string, part: unknown) =>
    part instanceof Uint8Array ? Buffer.from(part).toString('hex') : part
  return JSON.stringify({ ...service, change: undefined }, value)
}

export function compareAnswers(before: readonly Service[], after: readonly Service[]): Snapshot {
  const [old, now] = [keyed(before), keyed(after)]
  const isChanged = (key: string, service: Service) => {
    const known = old.get(key)
    return known !== undefined && contentOf(known) !== contentOf(service)
  }
  const pick = (from: Map<string, Service>, fits: (key: string, service: Service) => boolean) =>
    Object.freeze([...from].flatMap(([key, service]) => (fits(key, service) ? [service] : [])))
  return Object.freeze({
    services: Object.freeze([...after]),
    added: pick(now, (key) => !old.has(key)),
    changed: pick(now, isChanged),
    deleted: pick(old, (key) => !now.has(key)),
  })
}

export function isDifferent({ added, changed, deleted }: Snapshot): boolean {
  return added.length + changed.length + deleted.length > 0
}
