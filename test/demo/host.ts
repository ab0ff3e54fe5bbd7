// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Starts and ends the demo's host process (zone-host.ts).
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const WATCHDOG_MS = 30_000

export interface HostLine {
  readonly ready?: boolean
  readonly pid?: number
  readonly invalidated?: boolean
  readonly at?: string
  readonly code?: string
  readonly message?: string
  readonly remedy?: string
}

export class ZoneHost {
  readonly #child: ChildProcess
  readonly #exited: Promise<number | null>
  readonly #lines: HostLine[] = []
  #arrived = Promise.withResolvers<void>()
  #gone = false
  #stderr = ''

  constructor(zone: string, env: NodeJS.ProcessEnv) {
    const program = fileURLToPath(new URL('./zone-host.ts', import.meta.url))
    this.#child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
      env: { ...process.env, ...env, ZONE_FILE: zone },
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
    this.#lines.push(JSON.parse(line) as HostLine)
    this.#arrived.resolve()
    this.#arrived = Promise.withResolvers()
  }

  /** The first line, from now or before, that fits. */
  async line(fits: (line: HostLine) => boolean): Promise<HostLine> {
    const timeout = AbortSignal.timeout(WATCHDOG_MS)
    const late = new Promise<never>((_, reject) => {
      timeout.onabort = () => reject(new Error(`the host said nothing for ${WATCHDOG_MS / 1000} s`))
    })
    late.catch(() => {}) // also when nobody waits any more
    for (;;) {
      const found = this.#lines.find(fits)
      if (found) return found
      if (this.#gone) throw new Error(`the host has ended: ${this.#stderr.trim()}`)
      await Promise.race([this.#arrived.promise, late])
    }
  }

  /** What it says when it serves, or why it does not. */
  ready(): Promise<HostLine> {
    return this.line((line) => line.ready !== undefined)
  }

  /** When it told the clients of the first change after `since` (both in nanoseconds of hrtime). */
  async invalidatedAfter(since: bigint): Promise<bigint> {
    const line = await this.line(
      ({ invalidated, at }) => invalidated === true && BigInt(at ?? 0) > since,
    )
    return BigInt(line.at ?? 0)
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
