// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// npm run demo: prepares what is missing, then runs test/demo/main.ts in Windows Node, in a prefix that
// is kept from run to run, so that what a killed run left behind is found by the next one.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isMain } from './lib/main.mjs'
import { ROOT } from './lib/paths.mjs'
import { main, Stop, say } from './lib/say.mjs'

const HELP = `usage: npm run demo [-- [--break=NAME] [ZONE.json]]
Installs a provider, asks it from 64-bit and 32-bit programs, edits its data, removes everything.
  ZONE.json      serve this file instead of examples/zone.json (a copy of it: yours is not changed)
  --break=NAME   plant a fault; the demo must then fail at the right step
  --break=list   list the faults
  --no-build     run what is built already
  --out=FILE     where the report goes, in this checkout (default: demo.json)
`
const PROGRAM = 'test/demo/main.ts'
/** Above every wait inside the demo: then something hangs that nothing inside it noticed. */
const WATCHDOG_MS = 10 * 60_000

export function readFaults() {
  return JSON.parse(readFileSync(join(ROOT, 'test', 'demo', 'faults.json'), 'utf8'))
}

function listFaults() {
  for (const { name, what, step } of readFaults()) {
    process.stdout.write(`${name.padEnd(12)}  ${what}\n${' '.repeat(14)}must fail at: ${step}\n`)
  }
}

function parse(args) {
  const options = { fault: undefined, zone: undefined, out: 'demo.json', build: true }
  for (const arg of args) {
    const [name, value] = arg.split(/=(.*)/s)
    if (name === '--break' && value) options.fault = value
    else if (arg === '--no-build') options.build = false
    else if (name === '--out' && value) options.out = value
    else if (!arg.startsWith('-') && options.zone === undefined) options.zone = arg
    else return undefined
  }
  return options
}

function check({ fault, zone }) {
  const names = readFaults().map(({ name }) => name)
  if (fault !== undefined && !names.includes(fault)) {
    throw new Stop(`there is no fault "${fault}"`, `take one of: ${names.join(', ')}`)
  }
  if (zone !== undefined && !existsSync(zone)) {
    throw new Stop(`there is no file ${zone}`, 'name a zone file like examples/zone.json')
  }
}

/** The zone goes in as text: the user's file may lie where no Windows program sees it. */
function programInput({ zone }) {
  return readFileSync(zone ?? join(ROOT, 'examples', 'zone.json'), 'utf8')
}

function programArguments({ fault, zone, out }) {
  const args = ['--disable-warning=ExperimentalWarning', PROGRAM, '--out', out]
  if (zone) args.push('--title', zone)
  return fault ? [...args, '--break', fault] : args
}

async function runInRig(options) {
  // Imported here: on Windows there is no rig.
  const { prepare } = await import('./prepare.mjs')
  const { runWindows } = await import('./lib/windows-run.mjs')
  const rig = await prepare({ prefix: 'demo', build: options.build })
  try {
    return await runWindows(rig, {
      command: 'node',
      args: programArguments(options),
      stdin: programInput(options),
      signal: AbortSignal.timeout(WATCHDOG_MS),
    })
  } finally {
    rig.release()
  }
}

/** On Windows the same program runs against the real ws2_32. */
function runOnWindows(options) {
  if (!existsSync(join(ROOT, 'build', 'test', 'x64', 'client.exe'))) {
    throw new Stop('build/test is missing', 'node scripts/build.mjs')
  }
  const child = spawn(process.execPath, programArguments(options), {
    cwd: ROOT,
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  child.stdin.end(programInput(options))
  return new Promise((done) => child.on('close', (code) => done(code ?? 1)))
}

if (isMain(import.meta.url)) {
  await main(async (args) => {
    if (args.includes('--help')) return void process.stdout.write(HELP)
    const options = parse(args)
    if (!options) {
      process.stderr.write(HELP)
      return 2
    }
    if (options.fault === 'list') return void listFaults()
    check(options)
    // What an earlier run reported must not be taken for this one's word.
    rmSync(resolve(ROOT, options.out), { force: true })
    const started = Date.now()
    const code = await (process.platform === 'win32' ? runOnWindows : runInRig)(options)
    say(`\n${((Date.now() - started) / 1000).toFixed(1)} s`)
    return code
  })
}
