// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Runs the command winsock-nsp as users do, and keeps provider files for it within the checkout.
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../../lib/cli/program.ts'

const WATCHDOG_MS = 60_000
const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A running command whose output can be waited for. */
export class Command {
  readonly #child: ChildProcess
  readonly #args: readonly string[]
  readonly done: Promise<Outcome>
  #out = ''
  #err = ''
  #changed = Promise.withResolvers<void>()

  /** `cli` is that of another copy of the package. */
  constructor(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    cli: string = root('dist/cli.js'),
  ) {
    this.#args = args
    this.#child = spawn(process.execPath, [cli, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#add(`${chunk}`, ''))
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#add('', `${chunk}`))
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), WATCHDOG_MS)
    this.done = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        clearTimeout(timer)
        this.#add('', '')
        resolve({ code, out: this.#out, err: this.#err })
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  #add(out: string, err: string): void {
    this.#out += out
    this.#err += err
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  /** Resolves with the match when standard output or error has it; rejects if the command ends before. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#out) ?? pattern.exec(this.#err)
      if (found !== null) return found
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(
          `${this.#args.join(' ')} ended without ${pattern}:\n${this.#out}${this.#err}`,
        )
      }
      await this.#changed.promise
    }
  }

  /** Nobody reads what it prints any more, as behind `| head`. */
  closeOutput(): void {
    this.#child.stdout?.destroy()
  }

  /** As TerminateProcess. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.done
  }
}

/** The command line in this very process: what needs no process of its own is ten times faster so. */
export async function command(args: readonly string[]): Promise<Outcome> {
  let [out, err] = ['', '']
  const code = await run(args, {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
  })
  return { code, out, err }
}

/** The same in a process of its own, with other environment variables. */
export function spawned(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return new Command(args, env).done
}

/** A folder within the checkout, so that its files can import the package by name. */
export class ProviderFolder implements Disposable {
  readonly path: string = root(`build/provider-files-${process.pid}`)

  constructor() {
    mkdirSync(this.path, { recursive: true })
  }
  write(name: string, text: string): string {
    const path = join(this.path, name)
    writeFileSync(path, text)
    return path
  }
  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** Another copy of the package within the checkout, of another version, with provider files of its own. */
export class PackageCopy implements Disposable {
  readonly path: string
  readonly cli: string

  constructor(version: string) {
    this.path = root(`build/package-copy-${process.pid}-${version}`)
    this.cli = join(this.path, 'dist', 'cli.js')
    mkdirSync(this.path, { recursive: true })
    for (const folder of ['dist', 'prebuilds']) {
      cpSync(root(folder), join(this.path, folder), { recursive: true })
    }
    const manifest = JSON.parse(readFileSync(root('package.json'), 'utf8')) as object
    this.write('package.json', JSON.stringify({ ...manifest, version }))
  }
  write(name: string, text: string): string {
    const path = join(this.path, name)
    writeFileSync(path, text)
    return path
  }
  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** The text of a small provider: one name under a private namespace. */
export function providerText(id: string, address: string): string {
  return `import { defineProvider } from 'winsock-nsp'
export default defineProvider({
  name: 'command test',
  entries: { mesh: { id: '${id}', namespace: 1042 } },
  lookup: ({ key }) => (key === 'one.command.test' ? { addresses: ['${address}'] } : undefined),
})
`
}
