// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Clients that end at the wrong moment, come in crowds, or take back what they have given.
import { type Bench, newTried, type Tried } from './bench.ts'
import type { Arguments } from './client.ts'
import type { Fault, Mode } from './fault.ts'

/** A verb of torture.exe that judges itself, on both widths. */
function verb(
  name: string,
  times: (bench: Bench) => number,
  args: (bench: Bench, arch: 'x64' | 'x86', mode: Mode) => Arguments = () => ({}),
  expected = 0,
) {
  return async (bench: Bench, mode: Mode): Promise<Tried> => {
    const tried = newTried()
    const host = await bench.host({ variant: mode.variant })
    for (let time = 0; time < times(bench); time++) {
      for (const arch of bench.arches) {
        const client = bench.client(arch, mode.variant, name, args(bench, arch, mode), mode.off)
        const end = await client.end(60_000)
        tried.tries++
        if (expected === 0) bench.judgeEnd(end, `${name} ${arch}`, tried)
        else if (end.code !== expected || end.hung) {
          tried.failures.push(`${name} ${arch} ended with ${end.code}${end.hung ? ', hung' : ''}`)
        }
      }
    }
    if (host.failure === undefined) await host.quit()
    else tried.failures.push(`the host has gone: ${host.failure.message.slice(0, 200)}`)
    return tried
  }
}

/** As `verb`, and the records are joined. */
function recorded(name: string, times: (bench: Bench) => number, args: Arguments = {}) {
  return async (bench: Bench, mode: Mode): Promise<Tried> => {
    const folder = bench.newFolder()
    let number = 0
    const tried = await verb(name, times, () => ({ ...args, log: `${folder}/c-${number++}.bin` }))(
      bench,
      mode,
    )
    const joined = await bench.join(folder)
    // Codes of calls are those of a Winsock that has been shut down.
    const { lost, twice, wrong, unfinished, examples } = joined
    for (const [what, count] of Object.entries({ lost, twice, wrong, unfinished })) {
      if (count > 0) tried.failures.push(`${count} ${what}: ${examples.join('; ')}`)
    }
    tried.notes.push(
      `${joined.accepted} requests accepted: ${joined.changed} changed, ${joined.aborted} aborted`,
    )
    tried.tries = Math.max(tried.tries, joined.accepted)
    return tried
  }
}

/** Changes against lookups, registrations, ends and, now and then, a host that is replaced. */
async function changes(bench: Bench, { variant, off }: Mode): Promise<Tried> {
  const tried = newTried()
  const folder = bench.newFolder()
  const names = bench.arches.flatMap((arch) => [`round.${arch}a`, `round.${arch}b`])
  const clients = names.map((name, number) => {
    const log = `${folder}/c-${number}.bin`
    const args = { name, log, records: 1 << 20, every: number % 2 === 0 ? 0 : 3 }
    return bench.client(bench.archOf(number >> 1), variant, 'follow', args, off)
  })
  await Promise.all(clients.map((client) => client.ready))
  const hosts = bench.scale.name === 'smoke' ? 1 : 5
  const rounds = Math.ceil(bench.scale.rounds / hosts / names.length)
  for (let turn = 0; turn < hosts; turn++) {
    const host = await bench.host({ variant })
    const watchdog = off === undefined ? 20_000 : 3000
    const { done, missed } = await host.send('rounds', {
      names: names.join(','),
      rounds,
      watchdog,
    })
    tried.tries += Number(done)
    if (Number(missed) > 0) {
      tried.failures.push(`${missed} followers never heard of a change`)
      await host.kill()
      break
    }
    // The last one stays for the ends.
    if (turn < hosts - 1) await host.kill()
  }
  const ends = await Promise.all(clients.map((client) => client.stop(60_000)))
  for (const [number, end] of ends.entries()) bench.judgeEnd(end, `follower ${number}`, tried)
  bench.judge(await bench.join(folder), tried, { late: false })
  return tried
}

/** The host asks itself: on its JavaScript thread, and through the pool that its handlers need. */
function asksItself(what: 'thread' | 'again' | 'eight') {
  return async (bench: Bench, { variant, off }: Mode): Promise<Tried> => {
    const tried = newTried()
    const self = what === 'thread'
    const config = { variant: self ? ('self' as const) : variant, temporary: self }
    const host = await bench.host(
      { ...config, ...(off === undefined ? {} : { off }) },
      off !== undefined,
    )
    let answered = 0
    for (; tried.tries < bench.scale.repeat * 4; tried.tries++) {
      if (self) {
        const op = ['next', 'ioctl', 'register'][tried.tries % 3] ?? 'next'
        const { ret, err, ms } = await host.send('self', { op })
        if (ret !== -1 || err !== 10036) tried.failures.push(`${op}: ${ret}, ${err} after ${ms} ms`)
        continue
      }
      const names = Array.from({ length: what === 'eight' ? 8 : 1 }, (_, number) =>
        what === 'eight' ? `reads.n${number}.${variant}.test` : `self.${variant}.test`,
      )
      const { results, ms } = await host.send('resolve', { names: names.join(',') })
      const good = (results as string[]).filter((result) => result === '10.9.0.1').length
      const odd = (results as string[]).filter(
        (result) =>
          result !== '10.9.0.1' && !['EAI_AGAIN', 'ENOTFOUND', 'EAI_FAIL'].includes(result),
      )
      answered += good
      if (odd.length > 0 || (good === 0 && bench.scale.timing)) {
        tried.failures.push(`${good} of ${names.length} after ${ms} ms: ${String(results)}`)
      }
    }
    if (!self && answered === 0) tried.failures.push('no name was ever answered')
    await host.quit()
    return tried
  }
}

