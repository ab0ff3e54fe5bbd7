// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Runs programs: their output goes to a log file or to the caller, never lost when they fail.
import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { CACHE } from './paths.mjs'
import { Stop, say } from './say.mjs'

/** The full path of a program on PATH (or in the folders where root's programs lie), or undefined. */
export function which(name) {
  const own = process.platform === 'win32' ? [] : ['/usr/sbin', '/sbin']
  const endings = process.platform === 'win32' ? ['.exe', '.cmd'] : ['']
  return [...(process.env.PATH ?? '').split(delimiter), ...own]
    .filter((folder) => isAbsolute(folder))
    .flatMap((folder) => endings.map((ending) => join(folder, `${name}${ending}`)))
    .find((path) => existsSync(path))
}

/** What is spawned: on Windows npm is a shell script, so its program is given to Node. */
export function programOf(command, args, platform = process.platform) {
  if (platform !== 'win32' || command !== 'npm') return [command, args]
  const cli = join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js')
  return [process.execPath, [process.env.npm_execpath ?? cli, ...args]]
}

/** Runs a program and returns what it printed, or undefined if it failed. */
export function output(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options })
  return done.status === 0 ? done.stdout : undefined
}

// What takes long shows how far it is.
const HEARTBEAT_MS = 15_000
const lastLine = (tail) =>
  (
    tail
      .join('')
      .trimEnd()
      .split(/[\r\n]+/)
      .at(-1) ?? ''
  ).slice(0, 90)

/** The first complaint and the end: npm puts the reason first and its help text last. */
function excerpt(text, echoed) {
  const lines = text.trimEnd().split('\n')
  if (echoed) return lines.at(-1)
  const first = lines.findIndex((line) => /\berror\b/i.test(line))
  if (first < 0 || lines.length - first <= 30) return lines.slice(-30).join('\n')
  return [...lines.slice(first, first + 18), '…', ...lines.slice(-12)].join('\n')
}

/**
 * Runs a program to its end. Its output goes to prepare.log in the cache folder; if it fails, the
 * last lines are in the error.
 */
export function run(command, args, { remedy, echo = false, ...options } = {}) {
  mkdirSync(CACHE, { recursive: true })
  const log = join(CACHE, 'prepare.log')
  appendFileSync(log, `\n$ ${command} ${args.join(' ')}\n`)
  return new Promise((resolve, reject) => {
    const tail = []
    const heartbeat = setInterval(() => say(`    ${lastLine(tail) || '…'}`), HEARTBEAT_MS)
    const keep = (chunk) => {
      appendFileSync(log, chunk)
      if (echo) process.stderr.write(chunk)
      tail.push(String(chunk))
      if (tail.length > 200) tail.shift()
    }
    const child = spawn(...programOf(command, args), {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    })
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', (error) => {
      clearInterval(heartbeat)
      reject(new Stop(`${command}: ${error.message}`, remedy))
    })
    child.on('close', (code, signal) => {
      clearInterval(heartbeat)
      if (code === 0) return resolve()
      const lines = excerpt(tail.join(''), echo)
      const how = signal ? `was ended by ${signal}` : `ended with ${code}`
      reject(
        new Stop(
          `${command} ${args.slice(0, 3).join(' ')} … ${how}:\n${lines}\n(all of it: ${log})`,
          remedy,
        ),
      )
    })
  })
}

/** Runs a program and gathers all that it prints: { code, text }. */
export function collect(command, args, options = {}) {
  return new Promise((resolve) => {
    const chunks = []
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.stderr.on('data', (chunk) => chunks.push(chunk))
    child.on('error', (error) => resolve({ code: 127, text: `${command}: ${error.message}` }))
    child.on('close', (code) =>
      resolve({ code: code ?? 1, text: Buffer.concat(chunks).toString() }),
    )
  })
}
