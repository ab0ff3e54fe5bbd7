// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Cases of change: from invalidate() in JavaScript to the waits of other processes.
import { setTimeout as delay } from 'node:timers/promises'
import type { HostProcess } from '../helpers/driver-process.ts'
import { type Asked, type Bench, median, type Round, texts } from './bench.ts'
import { NAME } from './provider.ts'

/** About what a change frame has: header, count, one pair. */
const MESSAGE_BYTES = 28
let made = 0

const since = (from: unknown, to: number) => (to - Number(from)) / 1000

/** Until every request has told the host what it waits for: the pipe has been quiet for a while. */
export async function settle(host: HostProcess): Promise<void> {
  let quiet = 0
  let last: unknown
  while (quiet < 3) {
    await delay(10)
    const { framesIn } = await host.send('stats')
    quiet = framesIn === last ? quiet + 1 : 0
    last = framesIn
  }
}

/** A process that has its connection and keeps it, whatever comes and goes. */
async function watcherOf(bench: Bench, asked: Asked): Promise<HostProcess> {
  const program = await bench.program()
  await (await bench.operation(program, 'lookup', asked, { via: 'table', drain: 1 }))(1)
  return program
}

/** Requests of `asked` in each process, one invalidate, the last completion. */
async function fan(
  bench: Bench,
  programs: readonly HostProcess[],
  asked: Asked,
  count: number,
): Promise<number> {
  const name = `fan-${++made}`
  const args = texts({ name, count, via: 'table', host: NAME, ...asked })
  await Promise.all(programs.map((program) => program.send('arm', args)))
  await Promise.all(programs.map((program) => program.send('await', { name })))
  await settle(await bench.host())
  const { from } = await (await bench.host()).send('invalidate', { name: NAME })
  const ends = await Promise.all(programs.map((program) => program.send('result', { name })))
  await Promise.all(programs.map((program) => program.send('disarm', { name })))
  return since(from, Math.max(...ends.map(({ to }) => Number(to))))
}

/** One message to each process, which then sets its events. */
class Channels {
  readonly #server: HostProcess
  readonly #programs: readonly HostProcess[]

  private constructor(server: HostProcess, programs: readonly HostProcess[]) {
    this.#server = server
    this.#programs = programs
  }

  static async open(
    bench: Bench,
    programs: readonly HostProcess[],
    events: number,
  ): Promise<Channels> {
    const server = await bench.program()
    const name = `\\\\.\\pipe\\nsp-bench-channel-${process.pid}-${++made}`
    const listening = server.send('channels-listen', { name, count: String(programs.length) })
    for (const program of programs)
      await program.send('channel-open', { name, events: String(events) })
    await listening
    return new Channels(server, programs)
  }

  async round(): Promise<number> {
    const bytes = String(MESSAGE_BYTES)
    await Promise.all(this.#programs.map((one) => one.send('channel-wait', { bytes })))
    const { from } = await this.#server.send('channels-send', { bytes })
    const ends = await Promise.all(this.#programs.map((one) => one.send('channel-result')))
    return since(from, Math.max(...ends.map(({ to }) => Number(to))))
  }
}

/** The median of some runs: one alone says little, and a mean says what else the machine did. */
const typical =
  (times: number, once: () => Promise<number>): Round =>
  async () => {
    const all: number[] = []
    for (let i = 0; i < times; i++) all.push(await once())
    return median(all)
  }

export async function change(bench: Bench): Promise<void> {
  const asked = await bench.ours()
  const watcher = await watcherOf(bench, asked)
  const channels = await Channels.open(bench, [await bench.program()], 1)
  const times = bench.pick(1, 4, 4)
  const all = [
    typical(times, () => fan(bench, [watcher], asked, 1)),
    typical(times, () => channels.round()),
  ]
  await all[0]?.(1)
  // Many short rounds, so that both have the same weather.
  const rounds = { roundMs: 0, more: bench.pick(1, 1, 5) }
  const [ours_us = [], baseline_us = []] = await bench.interleave(all, rounds)
  bench.record({ name: 'change to completion', target: 1.6, ours_us, baseline_us })
}

export async function fanOut(bench: Bench): Promise<void> {
  const count = bench.pick(100, 1000, 10_000)
  const asked = await bench.ours()
  const watcher = await watcherOf(bench, asked)
  const events = await bench.operation(watcher, 'set-many', asked, { events: count })
  const ours: Round = async () => (await fan(bench, [watcher], asked, count)) / count
  // A fresh set each round: an event that is set already is another call.
  const bare: Round = async () => {
    const fresh = await bench.operation(watcher, 'set-many', asked, { events: count })
    const us = await fresh(count)
    return us
  }
  await events[Symbol.asyncDispose]()
  const [ours_us = [], baseline_us = []] = await bench.interleave([ours, bare], { roundMs: 0 })
  bench.record({ name: `fan-out, ${count} requests`, target: 2, ours_us, baseline_us })
  await bench.quit(watcher)
}

export async function fanOutProcesses(bench: Bench): Promise<void> {
  const [processes, requests] = bench.pick([3, 10], [20, 100], [50, 100]) as [number, number]
  const asked = await bench.ours()
  const programs: HostProcess[] = []
  for (let i = 0; i < processes; i++) programs.push(await watcherOf(bench, asked))
  const channels = await Channels.open(bench, programs, requests)
  const all = processes * requests
  const ours: Round = async () => (await fan(bench, programs, asked, requests)) / all
  const bare: Round = async () => (await channels.round()) / all
  const [ours_us = [], baseline_us = []] = await bench.interleave([ours, bare], { roundMs: 0 })
  const name = `fan-out, ${processes} processes × ${requests}`
  bench.record({ name, target: 2, ours_us, baseline_us })
  for (const program of programs) await bench.quit(program)
}
