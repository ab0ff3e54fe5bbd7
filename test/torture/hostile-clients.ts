// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// From pipe to host: clients that do not keep to the protocol come to the real host, and ordinary ones beside them
// are served all the time.
import type { HostProcess } from '../helpers/driver-process.ts'
import { until } from '../helpers/until.ts'
import { type Bench, CODES, delay, newTried, type StartedLoad, type Tried } from './bench.ts'
import type { Fault, Mode } from './fault.ts'
import { Hostile, hostileScale, judgeProgram, letGo, MEBIBYTE } from './hostile-bench.ts'
import type { HostileConfig } from './hostile-server.ts'

const SEED = 20_261_123
/** Of its default 256 clients, so many may be of one process. */
const SHARE = 32
/** What the host may hold more than before while one client does its worst. */
const PER_CLIENT_BYTES = 48 * MEBIBYTE
const BASE_BYTES = 96 * MEBIBYTE
/** What a client is told that is served: nothing of a host that is late or away. */
const SERVED: ReadonlySet<string> = new Set(['0', '10110', '10035', '997'])

interface Scene {
  readonly hostile: Hostile
  readonly host: HostProcess
  readonly tried: Tried
  readonly mode: Mode
}

/** The host with ordinary clients, and what hostile ones do beside them. */
function beside(
  act: (scene: Scene) => Promise<void>,
  limits: (control: boolean) => HostileConfig['limits'] = () => undefined,
  times = 1,
) {
  return async (bench: Bench, mode: Mode): Promise<Tried> => {
    const tried = newTried()
    await using hostile = new Hostile(bench, mode.variant)
    const off = 'off' in mode && mode.control ? mode.off : undefined
    const host = await hostile.serve({ limits: limits(mode.control), off })
    const load = await bench.load(mode.variant, 2, { pace: 10 })
    await until('the ordinary clients are there', async () => {
      return Number((await host.send('stats'))['clients']) >= 2
    })
    // What the first time has left behind, heaps and caches, is not left again by the next.
    for (let time = 1; time < times; time++) await act({ hostile, host, tried, mode })
    const before = await hostile.measure(host.pid)
    await act({ hostile, host, tried, mode })
    await ordinary(bench, load, mode, tried)
    await letGo(hostile, host, before, tried, BASE_BYTES)
    if (host.failure === undefined) await host.quit()
    return tried
  }
}

/** They were answered by the host each time, and in time. */
async function ordinary(bench: Bench, load: StartedLoad, mode: Mode, tried: Tried): Promise<void> {
  await bench.endLoad(load, tried)
  const joined = await bench.join(load.folder)
  // A smoke run may share its machine with anything.
  const strict = bench.scale.name !== 'smoke' && !mode.control
  bench.judge(joined, tried, { codes: strict ? SERVED : CODES, late: false })
}

const numberOf = (value: unknown) => Number(value ?? 0)

async function frames({ hostile, host, tried }: Scene): Promise<void> {
  const { bench } = hostile
  const count = Math.ceil(hostileScale(bench).frames / bench.arches.length)
  for (const [at, arch] of bench.arches.entries()) {
    const from = await host.send('stats')
    const ended = await hostile.raw(arch, 'frames', { count, seed: SEED + at }).end(400_000)
    judgeProgram(ended, `frames ${arch}`, tried)
    const { sent, connections, dropped, answers } = ended.said
    tried.tries += numberOf(sent)
    const to = await host.send('stats')
    const rejected = numberOf(to['rejectedFrames']) - numberOf(from['rejectedFrames'])
    const refused = numberOf(to['refusedClients']) - numberOf(from['refusedClients'])
    tried.notes.push(
      `${arch}, seed ${SEED + at}: ${sent} frames on ${connections} connections, ${dropped} of them dropped, ` +
        `${answers} answers; the host rejected ${rejected} frames and refused ${refused} clients`,
    )
    // A second frame of a connection may be rejected before the first one has ended it.
    if (rejected < numberOf(dropped) || rejected > 2 * numberOf(dropped))
      tried.failures.push(`${dropped} connections were dropped for ${rejected} rejected frames`)
  }
}

async function halfOpen({ hostile, host, tried, mode }: Scene): Promise<void> {
  const { bench } = hostile
  const n = hostileScale(bench).halfOpen
  const program = hostile.raw('x64', 'half-open', { n, ms: 7000 })
  await program.ready
  // Somebody who comes now is served.
  const late = await bench.load(mode.variant, 1, { pace: 10 })
  await delay(500)
  await ordinary(bench, late, mode, tried)
  const quick = bench.scale.name === 'smoke'
  const ended = await (quick ? program.stop() : program.end())
  judgeProgram(ended, 'half-open', tried)
  const { opened, most, left } = ended.said
  tried.tries += n
  const { refusedClients } = await host.send('stats')
  tried.notes.push(
    `${opened} opened, at most ${most} held, ${left} left after 7 s, ${refusedClients} refused`,
  )
  if (numberOf(most) > SHARE) tried.failures.push(`one process held ${most} connections`)
  if (!quick && numberOf(left) > 0) tried.failures.push(`${left} connections without a hello stay`)
  if (numberOf(refusedClients) < numberOf(opened) - SHARE)
    tried.failures.push(`only ${refusedClients} of ${opened} were counted as refused`)
}

