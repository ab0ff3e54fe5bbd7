// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// npm run bench: ours against small native baselines, interleaved in one run. Prints a table, writes
// bench.json and bench-details.json, and a chart for each scaling curve into docs/bench.
import { checkReport, LEAST_ROUNDS, reportLines } from './lib/bench-report.mjs'
import { BENCH_FOLDER, measure, writeReport } from './lib/bench-run.mjs'
import { isMain } from './lib/main.mjs'
import { ROOT } from './lib/paths.mjs'
import { main, say } from './lib/say.mjs'
import { prepare } from './prepare.mjs'

const HELP = `usage: npm run bench [-- [--quick | --smoke] [--only=CASE,...] [--rounds=N] [--no-build]]
  --quick       within 3 minutes (the whole: within 15)
  --smoke       within 20 seconds: shows that it works, its figures mean nothing
  --only=CASE   some cases; their files go to build/bench instead
  --rounds=N    at least ${LEAST_ROUNDS}
  --no-build    measure what is built already
`
const ROUNDS = { smoke: LEAST_ROUNDS, quick: LEAST_ROUNDS, whole: 11 }

function parse(args) {
  const options = { mode: 'whole', only: undefined, rounds: undefined, build: true }
  for (const arg of args) {
    const [name, value] = arg.split(/=(.*)/s)
    if (arg === '--quick' || arg === '--smoke') options.mode = arg.slice(2)
    else if (name === '--only' && value) options.only = value
    else if (name === '--rounds' && Number(value) >= LEAST_ROUNDS) options.rounds = Number(value)
    else if (arg === '--no-build') options.build = false
    else return undefined
  }
  return { ...options, rounds: options.rounds ?? ROUNDS[options.mode] }
}

async function bench(options) {
  const rig = await prepare({ prefix: 'bench', build: options.build })
  const started = Date.now()
  try {
    const { code, run } = await measure(rig, options)
    const isWhole = options.only === undefined && options.mode !== 'smoke'
    const { report, details } = writeReport(run, rig, isWhole ? ROOT : BENCH_FOLDER)
    if (report.cases.length > 0) {
      process.stdout.write(`\n${reportLines(report, details).join('\n')}\n`)
      const problems = checkReport(report, details)
      if (problems.length > 0) throw new Error(`bench.json is unsound: ${problems.join('; ')}`)
    }
    say(`\n${((Date.now() - started) / 1000).toFixed(0)} s`)
    return code
  } finally {
    rig.release()
  }
}

if (isMain(import.meta.url)) {
  await main((args) => {
    if (args.includes('--help')) return void process.stdout.write(HELP)
    const options = parse(args)
    if (options) return bench(options)
    process.stderr.write(HELP)
    return 2
  })
}
