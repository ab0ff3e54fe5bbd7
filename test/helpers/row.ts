// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// row('IOCTL-07', 'title', async t => ...) registers the test of one contract row, once for each
// architecture, over whichever driver NSP_DRIVER names. One driver serves the whole run.
import { after, it } from 'mocha'
import { checklistRow, record, registered, skipOf, writeRows } from './checklist.ts'
import { Checks } from './checks.ts'
import { ARCHS, type Arch, Client } from './client.ts'
import type { BeginOptions } from './client-types.ts'
import { type Driver, type EntryRef, type HostOptions, openDriver } from './driver.ts'
import { until } from './until.ts'

/** Longer than every watchdog inside a row, so that those speak first. */
const ROW_TIMEOUT_MS = 240_000

export type EntryName = 'names' | 'mesh' | 'vouch' | 'feed'

export interface TableOptions {
  entry?: EntryName
  /** False: the DLL is loaded, NSPStartup is left to the test. */
  started?: boolean
  env?: NodeJS.ProcessEnv
}

let opened: Driver | undefined

async function readyDriver(): Promise<Driver> {
  if (!opened) {
    const driver = openDriver()
    await driver.install()
    opened = driver
    await driver.start()
  }
  try {
    // Also forgets the handler calls of the row before.
    await opened.send('calls')
  } catch {
    await opened.stop().catch(() => {})
    await opened.start()
  }
  return opened
}

export class Row {
  readonly id: string
  readonly arch: Arch
  readonly driver: Driver
  readonly check: Checks = new Checks()
  readonly #deferred: (() => unknown)[] = []
  #names = 0

  constructor(id: string, arch: Arch, driver: Driver) {
    this.id = id
    this.arch = arch
    this.driver = driver
  }

