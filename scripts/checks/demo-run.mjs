// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Runs `npm run demo` for the checks: whole, or killed at some moment.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../lib/paths.mjs'

const OUT = 'build/demo-check.json'

/**
 * Runs the demo with those arguments. With `killAfterMs` it gets SIGKILL that long after its first line.
 * Resolves to { code, signal, output, report, ms }; `ms` is counted from the first line, too.
 */
export async function runDemo(args, { killAfterMs } = {}) {
  const path = join(ROOT, OUT)
  rmSync(path, { force: true })
  const command = ['scripts/demo.mjs', '--no-build', `--out=${OUT}`, ...args]
  const child = spawn(process.execPath, command, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let started
  let timer
  const take = (chunk) => {
    output += chunk
    started ??= Date.now()
    if (killAfterMs !== undefined) timer ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const [code, signal] = await new Promise((done) => {
    child.on('close', (...ended) => done(ended))
  })
  clearTimeout(timer)
  const report = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
  rmSync(path, { force: true })
  return { code, signal, output, report, ms: Date.now() - (started ?? Date.now()) }
}
