// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What hostile faults work with: the real host with limits of its own, hostile.exe, and what a process holds.
import { closeSync, openSync, readSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { locate } from '../../lib/install/locate.ts'
import { loadNative } from '../../lib/internal/binding.ts'
import { definitionOf } from '../../lib/internal/definition.ts'
import type { Arch } from '../helpers/client.ts'
import { HostProcess } from '../helpers/driver-process.ts'
import { until } from '../helpers/until.ts'
import { type Bench, delay, type Scale, SWITCHED_NATIVE, type Tried } from './bench.ts'
import { type Arguments, type Ended, TortureClient } from './client.ts'
import type { HostileConfig } from './hostile-server.ts'
import { makeProvider, meshOf, type Variant } from './provider.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
/** A host whose checks are off may hang; nobody waits long for that. */
const CONTROL_WATCHDOG_MS = 10_000
const PIPE_NAME_AT = 184
const PIPE_NAME_BYTES = 256

/** How much of everything hostile. */
export interface HostileScale {
  /** Frames to the host and frames to the DLL, each. */
  readonly frames: number
  readonly halfOpen: number
  readonly deaf: number
  readonly floodMs: number
  readonly scribbleMs: number
  readonly arguments: number
}

export const HOSTILE_SCALES: Record<Scale['name'], HostileScale> = {
  smoke: { frames: 1500, halfOpen: 60, deaf: 1, floodMs: 500, scribbleMs: 600, arguments: 150 },
  quick: {
    frames: 6000,
    halfOpen: 300,
    deaf: 2,
    floodMs: 3000,
    scribbleMs: 4000,
    arguments: 500,
  },
  whole: {
    frames: 100_000,
    halfOpen: 1000,
    deaf: 4,
    floodMs: 15_000,
    scribbleMs: 20_000,
    arguments: 2500,
  },
}

export const hostileScale = ({ scale }: Bench): HostileScale => HOSTILE_SCALES[scale.name]

export function controlPathOf(variant: Variant): string {
  const unused = { exitAfter: undefined, wild: false, rounds: undefined as never }
  const provider = makeProvider(variant, unused, { host: () => undefined as never })
  if (variant === 'switched') Object.assign(process.env, SWITCHED_NATIVE)
  const { controlPath } = locate(loadNative(), definitionOf(provider)).sidecar
  delete process.env['WINSOCK_NSP_NATIVE']
  return controlPath
}

/** As the control file has it. */
export function pipeNameOf(controlPath: string): string {
  const file = openSync(controlPath, 'r')
  const bytes = Buffer.alloc(PIPE_NAME_BYTES)
  readSync(file, bytes, 0, bytes.length, PIPE_NAME_AT)
  closeSync(file)
  return bytes.toString('utf16le').split('\0')[0] ?? ''
}

export interface Held {
  readonly handles: number
  /** Private bytes, or what it has in memory, if the system tells more of that: Wine counts no private bytes. */
  readonly bytes: number
}

/** One hostile run: everything that it starts ends with it. */
export class Hostile implements AsyncDisposable {
  readonly bench: Bench
  readonly variant: Variant
  readonly #programs = new Set<TortureClient>()
  #host: HostProcess | undefined

  constructor(bench: Bench, variant: Variant) {
    this.bench = bench
    this.variant = variant
  }

  async serve(config: Omit<HostileConfig, 'variant'> = {}): Promise<HostProcess> {
    const words = JSON.stringify({ variant: this.variant, ...config })
    const flags = ['--disable-warning=ExperimentalWarning', '--expose-gc']
    const isControl = config.off !== undefined
    this.#host = await HostProcess.start({
      program: process.execPath,
      args: [...flags, here('./hostile-server.ts'), words],
      environment: isControl ? SWITCHED_NATIVE : {},
      watchdogMs: isControl ? CONTROL_WATCHDOG_MS : undefined,
    })
    return this.#host
  }

  get controlPath(): string {
    return controlPathOf(this.variant)
  }

  start(arch: Arch, verb: string, args: Arguments, off?: string): TortureClient {
    const program = new TortureClient(arch, verb, args, off, 'hostile')
    this.#programs.add(program)
    return program
  }

  /** A client of the host's pipe. */
  raw(arch: Arch, verb: string, args: Arguments): TortureClient {
    return this.start(arch, verb, { pipe: pipeNameOf(this.controlPath), ...args })
  }

  /** A program that calls the installed DLL's table. */
  caller(arch: Arch, verb: string, args: Arguments, off?: string): TortureClient {
    const { id, namespace } = meshOf(this.variant)
    const dll = this.bench.dll(arch, this.variant)
    return this.start(arch, verb, { dll, ns: namespace, guid: id, ...args }, off)
  }

  async measure(pid: number): Promise<Held> {
    const { said } = await this.start('x64', 'measure', { pid }).end()
    const bytes = Math.max(Number(said['privateBytes']), Number(said['workingSet']))
    return { handles: Number(said['handles']), bytes }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#programs].map((program) => program.kill()))
    if (this.#host !== undefined && this.#host.failure === undefined) await this.#host.kill()
  }
}

export const MEBIBYTE = 1024 * 1024
/** What a process may hold more than before, without anybody's guilt: caches, heaps that were not yet given back. */
export const HANDLES_ROOM = 24

/** What clients had is given back, and a host that is asked now answers. */
export async function letGo(
  hostile: Hostile,
  host: HostProcess,
  before: Held,
  tried: Tried,
  roomBytes: number,
): Promise<void> {
  if (host.failure !== undefined) {
    tried.failures.push(`the host has gone: ${host.failure.message.slice(0, 300)}`)
    return
  }
  let last = ''
  const forgotten = async () => {
    const { clients, handles, pendingNotifications } = await host.send('stats')
    last = JSON.stringify({ clients, handles, pendingNotifications })
    return clients === 0 && handles === 0 && pendingNotifications === 0
  }
  await until('the host has forgotten its clients', forgotten, 10_000).catch(() =>
    tried.failures.push(`the host still knows ${last}`),
  )
  const tooMuch = ({ handles, bytes }: Held) =>
    handles > before.handles + HANDLES_ROOM || bytes > before.bytes + roomBytes
  let after = await hostile.measure(host.pid)
  for (let turn = 0; turn < 20 && tooMuch(after); turn++) {
    // What nobody holds is given back when its turn comes.
    await host.send('collect')
    await delay(100)
    after = await hostile.measure(host.pid)
  }
  const more = Math.round((after.bytes - before.bytes) / 1024)
  tried.notes.push(`the host's handles ${before.handles} → ${after.handles}, ${more} KiB more`)
  if (after.handles > before.handles + HANDLES_ROOM)
    tried.failures.push(`the host keeps ${after.handles - before.handles} handles`)
  if (after.bytes > before.bytes + roomBytes) tried.failures.push(`the host keeps ${more} KiB`)
}

/** How a program of ours ended: its own verdict, a crash, a watchdog. */
export function judgeProgram({ code, said, hung }: Ended, what: string, tried: Tried): void {
  if (hung) tried.failures.push(`${what} hung`)
  else if (said['crash'] !== undefined)
    tried.failures.push(`${what} crashed: 0x${Number(said['crash']).toString(16)}`)
  else if (code !== 0) tried.failures.push(`${what} ended with ${code}: ${JSON.stringify(said)}`)
}
