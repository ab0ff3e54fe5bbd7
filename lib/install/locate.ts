// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Finds the installation that a host is to serve, and says exactly what is wrong with one that does not fit.
import { type Issue, NspError } from '../errors.ts'
import { type Definition, firstId } from '../internal/definition.ts'
import type { Native } from '../internal/native.ts'
import { type OurFolder, packageVersion } from './layout.ts'
import { CATALOGS, type OurEntry, ourEntries, readSidecar, type Sidecar } from './machine.ts'

const INSTALL = 'As administrator: npx winsock-nsp install ./provider.ts'

export interface Place {
  readonly folder: OurFolder
  readonly sidecar: Sidecar
}

function notInstalled(definition: Definition, ours: readonly OurEntry[]): NspError | undefined {
  const issues = definition.entries.flatMap(({ entry: { key, id } }): Issue[] =>
    CATALOGS.filter(
      (catalog) => !ours.some((one) => one.catalog === catalog && one.entry.id === id),
    ).map((catalog) => ({
      path: `entries.${key}.id`,
      message: `${id} is not in the ${catalog === 'x86' ? '32-bit' : '64-bit'} catalog`,
    })),
  )
  if (issues.length === 0) return undefined
  return new NspError('ERR_NSP_NOT_INSTALLED', `${definition.name} is not installed`, {
    issues,
    remedy: INSTALL,
  })
}

function mismatch(message: string, issues: readonly Issue[]): NspError {
  return new NspError('ERR_NSP_VERSION_MISMATCH', message, {
    issues,
    remedy: `Install it again. ${INSTALL}`,
  })
}

function changedEntries(
  { entries }: Definition,
  ours: readonly OurEntry[],
  { ids }: Sidecar,
): Issue[] {
  const issues = entries.flatMap(({ entry: { key, id, namespace } }): Issue[] => {
    const other = ours.find((one) => one.entry.id === id && one.entry.namespace !== namespace)
    if (other === undefined) return []
    return [
      {
        path: `entries.${key}.namespace`,
        message: `installed under ${other.entry.namespace}, not ${namespace}`,
      },
    ]
  })
  const wanted = entries.map(({ entry }) => entry.id).join(', ')
  if (ids.join(', ') !== wanted)
    issues.push({ path: 'entries', message: `installed were ${ids.join(', ')}` })
  return issues
}

/** True if the catalog has every entry of the provider. */
export function isInstalled(native: Native, definition: Definition): boolean {
  return notInstalled(definition, ourEntries(native)) === undefined
}

/** @throws NspError ERR_NSP_NOT_INSTALLED, ERR_NSP_VERSION_MISMATCH, ERR_NSP_CHANNEL_TAKEN */
export function locate(native: Native, definition: Definition): Place {
  const ours = ourEntries(native)
  const missing = notInstalled(definition, ours)
  if (missing !== undefined) throw missing
  const folder = ours.find(({ entry }) => entry.id === firstId(definition))?.folder
  const sidecar = folder === undefined ? undefined : readSidecar(native, folder.path)
  if (folder === undefined || sidecar === undefined) {
    throw mismatch('the installation has no readable sidecar', [
      { path: folder?.path ?? '', message: 'not readable' },
    ])
  }
  const version = packageVersion()
  if (folder.version !== version) {
    throw mismatch(`version ${folder.version} is installed, this is ${version}`, [
      { path: folder.path, message: `of version ${folder.version}` },
    ])
  }
  const changed = changedEntries(definition, ours, sidecar)
  if (changed.length > 0)
    throw mismatch('the provider has other entries than when it was installed', changed)
  const sid = native.currentUserSid()
  if (sidecar.hostSid !== sid) {
    throw new NspError(
      'ERR_NSP_CHANNEL_TAKEN',
      `${definition.name} is installed for the account ${sidecar.hostSid}`,
      {
        issues: [{ path: folder.path, message: `this process runs as ${sid}` }],
        remedy: `Run the host as that account, or install it for this one: npx winsock-nsp install --account ${sid} ./provider.ts`,
      },
    )
  }
  return { folder, sidecar }
}
