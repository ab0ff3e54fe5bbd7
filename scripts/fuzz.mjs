// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// npm run fuzz: coverage-guided fuzzing of the portable C++ (libFuzzer, ASan, UBSan), target by
// target. Prints a table and writes fuzz.json; test/fuzz/README.md says what each target promises.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildPlanted, buildTarget, FUZZ, readPlanted, readTargets } from './lib/fuzz-build.mjs'
import { writeFuzzFigures } from './lib/fuzz-docs.mjs'
import { filesIn, keepCorpus, LEAST_COVERAGE, measureCoverage, runTarget } from './lib/fuzz-run.mjs'
import { ensureTools, FUZZ_TOOLS } from './lib/host.mjs'
import { isMain } from './lib/main.mjs'
import { ROOT } from './lib/paths.mjs'
import { main, say } from './lib/say.mjs'

const FULL_RUNS = 10_000_000
const SMOKE_RUNS = 4000
const PLANTED_RUNS = 2_000_000
const HELP = `usage: npm run fuzz [-- options]
  --runs=N       runs of each target (default: ${FULL_RUNS})
  --smoke        replays the kept corpus and makes ${SMOKE_RUNS} runs of each target
  --planted      builds the targets with planted bugs (test/fuzz/planted.json): each must be found
  --only=LIST    these targets alone, like frame_check,filter
  --jobs=N       so many at once (default: 1)
  --keep         merges what was learnt into the kept corpus, test/fuzz/corpus
  --out=FILE     where the report goes (default: fuzz.json)
  --docs=FILES   only writes the figures of these reports into test/fuzz/README.md, the later ones counting
The exit code is 0 only if nothing was found and each target reaches ${LEAST_COVERAGE} % of its files' lines;
with --planted, if every planted bug was found.
`

export function parse(args) {
  const options = { jobs: 1, out: 'fuzz.json' }
  for (const arg of args) {
    const [, name, value] = /^--([a-z]+)(?:=(.+))?$/.exec(arg) ?? []
    if (['smoke', 'planted', 'keep'].includes(name) && value === undefined) options[name] = true
    else if (['runs', 'jobs'].includes(name) && /^[1-9]\d*$/.test(value)) {
      options[name] = Number(value)
    } else if (['only', 'out', 'docs'].includes(name) && value) options[name] = value
    else return undefined
  }
  const known = readTargets().map(({ name }) => name)
  options.targets = options.only?.split(',') ?? known
  options.runs ??= options.planted ? PLANTED_RUNS : options.smoke ? SMOKE_RUNS : FULL_RUNS
  return options.targets.every((name) => known.includes(name)) ? options : undefined
}

/** Why a target's report is a failure; nothing: it is none. */
export function problemsOf({ name, runs, wanted, broken, artifact, coverage }) {
  const problems = []
  if (broken) problems.push(`${name}: ${broken}${artifact ? `\n  ${artifact}` : ''}`)
  else if (runs < wanted) problems.push(`${name}: ${runs} runs, not ${wanted}`)
  for (const { file, percent } of coverage) {
    if (percent < LEAST_COVERAGE) problems.push(`${name}: ${percent} % of the lines of ${file}`)
  }
  return problems
}

export function table(rows) {
  const head = ['target', 'runs', 'seconds', 'lines covered', 'corpus']
  const cells = rows.map(({ name, runs, seconds, coverage, corpus }) => [
    name,
    String(runs),
    String(seconds),
    coverage.map(({ covered, lines, percent }) => `${covered}/${lines} ${percent} %`).join(', '),
    `${corpus.files} files, ${corpus.bytes} bytes`,
  ])
  return align([head, ...cells])
}

function align(lines) {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)))
  return lines.map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  )
}

/** Calls `work` for each item, `jobs` at a time; results in the items' order. */
async function inJobs(items, jobs, work) {
  const results = []
  const waiting = [...items.entries()]
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      results[next[0]] = await work(next[1])
    }
  }
  await Promise.all(Array.from({ length: jobs }, worker))
  return results
}

async function fuzzTarget(target, { runs, smoke, keep }) {
  const { name } = target
  const program = await buildTarget(target, 'fuzz')
  const counting = await buildTarget(target, 'cover')
  say(`… ${name}: ${runs} runs`)
  // The same runs each time; what they learn is not kept.
  const repeatable = smoke ? { seed: 1, work: join(FUZZ, 'smoke', name) } : {}
  if (smoke) rmSync(repeatable.work, { recursive: true, force: true })
  const result = await runTarget(program, { name, runs, ...repeatable })
  if (keep && !result.broken) await keepCorpus(program, name)
  const coverage = await measureCoverage(counting, target)
  const corpus = filesIn(join(ROOT, 'test', 'fuzz', 'corpus', name))
  return { name, wanted: runs, ...result, coverage, corpus }
}

async function fuzz(options) {
  const targets = readTargets().filter(({ name }) => options.targets.includes(name))
  const rows = await inJobs(targets, options.jobs, (target) => fuzzTarget(target, options))
  process.stdout.write(`${table(rows).join('\n')}\n`)
  const problems = rows.flatMap(problemsOf)
  for (const problem of problems) process.stdout.write(`✖ ${problem}\n`)
  const bad = rows.filter((row) => problemsOf(row).length > 0).length
  process.stdout.write(`${rows.length - bad} passed, ${bad} failed\n`)
  return { report: { targets: rows }, failed: bad > 0 }
}

async function findPlanted(planted, { runs }) {
  const program = await buildPlanted(planted)
  const name = planted.target
  const work = join(FUZZ, 'planted', name)
  rmSync(work, { recursive: true, force: true })
  const { broken, artifact: _, ...result } = await runTarget(program, { name, runs, seed: 1, work })
  return { name: planted.name, target: name, found: broken !== undefined, how: broken, ...result }
}

async function plant(options) {
  const all = readPlanted().filter(({ target }) => options.targets.includes(target))
  const rows = await inJobs(all, options.jobs, (planted) => findPlanted(planted, options))
  const head = ['planted bug', 'target', 'found after', 'as']
  const cells = rows.map(({ name, target, found, runs, how }) => [
    name,
    target,
    found ? `${runs} runs` : `not in ${runs} runs`,
    how ?? '',
  ])
  process.stdout.write(`${align([head, ...cells]).join('\n')}\n`)
  const found = rows.filter((row) => row.found).length
  process.stdout.write(`${found} of ${rows.length} found\n`)
  return { report: { planted: rows }, failed: found < rows.length || rows.length === 0 }
}

if (isMain(import.meta.url)) {
  await main(async (args) => {
    if (args.includes('--help')) return void process.stdout.write(HELP)
    const options = parse(args)
    if (!options) {
      process.stderr.write(HELP)
      return 2
    }
    if (options.docs) return void writeFuzzFigures(options.docs.split(','))
    await ensureTools(FUZZ_TOOLS)
    const { report, failed } = await (options.planted ? plant(options) : fuzz(options))
    writeFileSync(join(ROOT, options.out), `${JSON.stringify(report, undefined, 2)}\n`)
    return failed ? 1 : 0
  })
}
