// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The benchmark inside Windows: runs the cases that were asked for and writes what they measured.
// main.ts --mode=MODE --rounds=N --out=FILE [--only=CASE,...]; scripts/bench.mjs starts it.
import { writeFileSync } from 'node:fs'
import { uninstall } from '../../lib/catalog.ts'
import { Bench, type Mode } from './bench.ts'
import { bounds as limits } from './cases-bounds.ts'
import { calls as systemCalls } from './cases-calls.ts'
import * as change from './cases-change.ts'
import { curves as scaling } from './cases-curves.ts'
import * as memory from './cases-memory.ts'
import * as trip from './cases-trip.ts'
import { ENTRIES, FEW } from './provider.ts'

type Case = (bench: Bench) => Promise<void>

/** What may take long on a busy machine, and what ends the host, come last: a run that is late leaves those out. */
const CASES: Readonly<Record<string, Case>> = {
  poll: memory.poll,
  refusal: memory.refusal,
  first: memory.first,
  load: memory.load,
  published: memory.published,
  'published-many': memory.publishedMany,
  lookup: trip.lookup,
  ioctl: trip.ioctl,
  change: change.change,
  'fan-out': change.fanOut,
  throughput: trip.throughput,
  calls: systemCalls,
  bounds: limits,
  curves: scaling,
  'fan-out-processes': change.fanOutProcesses,
  'refusal-down': memory.refusalDown,
}

const options = Object.fromEntries(
  process.argv.slice(2).map((word) => word.replace(/^--/, '').split(/=(.*)/s).slice(0, 2)),
) as Record<string, string | undefined>
const wanted = options['only']?.split(',') ?? Object.keys(CASES)
const bench = new Bench((options['mode'] ?? 'quick') as Mode, Number(options['rounds'] ?? 7))
/** No case begins later than this: on a machine that is busy, what is left is said to be so. */
const LIMIT_MS = { smoke: 90_000, quick: 150_000, whole: 720_000 } as const
const late: string[] = []
const failures: { name: string; message: string }[] = []

/** After every case, so that nothing is lost if this process is ended. */
function save(): void {
  const { cases, bounds, curves, calls, instructions, counted, rounds, mode } = bench
  const run = { mode, rounds, cases, bounds, curves, calls, instructions, counted, failures, late }
  writeFileSync(options['out'] ?? 'bench-run.json', JSON.stringify(run, undefined, 1))
}

// What a run that was ended has left would be measured in place of what was built since.
for (const { id } of [ENTRIES.names, FEW]) await uninstall(id)
for (const name of wanted) {
  const run = CASES[name]
  const started = performance.now()
  if (started > LIMIT_MS[bench.mode]) {
    late.push(name)
    continue
  }
  try {
    if (run === undefined) throw new Error(`there is no case ${name}`)
    await run(bench)
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    failures.push({ name, message })
    process.stdout.write(`  ✖ ${name}: ${message}\n`)
    break // what this case left behind would spoil the next
  }
  save()
  if (bench.mode !== 'smoke')
    process.stdout.write(`    (${name}: ${((performance.now() - started) / 1000).toFixed(1)} s)\n`)
}
try {
  await bench.close()
} catch (error) {
  failures.push({ name: 'the end', message: String(error) })
}
save()
process.exit(failures.length === 0 ? 0 : 1)
