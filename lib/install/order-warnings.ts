// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the place among the other providers of DNS names means for whoever installs one.
import { Namespace } from '../codes.ts'
import type { Guid } from '../guid.ts'
import type { NativeCatalogEntry } from '../internal/native.ts'

const names = (entries: readonly NativeCatalogEntry[]) =>
  entries.map(({ name }) => JSON.stringify(name)).join(', ')

/** The warnings about one catalog; several catalogs mostly give the same ones. */
function warningsOf(
  catalog: readonly NativeCatalogEntry[],
  ours: readonly Guid[],
  first: Guid,
): string[] {
  const asked = catalog.filter(({ namespace, enabled }) => namespace === Namespace.DNS && enabled)
  return asked.flatMap((entry, at) => {
    if (!ours.includes(entry.id)) return []
    const isOther = ({ id }: NativeCatalogEntry) => !ours.includes(id)
    const before = asked.slice(0, at).filter(isOther)
    const after = asked.slice(at + 1).filter(isOther)
    const who = `${JSON.stringify(entry.name)} (NS_DNS)`
    if (before.length > 0) {
      return [
        `${who} is asked after ${names(before)}: every name, its own too, first goes to DNS, which may be slow to say ` +
          `no. To be asked first: npx winsock-nsp order ${first} first`,
      ]
    }
    if (after.length === 0) return []
    return [
      `${who} is asked before ${names(after)}, for every name that a program looks up; it refuses those that it does ` +
        `not own from memory. What DNS knows of its names is added to its answers. To be asked last: npx winsock-nsp ` +
        `order ${first} last`,
    ]
  })
}

export function orderWarnings(
  catalogs: readonly (readonly NativeCatalogEntry[])[],
  ours: readonly Guid[],
  first: Guid,
): readonly string[] {
  const all = catalogs.flatMap((catalog) => warningsOf(catalog, ours, first))
  return Object.freeze([...new Set(all)])
}
