// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A program of the demo that runs in a Node of its own, says lines of JSON on its standard output, and ends when its
// standard input ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const WATCHDOG_MS = 30_000

export interface ProgramOptions {
  /** As messages name it. */
  readonly what: string
  /** Beside this file. */
  readonly file: string
  readonly args?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

export class NodeProgram<Line extends object> {
  readonly #what: string
  readonly #child: ChildProcess
  readonly #exited: Promise<number | null>
  readonly #lines: Line[] = []
  #arrived = Promise.withResolvers<void>()
  #gone = false
  #stderr = ''

  constructor({ what, file, args = [], env = {} }: ProgramOptions) {
    this.#what = what
    const program = fileURLToPath(new URL(file, import.meta.url))
    const words = ['--disable-warning=ExperimentalWarning', program, ...args]
    this.#child = spawn(process.execPath, words, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    })
    const { stdin, stdout, stderr } = this.#child
    stdin?.on('error', () => {}) // the exit says it
    stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk).slice(-4000)
    })
    if (stdout) createInterface({ input: stdout }).on('line', (line) => this.#take(line))
    this.#exited = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.#gone = true
        this.#arrived.resolve()
        resolve(code)
      })
    })
  }

  #take(line: string): void {
    if (!line.startsWith('{')) return
    this.#lines.push(JSON.parse(line) as Line)
    this.#arrived.resolve()
    this.#arrived = Promise.withResolvers()
  }

  /** The first line, from now or before, that fits. */
  async line(fits: (line: Line) => boolean, patienceMs = WATCHDOG_MS): Promise<Line> {
    const timeout = AbortSignal.timeout(patienceMs)
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`${this.#what} said nothing for ${patienceMs / 1000} s`)
      timeout.onabort = () => reject(error)
    })
    late.catch(() => {}) // also when nobody waits any more
    for (;;) {
      const found = this.#lines.find(fits)
      if (found) return found
      if (this.#gone) throw new Error(`${this.#what} has ended: ${this.#stderr.trim()}`)
      await Promise.race([this.#arrived.promise, late])
    }
  }

  /** Ends it in good order; its exit code. */
  async close(): Promise<number | null> {
    this.#child.stdin?.end()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), WATCHDOG_MS)
    const code = await this.#exited
    clearTimeout(timer)
    return code
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }
}
