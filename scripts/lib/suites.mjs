// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The parts of `npm test`. Each gives { passed, failed, skipped, failures: [{ title, message }] },
// counted from what ran.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { lint, report } from '../lint.mjs'
import { checkReport, LEAST_ROUNDS } from './bench-report.mjs'
import { BENCH_FOLDER, measure, writeReport } from './bench-run.mjs'
import { ensureLinuxNode } from './linux-node.mjs'
import { ARCHES, ROOT, testOutput } from './paths.mjs'
import { testArches } from './windows-host.mjs'
import { runWindows } from './windows-run.mjs'

export const WINDOWS_FOLDERS = Object.freeze(['unit', 'contract', 'lifecycle', 'e2e'])
const REPORTER = join(ROOT, 'scripts', 'lib', 'mocha-reporter.cjs')
const RESULTS = join(ROOT, 'build', 'test', 'results')

export const nothing = () => ({ passed: 0, failed: 0, skipped: 0, failures: [] })

export function add(total, part) {
  for (const key of ['passed', 'failed', 'skipped']) total[key] += part[key]
  total.failures.push(...part.failures)
  return total
}

function files(folder, suffix) {
  const path = join(ROOT, 'test', folder)
  if (!existsSync(path)) return []
  const found = readdirSync(path, { recursive: true }).map(String)
  return found
    .filter((name) => name.endsWith(suffix))
    .sort()
    .map((name) => `test/${folder}/${name}`)
}

function resultsFile(name) {
  mkdirSync(RESULTS, { recursive: true })
  const path = join(RESULTS, `${name}.json`)
  rmSync(path, { force: true })
  return path
}

/** A run that left no counts, or stopped before its end, is a failure of its own. */
function readResults(path, name, code) {
  const results = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : nothing()
  const part = { ...nothing(), ...results }
  const dead = !results.finished || (code !== 0 && part.failed === 0)
  return dead
    ? add(part, failure(`${name}: mocha`, `ended with ${code} before it had run everything`))
    : part
}

const failure = (title, message) => ({ ...nothing(), failed: 1, failures: [{ title, message }] })

export async function lintSuite() {
  const checks = await lint()
  report(checks)
  const total = nothing()
  for (const { title, passed, detail } of checks) {
    add(total, passed ? { ...nothing(), passed: 1 } : failure(`lint: ${title}`, detail))
  }
  return total
}

const mochaArguments = (reporter, list) => [
  '--no-config',
  '--no-package',
  '--no-color',
  '--forbid-only',
  '--fail-zero',
  '--timeout',
  '60000',
  '--reporter',
  reporter,
  ...list,
]

/** What of the TypeScript tests needs no Windows: the simulation and the stores, in a Linux Node. */
const EVERYWHERE = [
  'agreement',
  'directory',
  'directory-provider',
  'feed',
  'file-directory',
  'testing',
]

async function mochaOnLinux(node, name, list, grep) {
  const results = resultsFile(name)
  const mocha = join(ROOT, 'node_modules', 'mocha', 'bin', 'mocha.js')
  const args = ['--disable-warning=ExperimentalWarning', mocha, ...mochaArguments(REPORTER, list)]
  const child = spawn(node, [...args, ...(grep ? ['--grep', grep, '--no-fail-zero'] : [])], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NSP_RESULTS: results },
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  return readResults(results, name, code)
}

/** Checks of what Linux alone can see (project files, link maps, the built files), and the library on Linux. */
export async function linuxSuite({ grep } = {}) {
  const total = nothing()
  add(total, await mochaOnLinux(process.execPath, 'linux', files('linux', '.test.mjs'), grep))
  const everywhere = EVERYWHERE.map((name) => `test/unit/${name}.test.ts`)
  process.stdout.write('\n  In Linux Node\n')
  return add(total, await mochaOnLinux(await ensureLinuxNode(), 'everywhere', everywhere, grep))
}

