// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What is installed on this machine, read from the catalogs and the folders alone.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Guid, parseGuid } from '../guid.ts'
import type { Native, NativeCatalog, NativeCatalogEntry } from '../internal/native.ts'
import {
  dataBase,
  folderOfLibrary,
  layoutOf,
  type OurFolder,
  parseFolder,
  programBase,
  SIDECAR,
  subfolders,
} from './layout.ts'

export const CATALOGS: readonly NativeCatalog[] = Object.freeze(['native', 'x86'])

/** An entry of a catalog that belongs to one of our installations. */
export interface OurEntry {
  readonly catalog: NativeCatalog
  readonly entry: NativeCatalogEntry
  readonly folder: OurFolder
}

/** Everything on the machine that belongs to one provider, whole or not. */
export interface Installed {
  readonly id: Guid
  readonly ids: readonly Guid[]
  readonly entries: readonly OurEntry[]
  readonly folders: readonly OurFolder[]
  /** Control files, whether or not they are there. */
  readonly controls: readonly string[]
  readonly dataFolders: readonly string[]
}

export type Sidecar = NonNullable<ReturnType<Native['decodeSidecar']>>

export function readSidecar(native: Native, folder: string): Sidecar | undefined {
  try {
    return native.decodeSidecar(readFileSync(join(folder, SIDECAR)))
  } catch {
    return undefined
  }
}

export function ourEntries(native: Native): OurEntry[] {
  return CATALOGS.flatMap((catalog) =>
    native.catalogList(catalog).flatMap((entry) => {
      const folder = folderOfLibrary(entry.path)
      return folder === undefined ? [] : [{ catalog, entry, folder }]
    }),
  )
}

function distinct<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [keyOf(item).toLowerCase(), item])).values()]
}

function installed(
  native: Native,
  id: Guid,
  entries: readonly OurEntry[],
  folders: readonly OurFolder[],
): Installed {
  const sidecars = folders.flatMap(({ path }) => readSidecar(native, path) ?? [])
  const { control, dataFolder } = layoutOf(native, id, '0')
  const controls = [control, ...sidecars.map(({ controlPath }) => controlPath)]
  const ids = [
    id,
    ...entries.map(({ entry }) => entry.id),
    ...sidecars.flatMap((sidecar) => sidecar.ids),
  ]
  return {
    id,
    ids: distinct(ids, (one) => one),
    entries,
    folders,
    controls: distinct(controls, (path) => path),
    dataFolders: [dataFolder],
  }
}

/** All of ours, by first GUID. */
export function findInstalled(native: Native): Installed[] {
  const entries = ourEntries(native)
  const onDisk = subfolders(programBase(native)).flatMap((path) => parseFolder(path) ?? [])
  const folders = distinct([...entries.map(({ folder }) => folder), ...onDisk], ({ path }) => path)
  const withData = subfolders(dataBase(native)).flatMap(
    (path) => parseGuid(path.split(/[\\/]/).at(-1)) ?? [],
  )
  const ids = distinct([...folders.map(({ id }) => id), ...withData], (id) => id)
  return ids.map((id) =>
    installed(
      native,
      id,
      entries.filter(({ folder }) => folder.id === id),
      folders.filter(
        (folder) => folder.id === id && (existsSync(folder.path) || onDisk.includes(folder)),
      ),
    ),
  )
}
