// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Runs inside Windows Node, for scripts/test-faulty.mjs: `session.mjs LIST FOLDER` takes the tasks of
// LIST one by one, each a switch and the rows to run under it, and prints a JSON line with the rows
// that failed. One session runs many tasks, because starting one is what takes long.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { resolve as resolvePath } from 'node:path'

const WATCHDOG_MS = 15 * 60_000
const MOCHA = 'node_modules/mocha/bin/mocha.js'

const [list, folder] = process.argv.slice(2)
const TRACE = resolvePath(folder, 'trace')
mkdirSync(TRACE, { recursive: true })

// Completions that a switch swallows are waited for: briefly, and the races are short, except where
// the race is what the switch is about.
function environment(task, rowsFile) {
  return {
    ...process.env,
    NSP_DRIVER: 'faulty',
    NSP_FAULTY: task.table === 'faulty' ? task.name : '',
    NSP_RIG_BREAK: task.table === 'rig' ? task.name : '',
    NSP_ROWS_JSON: rowsFile,
    NSP_SOON_MS: '6000',
    NSP_RACE_ROUNDS: task.rows.includes('IOCTL-21') ? '2000' : '200',
    ...(task.trace ? { NSP_FAULTY_TRACE: TRACE } : {}),
  }
}

function runMocha(task, rowsFile) {
  const rows = task.run ? `(${task.run.join('|')})` : '[A-Z]+-[0-9]+'
  const archs = task.arch === 'both' ? '(x64|x86)' : task.arch
  const args = [MOCHA, '--no-config', '--no-package', '--no-color', '--exit', '--reporter', 'min']
  if (task.trace) args.push('--require', './test/faulty/trace-hook.mjs')
  args.push('--timeout', '120000', '--grep', `${rows} ${archs} `, ...task.files)
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      env: environment(task, rowsFile),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let tail = ''
    const keep = (chunk) => {
      tail = (tail + chunk).slice(-2000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const timer = setTimeout(() => child.kill(), WATCHDOG_MS)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, tail })
    })
  })
}

async function run(task) {
  const rowsFile = `${folder}/rows-${task.table}-${task.name}-${task.arch}.json`
  rmSync(rowsFile, { force: true })
  const started = Date.now()
  const { code, tail } = await runMocha(task, rowsFile)
  const seconds = Math.round((Date.now() - started) / 1000)
  if (!existsSync(rowsFile)) return { seconds, problem: `no results (${code}): ${tail}` }
  const { rows } = JSON.parse(readFileSync(rowsFile, 'utf8'))
  const failed = rows.filter((row) => row.status === 'fail')
  return {
    seconds,
    ran: rows.length,
    failed: failed.map((row) => `${row.id} ${row.arch}`),
    errors: failed.map((row) => row.error.slice(0, 300)),
  }
}

for (const task of JSON.parse(readFileSync(list, 'utf8'))) {
  const { table, name, rows, says, arch } = task
  const result = { table, name, rows, says, arch, ...(await run(task)) }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
