// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// npm run test:faulty: turns on each switch of the faulty provider and of the rig, runs the contract
// suite under it, and says whether exactly the declared rows fail. That is what shows that the rows
// can fail.
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { requireLinux } from './lib/host.mjs'
import { ARCHES, ROOT } from './lib/paths.mjs'
import { main, say, setQuiet } from './lib/say.mjs'
import { readReach, readTables, rowFiles, rowsToRun, TABLES } from './lib/switches.mjs'
import { runWindows, toWindows } from './lib/windows-run.mjs'
import { prepare } from './prepare.mjs'

const HELP = `usage: node scripts/test-faulty.mjs [options]
  --only=NAME[,NAME...]   these switches alone
  --table=faulty|rig      the switches of one table
  --arch=x64|x86|both     where each switch runs (default: by turns on x64 and x86)
  --all-rows              also the rows in which a switch of the provider is never asked for
  --jobs=N                sessions at a time (default 2)
  --no-build              what is built is taken as it is
  --discover=FILE         judge nothing; write what failed under each switch
First every row runs on both widths without a switch and must pass; the provider notes which switches
it asks for in each row, and under a switch the rows are run that ask for it.
`
const FOLDER = join(ROOT, 'build', 'test', 'faulty')
const BARE = { table: 'none', name: 'no switch', rows: [], trace: true }

function parse(args) {
  const options = { jobs: 2, build: true, arch: 'turns' }
  const known = ['only', 'table', 'arch', 'jobs', 'discover', 'session', 'prefix']
  for (const arg of args) {
    const [name, value] = arg.replace(/^--/, '').split(/=(.*)/s)
    if (known.includes(name) && value) options[name] = value
    else if (arg === '--all-rows') options.allRows = true
    else if (arg === '--no-build') options.build = false
    else return undefined
  }
  options.only = options.only?.split(',')
  options.jobs = Number(options.jobs)
  const archOk = [...ARCHES, 'both', 'turns'].includes(options.arch)
  return archOk && options.jobs > 0 && (!options.table || TABLES[options.table])
    ? options
    : undefined
}

/** One task for each switch and width. */
function plan(switches, options, reach) {
  const files = rowFiles()
  return switches.flatMap((entry, i) => {
    const turn = options.arch === 'turns' ? ARCHES[i % 2] : options.arch
    const arches = entry.arch ? [entry.arch] : turn === 'both' ? ARCHES : [turn]
    return arches.map((arch) => {
      const run = options.allRows ? undefined : rowsToRun(entry, arch, reach)
      return { ...entry, arch, run, files }
    })
  })
}

/** Runs tasks in one Windows session, in a prefix of its own; gives each result to `take`. */
function session(number, tasks, take) {
  const list = join(FOLDER, `tasks-${number}.json`)
  writeFileSync(list, JSON.stringify(tasks))
  const args = [`--session=${relative(ROOT, list)}`, `--prefix=faulty-${number}`]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) take(JSON.parse(line))
    })
    child.on('error', reject)
    child.on('close', resolve)
  })
}

/** The child that `session` starts: runWindows does one run at a time in one process. */
async function runSession({ session: list, prefix }) {
  setQuiet(true)
  const rig = await prepare({ prefix, fresh: true, build: false })
  const script = 'test/faulty/session.mjs'
  // The programs of another folder, so that a build may go on meanwhile.
  const programs = process.env.NSP_TEST_PROGRAMS
  try {
    return await runWindows(rig, {
      command: 'node',
      args: ['--disable-warning=ExperimentalWarning', script, list, relative(ROOT, FOLDER)],
      env: programs ? { NSP_TEST_PROGRAMS: toWindows(programs) } : {},
    })
  } finally {
    rig.release()
  }
}