  /** Runs after the test, last first, whatever became of it. */
  defer(task: () => unknown): void {
    this.#deferred.push(task)
  }
  async cleanUp(): Promise<void> {
    const errors: unknown[] = []
    for (const task of this.#deferred.splice(0).reverse()) {
      try {
        await task()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }

  get is64(): boolean {
    return this.arch === 'x64'
  }
  /** sizeof(WSAQUERYSETW). */
  get setSize(): number {
    return this.is64 ? 120 : 60
  }
  entry(name: EntryName = 'mesh'): EntryRef {
    return this.driver[name]
  }
  /** The provider DLL's file name, as a loaded module. */
  get moduleName(): string {
    return this.driver.dll(this.arch).replace(/^.*[\\/]/, '')
  }

  /** A client that calls the provider's table directly. */
  async table(options: TableOptions = {}): Promise<Client> {
    const client = await this.#client('table', options.env)
    const entry = this.entry(options.entry)
    const path = this.driver.dll(this.arch, entry)
    const load = await client.send<{ found: boolean }>('load', { path })
    if (load.ret !== 0) throw new Error(`${path} does not load: ${load.err}`)
    if (options.started === false) return client
    const step = await client.startup(entry.id)
    if (step.ret !== 0) throw new Error(`NSPStartup failed with ${step.err}`)
    return client
  }
  /** A client that goes through ws2_32, with WSAStartup done. */
  async ws2(options: { env?: NodeJS.ProcessEnv; started?: boolean } = {}): Promise<Client> {
    const client = await this.#client('ws2', options.env)
    if (options.started === false) return client
    const step = await client.send('wsastartup')
    if (step.ret !== 0) throw new Error(`WSAStartup failed with ${step.ret}`)
    return client
  }
  async #client(mode: 'ws2' | 'table', env: NodeJS.ProcessEnv | undefined): Promise<Client> {
    const client = await Client.start(this.arch, env ? { mode, env } : { mode })
    this.defer(async () => {
      const failed = client.failed
      const code = await client.close()
      if (!failed && code !== 0) throw new Error(`client ${this.arch} exited with ${code}`)
    })
    return client
  }

  /** The query of a lookup by name under one entry, found by number and by provider id. */
  query(
    name: string | undefined,
    more: BeginOptions = {},
    entry: EntryName = 'mesh',
  ): BeginOptions {
    const { id, namespace } = this.entry(entry)
    return {
      h: 'h1',
      ...(name === undefined ? {} : { name }),
      ns: namespace,
      provider: id,
      ...more,
    }
  }
  /** Begins that lookup and fails the row if it is refused. */
  async begin(
    client: Client,
    name: string | undefined,
    more: BeginOptions = {},
    entry: EntryName = 'mesh',
  ): Promise<void> {
    const step = await client.begin(this.query(name, more, entry))
    if (step.ret !== 0) throw new Error(`Begin of ${name} was refused with ${step.err}`)
  }
  /** A name that no other row uses. */
  name(label = 'a', suffix = 'nsp.test'): string {
    return `${label}${this.#names++}-${this.id.toLowerCase()}-${this.arch}.${suffix}`
  }
  /** The same where services can be registered. */
  registered(label = 's'): string {
    return this.name(label, 'reg.nsp.test')
  }
  /** Makes a record and takes it away after the row. */
  async set(name: string, fields: Record<string, string | number> = {}): Promise<void> {
    await this.driver.send('set', { name, addr: '10.9.0.1', ...fields })
    this.#tidy('delete', name)
  }
  /** Holds the lookups of a name until the row ends or `release` is sent. */
  async hold(name: string): Promise<void> {
    await this.driver.send('hold', { name })
    this.#tidy('clear', name)
  }
  // A host that is gone or new has nothing to tidy.
  #tidy(verb: string, name: string): void {
    this.defer(() => this.driver.send(verb, { name }).catch(() => {}))
  }
  /** Waits until that many handler calls wait for the held name. */
  async held(name: string, count = 1): Promise<void> {
    await until(`${count} handler calls wait for ${name}`, async () => {
      return Number((await this.driver.send('held', { name })).waiting) >= count
    })
  }
  /** The host is suspended until the row ends or `resume` is called. */
  async suspendHost(): Promise<() => Promise<void>> {
    await this.driver.suspend()
    let suspended = true
    const resume = async () => {
      if (suspended) await this.driver.resume()
      suspended = false
    }
    this.defer(resume)
    return resume
  }
  /** A new host with other deadlines, until the row ends. */
  async restartHost(options: HostOptions): Promise<void> {
    this.defer(async () => {
      await this.driver.stop()
      await this.driver.start()
    })
    await this.driver.stop()
    await this.driver.start(options)
  }
  /** The host is stopped (or killed) and started again after the row. */
  async stopHost(how: 'stop' | 'kill' = 'stop'): Promise<void> {
    this.defer(() => this.driver.start())
    await this.driver[how]()
  }
}

async function runRow(id: string, arch: Arch, title: string, body: (row: Row) => Promise<void>) {
  let check = new Checks()
  const result = () => ({ id, arch, title, checks: check.count, evidence: check.evidence })
  try {
    const row = new Row(id, arch, await readyDriver())
    check = row.check
    try {
      await body(row)
    } finally {
      await row.cleanUp()
    }
    if (check.count === 0) throw new Error(`${id} asserted nothing`)
    record({ ...result(), status: 'pass' })
  } catch (error) {
    record({ ...result(), status: 'fail', error: String(error) })
    throw error
  }
}

/** Registers the test of a row for x64 and x86. */
export function row(id: string, title: string, body: (row: Row) => Promise<void>): void {
  checklistRow(id)
  registered.add(id)
  const skip = skipOf(id)
  for (const arch of ARCHS) {
    it(`${id} ${arch} ${title}`, async function () {
      if (skip) {
        record({ id, arch, title, status: 'skip', checks: 0, error: skip.reason })
        this.skip()
      }
      this.timeout(ROW_TIMEOUT_MS)
      await runRow(id, arch, title, body)
    })
  }
}

after(async function () {
  this.timeout(ROW_TIMEOUT_MS)
  writeRows(opened?.kind ?? 'none')
  const driver = opened
  opened = undefined
  if (!driver) return
  await driver.stop()
  await driver.uninstall()
})
