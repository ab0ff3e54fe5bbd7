// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Cases that meet the host: lookup, ioctl, throughput. Their baseline is a bare pipe of the same
// bytes and a bare hop into JavaScript.
import type { HostProcess } from '../helpers/driver-process.ts'
import { type Asked, type Bench, type Frames, median, type Round } from './bench.ts'
import { Echo } from './provider.ts'
import { ServerLoad } from './server-load.ts'

/**
 * A trip is at the mercy of the scheduler, and what that does changes within a second: many short rounds, so that
 * those of ours and of the baseline have the same weather.
 */
const trips = (bench: Bench) => ({
  roundMs: bench.pick(2, 20, 50),
  more: bench.pick(1, 5, 5),
})
const IOCTL_BYTES = 4096
let pipes = 0

/** What the pipe's own counter says of `times` operations. */
export async function countFrames(bench: Bench, round: Round, times: number): Promise<Frames> {
  const host = await bench.host()
  await round(1) // the connection is there, and what comes once has come
  const before = await host.send('stats')
  await round(times)
  const after = await host.send('stats')
  const grown = (key: string) => Number(after[key]) - Number(before[key])
  return { in: grown('framesIn'), out: grown('framesOut'), operations: times }
}

/** A ping-pong with a native process, or with a native thread of the host that hops; the cheaper of its two ways. */
export async function ping(
  bench: Bench,
  bytes: { readonly in: number; readonly out: number },
  hops = false,
): Promise<{ readonly round: Round; readonly way: string }> {
  const client = await bench.driver()
  const ways: { round: Round; way: string; us: number }[] = []
  for (const transact of [0, 1]) {
    const server = hops ? await bench.host() : await bench.program()
    const name = `\\\\.\\pipe\\nsp-bench-${process.pid}-${++pipes}`
    const sizes = { in: String(bytes.in), out: String(bytes.out) }
    await server.send(hops ? 'pipe-hop' : 'pipe-serve', { name, ...sizes })
    const asked = { id: '', ns: 0, path: '' }
    const round = await bench.operation(client, 'ping', asked, { pipe: name, transact, ...bytes })
    const us = median([await round(20), await round(20), await round(20)])
    ways.push({ round, way: transact === 1 ? 'TransactNamedPipe' : 'WriteFile and ReadFile', us })
  }
  const [one, other] = ways.toSorted((a, b) => a.us - b.us)
  if (one === undefined || other === undefined) throw new Error('no pipe')
  return one
}

/** Into an empty function of the host's own JavaScript thread. */
export async function hop(bench: Bench): Promise<Round> {
  const host = await bench.host()
  return async (times) => Number((await host.send('hop', { times: String(times) })).us)
}

/** The bytes of one operation's frames, as the host sees them. */
async function sizesOf(bench: Bench, round: Round): Promise<{ in: number; out: number }> {
  const host = await bench.host()
  await host.send('sizes')
  await round(2)
  const sizes = await host.send('sizes')
  const bytes = { in: Number(sizes['in']), out: Number(sizes['out']) }
  if (bytes.in === 0 || bytes.out === 0) throw new Error('the host saw no frame')
  return bytes
}

/**
 * One pipe trip and one hop, as one operation. The sum of the two measured apart is less than either costs where it
 * is needed: in a loop of hops the next call comes while the last one is being dispatched, and the event loop is
 * never woken. The parts are measured all the same, for the notes.
 */
async function pipeAndHop(bench: Bench, bytes: { readonly in: number; readonly out: number }) {
  const both = await ping(bench, bytes, true)
  const pipe = await ping(bench, bytes)
  const notes = (pipe_us: readonly number[], hop_us: readonly number[]) => [
    `baseline by ${both.way}; apart: pipe ${Math.round(median(pipe_us))} µs, hop ${Math.round(median(hop_us))} µs`,
  ]
  return { rounds: [both.round, pipe.round, await hop(bench)], notes }
}

/** What ws2_32 costs around a lookup: that of a provider which answers from its own memory. */
export const WS2_32 = 'ws2_32, a lookup'

