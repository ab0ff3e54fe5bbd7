// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Clients that go without a word, or with much in their hands: the host forgets them and serves the others.
import { until } from '../helpers/until.ts'
import { type Bench, delay, newTried, type Tried } from './bench.ts'
import type { TortureClient } from './client.ts'
import type { Fault, Mode } from './fault.ts'

/** Nothing of the clients that went is left in the host. */
async function nothingLeft(
  bench: Bench,
  host: Awaited<ReturnType<Bench['host']>>,
  tried: Tried,
): Promise<void> {
  let last = ''
  try {
    await until(
      'the host has forgotten its clients',
      async () => {
        const { clients, handles, pendingNotifications } = await host.send('stats')
        last = JSON.stringify({ clients, handles, pendingNotifications })
        return clients === 0 && handles === 0 && pendingNotifications === 0
      },
      bench.scale.name === 'smoke' ? 5000 : 10_000,
    )
  } catch {
    tried.failures.push(`the host still knows ${last}`)
  }
}

/** Killed at random moments beside clients that live. The control stops them instead: then the host keeps them. */
async function killed(bench: Bench, { variant, control }: Mode): Promise<Tried> {
  const tried = newTried()
  const host = await bench.host({ variant })
  const living = await bench.load(variant, 3, { pace: 2 })
  const { folder } = living
  const change = setInterval(() => void host.send('invalidate', { name: 'a.load' }), 100)
  const frozen: TortureClient[] = []
  for (; tried.tries < (control ? 2 : bench.scale.kills * 4); tried.tries++) {
    const prefix = `killed-${tried.tries}`
    const { clients } = await bench.load(variant, 1, { pace: 1 }, { prefix, folder })
    await delay(Math.random() * 300)
    for (const client of clients) {
      if (control) frozen.push(client)
      else await client.kill()
    }
  }
  clearInterval(change)
  await bench.endLoad(living, tried)
  await nothingLeft(bench, host, tried)
  for (const client of frozen) await client.kill()
  await host.quit()
  bench.judge(await bench.join(folder), tried)
  return tried
}

const AT_ONCE = 3
/** Wine does not always get a process to its end that kills itself (docs/wine.md); from outside it goes. */
const STUCK_MS = 8000

/** One client for each point, of the build that has switches; the control's stay where they are. */
async function killedAtPoints(bench: Bench, { control }: Mode): Promise<Tried> {
  const tried = newTried()
  const variant = 'switched'
  const host = await bench.host({ variant })
  const living = await bench.load(variant, 2, { pace: 5 })
  const halted: TortureClient[] = []
  for (const [at, arch] of bench.arches.entries()) {
    // Together both widths have all the points, if each has every second.
    const first = 1 + (at % bench.scale.pointStep)
    let [last, stuck] = [first - bench.scale.pointStep, 0]
    const next = () => (last += bench.scale.pointStep)
    const oneAfterAnother = async () => {
      for (let isKilled = true; isKilled; ) {
        const point = next()
        const where = control ? { NSP_TORTURE_HALT: '150' } : { NSP_TORTURE_KILL: String(point) }
        const client = bench.client(arch, variant, 'points', { name: `n${point}.load` }, where)
        if (control) return void halted.push(client)
        const end = await client.end(STUCK_MS)
        // By NSP_TORTURE_KILL, which says so (switches.cc).
        isKilled = end.said['killed'] === true
        if (isKilled && end.hung) stuck++
        // Who comes through has done all that it does.
        if (!isKilled) bench.judgeEnd(end, `the client of point ${point}`, tried)
        tried.tries++
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, oneAfterAnother))
    tried.notes.push(
      `${arch}: about ${last - AT_ONCE * bench.scale.pointStep} points; ${stuck} times Wine did not end the process`,
    )
  }
  if (control) await delay(2000)
  await bench.endLoad(living, tried)
  await nothingLeft(bench, host, tried)
  for (const client of halted) await client.kill()
  await host.quit()
  bench.judge(await bench.join(living.folder), tried)
  return tried
}

async function crowd(bench: Bench, { variant, control }: Mode): Promise<Tried> {
  const tried = newTried()
  const count = bench.scale.processes
  const limit = control ? { clients: Math.floor(count / 4) } : {}
  const host = await bench.host({ variant, ...limit })
  // So many that are slow: what counts is that all of them are there.
  const load = await bench.load(variant, count, { pace: 10 * count, records: 32_768 })
  // All of them are served before anything else happens.
  const watchdogMs = control ? 5000 : 120_000
  const served = async () => Number((await host.send('stats'))['clients']) >= count
  await until('all are there', served, watchdogMs).catch(() =>
    tried.failures.push('not all processes were served'),
  )
  await host.send('invalidate', { name: 'a.load' })
  await delay(2000)
  await bench.endLoad(load, tried)
  await nothingLeft(bench, host, tried)
  const { refusedClients } = await host.send('stats')
  await host.quit()
  bench.judge(await bench.join(load.folder), tried, { late: false })
  if (refusedClients !== 0) tried.failures.push(`${refusedClients} processes were refused`)
  tried.tries = count
  return tried
}

async function leak(bench: Bench, { variant, control }: Mode): Promise<Tried> {
  const tried = newTried()
  const host = await bench.host({ variant })
  const before = Number((await host.send('stats'))['memory'])
  for (const arch of bench.arches) {
    const client = bench.client(arch, variant, 'leak', { n: bench.scale.handles })
    await client.ready
    const { handles, memory } = await host.send('stats')
    tried.notes.push(
      `${arch}: the host knew ${handles} handles, ${Math.round((Number(memory) - before) / 1024)} KiB more`,
    )
    tried.tries += bench.scale.handles
    if (control) {
      await nothingLeft(bench, host, tried)
      await client.kill()
      continue
    }
    bench.judgeEnd(await client.stop(), `leak ${arch}`, tried)
    await nothingLeft(bench, host, tried)
  }
  await host.quit()
  return tried
}

export const CLIENT_DEATHS: readonly Fault[] = [
  {
    name: 'client-killed',
    what: 'a client is killed at a random moment of its calls',
    protection: "the host forgets a process with its connection; the control's clients live on",
    try: killed,
    control: { host: 'the clients are left alive', shows: /still knows/ },
  },
  {
    name: 'client-killed-at-points',
    what: 'a client is killed at each point of its calls where the DLL reads foreign memory or might do without a protection',
    protection: "the host forgets a process with its connection; the control's clients live on",
    alone: true,
    try: killedAtPoints,
    control: { host: 'the clients stop there instead', shows: /still knows/ },
  },
  {
    name: 'client-crowd',
    what: 'many processes at once (200 in the whole run)',
    protection: 'room for as many; the control has room for a quarter',
    try: crowd,
    control: { host: 'limits.clients is a quarter of them', shows: /not all processes|refused/ },
  },
  {
    name: 'client-leaks-handles',
    what: 'a process begins 10,000 lookups and ends none',
    protection: "the host forgets a process with its connection; the control's client lives on",
    try: leak,
    control: { host: 'the client is left alive', shows: /still knows/ },
  },
]
