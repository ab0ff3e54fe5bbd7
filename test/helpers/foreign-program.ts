// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The unmodified program of somebody else that scripts/prepare.mjs fetches: it asks a server for its
// version over HTTP, with a libcurl of its own that knows nothing of this project.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Arch } from './client.ts'
import type { Outcome } from './command.ts'

const WATCHDOG_MS = 90_000
const here = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const pathOf = (arch: Arch) => here(`build/test/foreign/${arch}/sentry-cli.exe`)

interface Pinned {
  readonly FOREIGN_PROGRAM: { readonly packages: Record<Arch, { readonly sha256: string }> }
}

/** Throws if the program is not there, byte for byte as its publisher made it. */
export async function checkForeignProgram(arch: Arch): Promise<void> {
  const paths = new URL('../../scripts/lib/paths.mjs', import.meta.url)
  const { FOREIGN_PROGRAM } = (await import(paths.href)) as Pinned
  const found = createHash('sha256')
    .update(readFileSync(pathOf(arch)))
    .digest('hex')
  const wanted = FOREIGN_PROGRAM.packages[arch].sha256
  if (found !== wanted) throw new Error(`${pathOf(arch)} has sha256 ${found}, not ${wanted}`)
}

/** Lets the program ask the server at that name. */
export function askServer(arch: Arch, name: string, port: number): Promise<Outcome> {
  const args = ['--url', `http://${name}:${port}/`, '--auth-token', 'none', 'info']
  const { SystemRoot, SystemDrive, TEMP, USERPROFILE, PATH } = process.env
  const child = spawn(pathOf(arch), args, {
    // It must not look for a newer version of itself, nor use what somebody has set for it.
    env: { SystemRoot, SystemDrive, TEMP, USERPROFILE, PATH, SENTRY_DISABLE_UPDATE_CHECK: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), WATCHDOG_MS)
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code, out, err })
    })
  })
}
