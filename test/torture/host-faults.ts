// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Hosts that die, hang and come back under the load of many clients.
import type { HostProcess } from '../helpers/driver-process.ts'
import { until } from '../helpers/until.ts'
import { type Bench, CODES, delay, type Moments, newTried, type Tried } from './bench.ts'
import type { Fault, Mode } from './fault.ts'
import type { HostConfig } from './host.ts'
import type { Variant } from './provider.ts'

/** Longer than a change needs to be heard of on a busy machine. */
const SETTLE_MS = 1500
const WSATRY_AGAIN = '11002'
const WSAENETDOWN = '10050'

const sorted = (codes: Readonly<Record<string, number>> | undefined) => Object.keys(codes ?? {})

/** Everybody has found the host: what they are told from now on comes from it. */
async function found(host: HostProcess, count: number): Promise<void> {
  const here = async () => Number((await host.send('stats'))['clients']) >= count
  await until('every client has found the host', here, 60_000)
}

async function change(host: HostProcess, moments: Moments, ms = SETTLE_MS): Promise<void> {
  moments.changes.push(Date.now() - 1)
  await host.send('invalidate', { name: 'a.load' })
  await delay(ms)
}

type Loss = (host: HostProcess, bench: Bench, variant: Variant) => Promise<void>

const kill: Loss = (host) => host.kill()
async function exitInHandler(host: HostProcess, bench: Bench, variant: Variant): Promise<void> {
  const asker = bench.client(bench.archOf(0), variant, 'load', { names: 'exit.load', pace: 1 })
  await until('the host has gone', () => host.failure !== undefined)
  await asker.kill()
}
async function terminateWorker(host: HostProcess): Promise<void> {
  // Its process lives on beside the next host.
  await host.send('terminate')
}

/** Loses the host again and again; its data stay the same, so what pends goes on pending. */
function lose(
  times: (bench: Bench) => number,
  loss: Loss,
  { settleMs = SETTLE_MS, ...more }: Partial<HostConfig> & { readonly settleMs?: number } = {},
) {
  return async (bench: Bench, { variant, off }: Mode): Promise<Tried> => {
    const tried = newTried()
    const moments: Moments = { quiet: [], changes: [] }
    const config: HostConfig = { variant, revision: 'one', ...more }
    let host = await bench.host(config)
    const load = await bench.load(variant, bench.scale.clients, {}, { off })
    for (; tried.tries < times(bench); tried.tries++) {
      // The replaced host is not waited for where only the next change counts.
      if (settleMs === SETTLE_MS) await found(host, load.clients.length)
      await change(host, moments, settleMs)
      const from = Date.now()
      await loss(host, bench, variant)
      await delay(Math.random() * 400)
      host = await bench.host(config)
      await delay(Math.random() * 600)
      // Where the host did not wait for the change to be heard of, it may be heard of now.
      if (settleMs === SETTLE_MS) moments.quiet.push([from, Date.now()])
    }
    await found(host, load.clients.length)
    await change(host, moments)
    await bench.endLoad(load, tried)
    await host.quit()
    bench.judge(await bench.join(load.folder, moments), tried)
    return tried
  }
}

/** The host stands still for a while and goes on. */
async function standStill(bench: Bench, { variant, off }: Mode): Promise<Tried> {
  const tried = newTried()
  const moments: Moments = { quiet: [], changes: [] }
  const host = await bench.host({ variant })
  const load = await bench.load(variant, bench.scale.clients, {}, { off })
  for (; tried.tries < bench.scale.repeat; tried.tries++) {
    await change(host, moments)
    const from = Date.now()
    await host.suspend()
    await delay(bench.scale.suspendMs)
    await host.resume()
    moments.quiet.push([from, Date.now()])
  }
  await found(host, load.clients.length)
  await change(host, moments)
  await bench.endLoad(load, tried)
  await host.quit()
  const joined = await bench.join(load.folder, moments)
  bench.judge(joined, tried)
  if (!sorted(joined.codes['next']).includes(WSAENETDOWN)) {
    tried.failures.push('no Next was answered WSAENETDOWN')
  }
  return tried
}

async function blockLoop(bench: Bench, { variant, off }: Mode): Promise<Tried> {
  const tried = newTried()
  const moments: Moments = { quiet: [], changes: [] }
  const host = await bench.host({ variant })
  const load = await bench.load(variant, bench.scale.clients, {}, { off })
  for (; tried.tries < bench.scale.repeat; tried.tries++) {
    await change(host, moments)
    await host.send('block', { ms: bench.scale.blockMs })
    // It answers again when it is free again.
    await delay(50)
    await host.send('stats')
  }
  await change(host, moments)
  await bench.endLoad(load, tried)
  await host.quit()
  const joined = await bench.join(load.folder, moments)
  bench.judge(joined, tried)
  if (!sorted(joined.codes['next']).includes(WSATRY_AGAIN)) {
    tried.failures.push('no Next was answered WSATRY_AGAIN')
  }
  return tried
}

