// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What all cases use: the host, the processes that ask, rounds of ours and of a baseline in turn.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { programFolder } from '../helpers/client.ts'
import { HostProcess } from '../helpers/driver-process.ts'
import { ADDRESS, addressNumber, BASELINES, type Baseline, ENTRIES, NAME } from './provider.ts'

export type Mode = 'smoke' | 'quick' | 'whole'
export type Args = Readonly<Record<string, string | number>>
/** Microseconds an operation, over `times` of them. */
export type Round = (times: number) => Promise<number>
/** An operation in a process; `steps` gives the instructions of one. */
export type Made = Round & AsyncDisposable & { steps(): Promise<number> }

export interface Frames {
  readonly in: number
  readonly out: number
  readonly operations: number
}
/** One row of the table, as it was measured; scripts/lib/bench-report.mjs judges it. */
export interface Measured {
  readonly name: string
  readonly target: number
  readonly ours_us: readonly number[]
  readonly baseline_us: readonly number[]
  readonly frames?: Frames | undefined
  readonly notes: readonly string[]
  readonly missing?: string | undefined
}
export interface Bound {
  readonly name: string
  readonly value: number
  readonly most: number
  readonly unit: string
  readonly note?: string | undefined
}
export interface Curve {
  readonly name: string
  readonly title: string
  readonly x: string
  readonly y: string
  readonly points: readonly { readonly x: number; readonly y: number }[]
  readonly target: number
  readonly missing?: string | undefined
}

const HOST = fileURLToPath(new URL('./host.ts', import.meta.url))
const ROUND_MS = { smoke: 1, quick: 15, whole: 50 } as const
const MOST_TIMES = 2_000_000

export interface Asked {
  readonly id: string
  readonly ns: number
  readonly path: string
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low, high] = [sorted[Math.max(0, middle - 1)], sorted[middle]]
  if (high === undefined) return 0
  return sorted.length % 2 === 1 ? high : ((low ?? high) + high) / 2
}

export class Bench {
  readonly mode: Mode
  readonly rounds: number
  readonly cases: Measured[] = []
  readonly bounds: Bound[] = []
  readonly curves: Curve[] = []
  readonly calls: Record<string, number> = {}
  /** Of one operation by the table: ours, and the baseline's. */
  readonly instructions: Record<string, readonly number[]> = {}
  readonly counted: Record<string, Record<string, number>> = {}
  readonly #programs = new Set<HostProcess>()
  #host: HostProcess | undefined
  #driver: HostProcess | undefined
  #dll = ''
  #tcpPort: number | undefined
  readonly #folder = mkdtempSync(join(tmpdir(), 'nsp-bench-'))

  constructor(mode: Mode, rounds: number) {
    this.mode = mode
    this.rounds = rounds
  }

  /** A value for each mode. */
  pick<T>(smoke: T, quick: T, whole: T): T {
    return { smoke, quick, whole }[this.mode]
  }

  /** The host, started when it is first needed. */
  async host(): Promise<HostProcess> {
    if (this.#host !== undefined) return this.#host
    const args = ['--disable-warning=ExperimentalWarning', '--expose-gc', HOST]
    this.#host = await HostProcess.start({ program: process.execPath, args })
    this.#dll = String((await this.#host.send('where')).dll)
    return this.#host
  }

  /** Ends the host without its leave, so that what it installed stays. */
  async killHost(): Promise<void> {
    await (await this.host()).kill()
    this.#host = undefined
    this.#tcpPort = undefined
  }

  /** A process of its own that asks. */
  async program(environment: Args = {}): Promise<HostProcess> {
    const program = await HostProcess.start({
      program: `${programFolder('x64')}bench.exe`,
      args: [],
    })
    this.#programs.add(program)
    for (const [name, value] of Object.entries(environment))
      await program.send('environment', { name, value })
    return program
  }

  async quit(program: HostProcess): Promise<void> {
    this.#programs.delete(program)
    await program.quit()
  }

  /** The process that most cases share. */
  async driver(): Promise<HostProcess> {
    if (this.#driver === undefined) {
      this.#driver = await this.program()
      await this.#install(this.#driver)
    }
    return this.#driver
  }

  /** The baselines' entries, as any installer would make them. */
  async #install(driver: HostProcess): Promise<void> {
    for (const [name, { id }] of Object.entries(BASELINES)) {
      await driver.send('uninstall', { id })
      const { path, ns } = this.baseline(name as Baseline)
      await driver.send('install', { id, path, ns, title: `bench ${name}` })
    }
  }