export async function lookup(bench: Bench): Promise<void> {
  const driver = await bench.driver()
  for (const [name, value] of Object.entries(await bench.tcpEnvironment()))
    await driver.send('environment', { name, value: String(value) })
  const drain = { drain: 1 }
  const ours = await bench.operation(driver, 'lookup', await bench.ours(), drain)
  const table = await bench.operation(driver, 'lookup', await bench.ours(), {
    ...drain,
    via: 'table',
  })
  const tcp = await bench.operation(driver, 'lookup', bench.baseline('tcp'), drain)
  const bool = await bench.operation(driver, 'lookup', bench.baseline('bool'), drain)
  const frames = await countFrames(bench, ours, 50)
  const baseline = await pipeAndHop(bench, await sizesOf(bench, ours))
  const all = [ours, table, tcp, bool, ...baseline.rounds]
  const rounds = await bench.interleave(all, trips(bench))
  const [ours_us = [], table_us = [], tcp_us = [], bool_us = [], baseline_us = []] = rounds
  const [pipe_us = [], hop_us = []] = rounds.slice(-2)
  bench.calls[WS2_32] = median(bool_us)
  const notes = baseline.notes(pipe_us, hop_us)
  const around = `ws2_32 itself ${Math.round(median(bool_us))} µs`
  const target = 1.5
  bench.record({ name: 'lookup', target, ours_us, baseline_us, frames, notes: [...notes, around] })
  bench.record({ name: 'lookup, table', target, ours_us: table_us, baseline_us, frames, notes })
  bench.record({ name: 'lookup against tcp', target: 0.4, ours_us, baseline_us: tcp_us, frames })
  bench.bound({
    name: 'round trips of a lookup',
    value: frames.out / frames.operations,
    most: 1,
    unit: 'trips',
    note: `${frames.in} frames in and ${frames.out} out for ${frames.operations} lookups`,
  })
}

export async function ioctl(bench: Bench): Promise<void> {
  const driver = await bench.driver()
  const more = { code: Echo.code, bytes: IOCTL_BYTES }
  const ours = await bench.operation(driver, 'ioctl', await bench.ours(), more)
  const frames = await countFrames(bench, ours, 50)
  const baseline = await pipeAndHop(bench, await sizesOf(bench, ours))
  const rounds = await bench.interleave([ours, ...baseline.rounds], trips(bench))
  const [ours_us = [], baseline_us = [], pipe_us = [], hop_us = []] = rounds
  const notes = baseline.notes(pipe_us, hop_us)
  bench.record({ name: 'ioctl, 4 KiB', target: 1.6, ours_us, baseline_us, frames, notes })
}

const PROCESSES = 4
const THREADS = 4

/** Lookups of all processes and threads at once: microseconds a lookup over the whole. */
async function together(
  programs: readonly HostProcess[],
  name: string,
  times: number,
): Promise<number> {
  const args = { name, threads: String(THREADS), times: String(times) }
  const all = await Promise.all(programs.map((program) => program.send('time', args)))
  const from = Math.min(...all.map((one) => Number(one.from)))
  const to = Math.max(...all.map((one) => Number(one.to)))
  return (to - from) / 1000 / (times * THREADS * programs.length)
}

export async function throughput(bench: Bench): Promise<void> {
  const driver = await bench.driver()
  const ours: Asked = await bench.ours()
  const one = await bench.operation(driver, 'lookup', ours, { drain: 1 })
  const programs: HostProcess[] = []
  for (let i = 0; i < PROCESSES; i++) programs.push(await bench.program())
  for (const program of programs) await bench.operation(program, 'lookup', ours, { drain: 1 })
  const name = `lookup-${ours.id}-1`
  const server = new ServerLoad()
  const many: Round = async (times) => {
    server.begin()
    const us = await together(programs, name, times)
    server.end()
    return us
  }
  const [ours_us = [], baseline_us = []] = await bench.interleave([many, one], {
    roundMs: bench.pick(2, 80, 250),
  })
  const share = server.share()
  const notes = [
    `${(1e6 / median(ours_us)).toFixed(0)} a second against ${(1e6 / median(baseline_us)).toFixed(0)}`,
    ...(share === undefined ? [] : [`wineserver ${Math.round(share * 100)} % of a core`]),
  ]
  bench.record({ name: 'throughput, 4 × 4 threads', target: 0.5, ours_us, baseline_us, notes })
  for (const program of programs) await bench.quit(program)
}
