// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Catalog entries of probe.dll (test/rig/README.md) for the rows on the dispatcher and the catalog. However a row ends,
// the catalog is put back as it was, by clients in which the rig is not broken.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Arch, Client, programFolder } from './client.ts'
import type { CatalogEntry, Step } from './client-types.ts'
import type { Row } from './row.ts'

/** Behaviours of the probe, asked for in the third group of the GUID; they can be added. */
export const PROBE = {
  PLAIN: 0,
  REFUSES: 0x0001,
  REFUSES_NO_DATA: 0x0002,
  NO_IOCTL: 0x0004,
  START_FAILS: 0x0008,
  NULL_SET_SERVICE: 0x0010,
  SHORT_TABLE: 0x0020,
} as const

/** Of the rows' own: no entry of the machine or of the drivers is in it. */
export const PROBE_NAMESPACE = 2100

export interface EnumData {
  readonly length: number
  readonly guardsIntact: boolean
  readonly structuresFirst: boolean
  readonly providers: readonly CatalogEntry[]
}

const hex4 = (value: number) => value.toString(16).padStart(4, '0')

/** The GUID of an entry of the probe; `number` is what its log tells. */
export function probeId(number: number, behaviour = 0): string {
  return `70726f62-${hex4(number)}-${hex4(behaviour)}-9a52-4e53504e2001`
}

export function probePath(arch: Arch): string {
  return `${programFolder(arch)}probe.dll`
}

async function entriesIn(client: Client): Promise<readonly CatalogEntry[]> {
  const step = await client.send<EnumData>('enum')
  if (step.ret < 0) throw new Error(`the catalog is not listed: ${step.err}`)
  return step.data.providers
}

/** A client for equipment: the rig is whole in it. */
async function wholeClient(arch: Arch): Promise<Client> {
  const client = await Client.start(arch, { env: { NSP_RIG_BREAK: '' } })
  await client.send('wsastartup')
  return client
}

async function restore(arch: Arch, before: readonly CatalogEntry[]): Promise<void> {
  await using client = await wholeClient(arch)
  const known = new Set(before.map(({ id }) => id))
  for (const { id } of await entriesIn(client)) {
    if (!known.has(id)) await client.send('uninstall', { guid: id })
  }
  const now = await entriesIn(client)
  const ids = before.map(({ id }) => id)
  if (now.map(({ id }) => id).join() !== ids.join()) {
    const step = await client.send('order', { guids: ids.join() })
    if (step.ret !== 0) throw new Error(`the catalog is not as it was: ${step.ret}`)
  }
  for (const { id, active } of before) {
    if (now.find((entry) => entry.id === id)?.active !== active) {
      await client.send('enable', { guid: id, on: active })
    }
  }
}

export interface ProbeCall {
  readonly pid: number
  readonly call: string
  readonly number: number
}

/** The probe in the catalog of one width, for the time of a row. */
export class ProbeCatalog {
  readonly arch: Arch
  /** The entries before the row. */
  readonly before: readonly CatalogEntry[]
  readonly #folder: string
  readonly #installer: Client

  private constructor(arch: Arch, installer: Client, before: readonly CatalogEntry[]) {
    this.arch = arch
    this.before = before
    this.#installer = installer
    this.#folder = mkdtempSync(join(tmpdir(), 'winsock-nsp-probe-'))
  }

  static async open(t: Row, arch: Arch = t.arch): Promise<ProbeCatalog> {
    const installer = await wholeClient(arch)
    const catalog = new ProbeCatalog(arch, installer, await entriesIn(installer))
    t.defer(() => rmSync(catalog.#folder, { recursive: true, force: true }))
    t.defer(() => restore(arch, catalog.before))
    t.defer(() => installer.close())
    return catalog
  }

  /** Installs an entry of the probe, or of another DLL. */
  async add(
    number: number,
    { behaviour = 0, ns = PROBE_NAMESPACE, path = probePath(this.arch) } = {},
  ): Promise<string> {
    const guid = probeId(number, behaviour)
    const step = await this.send('install', { id: `Probe ${number}`, path, ns, guid })
    if (step.ret !== 0) throw new Error(`probe ${number} is not installed: ${step.err}`)
    return guid
  }

  /** A call of the installer, in which the rig is whole. */
  send(verb: string, args: object): Promise<Step> {
    return this.#installer.send(verb, args)
  }

  /** The environment of a client whose calls of the probe are to be told. */
  get env(): NodeJS.ProcessEnv {
    return { NSP_RIG_PROBE_LOG: join(this.#folder, 'calls.log') }
  }

  /** What the probe was called with, by all clients that have `env`. */
  calls(name?: string): readonly ProbeCall[] {
    const path = join(this.#folder, 'calls.log')
    const text = existsSync(path) ? readFileSync(path, 'latin1') : ''
    const lines = text.split('\n').flatMap((line) => {
      const [pid, call, number] = line.split(' ')
      return call === undefined ? [] : [{ pid: Number(pid), call, number: Number(number) }]
    })
    return lines.filter(({ call }) => name === undefined || call === name)
  }

  /** The numbers of the probes that were called so, in order. */
  numbers(call: string): readonly number[] {
    return this.calls(call).map(({ number }) => number)
  }
}

/** What a new process of that width is told of the catalog. */
export async function listAnew(t: Row, arch: Arch = t.arch): Promise<readonly CatalogEntry[]> {
  const client = await Client.start(arch)
  t.defer(() => client.close())
  await client.send('wsastartup')
  return entriesIn(client)
}
