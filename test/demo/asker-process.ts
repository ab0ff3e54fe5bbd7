// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The demo's asking Node program (asker.ts): started, read line by line, ended.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export class Asker implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>
  readonly #exited: Promise<unknown>
  #stderr = ''

  constructor(...args: readonly string[]) {
    const program = fileURLToPath(new URL('./asker.ts', import.meta.url))
    const options = ['--disable-warning=ExperimentalWarning', program, ...args]
    this.#child = spawn(process.execPath, options, { stdio: 'pipe', windowsHide: true })
    this.#child.stdin.on('error', () => {}) // the exit says it
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk).slice(-2000)
    })
    this.#exited = once(this.#child, 'close')
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /** The next answer; 'nothing' if none comes in time. */
  async next(patienceMs: number): Promise<unknown> {
    const timer = setTimeout(() => this.#child.kill(), patienceMs)
    const { value, done } = await this.#lines.next()
    clearTimeout(timer)
    if (done !== true) return JSON.parse(value) as unknown
    return this.#stderr === '' ? 'nothing' : this.#stderr
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end()
    const timer = setTimeout(() => this.#child.kill(), 10_000)
    await this.#exited
    clearTimeout(timer)
  }
}