  /** Copied to the disk that ours is installed on, so that loading costs no other path. */
  baseline(name: Baseline): Asked {
    const path = join(this.#folder, `bench-${name}.dll`)
    if (!existsSync(path)) copyFileSync(`${programFolder('x64')}bench-${name}.dll`, path)
    return { id: BASELINES[name].id, ns: BASELINES[name].namespace, path }
  }

  async ours(): Promise<Asked> {
    await this.host()
    return { id: ENTRIES.mesh.id, ns: ENTRIES.mesh.namespace, path: this.#dll }
  }

  /** The environment of a process that asks the baseline "tcp". */
  async tcpEnvironment(): Promise<Args> {
    this.#tcpPort ??= Number((await (await this.host()).send('tcp')).port)
    return { NSP_BENCH_TCP_PORT: this.#tcpPort }
  }

  /** Makes an operation in a process; what it gives runs it. */
  async operation(program: HostProcess, op: string, asked: Asked, more: Args = {}): Promise<Made> {
    const name = `${op}-${asked.id}-${Object.values(more).join('-')}`
    const args = { op, ...asked, host: NAME, address: addressNumber(ADDRESS), ...more }
    await program.send('make', { name, ...texts(args) })
    const round = async (times: number) =>
      Number((await program.send('time', texts({ name, times }))).us)
    return Object.assign(round, {
      steps: async () => Number((await program.send('steps', { name })).steps),
      [Symbol.asyncDispose]: async () => void (await program.send('drop', { name })),
    })
  }

  /** How often an operation fits into a round. */
  async times(round: Round, roundMs: number = ROUND_MS[this.mode]): Promise<number> {
    await round(1) // what comes once has come
    if (roundMs === 0) return 1
    let times = 1
    for (;;) {
      // One of the two may have been interrupted for longer than all of its operations take.
      const us = Math.min(await round(times), await round(times))
      const wanted = Math.ceil((roundMs * 1000) / Math.max(us, 0.001))
      if (times >= wanted || us * times > (roundMs * 1000) / 4)
        return Math.max(1, Math.min(wanted, MOST_TIMES))
      times = Math.min(wanted, times * 16, MOST_TIMES)
      if (times === MOST_TIMES) return times
    }
  }

  /** Rounds of all in turn, each time in another order. Gives the rounds of each. */
  async interleave(
    all: readonly Round[],
    { roundMs, more = 1 }: { readonly roundMs?: number; readonly more?: number } = {},
  ): Promise<number[][]> {
    const times: number[] = []
    for (const round of all) times.push(await this.times(round, roundMs))
    const results: number[][] = all.map(() => [])
    for (let i = 0; i < this.rounds * more; i++) {
      for (let j = 0; j < all.length; j++) {
        const which = (i + j) % all.length
        results[which]?.push((await all[which]?.(times[which] ?? 1)) ?? 0)
      }
    }
    return results
  }

  record(measured: Omit<Measured, 'notes'> & { notes?: readonly string[] }): void {
    const whole = { notes: [], ...measured }
    this.cases.push(whole)
    process.stdout.write(`${this.mode === 'smoke' ? plainLine(whole) : line(whole)}\n`)
  }

  bound(bound: Bound): void {
    this.bounds.push(bound)
    const { name, value, most, unit } = bound
    if (this.mode === 'smoke') return
    const mark = value <= most ? '✔' : '✖'
    process.stdout.write(`  ${mark} ${name}: ${round3(value)} ${unit} (at most ${most})\n`)
  }

  /** Ends what was started; the catalog is afterwards what it was. */
  async close(): Promise<void> {
    if (this.#driver !== undefined) {
      for (const { id } of Object.values(BASELINES)) await this.#driver.send('uninstall', { id })
    }
    for (const program of this.#programs) await program.kill()
    await this.#host?.quit()
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

export const round3 = (value: number): number => Number(value.toPrecision(3))

export function texts(args: Args): Record<string, string> {
  return Object.fromEntries(Object.entries(args).map(([key, value]) => [key, String(value)]))
}

/** Without figures: those of a smoke run mean nothing. */
const plainLine = ({ name, missing }: Measured) =>
  missing === undefined ? `  ✔ ${name}: right answers` : `  - ${name}: ${missing}`

function line({ name, target, ours_us, baseline_us, missing }: Measured): string {
  if (missing !== undefined) return `  - ${name}: ${missing}`
  const [ours, baseline] = [median(ours_us), median(baseline_us)]
  const ratio = ours / baseline
  const mark = ratio <= target ? '✔' : '✖'
  return `  ${mark} ${name}: ${round3(ours)} us / ${round3(baseline)} us = ${round3(ratio)} (at most ${target})`
}