/** Switches that break the same row are told apart by what it says: `says` is a pattern for that. */
function silent({ says, rows, failed, errors }) {
  if (!says) return []
  const at = failed.findIndex((row) => row.startsWith(`${rows[0]} `))
  return at < 0 || new RegExp(says).test(errors[at]) ? [] : [`${rows[0]} says ${errors[at]}`]
}

/** What is wrong with a result: rows that should have failed, and rows that should not. */
function judge(result) {
  if (result.problem) return [result.problem]
  const declared = new Set(result.rows.map((id) => `${id} ${result.arch}`))
  const failed = new Set(result.failed)
  const missed = [...declared].filter((row) => !failed.has(row))
  const extra = [...failed].filter((row) => !declared.has(row))
  return [
    ...(missed.length > 0 ? [`not caught by ${missed.join(', ')}`] : []),
    ...(extra.length > 0 ? [`also fails ${extra.join(', ')}`] : []),
    ...(result.ran > 0 ? [] : ['no row ran']),
    ...silent(result),
  ]
}

function report(result) {
  const wrong = judge(result)
  const what = `${result.table} ${result.name} (${result.arch}, ${result.ran} rows, ${result.seconds} s)`
  const rows = result.rows.length > 0 ? `caught by ${result.rows.join(', ')}` : 'every row passes'
  const verdict = wrong.length === 0 ? `✔ ${what}: ${rows}` : `✖ ${what}: ${wrong.join('; ')}`
  process.stdout.write(`${verdict}\n`)
  return wrong.length === 0
}

async function runTasks(tasks, options) {
  const results = []
  const take = (result) => {
    results.push(result)
    if (!options.discover) report(result)
    else say(`${result.name} ${result.arch}: ${result.problem ?? result.failed.join(', ')}`)
  }
  const shares = Array.from({ length: options.jobs }, (_, i) =>
    tasks.filter((_, at) => at % options.jobs === i),
  ).filter((share) => share.length > 0)
  await Promise.all(shares.map((share, i) => session(i, share, take)))
  if (results.length < tasks.length) {
    process.stdout.write(`✖ ${tasks.length - results.length} runs did not end\n`)
  }
  return results
}

const right = (result) => judge(result).length === 0

async function runEverything(options) {
  const { switches, untested, problems } = readTables()
  const wanted = switches.filter(
    ({ table, name }) =>
      (!options.table || table === options.table) && (!options.only || options.only.includes(name)),
  )
  for (const entry of untested) {
    process.stdout.write(`- ${entry.table} ${entry.name}: ${entry.rows[0]} has no test yet\n`)
  }
  for (const problem of problems) process.stdout.write(`✖ ${problem}\n`)
  rmSync(FOLDER, { recursive: true, force: true })
  mkdirSync(FOLDER, { recursive: true })
  const files = rowFiles()
  const bare = await runTasks(
    ARCHES.map((arch) => ({ ...BARE, arch, files })),
    options,
  )
  const reach = readReach(join(FOLDER, 'trace'))
  const results = await runTasks(plan(wanted, options, reach), options)
  if (options.discover) {
    writeFileSync(options.discover, `${JSON.stringify([...bare, ...results], undefined, 1)}\n`)
    return 0
  }
  const caught = wanted.filter(({ table, name }) => {
    const own = results.filter((result) => result.table === table && result.name === name)
    return own.length > 0 && own.every(right)
  })
  process.stdout.write(`\ncaught ${caught.length} of ${wanted.length}\n`)
  const sound = bare.length === ARCHES.length && bare.every(right)
  return sound && problems.length === 0 && caught.length === wanted.length ? 0 : 1
}

await main(async (args) => {
  const options = parse(args)
  if (!options) {
    process.stderr.write(HELP)
    return args.includes('--help') ? 0 : 2
  }
  requireLinux() // the faulty provider is built with MinGW, and half of the switches are the rig's
  if (options.session) return runSession(options)
  const rig = await prepare({ prefix: 'faulty-0', fresh: true, build: options.build })
  rig.release()
  return runEverything(options)
})
