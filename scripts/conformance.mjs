// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// npm run conformance: runs every row of the contract on both widths, prints a table by group and
// writes conformance.json. In the rig on Linux, against the real ws2_32 on Windows.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import {
  checkReport,
  differentHashes,
  exitCodeOf,
  GROUPS,
  makeReport,
  reportLines,
} from './lib/conformance.mjs'
import { conformancePage } from './lib/conformance-docs.mjs'
import { isMain } from './lib/main.mjs'
import { ROOT } from './lib/paths.mjs'
import { main, Stop, say } from './lib/say.mjs'
import { switchTable } from './lib/switches.mjs'

const HELP = `usage: npm run conformance [-- options]
  --dll PATH        over this provider DLL (x64) instead of our own, for example
                    build/test/x64/faulty.dll; CONTRIBUTING.md says what it must serve
  --dll-x86 PATH    its 32-bit form (default: the same path with x86 for x64)
  --host PROGRAM    its host program (default: NAME-host.exe beside NAME.dll)
  --switch NAME     with a planted fault of test/faulty or of the rig: rows must then fail
  --rows LIST       these rows or groups alone, like IOCTL-07,NEXT
  --docs            also write docs/conformance.md
  --out FILE        where the report goes (default: conformance.json)
  --records FILE    judge rows recorded before instead of running them
  --compare FILE    say in which rows another report has other hashes; exit code 1 if there are any
  --no-build        run what is built already
The exit code is 0 only if no row fails.
`
const VALUED = ['dll', 'dll-x86', 'host', 'switch', 'rows', 'out', 'records', 'compare']
const PAGE = 'docs/conformance.md'
const RECORDS = 'build/test/conformance-rows.json'
/** Above all rows together: then something hangs that no row noticed. */
const WATCHDOG_MS = 90 * 60_000
/** A switch may swallow completions, which rows wait for; races are short, as in test:faulty. */
const UNDER_A_SWITCH = { NSP_SOON_MS: '6000', NSP_RACE_ROUNDS: '200' }

const readJson = (path) => JSON.parse(readFileSync(resolve(ROOT, path), 'utf8'))

export function parse(args) {
  const options = { out: 'conformance.json', docs: false, build: true }
  const words = args.flatMap((arg) => {
    const [, name, value] = /^(--[a-z0-9-]+)=(.*)$/s.exec(arg) ?? []
    return name ? [name, value] : [arg]
  })
  while (words.length > 0) {
    const name = words.shift().replace(/^--/, '')
    if (VALUED.includes(name) && words.length > 0) options[name] = words.shift()
    else if (name === 'docs') options.docs = true
    else if (name === 'no-build') options.build = false
    else return undefined
  }
  return options
}

/** The DLLs and the host of `--dll`, or undefined for our own provider. */
export function filesOf(options) {
  if (!options.dll) {
    if (options.switch && switchTable(options.switch) === 'faulty') {
      throw new Stop(
        `${options.switch} is a switch of the faulty provider`,
        `add --dll build/test/x64/faulty.dll`,
      )
    }
    return undefined
  }
  const x64 = resolve(options.dll)
  const host = x64.replace(/\.dll$/i, '-host.exe')
  const files = {
    x64,
    x86: resolve(options['dll-x86'] ?? x64.replace(/([\\/])x64([\\/])/, '$1x86$2')),
    host: resolve(options.host ?? host),
  }
  const flags = { x64: '--dll', x86: '--dll-x86', host: '--host' }
  for (const [which, path] of Object.entries(files)) {
    if (!existsSync(path)) throw new Stop(`${path} is not there`, `name it with ${flags[which]}`)
  }
  if (files.x86 === files.x64) {
    throw new Stop(`${files.x64} can't be both widths`, 'name the 32-bit DLL with --dll-x86')
  }
  return files
}

