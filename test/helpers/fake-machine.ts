// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A Native without Windows: catalogs in memory, folders in a temporary place, and failures on demand.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OWN_FOLDER } from '../../lib/internal/binding.ts'
import type {
  Native,
  NativeCatalog,
  NativeCatalogEntry,
  NativeEvent,
  NativeFailure,
  NativeServeOptions,
  NativeServer,
} from '../../lib/internal/native.ts'
import { FakeServer } from './fake-server.ts'

export interface FakeMachineInit {
  readonly elevated?: boolean
  /** What `serve` throws. */
  readonly serveFailure?: {
    readonly errno: number
    readonly syscall: string
    readonly hostPid?: number
  }
  /** The call that fails when it is made for the n-th time (from 1). */
  readonly failAt?: { readonly call: string; readonly times: number; readonly errno: number }
  readonly sid?: string
}

const STRANGER: NativeCatalogEntry = {
  id: '22059d40-7e9e-11cf-ae5a-00aa00a7112b',
  name: 'Tcpip',
  namespace: 12,
  version: 0,
  enabled: true,
  path: '%SystemRoot%\\System32\\mswsock.dll',
}

const roots: string[] = []
process.once('exit', () => {
  for (const root of roots) rmSync(root, { recursive: true, force: true })
})

function failure(syscall: string, errno: number, extra: object = {}): Error {
  return Object.assign(new Error(`${syscall} failed`), { errno, syscall, ...extra })
}

export class FakeMachine implements Native {
  readonly abi = 1
  /** Nothing asks it: test/unit/client.test.ts has a port of its own. */
  declare readonly client: Native['client']
  readonly root: string = mkdtempSync(join(tmpdir(), 'winsock-nsp-unit-'))
  readonly catalogs: Record<NativeCatalog, NativeCatalogEntry[]> = {
    native: [STRANGER],
    x86: [STRANGER],
  }
  /** Every call that changes something, as it came. */
  readonly log: string[] = []
  readonly server = new FakeServer()
  /** Those who watch the catalogs. */
  readonly watchers: Set<(failure: NativeFailure | undefined) => void> = new Set()
  watchFailure: { readonly errno: number; readonly syscall: string } | undefined
  elevated: boolean
  sid: string
  failAt: FakeMachineInit['failAt']
  readonly #serveFailure: FakeMachineInit['serveFailure']
  readonly #counts = new Map<string, number>()

  constructor(init: FakeMachineInit = {}) {
    this.elevated = init.elevated ?? true
    this.sid = init.sid ?? 'S-1-5-21-1-2-3-500'
    this.failAt = init.failAt
    this.#serveFailure = init.serveFailure
    roots.push(this.root)
  }

  #note(call: string, target: string): void {
    const count = (this.#counts.get(call) ?? 0) + 1
    this.#counts.set(call, count)
    this.log.push(`${call} ${target}`)
    if (this.failAt?.call === call && this.failAt.times === count)
      throw failure(call, this.failAt.errno)
  }

  isElevated = (): boolean => this.elevated
  currentUserSid = (): string => this.sid
  folder = (which: 'ProgramFiles' | 'ProgramData'): string => join(this.root, which)

  catalogList = (catalog: NativeCatalog): NativeCatalogEntry[] => [...this.catalogs[catalog]]
  catalogInstall = (catalog: NativeCatalog, entry: Omit<NativeCatalogEntry, 'enabled'>): void => {
    this.#note(catalog === 'x86' ? 'WSCInstallNameSpace32' : 'WSCInstallNameSpace', entry.id)
    if (this.catalogs[catalog].some(({ id }) => id === entry.id))
      throw failure('WSCInstallNameSpace', 11003)
    const { id, name, namespace, version, path } = entry
    this.catalogs[catalog].push({ id, name, namespace, version, path, enabled: true })
  }
  catalogUninstall = (catalog: NativeCatalog, id: string): void => {
    this.#note(catalog === 'x86' ? 'WSCUnInstallNameSpace32' : 'WSCUnInstallNameSpace', id)
    const entries = this.catalogs[catalog]
    const at = entries.findIndex((entry) => entry.id === id)
    if (at === -1) throw failure('WSCUnInstallNameSpace', 10022)
    entries.splice(at, 1)
  }
  catalogEnable = (catalog: NativeCatalog, id: string, enabled: boolean): void => {
    this.#note('WSCEnableNSProvider', `${catalog} ${id} ${enabled}`)
    this.catalogs[catalog] = this.catalogs[catalog].map((entry) =>
      entry.id === id ? { ...entry, enabled } : entry,
    )
  }
  catalogOrder = (catalog: NativeCatalog, ids: readonly string[]): void => {
    this.#note('WSCWriteNameSpaceOrder', catalog)
    const entries = this.catalogs[catalog]
    if (ids.length !== entries.length || new Set(ids).size !== ids.length)
      throw failure('WSCWriteNameSpaceOrder', 10022)
    this.catalogs[catalog] = ids.map((id) => entries.find((entry) => entry.id === id) ?? STRANGER)
  }

