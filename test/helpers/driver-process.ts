// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A host process that speaks the line protocol: one command a line on its standard input, one JSON
// line back. Every command has a watchdog.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { programFolder } from './client.ts'
import type { Answer, HostOptions, SendArgs } from './driver.ts'

const WATCHDOG_MS = 60_000

interface Waiting {
  resolve(answer: Answer): void
  reject(error: Error): void
  timer: NodeJS.Timeout
}

export interface HostCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly options?: HostOptions | undefined
  /** Beside what the process has that starts it. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** How long an answer may take. */
  readonly watchdogMs?: number | undefined
}

export function hostEnvironment(options: HostOptions = {}): NodeJS.ProcessEnv {
  return {
    ...process.env,
    NSP_TEST_LOOKUP_MS: String(options.lookupMs ?? 2000),
    NSP_TEST_IOCTL_MS: String(options.ioctlMs ?? 2000),
    NSP_TEST_GRACE_MS: String(options.graceMs ?? 2000),
    NSP_TEST_REVISION: options.revision ?? '',
  }
}

/** Runs a program to its end; rejects with its output unless it ends with 0. */
export function runProgram(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk))
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}: ${output}`))
    })
  })
}

export class HostProcess {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting: Waiting[] = []
  readonly #watchdogMs: number
  readonly #exited: Promise<number | null>
  #failure: Error | undefined
  #stderr = ''
  #pid = 0

  private constructor({ program, args, options, environment, watchdogMs }: HostCommand) {
    this.#watchdogMs = watchdogMs ?? WATCHDOG_MS
    this.#child = spawn(program, args, {
      env: { ...hostEnvironment(options), ...environment },
      stdio: 'pipe',
      windowsHide: true,
    })
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(line))
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk).slice(-4000)
    })
    // A broken pipe is reported by the exit below.
    this.#child.stdin.on('error', () => {})
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#fail(error)
        resolve(null)
      })
      this.#child.once('close', (code) => {
        this.#fail(new Error(`the host exited with ${code}; ${this.#stderr}`))
        resolve(code)
      })
    })
  }

  /** Resolves when the host serves. */
  static async start(command: HostCommand): Promise<HostProcess> {
    const host = new HostProcess(command)
    const first = await host.#answer('ready')
    if (first.ready !== true) {
      await host.kill()
      throw new Error(`the host does not serve: ${JSON.stringify(first)}; ${host.#stderr}`)
    }
    host.#pid = Number(first.pid)
    return host
  }

  get pid(): number {
    return this.#pid
  }
  /** Why it can't be asked any more. */
  get failure(): Error | undefined {
    return this.#failure
  }

  #answer(line: string): Promise<Answer> {
    if (this.#failure) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#fail(new Error(`the host hangs in: ${line}; ${this.#stderr}`))
        this.#child.kill()
      }, this.#watchdogMs)
      this.#waiting.push({ resolve, reject, timer })
    })
  }

  #take(line: string): void {
    // What a handler prints by mistake is not an answer.
    if (!line.startsWith('{')) return
    const waiting = this.#waiting.shift()
    if (!waiting) return
    clearTimeout(waiting.timer)
    waiting.resolve(JSON.parse(line) as Answer)
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const waiting of this.#waiting.splice(0)) {
      clearTimeout(waiting.timer)
      waiting.reject(this.#failure)
    }
  }

  async send(verb: string, args: SendArgs = {}): Promise<Answer> {
    const words = Object.entries(args).map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    const line = [verb, ...words].join(' ')
    const answered = this.#answer(line)
    this.#child.stdin.write(`${line}\n`)
    const answer = await answered
    if (answer.ok !== true) throw new Error(`the host, to "${line}": ${JSON.stringify(answer)}`)
    return answer
  }

  async quit(): Promise<void> {
    await this.send('quit')
    await this.#exited
  }
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }
  suspend(): Promise<void> {
    return runProgram(`${programFolder('x64')}suspend.exe`, [String(this.#pid), 'suspend'])
  }
  resume(): Promise<void> {
    return runProgram(`${programFolder('x64')}suspend.exe`, [String(this.#pid), 'resume'])
  }
}
