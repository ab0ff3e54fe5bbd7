// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The real thing: a Windows Node that serves test/helpers/node-host.ts, installed by the library's
// own catalog module.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Provider } from '../../lib/index.ts'
import type { Arch } from './client.ts'
import type { Driver, EntryRef } from './driver.ts'
import { DriverBase } from './driver-base.ts'
import type { HostCommand } from './driver-process.ts'

type Catalog = typeof import('../../lib/catalog.ts')
type Entries = Awaited<ReturnType<Catalog['install']>>['entries']

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Imported when needed, so that the faulty provider's runs need no addon. */
function catalog(): Promise<Catalog> {
  return import('../../lib/catalog.ts')
}
/** What node-host.ts serves; the module only defines it. */
async function providers(): Promise<readonly Provider[]> {
  return (await import('./node-provider.ts')).providers
}

export class NodeDriver extends DriverBase implements Driver {
  readonly kind = 'node'
  readonly names: EntryRef = { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e0001', namespace: 12 }
  readonly mesh: EntryRef = { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e0002', namespace: 1001 }
  readonly vouch: EntryRef = { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e0003', namespace: 1002 }
  readonly feed: EntryRef = { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e0004', namespace: 1003 }
  #installed: Entries = []

  protected command(): HostCommand {
    return { program: process.execPath, args: [here('./node-host.ts')] }
  }
  /** The installed copy: beside it lies the record of trust that the DLL reads. */
  dll(arch: Arch, entry: EntryRef = this.mesh): string {
    const wanted = arch === 'x64' ? 'native' : 'x86'
    const made = this.#installed.find(({ catalog, id }) => catalog === wanted && id === entry.id)
    if (!made || !existsSync(made.path)) throw new Error(`no ${arch} DLL is installed`)
    return made.path
  }
  async install(): Promise<void> {
    const { install } = await catalog()
    const made: Entries[number][] = []
    for (const provider of await providers()) made.push(...(await install(provider)).entries)
    this.#installed = made
  }
  async uninstall(): Promise<void> {
    const { uninstall } = await catalog()
    for (const provider of await providers()) await uninstall(provider)
  }
  retire(): Promise<void> {
    return this.uninstall()
  }
}