/** What the row tests read: which driver, which files, which planted fault. */
function environmentOf(options, files, toWindows) {
  const env = { NSP_ROWS_JSON: RECORDS }
  if (files) {
    env.NSP_DRIVER = 'faulty'
    env.NSP_DLL_X64 = toWindows(files.x64)
    env.NSP_DLL_X86 = toWindows(files.x86)
    env.NSP_DLL_HOST = toWindows(files.host)
  }
  if (!options.switch) return env
  const name = { faulty: 'NSP_FAULTY', rig: 'NSP_RIG_BREAK' }[switchTable(options.switch)]
  if (!name) throw new Stop(`there is no switch "${options.switch}"`, 'see test/*/switches.json')
  return { ...env, ...UNDER_A_SWITCH, [name]: options.switch }
}

/** The ids that `--rows` names, or undefined for all. */
export function idsOf(list, checklist) {
  if (!list) return undefined
  const ids = list.split(',').flatMap((word) => {
    const found = checklist.filter(({ id }) => id === word || id.startsWith(`${word}-`))
    if (found.length === 0) {
      throw new Stop(`there is no row and no group "${word}"`, `groups: ${GROUPS.join(' ')}`)
    }
    return found.map(({ id }) => id)
  })
  return new Set(ids)
}

async function runRows(options, files, ids) {
  // Imported here: a report of recorded rows needs no machine to run Windows programs.
  const { prepare } = await import('./prepare.mjs')
  const { windowsSuite } = await import('./lib/suites.mjs')
  const { toWindows } = await import('./lib/windows-run.mjs')
  const env = environmentOf(options, files, toWindows)
  const rig = await prepare({ prefix: 'conformance', fresh: true, build: options.build })
  rmSync(join(ROOT, RECORDS), { force: true })
  try {
    await windowsSuite(rig, ['contract'], {
      grep: `(${ids ? [...ids].join('|') : '[A-Z]+-[0-9]+'}) (x64|x86) `,
      env,
      watchdogMs: WATCHDOG_MS,
      title: 'conformance',
    })
  } finally {
    rig.release()
  }
  if (existsSync(join(ROOT, RECORDS))) return readJson(RECORDS)
  throw new Stop('the run left no rows: it ended before its end', 'read what it printed above')
}

export function versionText(options, files) {
  const { version } = readJson('package.json')
  const what = files ? basename(files.x64) : 'winsock-nsp.dll'
  const machine = process.platform === 'win32' && process.arch === 'arm64' ? ', arm64 as x64' : ''
  return `${version} ${what}${options.switch ? ` with ${options.switch}` : ''}${machine}`
}

function writeDocs(options, report, checklist) {
  if (options.dll || options.switch || options.rows) {
    throw new Stop(`${PAGE} tells of our own provider and of every row`, 'leave --docs out')
  }
  writeFileSync(join(ROOT, PAGE), conformancePage(report, checklist))
  say(`wrote ${PAGE}`)
}

function compare(options, report) {
  const different = differentHashes(report, readJson(options.compare))
  for (const row of different) process.stdout.write(`${row}: another hash than before\n`)
  return different.length === 0 ? 0 : 1
}

async function conformance(options) {
  const checklist = readJson('test/contract/checklist.json')
  const ids = idsOf(options.rows, checklist)
  const files = filesOf(options)
  const before = options.compare
  if (before && !existsSync(resolve(ROOT, before))) throw new Stop(`there is no ${before}`)
  const records = options.records ? readJson(options.records) : await runRows(options, files, ids)
  const { host, rows } = records
  const version = versionText(options, files)
  const report = makeReport({ checklist, rows, host, version, ids })
  const problems = checkReport(report)
  if (problems.length > 0) throw new Error(`the report is unsound: ${problems.join('; ')}`)
  const lines = reportLines(report)
  process.stdout.write(`\n${lines.join('\n')}\n`)
  const compared = before ? compare(options, report) : 0
  const out = resolve(ROOT, options.out)
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, `${JSON.stringify(report, undefined, 2)}\n`)
  if (options.docs) writeDocs(options, report, checklist)
  return exitCodeOf(report) || compared
}

if (isMain(import.meta.url)) {
  await main((args) => {
    if (args.includes('--help')) return void process.stdout.write(HELP)
    const options = parse(args)
    if (options) return conformance(options)
    process.stderr.write(HELP)
    return 2
  })
}