/** Long answers, read slowly, from a host that ends in the middle of them. */
async function endInReply(bench: Bench, { variant, off, control }: Mode): Promise<Tried> {
  const tried = newTried()
  let host = await bench.host({ variant })
  const folder = bench.newFolder()
  const count = Math.min(bench.scale.clients, 6)
  // A new host is there before the slow ones ask for more; the quick ones are in the middle of a reply.
  const slow = { names: 'many.load', dawdle: 400 }
  const quick = { names: 'many.load', dawdle: 5 }
  const loads = [
    await bench.load(variant, 2, quick, { off, folder, prefix: 'quick' }),
    await bench.load(variant, count, slow, { off, folder, prefix: 'slow' }),
  ]
  for (; tried.tries < bench.scale.kills; tried.tries++) {
    await delay(300 + Math.random() * (control ? 300 : 1700))
    if (tried.tries % 2 === 0) await host.kill()
    else {
      await host.send('exit-after', { items: Math.floor(Math.random() * 40) })
      await until('the host has gone', () => host.failure !== undefined)
    }
    host = await bench.host({ variant })
  }
  await delay(7000)
  for (const load of loads) await bench.endLoad(load, tried)
  await host.quit()
  bench.judge(await bench.join(folder), tried, { late: false })
  return tried
}

/** Of a host that stands still each client waits for few calls; the rest fail at once. */
async function breaker(bench: Bench, { variant, off }: Mode): Promise<Tried> {
  const tried = newTried()
  const host = await bench.host({ variant })
  const load = await bench.load(variant, Math.min(bench.scale.clients, 8), { pace: 10 }, { off })
  await delay(500)
  await host.suspend()
  const ms = Math.max(6000, bench.scale.suspendMs)
  await delay(ms)
  await host.resume()
  await delay(3000)
  const before = await host.send('stats')
  await bench.endLoad(load, tried)
  await host.quit()
  const joined = await bench.join(load.folder)
  bench.judge(joined, tried)
  tried.tries = load.clients.length
  // Three open it, then one probe at a time, a second after the last one's deadline; some room for calls under way.
  const allowed = load.clients.length * (3 + Math.ceil(ms / 1500) + 3)
  tried.notes.push(`${joined.late.count} calls waited, ${allowed} may`)
  if (joined.late.count > allowed) tried.failures.push(`${joined.late.count} calls waited for it`)
  if (Number(before['clients']) === 0) tried.failures.push('nobody found the host again')
  return tried
}

const MOST_RATIO = 1.5

/** Other people's names, with a host that stands still, beside the same without any of our entries. */
async function otherNames(bench: Bench, mode: Mode): Promise<Tried> {
  const tried = newTried()
  const host = await bench.host({ variant: mode.variant })
  await host.suspend()
  const rounds = mode.control ? 3 : bench.scale.nameRounds
  for (const arch of bench.arches) {
    const args = { rounds, entries: bench.entryIds.join(',') }
    const end = await bench.client(arch, mode.variant, 'names', args, mode.off).end(120_000)
    bench.judgeEnd(end, `names ${arch}`, tried)
    const ratio = Number(end.said['ratio'])
    tried.tries += rounds
    tried.notes.push(`${arch}: with us ${ratio.toFixed(2)} times as long as without us`)
    if (Number(end.said['failures']) > 0)
      tried.failures.push(`${end.said['failures']} of somebody else's names failed`)
    if (!(ratio <= MOST_RATIO))
      tried.failures.push(`others' names take ${ratio.toFixed(2)} times as long`)
  }
  await host.resume()
  await host.quit()
  return tried
}

const { ceil } = Math
export const HOST_FAULTS: readonly Fault[] = [
  {
    name: 'host-killed',
    what: 'the host is ended by TerminateProcess and started again',
    protection: 'the grace period of pending notifications',
    smoke: 'fault',
    try: lose((bench) => bench.scale.kills, kill),
    control: { off: 'grace', shows: /early/ },
  },
  {
    name: 'host-restarted',
    what: 'the host is replaced again and again; every pending request hears of the next change',
    protection: 'requests subscribe anew on each connection',
    try: lose((bench) => bench.scale.restarts, kill, { settleMs: 200 }),
    control: { off: 'resubscribe', shows: /missed/ },
  },
  {
    name: 'host-exits-in-handler',
    what: 'a handler calls process.exit',
    protection: 'the grace period of pending notifications',
    try: lose((bench) => ceil(bench.scale.kills / 2), exitInHandler),
    control: { off: 'grace', shows: /early/ },
  },
  {
    name: 'host-worker-terminated',
    what: 'the host serves in a worker thread, and worker.terminate() ends that',
    protection: 'the grace period of pending notifications',
    try: lose((bench) => ceil(bench.scale.kills / 2), terminateWorker, { worker: true }),
    control: { off: 'grace', shows: /early/ },
  },
  {
    name: 'host-ends-in-reply',
    what: 'the host is killed, or exits, in the middle of a long answer that clients read slowly',
    protection: 'the rest of an answer is asked of the host that began it only',
    try: endInReply,
    control: { off: 'same-host', shows: /wrong/ },
  },
  {
    name: 'host-suspended',
    what: 'the whole process stands still (NtSuspendProcess) and goes on',
    protection: "the DLL's deadline",
    try: standStill,
    control: { off: 'deadline', shows: /behind the deadline/ },
  },
  {
    name: 'host-blocked',
    what: "the host's event loop stands still",
    protection: "the deadline; the addon's thread answers before it",
    try: blockLoop,
    control: { off: 'deadline', shows: /behind the deadline/ },
  },
  {
    name: 'breaker',
    what: 'a host that stands still costs each process few waits',
    protection: 'the breaker',
    try: breaker,
    control: { off: 'breaker', shows: /calls waited/ },
  },
  {
    name: 'other-names',
    what: "other people's names while the host stands still, beside the same without our entries",
    protection: 'the filter in the control file',
    alone: true,
    try: otherNames,
    control: { off: 'filter,breaker', shows: /times as long/ },
  },
]
export { CODES }
