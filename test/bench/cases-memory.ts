// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Cases that need no host while they run: poll, refusal, the first refusal, load, published answers.

import { setTimeout as delay } from 'node:timers/promises'
import type { Asked, Bench, Made, Round } from './bench.ts'
import { FEW, FOREIGN, PUBLISHED_SUFFIX } from './provider.ts'

const WAYS = [
  { via: 'api', name: '' },
  { via: 'table', name: ', table' },
] as const
/** What only reads memory. Whoever takes the processor away does so for milliseconds: many short rounds. */
const short = (bench: Bench) => ({ roundMs: bench.pick(1, 10, 20), more: bench.pick(1, 2, 3) })
const NOT_PUBLISHED = 'not built: this host publishes nothing'

type More = Readonly<Record<string, string | number>>

/** One operation of ours and of others, in one process, through ws2_32 or the table. */
async function both(bench: Bench, op: string, more: More, all: readonly Asked[]): Promise<Made[]> {
  const driver = await bench.driver()
  const made: Made[] = []
  for (const asked of all) made.push(await bench.operation(driver, op, asked, more))
  return made
}

async function drop(all: readonly AsyncDisposable[]): Promise<void> {
  for (const each of all) await each[Symbol.asyncDispose]()
}

/** What the table's operation takes in ours and in the baseline, instruction by instruction. */
async function countSteps(bench: Bench, name: string, via: string, all: readonly Made[]) {
  if (via !== 'table') return
  const steps: number[] = []
  for (const made of all.slice(0, 2)) steps.push(await made.steps())
  bench.instructions[name] = steps
}

export async function poll(bench: Bench): Promise<void> {
  const asked = [await bench.ours(), bench.baseline('bool'), bench.baseline('null')]
  for (const { via, name } of WAYS) {
    const all = await both(bench, 'poll', { via }, asked)
    const [ours = [], bool = [], nothing = []] = await bench.interleave(all, short(bench))
    bench.record({ name: `poll${name}`, target: 1.3, ours_us: ours, baseline_us: bool })
    if (via === 'table') {
      const allowed = bool.map((us) => us + 0.15)
      bench.record({
        name: 'poll, table, bool + 150 ns',
        target: 1,
        ours_us: ours,
        baseline_us: allowed,
      })
    } else {
      bench.record({
        name: 'bool against null: poll',
        target: 1.2,
        ours_us: bool,
        baseline_us: nothing,
      })
    }
    await countSteps(bench, 'poll', via, all)
    await drop(all)
  }
}

async function refusals(bench: Bench, asked: readonly Asked[], title: string): Promise<void> {
  for (const { via, name } of WAYS) {
    const all = await both(bench, 'refusal', { via, host: FOREIGN }, asked)
    const [ours = [], bool = []] = await bench.interleave(all, short(bench))
    bench.record({ name: `${title}${name}`, target: 1.5, ours_us: ours, baseline_us: bool })
    await countSteps(bench, title, via, all)
    await drop(all)
  }
}

export async function refusal(bench: Bench): Promise<void> {
  await refusals(bench, [await bench.ours(), bench.baseline('bool')], 'refusal')
}

export async function refusalDown(bench: Bench): Promise<void> {
  const asked = [await bench.ours(), bench.baseline('bool')]
  await bench.killHost()
  await refusals(bench, asked, 'refusal, host not running')
}

/** In a process of its own. */
async function firstOf(bench: Bench, asked: Asked, more: More): Promise<number> {
  const program = await bench.program()
  const round = await bench.operation(program, 'first', asked, more)
  // Its own start and the end of the one before go on for a moment.
  await delay(30)
  const us = await round(1)
  await bench.quit(program)
  return us
}

/** The quickest of some processes: one alone says what else the machine did, 2 to 12 ms for the same. */
const quickest =
  (times: number, once: () => Promise<number>): Round =>
  async () => {
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < times; i++) least = Math.min(least, await once())
    return least
  }

export async function first(bench: Bench): Promise<void> {
  await bench.driver()
  const asked = [await bench.ours(), bench.baseline('bool')]
  for (const { via, name } of WAYS.slice(0, bench.pick(1, 2, 2))) {
    const all = asked.map((each) =>
      quickest(bench.pick(1, 3, 5), () => firstOf(bench, each, { via, host: FOREIGN })),
    )
    const [ours = [], bool = []] = await bench.interleave(all, { roundMs: 0 })
    bench.record({ name: `first refusal${name}`, target: 2, ours_us: ours, baseline_us: bool })
  }
}

export async function load(bench: Bench): Promise<void> {
  // A process of its own: nobody else may keep the DLL.
  const program = await bench.program()
  const all: Round[] = []
  for (const asked of [await bench.ours(), bench.baseline('bool')])
    all.push(await bench.operation(program, 'load', asked))
  const [ours = [], bool = []] = await bench.interleave(all)
  bench.record({ name: 'load', target: 1.5, ours_us: ours, baseline_us: bool })
  await bench.quit(program)
}

/** False if this host cannot publish. */
export async function publish(bench: Bench, count: number): Promise<boolean> {
  const answer = await (await bench.host()).send('publish', { count: String(count) })
  if (answer.built === true && answer.size !== count)
    throw new Error(`${count} names were published and ${answer.size} counted`)
  return answer.built === true
}

const names = (count: number, via: string) => ({ via, suffix: PUBLISHED_SUFFIX, count }) as const

export async function published(bench: Bench): Promise<void> {
  const count = 1000
  const isBuilt = await publish(bench, count)
  const asked = [await bench.ours(), bench.baseline('bool')]
  for (const { via, name } of WAYS) {
    const title = `published answer${name}`
    if (!isBuilt) {
      bench.record({ name: title, target: 2, ours_us: [], baseline_us: [], missing: NOT_PUBLISHED })
      continue
    }
    const all = await both(bench, 'names', names(count, via), asked)
    const [ours_us = [], baseline_us = []] = await bench.interleave(all, short(bench))
    bench.record({ name: title, target: 2, ours_us, baseline_us })
    await countSteps(bench, 'published answer', via, all)
    await drop(all)
  }
}

/** A million names against a thousand, which another provider publishes: so both are there in each round. */
export async function publishedMany(bench: Bench): Promise<void> {
  const many = bench.pick(2000, 200_000, 1_000_000)
  const thousand = 1000
  const title = 'published answer, 1,000,000 names'
  if (!(await publish(bench, many))) {
    bench.record({ name: title, target: 1.5, ours_us: [], baseline_us: [], missing: NOT_PUBLISHED })
    return
  }
  const notes = many === 1_000_000 ? [] : [`with ${many} names`]
  const driver = await bench.driver()
  const { dll } = await (await bench.host()).send('publish-few', { count: String(thousand) })
  const few: Asked = { id: FEW.id, ns: FEW.namespace, path: String(dll) }
  const all = [
    await bench.operation(driver, 'names', await bench.ours(), names(many, 'table')),
    await bench.operation(driver, 'names', few, names(thousand, 'table')),
  ]
  const [ours_us = [], baseline_us = []] = await bench.interleave(all, short(bench))
  bench.record({ name: title, target: 1.5, ours_us, baseline_us, notes })
  await drop(all)
}
