// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What every fault works with: hosts, clients, the joined records of a run, and how they are judged.
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Provider } from '../../lib/index.ts'
import type { Arch } from '../helpers/client.ts'
import { HostProcess } from '../helpers/driver-process.ts'
import { type Arguments, type Ended, TortureClient } from './client.ts'
import type { HostConfig } from './host.ts'
import { DEADLINE_MS, meshOf, type Variant } from './provider.ts'

const run = promisify(execFile)
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** For processes that take the DLL and the addon whose protections can be switched off. */
export const SWITCHED_NATIVE = { WINSOCK_NSP_NATIVE: here('../../build/test/torture') }

export interface Spread {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly most: number
}

/** What join.mjs says. */
export interface Joined {
  readonly clients: number
  readonly killed: number
  readonly calls: number
  readonly issued: number
  readonly accepted: number
  readonly completed: number
  readonly changed: number
  readonly aborted: number
  readonly failed: number
  readonly lost: number
  readonly twice: number
  readonly wrong: number
  readonly unfinished: number
  readonly early: number
  readonly missed: number
  readonly codes: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly completions: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly examples: readonly string[]
  readonly late: Spread
  readonly bare: Spread
}

/** How much of everything. */
export interface Scale {
  readonly name: 'smoke' | 'quick' | 'whole'
  readonly clients: number
  readonly kills: number
  readonly restarts: number
  readonly suspendMs: number
  readonly blockMs: number
  readonly processes: number
  readonly handles: number
  readonly nameRounds: number
  /** Each so-manieth point of a client's calls. */
  readonly pointStep: number
  readonly rounds: number
  readonly races: number
  readonly repeat: number
  /** Whether a moment may count as a failure; not in `npm test`, which runs on machines of any speed. */
  readonly timing: boolean
}

/** What came of trying one fault. */
export interface Tried {
  tries: number
  readonly failures: string[]
  readonly notes: string[]
}

/** When nothing changed (from, to), and when everything pending had to hear of a change; ms since 1970. */
export interface Moments {
  readonly quiet: [number, number][]
  readonly changes: number[]
}

export interface StartedLoad {
  readonly clients: readonly TortureClient[]
  readonly folder: string
}

export class Bench {
  readonly arches: readonly Arch[]
  readonly scale: Scale
  readonly #folder: string
  #runs = 0
  readonly #hosts = new Set<HostProcess>()
  readonly #clients = new Set<TortureClient>()
  #providers: readonly Provider[] = []
  #paths: { catalog: string; id: string; path: string }[] = []

  constructor(folder: string, arches: readonly Arch[], scale: Scale) {
    this.#folder = folder
    this.arches = arches
    this.scale = scale
  }

  async install(variants: readonly Variant[]): Promise<void> {
    const { install } = await import('../../lib/catalog.ts')
    const { makeProvider } = await import('./provider.ts')
    const unused = { exitAfter: undefined, wild: false, rounds: undefined as never }
    const host = () => undefined as never
    for (const variant of variants) {
      const provider = makeProvider(variant, unused, { host })
      this.#providers = [...this.#providers, provider]
      if (variant === 'switched') Object.assign(process.env, SWITCHED_NATIVE)
      const { entries } = await install(provider)
      delete process.env['WINSOCK_NSP_NATIVE']
      this.#paths.push(...entries)
    }
  }

  /** Works with what another bench has installed. */
  share(other: Bench): void {
    this.#providers = other.#providers
    this.#paths = other.#paths
  }

