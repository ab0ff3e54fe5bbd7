// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Kills the demo (SIGKILL) at random moments. Each time nothing of it may go on running or stay mounted, and
// the next run must say what it found, remove it and pass. Needs a machine that is prepared.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { main } from '../lib/say.mjs'
import { runDemo } from './demo-run.mjs'

const HELP = 'usage: node scripts/checks/demo-kill.mjs [--rounds=10]\n'
const GONE_WATCHDOG_MS = 30_000

/** Processes that belong to a demo: their environment or command line names its prefix. */
function demoProcesses() {
  const found = []
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const words = ['environ', 'cmdline'].map((file) =>
        readFileSync(`/proc/${pid}/${file}`, 'latin1'),
      )
      if (Number(pid) !== process.pid && /prefixes\/[^\0]*-demo\0/.test(words.join('\0')))
        found.push(pid)
    } catch {
      // It has ended meanwhile.
    }
  }
  return found
}

const mounts = () => readFileSync('/proc/self/mounts', 'utf8')

async function nothingRuns() {
  for (const end = Date.now() + GONE_WATCHDOG_MS; demoProcesses().length > 0; await delay(50)) {
    if (Date.now() > end) return false
  }
  return true
}

const lastStep = (output) => [...output.matchAll(/^ *(\d+) {2}\w/gm)].at(-1)?.[1] ?? '0'

/** A run that was killed; one that ended before its moment came does not count. */
async function killedRun(wholeMs) {
  for (;;) {
    const run = await runDemo([], { killAfterMs: Math.round(Math.random() * wholeMs) })
    if (run.signal) return run
  }
}

async function round(number, wholeMs, before) {
  const killed = await killedRun(wholeMs)
  const gone = await nothingRuns()
  const clean = mounts() === before
  const { code, report, output } = await runDemo([])
  const ok = code === 0 && report?.ok === true && gone && clean
  const found = report?.found ?? []
  const text = found.length === 0 ? 'nothing' : found.join('; ')
  process.stdout.write(
    `${ok ? 'ok' : 'NOT OK'}  ${number}: killed after step ${lastStep(killed.output)}; the next run found ${text}\n`,
  )
  if (!gone) process.stdout.write(`  processes went on: ${demoProcesses().join(' ')}\n`)
  if (!clean) process.stdout.write('  mounts have changed\n')
  if (code !== 0) process.stdout.write(output.replace(/^/gm, '  | '))
  return ok
}

await main(async (args) => {
  const [, rounds = '10'] = /^--rounds=(\d+)$/.exec(args[0] ?? '--rounds=10') ?? []
  if (args.includes('--help')) return void process.stdout.write(HELP)
  const before = mounts()
  const whole = await runDemo([])
  if (whole.code !== 0) {
    process.stdout.write(`${whole.output}\nthe demo does not pass as it is\n`)
    return 1
  }
  let passed = 0
  for (let number = 1; number <= Number(rounds); number++) {
    if (await round(number, whole.ms, before)) passed++
  }
  process.stdout.write(`${passed} of ${rounds} passed\n`)
  return passed === Number(rounds) ? 0 : 1
})
