// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The steps of an installation: folders and files first, then both catalogs.
import {
  copyFileSync,
  existsSync,
  linkSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { NspError } from '../errors.ts'
import type { Guid } from '../guid.ts'
import { controlSddl, folderSddl } from './access.ts'
import { dllSources } from './binding.ts'
import { type Definition, firstId } from './definition.ts'
import { buildFilter, DEFAULT_GRACE_MS } from './filter.ts'
import {
  folderOfLibrary,
  type Layout,
  layoutOf,
  packageVersion,
  scheduledControl,
} from './layout.ts'
import { CATALOGS } from './machine.ts'
import type { Native, NativeCatalog, NativeCatalogEntry } from './native.ts'
import { removalOfFile } from './removal.ts'
import type { Action } from './steps.ts'

export interface InstallPlan {
  readonly native: Native
  readonly definition: Definition
  readonly hostSid: string
  readonly directory: string | undefined
  readonly order: 'first' | 'last'
  /** Written into the data folder: by whom the installation will be taken back. */
  readonly marker: string | undefined
}

function refused(message: string, remedy: string, cause?: unknown): NspError {
  return new NspError('ERR_NSP_INSTALL_REFUSED', message, { remedy, cause })
}

/** Both DLLs must be there before anything is touched: one catalog alone would serve half of the programs. */
export function checkSources(): void {
  const missing = Object.entries(dllSources()).filter(([, path]) => !existsSync(path))
  if (missing.length === 0) return
  const width = { native: '64-bit', x86: '32-bit' } as const
  throw new NspError('ERR_NSP_INSTALL_REFUSED', 'a DLL that this machine needs is missing', {
    issues: missing.map(([which, path]) => ({
      path,
      message: `the DLL for ${width[which as keyof typeof width]} programs is not there`,
    })),
    remedy: 'Install the package winsock-nsp again, or build it: npm run build.',
  })
}

/** Removes an empty folder if there is one; one that others use stays. */
function removeEmpty(path: string): void {
  try {
    rmdirSync(path)
  } catch {
    // Not empty or not there: either is fine.
  }
}

function folderAction(native: Native, path: string, parent: string): Action {
  const wasThere = existsSync(path)
  const undo = () => {
    if (wasThere) return
    rmdirSync(path)
    removeEmpty(parent)
  }
  return {
    call: 'CreateDirectory',
    target: path,
    run() {
      native.createProtectedFolder(path, folderSddl())
      const fault = native.folderFault(path)
      if (fault === undefined) return
      undo()
      const remedy = 'Name a folder that only administrators can write.'
      throw refused(`${path} is not safe: ${fault}`, remedy)
    },
    undo,
  }
}

function sameBytes(path: string, bytes: Uint8Array): boolean {
  return existsSync(path) && readFileSync(path).equals(bytes)
}

/** Puts bytes in place of a file that may be in use: the old one is moved aside, and taken back by `undo`. */
function fileAction(native: Native, call: string, path: string, write: () => void): Action {
  const aside = `${path}.${process.pid}.old`
  let moved = false
  return {
    call,
    target: path,
    run() {
      if (existsSync(path)) {
        renameSync(path, aside)
        moved = true
      }
      try {
        write()
      } catch (error) {
        if (moved) renameSync(aside, path)
        else rmSync(path, { force: true })
        throw error
      }
      if (moved) removalOfFile(native, aside).run()
    },
    undo() {
      // Only a file that was not there before is gone again: an old copy of the same file serves as well.
      if (!moved) unlinkSync(path)
    },
  }
}

function copyActions(native: Native, layout: Layout, sidecar: Uint8Array): Action[] {
  const sources = dllSources()
  const copies = [
    { from: sources.native, to: layout.dll },
    { from: sources.x86, to: layout.dllX86 },
  ]
  const actions = copies
    .filter(({ from, to }) => !sameBytes(to, readFileSync(from)))
    .map(({ from, to }) => fileAction(native, 'CopyFile', to, () => copyFileSync(from, to)))
  if (sameBytes(layout.sidecar, sidecar)) return actions
  return [
    ...actions,
    fileAction(native, 'WriteFile', layout.sidecar, () => writeFileSync(layout.sidecar, sidecar)),
  ]
}

function controlAction(plan: InstallPlan, { control }: Layout): Action {
  const { native, hostSid, definition } = plan
  const wasThere = existsSync(control)
  return {
    call: 'CreateFile',
    target: control,
    run() {
      // The same file under a second name: the deletion at the next boot takes only the first.
      const before = scheduledControl(control)
      if (!wasThere && before !== undefined) linkSync(before, control)
      const filter = buildFilter(definition, DEFAULT_GRACE_MS, undefined)
      native.createControlFile(control, controlSddl(hostSid), filter)
    },
    undo() {
      if (wasThere) native.retireControlFile(control)
      else unlinkSync(control)
    },
  }
}

type WantedEntry = Parameters<Native['catalogInstall']>[1]

function suffix(catalog: NativeCatalog): string {
  return catalog === 'x86' ? '32' : ''
}

function put(native: Native, catalog: NativeCatalog, entry: NativeCatalogEntry): void {
  native.catalogInstall(catalog, entry)
  if (!entry.enabled) native.catalogEnable(catalog, entry.id, false)
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
  present: NativeCatalogEntry | undefined,
): Action[] {
  const target = `${wanted.id} ${wanted.name}`
  const install: Action = {
    call: `WSCInstallNameSpace${suffix(catalog)}`,
    target,
    run: () => native.catalogInstall(catalog, wanted),
    undo: () => native.catalogUninstall(catalog, wanted.id),
  }
  if (present === undefined) return [install]
  if (folderOfLibrary(present.path) === undefined) {
    throw refused(
      `the GUID ${wanted.id} belongs to ${JSON.stringify(present.name)} (${present.path})`,
      'Give the entry a GUID of its own: crypto.randomUUID().',
    )
  }
  if (isSame(wanted, present)) return []
  const uninstall: Action = {
    call: `WSCUnInstallNameSpace${suffix(catalog)}`,
    target,
    run: () => native.catalogUninstall(catalog, wanted.id),
    undo: () => put(native, catalog, present),
  }
  return [uninstall, install]
}

/** Where the entries must stand in the end; undefined if nothing has to move. */
function wantedOrder(
  before: readonly Guid[],
  ours: readonly Guid[],
  order: 'first' | 'last',
): Guid[] | undefined {
  const others = before.filter((id) => !ours.includes(id))
  if (order === 'first') return [...ours, ...others]
  // Entries that were there keep their place; without this, installing them anew would move them to the end.
  return before.some((id) => ours.includes(id))
    ? [...before, ...ours.filter((id) => !before.includes(id))]
    : undefined
}

function catalogActions(
  { native, definition, order }: InstallPlan,
  layout: Layout,
  catalog: NativeCatalog,
): Action[] {
  const present = native.catalogList(catalog)
  const path = catalog === 'x86' ? layout.dllX86 : layout.dll
  const ours = definition.entries.map(({ entry, displayName, version }) => ({
    id: entry.id,
    name: displayName,
    namespace: entry.namespace,
    version,
    path,
  }))
  const actions = ours.flatMap((wanted) =>
    entryActions(
      native,
      catalog,
      wanted,
      present.find(({ id }) => id === wanted.id),
    ),
  )
  const before = present.map(({ id }) => id)
  const ids = wantedOrder(
    before,
    ours.map(({ id }) => id),
    order,
  )
  if (ids === undefined || (actions.length === 0 && order === 'last')) return actions
  return [
    ...actions,
    {
      call: `WSCWriteNameSpaceOrder${suffix(catalog)}`,
      target: order === 'first' ? 'our entries first' : 'our entries where they were',
      run: () => native.catalogOrder(catalog, ids),
      // Runs before the entries are taken out again, when the list is the longer one.
      undo: () =>
        native.catalogOrder(catalog, [...before, ...ids.filter((id) => !before.includes(id))]),
    },
  ]
}

/** All steps, in order. Reads much, changes nothing. @throws NspError ERR_NSP_INSTALL_REFUSED */
export function installActions(plan: InstallPlan): Action[] {
  const { native, definition, hostSid, marker } = plan
  checkSources()
  const layout = layoutOf(native, firstId(definition), packageVersion(), plan.directory)
  const ids = definition.entries.map(({ entry }) => entry.id)
  const sidecar = native.encodeSidecar({ ids, hostSid, controlPath: layout.control })
  const markerActions =
    marker === undefined
      ? []
      : [fileAction(native, 'WriteFile', layout.marker, () => writeFileSync(layout.marker, marker))]
  return [
    folderAction(native, layout.dataFolder, layout.dataBase),
    // First of all, so that whatever follows can be found and taken back after a crash.
    ...markerActions,
    folderAction(native, layout.folder, layout.base),
    ...copyActions(native, layout, sidecar),
    controlAction(plan, layout),
    ...CATALOGS.flatMap((catalog) => catalogActions(plan, layout, catalog)),
  ]
}