/** The longest of the native programs takes half a minute; one that hangs must not cost the run. */
const NATIVE_MS = 5 * 60_000

/** The native unit tests: every *_test.exe; each ends with a line `N passed, N failed`. */
export async function nativeSuite(rig) {
  const total = nothing()
  for (const arch of rig.native ? testArches() : ARCHES) {
    const folder = testOutput(arch)
    const programs = existsSync(folder)
      ? readdirSync(folder).filter((name) => name.endsWith('_test.exe'))
      : []
    for (const name of programs.sort()) add(total, await nativeProgram(rig, arch, name))
  }
  return total
}

async function nativeProgram(rig, arch, name) {
  const lines = []
  const title = `${name} ${arch}`
  process.stdout.write(`\n  ${title}\n`)
  const signal = AbortSignal.timeout(NATIVE_MS)
  const code = await runWindows(rig, {
    command: join(testOutput(arch), name),
    signal,
    onLine(line) {
      lines.push(line.trimEnd())
      process.stdout.write(`    ${line.trimEnd()}\n`)
    },
  })
  const counts = lines
    .map((line) => /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(line))
    .findLast(Boolean)
  if (!counts) {
    const how = signal.aborted ? `did not end within ${NATIVE_MS / 1000} s` : `ended with ${code}`
    return failure(title, `${how}, without its counts:\n${lines.slice(-20).join('\n')}`)
  }
  const [passed, failed, skipped] = counts.slice(1).map((count) => Number(count ?? 0))
  const bad = lines.filter((line) => /^(not ok|FAIL)/i.test(line))
  const failures = bad.map((line) => ({ title: `${title} › ${line}`, message: '' }))
  if (code !== 0 && failed === 0)
    return add({ passed, failed, skipped, failures }, failure(title, `ended with ${code}`))
  if (passed + failed === 0) return failure(title, 'ran no test')
  return { passed, failed, skipped, failures }
}

/**
 * The benchmark's smoke run: each case whose answers are right passes, what is not built yet is
 * skipped, and the report must be sound. Its figures mean nothing and are not looked at.
 */
export async function benchSuite(rig) {
  const total = nothing()
  const { run } = await measure(rig, { mode: 'smoke', rounds: LEAST_ROUNDS })
  for (const { name, message } of run.failures) add(total, failure(`bench: ${name}`, message))
  for (const { missing } of [...run.cases, ...run.curves])
    add(total, { ...nothing(), [missing ? 'skipped' : 'passed']: 1 })
  for (const name of run.late) add(total, failure(`bench: ${name}`, 'there was no time for it'))
  const { report, details } = writeReport(run, rig, BENCH_FOLDER)
  const problems = checkReport(report, details)
  const title = 'bench: its report is sound'
  return add(
    total,
    problems.length === 0 ? { ...nothing(), passed: 1 } : failure(title, problems.join('; ')),
  )
}

/** The TypeScript tests, in Windows Node, in the rig or on Windows. */
export async function windowsSuite(
  rig,
  folders,
  { grep, env = {}, watchdogMs = 20 * 60_000, title } = {},
) {
  const list = folders.flatMap((folder) => files(folder, '.test.ts'))
  if (list.length === 0) return nothing()
  const results = resultsFile(title ?? (folders.length === 1 ? folders[0] : 'windows'))
  const setup = existsSync(join(ROOT, 'test', 'setup.ts')) ? ['--import=./test/setup.ts'] : []
  const args = [
    '--disable-warning=ExperimentalWarning',
    ...setup,
    'node_modules/mocha/bin/mocha.js',
  ]
  args.push(...mochaArguments(`./${relative(ROOT, REPORTER)}`, list), '--exit')
  if (grep) args.push('--grep', grep)
  const code = await runWindows(rig, {
    command: 'node',
    args,
    env: { NSP_RESULTS: relative(ROOT, results), ...env },
    signal: AbortSignal.timeout(watchdogMs),
  })
  return readResults(results, `test/{${folders.join(',')}}`, code)
}
