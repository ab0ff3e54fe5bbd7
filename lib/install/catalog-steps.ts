// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The steps in the catalogs: entries in and out, and their order.
import { NspError } from '../errors.ts'
import type { Guid } from '../guid.ts'
import type { Definition } from '../internal/definition.ts'
import type { Native, NativeCatalog, NativeCatalogEntry } from '../internal/native.ts'
import { folderOfLibrary, type Layout } from './layout.ts'
import type { Action } from './steps.ts'

type WantedEntry = Parameters<Native['catalogInstall']>[1]

/** The functions for the other width's catalog end so. */
export function suffix(catalog: NativeCatalog): string {
  return catalog === 'x86' ? '32' : ''
}

export function enableCall(catalog: NativeCatalog): string {
  return `WSCEnableNSProvider${suffix(catalog)}`
}

/** Puts an entry back to where it was among those that are there. */
function putBack(
  native: Native,
  catalog: NativeCatalog,
  entry: NativeCatalogEntry,
  before: readonly Guid[],
): void {
  native.catalogInstall(catalog, entry)
  if (!entry.enabled) native.catalogEnable(catalog, entry.id, false)
  const now = native.catalogList(catalog).map(({ id }) => id)
  const ids = [
    ...before.filter((id) => now.includes(id)),
    ...now.filter((id) => !before.includes(id)),
  ]
  if (ids.some((id, i) => id !== now[i])) native.catalogOrder(catalog, ids)
}

function isSame(wanted: WantedEntry, present: NativeCatalogEntry): boolean {
  return (
    present.path.toLowerCase() === wanted.path.toLowerCase() &&
    present.name === wanted.name &&
    present.namespace === wanted.namespace &&
    present.version === wanted.version
  )
}

function entryActions(
  native: Native,
  catalog: NativeCatalog,
  wanted: WantedEntry,
  before: readonly NativeCatalogEntry[],
): Action[] {
  const present = before.find(({ id }) => id === wanted.id)
  const target = `${wanted.id} ${wanted.name}`
  const install: Action = {
    call: `WSCInstallNameSpace${suffix(catalog)}`,
    target,
    run: () => native.catalogInstall(catalog, wanted),
    undo: () => native.catalogUninstall(catalog, wanted.id),
  }
  if (present === undefined) return [install]
  if (folderOfLibrary(present.path) === undefined) {
    throw new NspError(
      'ERR_NSP_INSTALL_REFUSED',
      `the GUID ${wanted.id} belongs to ${JSON.stringify(present.name)} (${present.path})`,
      { remedy: 'Give the entry a GUID of its own: crypto.randomUUID().' },
    )
  }
  if (isSame(wanted, present)) return []
  const uninstall: Action = {
    call: `WSCUnInstallNameSpace${suffix(catalog)}`,
    target,
    run: () => native.catalogUninstall(catalog, wanted.id),
    undo: () =>
      putBack(
        native,
        catalog,
        present,
        before.map(({ id }) => id),
      ),
  }
  // Updating a provider that somebody has disabled does not enable it.
  const disable: Action = {
    call: enableCall(catalog),
    target: `${wanted.id} off`,
    run: () => native.catalogEnable(catalog, wanted.id, false),
  }
  return present.enabled ? [uninstall, install] : [uninstall, install, disable]
}

/** Where the entries stand in the end, and whether they get there without being moved. */
function orderAfter(
  before: readonly Guid[],
  ours: readonly Guid[],
  order: 'first' | 'last',
): { readonly ids: Guid[]; readonly moves: boolean } {
  if (order === 'first') {
    return { ids: [...ours, ...before.filter((id) => !ours.includes(id))], moves: true }
  }
  // Entries that were there keep their place; without a move, installing them anew would put them at the end.
  const ids = [...before, ...ours.filter((id) => !before.includes(id))]
  return { ids, moves: before.some((id) => ours.includes(id)) }
}

function wantedEntries({ entries }: Definition, layout: Layout, catalog: NativeCatalog) {
  const path = catalog === 'x86' ? layout.dllX86 : layout.dll
  return entries.map(
    ({ entry, displayName, version }): WantedEntry => ({
      id: entry.id,
      name: displayName,
      namespace: entry.namespace,
      version,
      path,
    }),
  )
}

export interface CatalogPlan {
  readonly native: Native
  readonly definition: Definition
  readonly order: 'first' | 'last'
}

/** Writes the whole order; `before` is what `undo` brings back, with what has come in meanwhile behind it. */
export function orderAction(
  native: Native,
  catalog: NativeCatalog,
  { target, ids, before }: { target: string; ids: readonly Guid[]; before: readonly Guid[] },
): Action {
  return {
    call: `WSCWriteNameSpaceOrder${suffix(catalog)}`,
    target,
    run: () => native.catalogOrder(catalog, ids),
    // Runs before entries are taken out again, when the list is the longer one.
    undo: () =>
      native.catalogOrder(catalog, [...before, ...ids.filter((id) => !before.includes(id))]),
  }
}

/** The steps of an installation in one catalog. @throws NspError ERR_NSP_INSTALL_REFUSED */
export function catalogActions(
  { native, definition, order }: CatalogPlan,
  layout: Layout,
  catalog: NativeCatalog,
): Action[] {
  const present = native.catalogList(catalog)
  const ours = wantedEntries(definition, layout, catalog)
  const actions = ours.flatMap((wanted) => entryActions(native, catalog, wanted, present))
  const before = present.map(({ id }) => id)
  const { ids, moves } = orderAfter(
    before,
    ours.map(({ id }) => id),
    order,
  )
  const isThere = ids.length === before.length && ids.every((id, i) => id === before[i])
  if (!moves || (actions.length === 0 && isThere)) return actions
  const target = order === 'first' ? 'our entries first' : 'our entries where they were'
  return [...actions, orderAction(native, catalog, { target, ids, before })]
}

/** The catalog as `catalogActions` leaves it. */
export function catalogAfter(
  { native, definition, order }: CatalogPlan,
  layout: Layout,
  catalog: NativeCatalog,
): readonly NativeCatalogEntry[] {
  const present = native.catalogList(catalog)
  const ours = wantedEntries(definition, layout, catalog)
  const { ids } = orderAfter(
    present.map(({ id }) => id),
    ours.map(({ id }) => id),
    order,
  )
  return ids.flatMap((id) => {
    const enabled = present.find((entry) => entry.id === id)?.enabled ?? true
    const wanted = ours.find((entry) => entry.id === id)
    return wanted !== undefined
      ? [{ ...wanted, enabled }]
      : present.filter((entry) => entry.id === id)
  })
}
