// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The steps that take an installation off the machine, whole or half, in use or not.
import {
  existsSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { debug } from '../host/trace.ts'
import type { Native } from '../internal/native.ts'
import { dataBase, dataFilesOf, MARKER, programBase, SCHEDULED } from './layout.ts'
import type { Installed } from './machine.ts'
import type { Action } from './steps.ts'

const CONTROL_NAME = /[\\/]control-\d+\.bin$/

let asideCount = 0

/**
 * Deletes a file. One that is in use is moved aside, so that its name is free, and deleted at the next boot; a
 * loaded DLL can be renamed, though not deleted.
 */
export function removalOfFile(native: Native, path: string): Action {
  return {
    call: 'DeleteFile',
    target: path,
    run() {
      if (!existsSync(path)) return
      try {
        unlinkSync(path)
      } catch {
        const aside = path.endsWith('.old') ? path : `${path}.${process.pid}-${++asideCount}.old`
        if (aside !== path) renameSync(path, aside)
        native.deleteAtReboot(aside)
      }
    },
  }
}

/**
 * Deletes a control file. One that is mapped keeps its name until the next boot, so that an installation before that
 * can take it over and processes that still map it are served again; `newControl` knows it by the note beside it.
 */
function removalOfControl(native: Native, path: string): Action {
  return {
    call: 'DeleteFile',
    target: path,
    run() {
      try {
        unlinkSync(path)
        rmSync(path + SCHEDULED, { force: true })
      } catch (error) {
        if (!existsSync(path)) return
        native.deleteAtReboot(path)
        writeFileSync(path + SCHEDULED, '')
        native.deleteAtReboot(path + SCHEDULED)
        debug('%s is in use and goes at the next boot: %o', path, error)
      }
    },
  }
}

/** Removes a folder if it is empty, else leaves it to the next boot, after the files in it. */
function removalOfFolder(native: Native, path: string): Action {
  return {
    call: 'RemoveDirectory',
    target: path,
    run() {
      if (!existsSync(path)) return
      try {
        rmdirSync(path)
      } catch {
        native.deleteAtReboot(path)
      }
    },
  }
}

function filesIn(path: string): string[] {
  try {
    return readdirSync(path).map((name) => join(path, name))
  } catch {
    return []
  }
}

/** The files beside a control file, without the folder of data files. */
function filesBeside(dataFolder: string): string[] {
  return filesIn(dataFolder).filter((path) => path !== dataFilesOf(dataFolder))
}

function catalogRemoval(native: Native, { entries }: Installed): Action[] {
  return entries.map(({ catalog, entry }) => ({
    call: `WSCUnInstallNameSpace${catalog === 'x86' ? '32' : ''}`,
    target: `${entry.id} ${entry.name}`,
    run: () => native.catalogUninstall(catalog, entry.id),
  }))
}

const isAside = (path: string) => path.endsWith('.old')
const isNote = (path: string) => path.endsWith(SCHEDULED)

/** Whether nothing is left but files in use that go at the next boot: then it is not installed any more. */
export function isLeftover({ entries, folders, dataFolders }: Installed): boolean {
  const files = folders.flatMap(({ path }) => filesIn(path))
  const data = dataFolders.flatMap((path) => [...filesBeside(path), ...filesIn(dataFilesOf(path))])
  const goes = (path: string) => isAside(path) || isNote(path) || data.includes(path + SCHEDULED)
  return entries.length === 0 && files.length + data.length > 0 && [...files, ...data].every(goes)
}

function attempt(run: () => void): void {
  try {
    run()
  } catch {
    // Still in use, or not ours to delete: the next boot does it.
  }
}

/** Deletes of it what is not in use any more. */
export function sweepLeftover({ folders, dataFolders }: Installed): void {
  const inner = dataFolders.map(dataFilesOf)
  const places = [...folders.map(({ path }) => path), ...inner, ...dataFolders]
  const files = places.flatMap(filesIn).filter((file) => !isNote(file) && !inner.includes(file))
  for (const path of files) {
    attempt(() => {
      unlinkSync(path)
      rmSync(path + SCHEDULED, { force: true })
    })
  }
  for (const path of places) attempt(() => rmdirSync(path))
}

/** The steps for one installation. Loaded DLLs refuse from the first one on. */
export function removalActions(native: Native, found: Installed): Action[] {
  const controls = found.controls.filter((path) => existsSync(path))
  const retire = controls.map((path) => ({
    call: 'retire',
    target: path,
    run: () => native.retireControlFile(path),
  }))
  const folders = found.folders.map(({ path }) => path).filter((path) => existsSync(path))
  const dataFolders = found.dataFolders.filter((path) => existsSync(path))
  const data = dataFolders.flatMap((path) => filesBeside(path))
  const dataFiles = dataFolders.map(dataFilesOf).filter((path) => existsSync(path))
  const isControl = (path: string) => controls.includes(path) || CONTROL_NAME.test(path)
  // The marker goes last: while anything is left, the next start must find it.
  const rest = data.filter(
    (path) => !isControl(path) && !path.endsWith(MARKER) && !path.endsWith(SCHEDULED),
  )
  const markers = data.filter((path) => path.endsWith(MARKER))
  const files = (paths: readonly string[]) => paths.map((path) => removalOfFile(native, path))
  return [
    ...retire,
    ...catalogRemoval(native, found),
    ...files(folders.flatMap((path) => filesIn(path))),
    ...[...new Set([...controls, ...data.filter(isControl)])].map((path) =>
      removalOfControl(native, path),
    ),
    // A former installation's host may still map them: moved aside, they are nobody's.
    ...files(dataFiles.flatMap((path) => filesIn(path))),
    ...dataFiles.map((path) => removalOfFolder(native, path)),
    ...files([...rest, ...markers]),
    ...[...folders, ...dataFolders].map((path) => removalOfFolder(native, path)),
  ]
}

/** Removes the folders of all installations if nothing is left in them. */
export function removeEmptyBases(native: Native, found: readonly Installed[]): void {
  const bases = [
    ...found.flatMap(({ folders }) => folders.map(({ path }) => dirname(path))),
    programBase(native),
    dataBase(native),
  ]
  for (const base of new Set(bases)) {
    // A folder that somebody chose with `directory` is not ours to remove.
    if (base !== programBase(native) && base !== dataBase(native)) continue
    try {
      rmdirSync(base)
    } catch {
      // Other installations are in it, or it is gone.
    }
  }
}
