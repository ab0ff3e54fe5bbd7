// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Scaling: the cost of one operation while there is more and more of something.
import type { HostProcess } from '../helpers/driver-process.ts'
import { type Bench, type Curve, median, type Round, texts } from './bench.ts'
import { settle } from './cases-change.ts'
import { publish } from './cases-memory.ts'
import { NAME, PUBLISHED_SUFFIX } from './provider.ts'

type Point = Curve['points'][number]
const FLAT = 1.5

const upTo = (most: number, all: readonly number[]) => all.filter((one) => one <= most)
const DECADES = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]

/** The medians of rounds of all in turn: each point has a process of its own that stays as it is. */
async function costs(bench: Bench, xs: readonly number[], all: readonly Round[]): Promise<Point[]> {
  const rounds = await bench.interleave(all)
  return xs.map((x, at) => ({ x, y: median(rounds[at] ?? []) }))
}

function draw(bench: Bench, curve: Omit<Curve, 'target'>): void {
  bench.curves.push({ ...curve, target: FLAT })
  if (bench.mode === 'smoke') return
  const points = curve.points.map(({ x, y }) => `${x}: ${y.toPrecision(3)}`).join(', ')
  process.stdout.write(`  ~ ${curve.title}: ${curve.missing ?? points}\n`)
}

async function handles(bench: Bench): Promise<void> {
  const programs: HostProcess[] = []
  const all: Round[] = []
  const xs = upTo(bench.pick(10, 100_000, 100_000), DECADES)
  for (const x of xs) {
    const program = await bench.program()
    programs.push(program)
    const more = { via: 'table', handles: x }
    all.push(await bench.operation(program, 'poll', await bench.ours(), more))
  }
  const points = await costs(bench, xs, all)
  const title = 'A poll while handles are open'
  draw(bench, { name: 'handles', title, x: 'live handles', y: 'µs a poll', points })
  for (const program of programs) await program.kill()
}

async function requests(bench: Bench): Promise<void> {
  const ours = await bench.ours()
  const args = { via: 'table', host: NAME, ...ours }
  const programs: HostProcess[] = []
  const all: Round[] = []
  const xs = upTo(bench.pick(10, 1000, 100_000), DECADES)
  for (const x of xs) {
    const program = await bench.program()
    programs.push(program)
    // In parts: a hundred thousand at once would outlast the watchdog of a command.
    for (let there = 0; there < x; there += 10_000) {
      const count = Math.min(x - there, 10_000)
      await program.send('arm', texts({ name: `from-${there}`, count, ...args }))
    }
    all.push(await bench.operation(program, 'subscribe', ours, { via: 'table' }))
  }
  await settle(await bench.host())
  const points = await costs(bench, xs, all)
  const title = 'One request more, and its end, while others pend'
  draw(bench, { name: 'pending', title, x: 'pending requests', y: 'µs a request', points })
  for (const program of programs) await program.kill()
}

async function names(bench: Bench): Promise<void> {
  const program = await bench.program()
  const points: Point[] = []
  const title = 'A published answer while names are published'
  const labels = { name: 'published', title, x: 'published names', y: 'µs an answer' }
  for (const x of upTo(bench.pick(10, 10_000, 1_000_000), DECADES.slice(1))) {
    if (!(await publish(bench, x))) {
      draw(bench, { ...labels, points: [], missing: 'not built: this host publishes nothing' })
      break
    }
    const more = { via: 'table', suffix: PUBLISHED_SUFFIX, count: x }
    const round = await bench.operation(program, 'names', await bench.ours(), more)
    points.push(...(await costs(bench, [x], [round])))
  }
  if (points.length > 0) draw(bench, { ...labels, points })
  await bench.quit(program)
}

/** Processor time of the host for each call, all clients asking at once. */
async function clients(bench: Bench): Promise<void> {
  const host = await bench.host()
  const ours = await bench.ours()
  const programs: HostProcess[] = []
  const points: Point[] = []
  const calls = bench.pick(20, 400, 4000)
  for (const x of upTo(bench.pick(2, 20, 200), [1, 2, 5, 10, 20, 50, 100, 200])) {
    while (programs.length < x) {
      const program = await bench.program()
      const round = await bench.operation(program, 'lookup', ours, { via: 'table', drain: 1 })
      await round(1)
      programs.push(program)
    }
    const name = `lookup-${ours.id}-table-1`
    const times = String(Math.ceil(calls / x))
    const { us: before } = await host.send('cpu')
    await Promise.all(programs.map((program) => program.send('time', { name, times })))
    const { us: after } = await host.send('cpu')
    points.push({ x, y: (Number(after) - Number(before)) / (Math.ceil(calls / x) * x) })
  }
  const title = 'Processor time of the host for one lookup'
  draw(bench, { name: 'clients', title, x: 'client processes', y: 'µs a lookup', points })
  for (const program of programs) await program.kill()
}

export async function curves(bench: Bench): Promise<void> {
  await handles(bench)
  await requests(bench)
  await names(bench)
  await clients(bench)
}