/** The most that the host had in memory, above what it had. */
async function judgePeak(host: HostProcess, from: number, clients: number, tried: Tried) {
  const { most } = await host.send('stats')
  const more = numberOf(most) - from
  tried.notes.push(`at most ${Math.round(more / MEBIBYTE)} MiB more`)
  if (more > BASE_BYTES + clients * PER_CLIENT_BYTES)
    tried.failures.push(`the host took ${Math.round(more / MEBIBYTE)} MiB for ${clients} clients`)
}

async function deaf({ hostile, host, tried }: Scene): Promise<void> {
  const { bench } = hostile
  const count = hostileScale(bench).deaf
  const from = await host.send('stats')
  const programs = Array.from({ length: count }, (_, at) =>
    hostile.raw(bench.archOf(at), 'deaf', { n: 800 }),
  )
  await Promise.all(programs.map((program) => program.ready))
  await judgePeak(host, numberOf(from['most']), count, tried)
  const ends = await Promise.all(programs.map((program) => program.stop()))
  for (const ended of ends) {
    judgeProgram(ended, 'deaf', tried)
    tried.tries += numberOf(ended.said['sent'])
    if (ended.said['dropped'] !== 1)
      tried.failures.push(`a client that never reads was kept: ${JSON.stringify(ended.said)}`)
  }
  const refused =
    numberOf((await host.send('stats'))['refusedClients']) - numberOf(from['refusedClients'])
  if (refused < count) tried.failures.push(`${refused} of ${count} were counted as refused`)
}

async function flood({ hostile, host, tried }: Scene): Promise<void> {
  const { bench } = hostile
  const from = await host.send('stats')
  const programs = bench.arches.map((arch, at) => hostile.raw(arch, 'flood', { seed: SEED + at }))
  await Promise.all(programs.map((program) => program.ready))
  await delay(hostileScale(bench).floodMs)
  await judgePeak(host, numberOf(from['most']), programs.length, tried)
  for (const program of programs) {
    const ended = await program.stop()
    judgeProgram(ended, 'flood', tried)
    tried.tries += numberOf(ended.said['sent'])
    if (ended.said['served'] !== 1)
      tried.failures.push(`a quick client was dropped: ${JSON.stringify(ended.said)}`)
  }
}

async function wait({ hostile, tried }: Scene): Promise<void> {
  const program = hostile.raw('x64', 'wait', { n: 2000 })
  const ended = await program.end()
  judgeProgram(ended, 'wait', tried)
  const { sent, waiting } = ended.said
  tried.tries += numberOf(sent)
  tried.notes.push(`${waiting} of ${sent} calls waited at once`)
  if (numberOf(waiting) > 256) tried.failures.push(`${waiting} calls of one process wait at once`)
}

export const HOSTILE_CLIENTS: readonly Fault[] = [
  {
    name: 'hostile-frames',
    what: 'frames of every kind come to the host: sound, damaged, cut, oversized, out of order, of another version',
    protection:
      'every length is checked before a byte is believed; the client is dropped and counted',
    smoke: 'fault',
    alone: true,
    try: beside(frames),
    control: { off: 'frame-check', shows: /dropped for|the host (has gone|hangs|exited)/ },
  },
  {
    name: 'hostile-half-open',
    what: 'one process opens a thousand connections and says nothing; others come meanwhile',
    protection: 'one process has an eighth of the connections, and five seconds for its hello',
    alone: true,
    try: beside(halfOpen, (control) => (control ? { clients: 10_000 } : undefined)),
    control: { host: 'limits.clients 10,000', shows: /one process held/ },
  },
  {
    name: 'hostile-deaf',
    what: 'clients ask for long answers and never read them',
    protection: 'who leaves 16 MiB unread is dropped',
    alone: true,
    try: beside(deaf, undefined, 2),
    control: { off: 'output-limit', shows: /never reads was kept/ },
  },
  {
    name: 'hostile-flood',
    what: 'clients send all kinds of frames without a pause',
    protection:
      'who sends faster than JavaScript takes is not read from; the others have their turns',
    alone: true,
    try: beside(flood),
    control: { none: 'the order of turns has no switch' },
  },
  {
    name: 'hostile-waits',
    what: 'one client makes 2,000 calls that no handler answers, with a deadline of a minute',
    protection: 'calls of one process that may wait at once',
    alone: true,
    try: beside(wait, (control) => (control ? { callsPerClient: 100_000 } : undefined)),
    control: { host: 'limits.callsPerClient 100,000', shows: /wait at once/ },
  },
]