const table = (bench: Bench, arch: 'x64' | 'x86', { variant }: Mode) => ({
  dll: bench.dll(arch, variant),
})
let unloads = 0
/** The routine is queued before Cleanup, or on its way; the control's is queued. */
const unload = (bench: Bench, arch: 'x64' | 'x86', mode: Mode) => ({
  ...table(bench, arch, mode),
  after: mode.control ? 1 : Math.floor(unloads++ / 2) % 2,
})
const repeat = (bench: Bench) => bench.scale.repeat

export const CLIENT_FAULTS: readonly Fault[] = [
  {
    name: 'client-threads-exit',
    what: 'threads exit with reads under way and requests of every type pending',
    protection: 'a read that ended with its thread is issued again',
    try: verb('exit-threads', repeat, (bench) => ({
      rounds: bench.scale.name === 'smoke' ? 1 : 10,
    })),
    control: { off: 'read-again', shows: /lost its answer/ },
  },
  {
    name: 'client-wsacleanup',
    what: 'WSACleanup with everything pending',
    protection: 'Cleanup aborts what pends',
    try: recorded('cleanup', repeat),
    control: { off: 'abort', shows: /lost/ },
  },
  {
    name: 'client-free-library',
    what: 'NSPCleanup and FreeLibrary with a completion routine queued and another on its way',
    protection: 'the first pending request pins the DLL',
    smoke: 'control',
    try: verb('unload', (bench) => bench.scale.repeat * 2, unload),
    control: { off: 'pin', shows: /crashed/ },
  },
  {
    name: 'client-exits-inside',
    what: 'ExitProcess while four threads wait in calls and requests pend',
    protection: 'DllMain does nothing, no thread is joined',
    try: verb(
      'exit-inside',
      (bench) => bench.scale.repeat * 3,
      () => ({ after: Math.floor(Math.random() * 100) }),
      5,
    ),
    control: { none: 'nothing runs at the exit that could be switched off' },
  },
  {
    name: 'client-impersonates',
    what: 'a caller that impersonates itself, or the anonymous token',
    protection: "the pipe is opened as the process, and the thread's token is put back",
    windowsOnly: 'Wine opens pipes without looking at the token of the thread',
    try: verb(
      'impersonate',
      () => 2,
      () => ({ anonymous: Math.round(Math.random()) }),
    ),
    control: { none: 'Wine does not enforce what the protection is for' },
  },
  {
    name: 'client-closes-handles',
    what: 'event, port and window are closed right after the registration',
    protection: 'duplicates of the handles',
    try: verb('closed', repeat),
    control: { off: 'duplicates', shows: /event/ },
  },
  {
    name: 'client-reuses-handle',
    what: 'the value of a closed event becomes that of another event before the completion',
    protection: 'duplicates of the handles',
    try: verb('reused', repeat),
    control: { off: 'duplicates', shows: /somebody else/ },
  },
  {
    name: 'client-uses-ended-handles',
    what: 'calls on handles that were ended, while others have taken their places',
    protection: 'the generation in a handle',
    try: verb('ended', repeat, table),
    control: { off: 'generation', shows: /did something/ },
  },
  {
    name: 'client-frees-memory',
    what: 'OVERLAPPED and result buffer are unmapped while the request pends',
    protection: 'guarded copies',
    smoke: 'control',
    try: verb('memory', repeat, table),
    control: { off: 'guarded-copy', shows: /crashed/ },
  },
  {
    name: 'client-race',
    what: 'changes as fast as they go, against registering and ending',
    protection: 'the atomic hand-over of a request',
    smoke: 'fault',
    try: async (bench, mode) =>
      recorded('race', () => 1, { rounds: bench.scale.races, records: 1 << 20 })(bench, mode),
    control: { off: 'exactly-once', shows: /twice/ },
  },
  {
    name: 'change-while-awaiting',
    what: 'changes against lookup, subscribe, End and restart, at every moment of a handler',
    protection: 'what was seen is sampled before the question',
    smoke: 'fault',
    try: changes,
    control: { off: 'sample-first', shows: /never heard/ },
  },
  {
    name: 'host-thread-asks-itself',
    what: "a caller on the host's own JavaScript thread",
    protection: 'refused at once by the thread ids in the control file',
    alone: true,
    try: asksItself('thread'),
    control: { off: 'host-thread', shows: /after/ },
  },
  {
    name: 'handler-asks-itself',
    what: 'a handler that resolves the name it was asked for',
    protection: 'the same question is not asked twice at once in the host',
    smoke: 'fault',
    try: asksItself('again'),
    control: { off: 'host-calls', shows: /^0 of/ },
  },
  {
    name: 'host-asks-eight-at-once',
    what: 'dns.lookup of eight names at once in the host, whose handlers need the same threads',
    protection: 'half of the thread pool may wait',
    try: asksItself('eight'),
    control: {
      none: 'libuv itself gives getaddrinfo only half of its threads, so the pool never fills up',
    },
  },
]
