// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Starts torture.exe, or hostile.exe, and hears what it says.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { type Arch, programFolder } from '../helpers/client.ts'

/** What a program said last, and how it ended. */
export interface Ended {
  readonly code: number | null
  readonly said: Readonly<Record<string, unknown>>
  /** A watchdog ended it. */
  readonly hung: boolean
  readonly ms: number
}

export type Arguments = Readonly<Record<string, string | number>>

export class TortureClient {
  readonly arch: Arch
  readonly ready: Promise<void>
  readonly ended: Promise<Ended>
  readonly #child: ChildProcessWithoutNullStreams
  #hung = false
  #timer: NodeJS.Timeout | undefined

  /** `off`: protections that are off in it, or all of its switches. */
  constructor(
    arch: Arch,
    verb: string,
    args: Arguments,
    off?: string | NodeJS.ProcessEnv,
    program = 'torture',
  ) {
    this.arch = arch
    const words = Object.entries(args).map(([key, value]) => `${key}=${value}`)
    const switches = typeof off === 'string' ? { NSP_TORTURE_OFF: off } : off
    const env = { ...process.env, ...switches }
    const from = Date.now()
    this.#child = spawn(`${programFolder(arch)}${program}.exe`, [verb, ...words], {
      env,
      stdio: 'pipe',
      windowsHide: true,
    })
    let said: Record<string, unknown> = {}
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ready = promise
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return
      said = JSON.parse(line) as Record<string, unknown>
      if (said['ready'] === true) resolve()
    })
    this.#child.stderr.resume()
    this.#child.stdin.on('error', () => undefined)
    this.ended = new Promise((done) => {
      this.#child.once('error', () => undefined)
      this.#child.once('close', (code) => {
        clearTimeout(this.#timer)
        resolve()
        done({ code, said, hung: this.#hung, ms: Date.now() - from })
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Lets a program that waits for it go on, and waits for its end. */
  stop(watchdogMs = 30_000): Promise<Ended> {
    this.#child.stdin.end('x')
    return this.end(watchdogMs)
  }

  /** Waits for its end; one that hangs is killed. */
  end(watchdogMs = 60_000): Promise<Ended> {
    this.#timer ??= setTimeout(() => {
      this.#hung = true
      this.#child.kill('SIGKILL')
    }, watchdogMs)
    return this.ended
  }

  kill(): Promise<Ended> {
    this.#child.kill('SIGKILL')
    return this.ended
  }
}