  /** The entries that are installed, of all variants. */
  get entryIds(): readonly string[] {
    return [...new Set(this.#paths.map(({ id }) => id))]
  }

  async uninstall(): Promise<void> {
    const { uninstall } = await import('../../lib/catalog.ts')
    for (const provider of this.#providers) await uninstall(provider)
    this.#providers = []
  }

  /** The installed DLL, as `unload` and others load it. */
  dll(arch: Arch, variant: Variant): string {
    const wanted = arch === 'x64' ? 'native' : 'x86'
    const { id } = meshOf(variant)
    const found = this.#paths.find((entry) => entry.catalog === wanted && entry.id === id)
    if (found === undefined) throw new Error(`no ${arch} DLL is installed`)
    return found.path
  }

  /** `switched`: if it installs itself, then the DLL whose protections can be switched off. */
  async host(config: HostConfig, switched = false): Promise<HostProcess> {
    const args = [
      '--disable-warning=ExperimentalWarning',
      here('./host.ts'),
      JSON.stringify(config),
    ]
    const environment = switched ? SWITCHED_NATIVE : {}
    const host = await HostProcess.start({ program: process.execPath, args, environment })
    this.#hosts.add(host)
    return host
  }

  client(
    arch: Arch,
    variant: Variant,
    verb: string,
    args: Arguments = {},
    off?: string | NodeJS.ProcessEnv,
  ): TortureClient {
    const { id, namespace } = meshOf(variant)
    const client = new TortureClient(arch, verb, { ns: namespace, guid: id, ...args }, off)
    this.#clients.add(client)
    void client.ended.then(() => this.#clients.delete(client))
    return client
  }

  archOf(number: number): Arch {
    return this.arches[number % this.arches.length] ?? 'x64'
  }

  /** A folder for the records of one run. */
  newFolder(): string {
    const folder = `${this.#folder}/run${++this.#runs}`
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    return folder
  }

  /** Load from so many processes of both widths; resolves when all of them run. */
  async load(
    variant: Variant,
    count: number,
    args: Arguments = {},
    {
      off,
      prefix = 'c',
      folder = this.newFolder(),
    }: { off?: string | undefined; prefix?: string; folder?: string } = {},
  ): Promise<StartedLoad> {
    const clients = Array.from({ length: count }, (_, number) => {
      const log = `${folder}/${prefix}-${number}.bin`
      // All of them together ask as often as few would: a machine that is full judges nothing.
      const pace = Math.max(5, 4 * count)
      return this.client(
        this.archOf(number),
        variant,
        'load',
        { log, deadline: DEADLINE_MS, pace, ...args },
        off,
      )
    })
    await Promise.all(clients.map((client) => client.ready))
    return { clients, folder }
  }

  /** Ends the load and judges its clients' ends. */
  async endLoad({ clients }: StartedLoad, tried: Tried): Promise<void> {
    const ends = await Promise.all(clients.map((client) => client.stop(60_000)))
    for (const [number, end] of ends.entries()) this.judgeEnd(end, `client ${number}`, tried)
  }

  judgeEnd({ code, said, hung }: Ended, what: string, tried: Tried): void {
    if (hung) tried.failures.push(`${what} hung`)
    else if (said['crash'] !== undefined)
      tried.failures.push(`${what} crashed: 0x${Number(said['crash']).toString(16)}`)
    else if (code !== 0) tried.failures.push(`${what} ended with ${code}: ${JSON.stringify(said)}`)
  }

  /** By a program of its own, which reads nothing but the records. */
  async join(
    folder: string,
    { quiet, changes }: Moments = { quiet: [], changes: [] },
  ): Promise<Joined> {
    const lists = [JSON.stringify(quiet), JSON.stringify(changes)]
    const args = [here('./join.mjs'), folder, String(DEADLINE_MS), ...lists]
    const { stdout } = await run(process.execPath, args, { maxBuffer: 1 << 26 })
    return JSON.parse(stdout) as Joined
  }

  /** Exactly once, in time, with the codes of the table of host states. */
  judge(
    joined: Joined,
    tried: Tried,
    { codes = CODES, late = true }: { codes?: ReadonlySet<string>; late?: boolean } = {},
  ): void {
    const { lost, twice, wrong, unfinished, early, missed, examples } = joined
    const sums = { lost, twice, wrong, unfinished, early, missed }
    for (const [what, count] of Object.entries(sums)) {
      if (count === 0) continue
      // Whether a change was heard of in time is a matter of the machine, too.
      const judged = this.scale.timing || (what !== 'early' && what !== 'missed')
      const list = judged ? tried.failures : tried.notes
      list.push(`${count} ${what}: ${examples.join('; ')}`)
    }
    if (joined.accepted === 0) tried.failures.push('no request was ever accepted')
    for (const [call, seen] of Object.entries(joined.codes)) {
      const odd = Object.keys(seen).filter((code) => !codes.has(code))
      if (odd.length > 0) tried.failures.push(`${call} answered ${odd.join(', ')}`)
    }
    tried.notes.push(`Next answered ${JSON.stringify(joined.codes['next'] ?? {})}`)
    if (late && this.scale.timing) judgeLate(joined, tried)
    tried.notes.push(
      `${joined.clients} clients, ${joined.calls} calls, ${joined.accepted} requests accepted: ` +
        `${joined.changed} changed, ${joined.aborted} aborted, ${joined.failed} failed`,
    )
  }

  async endAll(): Promise<void> {
    for (const host of this.#hosts) if (host.failure === undefined) await host.kill()
    this.#hosts.clear()
    await Promise.all([...this.#clients].map((client) => client.kill()))
  }
}

/** Success, the end, no change, 997, and what a host that is away or late may bring. */
export const CODES: ReadonlySet<string> = new Set(['0', '10110', '10035', '997', '10050', '11002'])

const ms = (us: number) => `${(us / 1000).toFixed(0)} ms`
export const P99_ROOM_US = 20_000
export const MOST_ROOM_US = 250_000

/** Each call ended by its deadline, beside a bare timed wait of the same length. */
export function judgeLate({ late, bare }: Joined, tried: Tried): void {
  tried.notes.push(
    `${late.count} calls ran into the deadline, behind it p99 ${ms(late.p99)}, at most ${ms(late.most)}; ` +
      `${bare.count} bare waits: p99 ${ms(bare.p99)}, at most ${ms(bare.most)}`,
  )
  if (late.count === 0) return
  if (late.p99 > Math.max(0, bare.p99) + P99_ROOM_US) {
    tried.failures.push(`p99 ${ms(late.p99)} behind the deadline, a bare wait ${ms(bare.p99)}`)
  }
  if (late.most > Math.max(0, bare.most) + MOST_ROOM_US) {
    tried.failures.push(`${ms(late.most)} behind the deadline, a bare wait ${ms(bare.most)}`)
  }
}

export const newTried = (): Tried => ({ tries: 0, failures: [], notes: [] })
export { delay }
