// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// npm run torture: tries to break what docs/reliability.md promises. Runs test/torture/main.ts in Windows Node and
// writes torture.json; ends with the counts.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isMain } from './lib/main.mjs'
import { ARCHES, ROOT } from './lib/paths.mjs'
import { main, say } from './lib/say.mjs'
import { writeReliability } from './lib/torture-docs.mjs'
import { runWindows } from './lib/windows-run.mjs'
import { prepare } from './prepare.mjs'

const HELP = `usage: npm run torture [-- OPTIONS]
Tries host and client faults under load; each with its protection switched off, too.
  --smoke          a few of them, some 20 seconds of load
  --quick          5 minutes
  --only=NAME,...  these faults only
  --arch=x64|x86   clients of one width only
  --no-build       run what is built already
  --out=FILE       where the report goes, in this checkout (default: torture.json)
  --docs           write docs/reliability.md from torture.json and do nothing else
`
const MINUTE = 60_000
/** Above what a mode may take, on a machine that does other things as well. */
const WATCHDOG_MS = { smoke: 10 * MINUTE, quick: 25 * MINUTE, whole: 90 * MINUTE }

function parse(args) {
  const options = { mode: 'whole', only: undefined, arch: undefined, build: true, docs: false }
  options.out = 'torture.json'
  for (const arg of args) {
    const [name, value] = arg.split(/=(.*)/s)
    if (arg === '--smoke' || arg === '--quick') options.mode = arg.slice(2)
    else if (name === '--only' && value) options.only = value
    else if (name === '--arch' && ARCHES.includes(value)) options.arch = value
    else if (name === '--out' && value) options.out = value
    else if (arg === '--no-build') options.build = false
    else if (arg === '--docs') options.docs = true
    else return undefined
  }
  return options
}

/** Runs the bench in a rig; gives its exit code. */
export async function torture(rig, { mode, only, arch, out }) {
  rmSync(join(ROOT, out), { force: true })
  const args = ['--disable-warning=ExperimentalWarning', 'test/torture/main.ts', mode]
  args.push(`build/torture/${mode}`, out)
  if (only) args.push(`only=${only}`)
  if (arch) args.push(`arch=${arch}`)
  return runWindows(rig, {
    command: 'node',
    args,
    signal: AbortSignal.timeout(WATCHDOG_MS[mode]),
  })
}

/** The smoke run as a part of `npm test`. */
export async function tortureSuite(rig) {
  const out = 'build/torture-smoke.json'
  const code = await torture(rig, { mode: 'smoke', out })
  const path = join(ROOT, out)
  const faults = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).faults : []
  const isBad = ({ failures, control }) => failures > 0 || control === 'not seen'
  const failures = faults.filter(isBad).map(({ name, failures: count, control }) => ({
    title: `torture: ${name}`,
    message: `${count} failures, control ${control}`,
  }))
  if (code !== 0 && failures.length === 0) {
    failures.push({ title: 'torture', message: `ended with ${code} before its counts` })
  }
  const passed = faults.length - faults.filter(isBad).length
  return { passed, failed: failures.length, skipped: 0, failures }
}

if (isMain(import.meta.url)) {
  await main(async (args) => {
    if (args.includes('--help')) return void process.stdout.write(HELP)
    const options = parse(args)
    if (!options) {
      process.stderr.write(HELP)
      return 2
    }
    if (options.docs) return void writeReliability(options.out)
    const started = Date.now()
    const rig = await prepare({ prefix: 'torture', fresh: true, build: options.build })
    try {
      return await torture(rig, options)
    } finally {
      rig.release()
      say(`\n${((Date.now() - started) / 1000).toFixed(0)} s`)
    }
  })
}
