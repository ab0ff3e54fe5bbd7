// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Bounds that do not depend on speed: sizes, threads, memory, trips, and what must not grow.
import { readFileSync } from 'node:fs'
import { dllSources } from '../../lib/internal/binding.ts'
import type { HostProcess } from '../helpers/driver-process.ts'
import { type Bench, type Round, texts } from './bench.ts'
import { settle } from './cases-change.ts'
import { publish } from './cases-memory.ts'
import { countFrames } from './cases-trip.ts'
import { importsOf } from './pe.ts'
import { FOREIGN, NAME, PUBLISHED_SUFFIX } from './provider.ts'

const KIB = 1024
const ALLOWED = ['KERNEL32.DLL', 'ADVAPI32.DLL', 'MSVCRT.DLL']

function files(bench: Bench): void {
  for (const [arch, path] of Object.entries(dllSources())) {
    const bytes = readFileSync(path)
    bench.bound({ name: `provider DLL, ${arch}`, value: bytes.length / KIB, most: 96, unit: 'KiB' })
    const others = importsOf(bytes).filter((name) => !ALLOWED.includes(name.toUpperCase()))
    const note = others.join(', ')
    bench.bound({
      name: `imports besides the three, ${arch}`,
      value: others.length,
      most: 0,
      unit: 'DLLs',
      ...(note === '' ? {} : { note }),
    })
  }
}

/** No frame at all may cross the pipe for these. */
async function trips(bench: Bench): Promise<void> {
  const driver = await bench.driver()
  const ours = await bench.ours()
  const rounds: [string, Round][] = [
    ['a poll', await bench.operation(driver, 'poll', ours)],
    ['a refusal', await bench.operation(driver, 'refusal', ours, { host: FOREIGN })],
  ]
  if (await publish(bench, 100)) {
    const more = { suffix: PUBLISHED_SUFFIX, count: 100 }
    rounds.push(['a published answer', await bench.operation(driver, 'names', ours, more)])
  }
  for (const [what, round] of rounds) {
    const frames = await countFrames(bench, round, 100)
    const value = (frames.in + frames.out) / frames.operations
    bench.bound({ name: `frames of ${what}`, value, most: 0, unit: 'frames' })
  }
}

async function numbers(program: HostProcess, verb = 'info'): Promise<Record<string, number>> {
  const { ok: _, ...values } = await program.send(verb)
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Number(value)]))
}

const grown = (after: Record<string, number>, before: Record<string, number>, key: string) =>
  (after[key] ?? Number.NaN) - (before[key] ?? Number.NaN)

async function idleClient(bench: Bench): Promise<void> {
  const program = await bench.program()
  const before = await numbers(program)
  const lookup = await bench.operation(program, 'lookup', await bench.ours(), {
    via: 'table',
    drain: 1,
  })
  await lookup(bench.pick(5, 100, 500))
  const after = await numbers(program)
  const threads = grown(after, before, 'threads')
  bench.bound({ name: 'threads of an idle client', value: threads, most: 0, unit: 'threads' })
  bench.bound({
    name: 'private memory of an idle client',
    value: grown(after, before, 'private') / KIB,
    most: 300,
    unit: 'KiB',
  })
  await bench.quit(program)
}

/** Requests in several processes: what one weighs where it was made, and a client in the host. */
async function pending(bench: Bench): Promise<void> {
  const [clients, requests] = bench.pick([2, 100], [4, 1000], [10, 10_000]) as [number, number]
  const host = await bench.host()
  const programs: HostProcess[] = []
  for (let i = 0; i < clients; i++) programs.push(await bench.program())
  const before = await numbers(host, 'memory')
  const args = { via: 'table', host: NAME, ...(await bench.ours()) }
  const weights: number[] = []
  for (const program of programs) {
    await program.send('arm', texts({ name: 'one', count: 1, ...args }))
    const empty = await numbers(program)
    const { own } = await program.send('arm', texts({ name: 'all', count: requests, ...args }))
    await settle(host)
    const full = await numbers(program)
    weights.push(grown(full, empty, 'private') / requests - Number(own))
  }
  const after = await numbers(host, 'memory')
  const value = Math.max(...weights)
  bench.bound({ name: 'memory of a pending request', value, most: KIB, unit: 'bytes' })
  bench.bound({
    name: 'host memory of a client',
    value: grown(after, before, 'rss') / clients / KIB,
    most: 64,
    unit: 'KiB',
    note: `${clients * requests} requests pending`,
  })
  for (const program of programs) await bench.quit(program)
}

/** The median of all slopes between two points: one outlier moves it little. */
export function slope(points: readonly { readonly x: number; readonly y: number }[]): number {
  const slopes = points.flatMap((one, at) =>
    points.slice(at + 1).map((other) => (other.y - one.y) / (other.x - one.x)),
  )
  slopes.sort((a, b) => a - b)
  return slopes[Math.floor(slopes.length / 2)] ?? 0
}

interface Growth {
  readonly what: string
  readonly op: string
  readonly total: number
}

async function growth(bench: Bench, { what, op, total }: Growth): Promise<void> {
  const host = await bench.host()
  const program = await bench.program()
  const more = { via: 'table', drain: 1 }
  const round = await bench.operation(program, op, await bench.ours(), more)
  const samples = 20
  await round(Math.ceil(total / samples))
  const points: { x: number; y: number }[] = []
  const [first, own] = [await numbers(host, 'memory'), await numbers(program)]
  for (let i = 1; i <= samples; i++) {
    await round(Math.ceil(total / samples))
    const { rss = 0 } = await numbers(host, 'memory')
    points.push({ x: (i * total) / samples, y: rss })
  }
  const [last, ownLast] = [await numbers(host, 'memory'), await numbers(program)]
  const half = points.slice(samples / 2)
  const bytes = Math.max(0, slope(half))
  // A few pages more or less are the allocator's; over few operations they would look like a slope.
  const most = Math.max(1, 262_144 / (total / 2))
  bench.bound({ name: `host memory, ${total} ${what}`, value: bytes, most, unit: 'bytes each' })
  for (const [side, value] of [
    ['host', grown(last, first, 'handles')],
    ['client', grown(ownLast, own, 'handles')],
  ] as const)
    bench.bound({ name: `handles of the ${side}, ${total} ${what}`, value, most: 0, unit: 'more' })
  await bench.quit(program)
}

export async function bounds(bench: Bench): Promise<void> {
  files(bench)
  await trips(bench)
  await idleClient(bench)
  await pending(bench)
  await growth(bench, { what: 'lookups', op: 'lookup', total: bench.pick(40, 2000, 200_000) })
  await growth(bench, { what: 'handles', op: 'open', total: bench.pick(40, 10_000, 100_000) })
}
