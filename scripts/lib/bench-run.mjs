// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Runs the benchmark (test/bench/main.ts in Windows Node) and turns what it measured into
// bench.json, bench-details.json and charts. For `npm run bench` and the smoke run of `npm test`.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { makeReport } from './bench-report.mjs'
import { ROOT } from './paths.mjs'
import { Stop } from './say.mjs'
import { runWindows } from './windows-run.mjs'

export const BENCH_FOLDER = join(ROOT, 'build', 'bench')
/** What hangs is ended after this; a mode's own limits are in main.ts. */
const LIMIT_MS = { smoke: 120_000, quick: 6 * 60_000, whole: 30 * 60_000 }

/** The run as main.ts wrote it, with its exit code. */
export async function measure(rig, { mode, rounds, only, onLine }) {
  const file = join(BENCH_FOLDER, 'run.json')
  mkdirSync(BENCH_FOLDER, { recursive: true })
  rmSync(file, { force: true })
  const words = [`--mode=${mode}`, `--rounds=${rounds}`, `--out=${relative(ROOT, file)}`]
  if (only) words.push(`--only=${only}`)
  const code = await runWindows(rig, {
    command: 'node',
    args: ['--disable-warning=ExperimentalWarning', 'test/bench/main.ts', ...words],
    signal: AbortSignal.timeout(LIMIT_MS[mode]),
    ...(onLine ? { onLine } : {}),
  })
  if (!existsSync(file)) throw new Stop(`the benchmark ended with ${code} and left no figures`)
  return { code, run: JSON.parse(readFileSync(file, 'utf8')) }
}

const write = (path, value) => writeFileSync(path, `${JSON.stringify(value, undefined, 1)}\n`)

/** Writes both files into `folder`; gives { report, details }. */
export function writeReport(run, rig, folder) {
  const host = rig.native ? 'windows' : 'wine'
  const date = new Date().toISOString().slice(0, 10)
  const made = makeReport(run, { host: `${host}: ${rig.wine.version}`, date })
  mkdirSync(folder, { recursive: true })
  write(join(folder, 'bench.json'), made.report)
  write(join(folder, 'bench-details.json'), made.details)
  return made
}
