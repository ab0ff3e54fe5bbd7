// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Drives client.exe, the foreign program of test/clients: one command a line, one JSON line back.
// Every step has a watchdog; a client that hangs is killed and the error names the step.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type {
  Addressed,
  BeginData,
  BeginOptions,
  ClassInfoData,
  ClassInfoOptions,
  ClassNameData,
  ClassOptions,
  ClientProcess,
  DrainData,
  Handled,
  IoctlData,
  IoctlOptions,
  NextData,
  NextOptions,
  OverlappedData,
  PacketData,
  ServiceOptions,
  StartupData,
  Step,
  SweepData,
} from './client-types.ts'

export type Arch = 'x64' | 'x86'
export const ARCHS: readonly Arch[] = ['x64', 'x86']

/** A value that no text can spell: `special('null')` is sent as `@null`. */
export class Special {
  readonly what: string
  constructor(what: string) {
    this.what = what
  }
}
export const NULL: Special = new Special('null')
export const UNMAPPED: Special = new Special('unmapped')
export const READONLY: Special = new Special('readonly')
export const JUNK: Special = new Special('junk')

export type Value = string | number | boolean | Special | undefined
export type Args = Readonly<Record<string, Value>>

export const WATCHDOG_MS = 30_000

function encode(value: Exclude<Value, undefined>): string {
  if (value instanceof Special) return `@${value.what}`
  if (typeof value === 'boolean') return value ? '1' : '0'
  return encodeURIComponent(value)
}

export function commandLine(verb: string, args: object = {}): string {
  const words = [verb]
  for (const [key, value] of Object.entries(args) as [string, Value][]) {
    if (value !== undefined) words.push(`${key}=${encode(value)}`)
  }
  return words.join(' ')
}

/** On ARM64 the 64-bit programs are ARM64's own: emulated x64 is not served. */
const own = (arch: Arch) => (arch === 'x64' && process.arch === 'arm64' ? 'arm64' : arch)

/** The folder of the test programs of that width; NSP_TEST_PROGRAMS names another parent. */
export function programFolder(arch: Arch): string {
  const parent = process.env.NSP_TEST_PROGRAMS
  if (parent) return `${parent}/${own(arch)}/`
  return fileURLToPath(new URL(`../../build/test/${own(arch)}/`, import.meta.url))
}

interface Waiting {
  line: string
  resolve(step: Step<unknown>): void
  reject(error: Error): void
  timer: NodeJS.Timeout
}

export interface ClientOptions {
  mode?: 'ws2' | 'table'
  env?: NodeJS.ProcessEnv
  /** Another copy of client.exe, for example beside a ws2_32 of its own. */
  program?: string
}

export class Client implements AsyncDisposable {
  readonly arch: Arch
  readonly pid: number
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting: Waiting[] = []
  readonly #exited: Promise<number | null>
  #failure: Error | undefined
  #trail: string[] = []

