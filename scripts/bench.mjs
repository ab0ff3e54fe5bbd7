// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// npm run bench: ours against small native baselines, interleaved in one run. Prints a table, writes
// bench.json and bench-details.json, and a chart for each scaling curve into docs/bench.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { charts, figures, withFigures } from './lib/bench-docs.mjs'
import { checkReport, LEAST_ROUNDS, reportLines } from './lib/bench-report.mjs'
import { BENCH_FOLDER, measure, writeReport } from './lib/bench-run.mjs'
import { isMain } from './lib/main.mjs'
import { ROOT } from './lib/paths.mjs'
import { main, say } from './lib/say.mjs'
import { prepare } from './prepare.mjs'

const HELP = `usage: npm run bench [-- [--quick | --smoke] [--only=CASE,...] [--rounds=N] [--no-build] | --docs]
  --quick       within 3 minutes (the whole: within 15)
  --smoke       within 20 seconds: shows that it works, its figures mean nothing
  --only=CASE   some cases; their files go to build/bench instead
  --rounds=N    at least ${LEAST_ROUNDS}
  --no-build    measure what is built already
  --docs        only writes charts and docs/performance.md, from the bench.json that is there
`
const ROUNDS = { smoke: LEAST_ROUNDS, quick: LEAST_ROUNDS, whole: 11 }

function parse(args) {
  const options = { mode: 'whole', only: undefined, rounds: undefined, build: true, docs: false }
  for (const arg of args) {
    const [name, value] = arg.split(/=(.*)/s)
    if (arg === '--quick' || arg === '--smoke') options.mode = arg.slice(2)
    else if (name === '--only' && value) options.only = value
    else if (name === '--rounds' && Number(value) >= LEAST_ROUNDS) options.rounds = Number(value)
    else if (arg === '--no-build') options.build = false
    else if (arg === '--docs') options.docs = true
    else return undefined
  }
  return { ...options, rounds: options.rounds ?? ROUNDS[options.mode] }
}

const readJson = (name) => JSON.parse(readFileSync(join(ROOT, name), 'utf8'))

function writeDocs() {
  const [report, details] = [readJson('bench.json'), readJson('bench-details.json')]
  const page = join(ROOT, 'docs', 'performance.md')
  writeFileSync(page, withFigures(readFileSync(page, 'utf8'), figures(report, details)))
  writeCharts(details)
}

function writeCharts(details) {
  const folder = join(ROOT, 'docs', 'bench')
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of charts(details)) writeFileSync(join(folder, name), text)
}

async function bench(options) {
  const rig = await prepare({ prefix: 'bench', build: options.build })
  const started = Date.now()
  try {
    const { code, run } = await measure(rig, options)
    const isWhole = options.only === undefined && options.mode !== 'smoke'
    const { report, details } = writeReport(run, rig, isWhole ? ROOT : BENCH_FOLDER)
    if (isWhole) writeCharts(details)
    if (report.cases.length > 0) {
      process.stdout.write(`\n${reportLines(report, details).join('\n')}\n`)
      const problems = checkReport(report, details)
      if (problems.length > 0) throw new Error(`bench.json is unsound: ${problems.join('; ')}`)
    }
    if (run.late.length > 0) {
      process.stdout.write(`not measured, there was no time left: ${run.late.join(', ')}\n`)
    }
    say(`\n${((Date.now() - started) / 1000).toFixed(0)} s`)
    return code || (run.late.length > 0 ? 1 : 0)
  } finally {
    rig.release()
  }
}

if (isMain(import.meta.url)) {
  await main((args) => {
    if (args.includes('--help')) return void process.stdout.write(HELP)
    const options = parse(args)
    if (options?.docs) return writeDocs()
    if (options) return bench(options)
    process.stderr.write(HELP)
    return 2
  })
}
