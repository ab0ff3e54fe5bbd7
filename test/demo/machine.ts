// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the demo does to the machine and must leave as it was: both catalogs, the installed files, its own folder.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Provider } from 'winsock-nsp'
import { list, uninstall } from 'winsock-nsp/catalog'

/** The demo's only folder: the same in each run, so that what a killed run left is found. */
export const DEMO_FOLDER = join(tmpdir(), 'winsock-nsp-demo')

export interface CatalogState {
  /** Of all entries of both catalogs, other people's included, in their order. */
  readonly hash: string
  readonly native: number
  readonly x86: number
}

export async function catalogState(): Promise<CatalogState> {
  const entries = await list()
  const canonical = entries.map(({ catalog, id, name, namespace, version, enabled, path }) => [
    catalog,
    id,
    name,
    namespace,
    version,
    enabled,
    path.toLowerCase(),
  ])
  const count = (catalog: string) => entries.filter((entry) => entry.catalog === catalog).length
  return {
    hash: createHash('sha256').update(JSON.stringify(canonical)).digest('hex'),
    native: count('native'),
    x86: count('x86'),
  }
}

const firstId = (provider: Provider) => Object.values(provider.entries)[0]?.id ?? ''

function folderNames(parent: string): string[] {
  return existsSync(parent) ? readdirSync(parent) : []
}

/** Folders and pipes of this provider that are there now. */
export function filesLeft(provider: Provider): string[] {
  const id = firstId(provider)
  const parents = [process.env.ProgramFiles, process.env.ProgramData].flatMap((folder) =>
    folder ? [join(folder, 'winsock-nsp')] : [],
  )
  const folders = parents.flatMap((parent) =>
    folderNames(parent).flatMap((name) => (name.startsWith(id) ? [join(parent, name)] : [])),
  )
  return existsSync(DEMO_FOLDER) ? [...folders, DEMO_FOLDER] : folders
}

/** Removes what an earlier run left, and says what it was. */
export async function removeLeftovers(provider: Provider): Promise<string[]> {
  const steps = await uninstall(firstId(provider))
  const entries = steps.filter(({ call }) => call.startsWith('WSCUnInstallNameSpace'))
  const files = filesLeftOf(steps)
  const found = [
    ...entries.map(
      ({ call, target }) => `catalog entry ${target} (${call.endsWith('32') ? '32' : '64'}-bit)`,
    ),
    ...files,
  ]
  if (existsSync(DEMO_FOLDER)) found.push(DEMO_FOLDER)
  rmSync(DEMO_FOLDER, { recursive: true, force: true })
  return found
}

function filesLeftOf(steps: Awaited<ReturnType<typeof uninstall>>): string[] {
  return steps.filter(({ call }) => call === 'RemoveDirectory').map(({ target }) => target)
}

export function makeFolder(): void {
  mkdirSync(DEMO_FOLDER, { recursive: true })
}