  catalogWatch = (onChange: (failure: NativeFailure | undefined) => void): { close(): void } => {
    if (this.watchFailure !== undefined) {
      const { errno, syscall } = this.watchFailure
      throw failure(syscall, errno)
    }
    const watcher: typeof onChange = (fault) => onChange(fault)
    this.watchers.add(watcher)
    return { close: () => void this.watchers.delete(watcher) }
  }
  /** What the system does after somebody has changed a catalog. */
  tellWatchers(failed?: { readonly errno: number; readonly syscall: string }): void {
    const fault = failed && (failure(failed.syscall, failed.errno) as NativeFailure)
    for (const watcher of [...this.watchers]) watcher(fault)
  }

  createProtectedFolder = (path: string): void => {
    this.#note('CreateDirectory', path)
    mkdirSync(path, { recursive: true })
  }
  folderFault = (): string | undefined => undefined
  descriptorFault = (): string | undefined => undefined
  /** Of what got one, by path. */
  readonly descriptors = new Map<string, string>()
  setDescriptor = (path: string, sddl: string): void => {
    this.#note('setDescriptor', path)
    this.descriptors.set(path, sddl)
  }
  getDescriptor = (path: string): string => this.descriptors.get(path) ?? ''
  createControlFile = (path: string): void => {
    this.#note('createControlFile', path)
    writeFileSync(path, 'control')
  }
  retireControlFile = (path: string): void => {
    this.#note('retireControlFile', path)
    writeFileSync(path, 'retired')
  }
  readControlFile = (path: string): ReturnType<Native['readControlFile']> =>
    existsSync(path)
      ? { retired: readFileSync(path, 'utf8') === 'retired', epoch: 1, hostPid: 0, pipeName: '' }
      : undefined
  encodeSidecar = (sidecar: Parameters<Native['encodeSidecar']>[0]): Uint8Array =>
    Buffer.from(JSON.stringify(sidecar))
  decodeSidecar = (bytes: Uint8Array): ReturnType<Native['decodeSidecar']> => {
    try {
      return JSON.parse(Buffer.from(bytes).toString())
    } catch {
      return undefined
    }
  }
  deleteAtReboot = (path: string): void => this.#note('deleteAtReboot', path)
  processesUsing = (): { processId: number; imagePath: string }[] => [
    { processId: 7, imagePath: 'C:\\browser.exe' },
  ]

  serve = (options: NativeServeOptions, onEvent: (event: NativeEvent) => void): NativeServer => {
    if (this.#serveFailure !== undefined) {
      const { errno, syscall, ...extra } = this.#serveFailure
      throw failure(syscall, errno, extra)
    }
    this.server.options = options
    this.server.onEvent = onEvent
    return this.server
  }
}

/** Puts both DLLs where `install` looks for them, for as long as `run` takes. */
export function withBinaries<T>(
  run: () => T,
  has: readonly ('win32-x64' | 'win32-ia32')[] = ['win32-x64', 'win32-ia32'],
): T {
  const folder = mkdtempSync(join(tmpdir(), 'winsock-nsp-dlls-'))
  for (const name of has) {
    const path = join(folder, name === 'win32-x64' ? OWN_FOLDER : name)
    mkdirSync(path)
    writeFileSync(join(path, 'winsock-nsp.dll'), `the DLL for ${name}`)
  }
  const before = process.env['WINSOCK_NSP_NATIVE']
  process.env['WINSOCK_NSP_NATIVE'] = folder
  try {
    return run()
  } finally {
    if (before === undefined) delete process.env['WINSOCK_NSP_NATIVE']
    else process.env['WINSOCK_NSP_NATIVE'] = before
    rmSync(folder, { recursive: true, force: true })
  }
}
