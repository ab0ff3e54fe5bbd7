// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What single calls of Windows cost in this run, and how many of them our operations make, in the
// client's DLL and in the host's addon: what a row that is not met is explained with.
import { type Bench, median, texts } from './bench.ts'
import { settle } from './cases-change.ts'
import { Echo, NAME } from './provider.ts'

const CALLS = [
  'CreateEvent+CloseHandle',
  'SetEvent',
  'ResetEvent',
  'WaitForSingleObject',
  'DuplicateHandle+CloseHandle',
  'WriteFile+ReadFile',
  'ReadFile+CancelIoEx+wait',
  'CancelIoEx',
  'VirtualQuery',
]
type Counts = Record<string, number>
type Program = Awaited<ReturnType<Bench['program']>>

async function costs(bench: Bench): Promise<void> {
  const program = await bench.program()
  const nothing = { id: '', ns: 0, path: '' }
  for (const call of CALLS) {
    const round = await bench.operation(program, call, nothing)
    const times = await bench.times(round, bench.pick(1, 5, 20))
    const rounds: number[] = []
    for (let i = 0; i < bench.rounds; i++) rounds.push(await round(times))
    bench.calls[call] = median(rounds)
  }
  await bench.quit(program)
}

function perOperation(before: Counts, after: Counts, operations: number): Counts {
  const grown = Object.entries(after).map(
    ([name, count]) => [name, (count - (before[name] ?? 0)) / operations] as const,
  )
  return Object.fromEntries(grown.filter(([, each]) => each >= 0.01))
}

/** Calls of both sides around some work. */
async function count(
  bench: Bench,
  title: string,
  program: Program,
  operations: number,
  work: () => Promise<unknown>,
): Promise<void> {
  const host = await bench.host()
  const { counted } = await host.send('count-imports')
  if (counted !== true) return
  await program.send('count-imports', { path: (await bench.ours()).path })
  const look = async (one: typeof host) => (await one.send('counts')).counts as Counts
  const before = [await look(program), await look(host)] as const
  await work()
  const after = [await look(program), await look(host)] as const
  bench.counted[`${title}: client`] = perOperation(before[0], after[0], operations)
  bench.counted[`${title}: host`] = perOperation(before[1], after[1], operations)
}

/** Requests that pend, and the wait for them. */
async function arm(program: Program, args: Parameters<typeof texts>[0] & { name: string }) {
  await program.send('arm', texts({ ...args, via: 'table' }))
  await program.send('await', { name: args.name })
}

/** They all complete. */
async function change(bench: Bench, program: Program, name: string): Promise<void> {
  await (await bench.host()).send('invalidate', { name: NAME })
  await program.send('result', { name })
}

export async function calls(bench: Bench): Promise<void> {
  await costs(bench)
  const program = await bench.program()
  const ours = await bench.ours()
  const times = bench.pick(5, 100, 200)
  const lookup = await bench.operation(program, 'lookup', ours, { via: 'table', drain: 1 })
  const ioctl = await bench.operation(program, 'ioctl', ours, { via: 'table', code: Echo.code })
  await lookup(2)
  await ioctl(2)
  await count(bench, 'lookup', program, times, () => lookup(times))
  await count(bench, 'ioctl', program, times, () => ioctl(times))
  const requests = bench.pick(20, 500, 2000)
  await arm(program, { name: 'many', count: requests, host: NAME, ...ours })
  await settle(await bench.host())
  await count(bench, 'fan-out', program, requests, () => change(bench, program, 'many'))
  // One that stays, as in a client that goes on watching: what ends with the last is not on the way.
  await arm(program, { name: 'kept', count: 1, host: `kept.${NAME}`, ...ours })
  await arm(program, { name: 'one', count: 1, host: NAME, ...ours })
  await settle(await bench.host())
  await count(bench, 'change to completion', program, 1, () => change(bench, program, 'one'))
  await bench.quit(program)
}
