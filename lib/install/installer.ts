// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The steps of an installation: folders and files first, then both catalogs.
import {
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { NspError } from '../errors.ts'
import { controlSddl, dataSddl, fileSddl, folderSddl } from '../host/access.ts'
import { buildFilter, DEFAULT_GRACE_MS } from '../host/filter.ts'
import { dllSources } from '../internal/binding.ts'
import { type Definition, firstId } from '../internal/definition.ts'
import type { Native } from '../internal/native.ts'
import { catalogActions } from './catalog-steps.ts'
import { type Layout, layoutOf, packageVersion, scheduledControl } from './layout.ts'
import { CATALOGS } from './machine.ts'
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
  // One that serves goes on serving whatever becomes of this installation.
  const wasRetired = wasThere && native.readControlFile(control)?.retired !== false
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
      if (!wasThere) unlinkSync(control)
      else if (wasRetired) native.retireControlFile(control)
    },
  }
}

/**
 * The folder of data files, and in it a file of the administrators': a folder that is never empty cannot be made a link
 * to another place. Before that file is there, nobody else may write into the folder.
 */
function dataAction({ native, hostSid }: InstallPlan, { dataFiles, keep }: Layout): Action {
  const wasThere = existsSync(dataFiles)
  const hadKeep = existsSync(keep)
  const before = wasThere ? native.getDescriptor(dataFiles) : undefined
  const undo = () => {
    if (before !== undefined) native.setDescriptor(dataFiles, before)
    if (!hadKeep) rmSync(keep, { force: true })
    if (!wasThere) rmdirSync(dataFiles)
  }
  return {
    call: 'CreateDirectory',
    target: dataFiles,
    run() {
      if (wasThere && lstatSync(dataFiles).isSymbolicLink())
        throw refused(`${dataFiles} is a link to another place`, 'Remove it, and install again.')
      if (!wasThere) native.createProtectedFolder(dataFiles, folderSddl())
      try {
        if (!hadKeep) writeFileSync(keep, '')
        native.setDescriptor(keep, fileSddl())
        native.setDescriptor(dataFiles, dataSddl(hostSid))
      } catch (error) {
        undo()
        throw error
      }
    },
    undo,
  }
}

/** Both catalogs as text, the same for the same catalogs. */
function catalogsAsText(native: Native): string {
  const catalogs = CATALOGS.map((catalog) => [catalog, native.catalogList(catalog)])
  return `${JSON.stringify(Object.fromEntries(catalogs), undefined, 2)}\n`
}

/**
 * Saves the catalogs before the first entry is touched, for whoever has to look after an installation that was neither
 * finished nor taken back. Taking it back leaves the file where the catalogs are not what they were.
 */
function saveAction(native: Native, { savedCatalogs }: Layout): Action {
  const older = existsSync(savedCatalogs) ? readFileSync(savedCatalogs) : undefined
  let text = ''
  return {
    call: 'WriteFile',
    target: savedCatalogs,
    run() {
      text = catalogsAsText(native)
      writeFileSync(savedCatalogs, text)
    },
    undo() {
      if (catalogsAsText(native) !== text) throw new Error('the catalogs are not what they were')
      if (older === undefined) unlinkSync(savedCatalogs)
      else writeFileSync(savedCatalogs, older)
    },
  }
}

/** All steps, in order. Reads much, changes nothing. @throws NspError ERR_NSP_INSTALL_REFUSED */
export function installActions(plan: InstallPlan): Action[] {
  const { native, definition, hostSid, marker } = plan
  checkSources()
  const layout = layoutOf(native, firstId(definition), packageVersion(), plan.directory)
  const ids = definition.entries.map(({ entry }) => entry.id)
  const sidecar = native.encodeSidecar({ ids, hostSid, controlPath: layout.control })
  const entries = CATALOGS.flatMap((catalog) => catalogActions(plan, layout, catalog))
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
    dataAction(plan, layout),
    controlAction(plan, layout),
    ...(entries.length === 0 ? [] : [saveAction(native, layout)]),
    ...entries,
  ]
}
