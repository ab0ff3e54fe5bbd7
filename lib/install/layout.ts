// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Where an installation lies, and how a path or folder is recognised as one of ours.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Guid, parseGuid } from '../guid.ts'
import type { Native } from '../internal/native.ts'

const FOLDER = 'winsock-nsp'
export const DLL = 'winsock-nsp.dll'
export const DLL_X86 = 'winsock-nsp-x86.dll'
export const SIDECAR = 'winsock-nsp.sidecar'
/** The note beside a control file that goes at the next boot. */
export const SCHEDULED = '.scheduled'
export const MARKER = 'temporary.json'
const SAVED_CATALOGS = 'catalogs-before.json'

/** This package's version. */
export function packageVersion(): string {
  const path = fileURLToPath(new URL('../../package.json', import.meta.url))
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version
}

export interface Layout {
  /** The folder of all installations, and that of this one with its DLLs. */
  readonly base: string
  readonly folder: string
  readonly dll: string
  readonly dllX86: string
  readonly sidecar: string
  readonly dataBase: string
  readonly dataFolder: string
  readonly control: string
  /** The folder of data files, and a file in it that only administrators can change. */
  readonly dataFiles: string
  readonly keep: string
  readonly marker: string
  /** Both catalogs as the last installation found them. */
  readonly savedCatalogs: string
}

export function programBase(native: Native): string {
  return join(native.folder('ProgramFiles'), FOLDER)
}

export function dataBase(native: Native): string {
  return join(native.folder('ProgramData'), FOLDER)
}

/** Where the data files of a provider's control files lie. */
export function dataFilesOf(dataFolder: string): string {
  return join(dataFolder, 'data')
}

/** The first name of a control file that is not to be deleted at the next boot. */
function newControl(dataFolder: string): string {
  for (let number = 1; ; number++) {
    const path = join(dataFolder, `control-${number}.bin`)
    if (!existsSync(path + SCHEDULED)) return path
  }
}

/** The control file of the same provider that goes at the next boot, if the layout had to choose another name. */
export function scheduledControl(control: string): string | undefined {
  const number = Number(/control-(\d+)\.bin$/.exec(control)?.[1])
  const before = control.replace(/\d+\.bin$/, `${number - 1}.bin`)
  return number > 1 && existsSync(before) ? before : undefined
}

export function layoutOf(native: Native, id: Guid, version: string, directory?: string): Layout {
  const base = directory ?? programBase(native)
  const folder = join(base, `${id}-${version}`)
  const dataFolder = join(dataBase(native), id)
  const control = newControl(dataFolder)
  const dataFiles = dataFilesOf(dataFolder)
  return {
    base,
    folder,
    dll: join(folder, DLL),
    dllX86: join(folder, DLL_X86),
    sidecar: join(folder, SIDECAR),
    dataBase: dataBase(native),
    dataFolder,
    control,
    dataFiles,
    keep: join(dataFiles, `${basename(control)}.keep`),
    marker: join(dataFolder, MARKER),
    savedCatalogs: join(dataFolder, SAVED_CATALOGS),
  }
}

export interface OurFolder {
  readonly path: string
  /** First GUID of the provider. */
  readonly id: Guid
  readonly version: string
}

/** What the name of an installation's folder says; undefined if it is not one. */
export function parseFolder(path: string): OurFolder | undefined {
  const [, idText, version] = /^([0-9a-f-]{36})-(\d[0-9A-Za-z.+-]*)$/.exec(basename(path)) ?? []
  const id = parseGuid(idText)
  return id === undefined || version === undefined ? undefined : { path, id, version }
}

/** The installation that a catalog entry's library belongs to; undefined for other people's. */
export function folderOfLibrary(library: string): OurFolder | undefined {
  const path = library.replaceAll('\\', '/')
  const file = basename(path).toLowerCase()
  if (file !== DLL && file !== DLL_X86) return undefined
  return parseFolder(library.slice(0, dirname(path).length))
}

export function subfolders(path: string): string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name))
  } catch {
    return []
  }
}