  private constructor(arch: Arch, child: ChildProcessWithoutNullStreams) {
    this.arch = arch
    this.#child = child
    this.pid = child.pid ?? 0
    createInterface({ input: child.stdout }).on('line', (line) => this.#take(line))
    child.stderr.on('data', (chunk: Buffer) => this.#trail.push(`stderr: ${chunk}`))
    // A broken pipe is reported by the exit below.
    child.stdin.on('error', () => {})
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#fail(error)
        resolve(null)
      })
      child.once('close', (code) => {
        this.#fail(new Error(`client ${arch} exited with ${code}${this.#history()}`))
        resolve(code)
      })
    })
  }

  /** Starts a client of that width. In ws2 mode nothing is called yet, not even WSAStartup. */
  static async start(arch: Arch, options: ClientOptions = {}): Promise<Client> {
    const child = spawn(
      options.program ?? `${programFolder(arch)}client.exe`,
      [options.mode ?? 'ws2'],
      {
        env: { ...process.env, ...options.env },
        stdio: 'pipe',
        windowsHide: true,
      },
    )
    const client = new Client(arch, child)
    await client.process()
    return client
  }

  /** Sends one command; rejects if the client can't run it, crashes, exits or hangs. */
  send<T>(verb: string, args: object = {}, watchdogMs: number = WATCHDOG_MS): Promise<Step<T>> {
    if (this.#failure) return Promise.reject(this.#failure)
    const line = commandLine(verb, args)
    this.#trail = [...this.#trail.slice(-20), line]
    return new Promise<Step<unknown>>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#fail(new Error(`client ${this.arch} hangs in: ${line}${this.#history()}`))
        this.#child.kill()
      }, watchdogMs)
      this.#waiting.push({ line, resolve, reject, timer })
      this.#child.stdin.write(`${line}\n`)
    }) as Promise<Step<T>>
  }

  /** True once the client has crashed, hung or gone. */
  get failed(): boolean {
    return this.#failure !== undefined
  }

  #history(): string {
    return `; the last steps were:\n  ${this.#trail.join('\n  ')}`
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const waiting of this.#waiting.splice(0)) {
      clearTimeout(waiting.timer)
      waiting.reject(this.#failure)
    }
  }

  #take(line: string): void {
    const step = JSON.parse(line) as Step<unknown>
    if (step.crash) {
      this.#fail(new Error(`client ${this.arch} crashed: ${line}${this.#history()}`))
      return
    }
    const waiting = this.#waiting.shift()
    if (!waiting) return
    clearTimeout(waiting.timer)
    if (step.error === undefined) waiting.resolve(step)
    else waiting.reject(new Error(`client ${this.arch}: ${waiting.line}: ${step.error}`))
  }

  begin(args: BeginOptions = {}): Promise<Step<BeginData>> {
    return this.send('begin', args)
  }
  next(h: string | Special, args: NextOptions = {}): Promise<Step<NextData>> {
    return this.send('next', { h, ...args })
  }
  drain(h: string, args: NextOptions & { most?: number } = {}): Promise<Step<DrainData>> {
    return this.send('drain', { h, ...args })
  }
  end(h: string | Special, args: Args = {}): Promise<Step> {
    return this.send('end', { h, ...args })
  }
  ioctl(h: string | Special, args: IoctlOptions = {}): Promise<Step<IoctlData>> {
    return this.send('ioctl', { h, ...args })
  }
  /** NSPSetService or WSASetService: operation 0 registers, 1 deregisters, 2 deletes. */
  setService(op: number, args: ServiceOptions = {}): Promise<Step<{ queryUnchanged: boolean }>> {
    return this.send('setservice', { op, ...args })
  }
  /** The same again and again, while another thread changes what is registered; every code once. */
  churnService(
    op: number,
    args: ServiceOptions,
    rounds = 2000,
  ): Promise<Step<{ codes: number[] }>> {
    return this.send('churnservice', { op, rounds, ...args })
  }
  installClass(args: ClassOptions): Promise<Step<{ infoUnchanged: boolean }>> {
    return this.send('installclass', args)
  }
  removeClass(id: string | Special, args: Args = {}): Promise<Step> {
    return this.send('removeclass', { class: id, ...args })
  }
  classInfo(id: string | Special, args: ClassInfoOptions = {}): Promise<Step<ClassInfoData>> {
    return this.send('getclassinfo', { class: id, ...args })
  }
  /** Characters, not bytes. */
  className(id: string | Special, size: number, args: Args = {}): Promise<Step<ClassNameData>> {
    return this.send('getclassname', { class: id, size, ...args })
  }
  /** Next with every size from 0 up to the one that suffices. */
  sweepNext(h: string, args: NextOptions & { most?: number } = {}): Promise<Step<SweepData>> {
    return this.send('sweepnext', { h, ...args })
  }
  sweepClassInfo(id: string, args: ClassInfoOptions = {}): Promise<Step<SweepData>> {
    return this.send('sweepclassinfo', { class: id, ...args })
  }
  startup(guid: string | Special, args: Args = {}): Promise<Step<StartupData>> {
    return this.send('startup', { guid, ...args })
  }
  cleanup(args: Args = {}): Promise<Step> {
    return this.send('cleanup', args)
  }
  process(args: Args = {}): Promise<Step<ClientProcess>> {
    return this.send('process', args)
  }
  event(name: string, args: Args = {}): Promise<Step<Handled>> {
    return this.send('event', { name, ...args })
  }
  /** True if the event was signalled within `ms`; an automatic event is reset by that. */
  async signalled(name: string, ms = 0): Promise<boolean> {
    return (await this.send<{ signalled: boolean }>('event-wait', { name, ms })).data.signalled
  }
  overlapped(name: string, args: Args = {}): Promise<Step> {
    return this.send('ov', { name, ...args })
  }
  readOverlapped(name: string): Promise<Step<OverlappedData>> {
    return this.send('ov-read', { name })
  }
  packet(name: string, ms = 0): Promise<Step<PacketData & Addressed>> {
    return this.send('port-get', { name, ms })
  }
  /** Starts a step on a thread of its own (or on `thread`); `join` gives its result. */
  async launch(id: string, verb: string, args: Args | BeginOptions | NextOptions): Promise<void> {
    await this.send(verb, { ...args, async: id })
  }
  /** Waits for a launched step; rejects if it is not done in time. */
  async join<T>(id: string, ms = 25_000): Promise<Step<T>> {
    const step = await this.send<T & { done?: boolean }>('join', { id, ms }, ms + WATCHDOG_MS)
    if (step.data.done === false) throw new Error(`client ${this.arch}: ${id} is still running`)
    return step
  }
  /** Makes the named loaded DLL count its calls; `counts` tells them since the last reset. */
  async countImports(module: string): Promise<void> {
    await this.send('count-imports', { module })
  }
  async counts(reset = true): Promise<Record<string, number>> {
    const step = await this.send<{ counts: Record<string, number> }>('import-counts', { reset })
    return step.data.counts
  }

  /** Ends the client by itself: without WSACleanup, unless the test has called it. */
  async close(): Promise<number | null> {
    this.#child.stdin.end()
    const timer = setTimeout(() => this.#child.kill(), WATCHDOG_MS)
    const code = await this.#exited
    clearTimeout(timer)
    return code
  }
  async kill(): Promise<void> {
    this.#child.kill()
    await this.#exited
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
