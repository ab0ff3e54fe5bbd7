// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Handlers that do what handlers must not do, beside clients that want ordinary answers.
import { type Bench, CODES, delay, newTried, type Tried } from './bench.ts'
import type { Fault, Mode } from './fault.ts'

const MEBIBYTE = 1024 * 1024
/** What one run may add to the host's memory: an answer's limit, twice over, and room for the load. */
const MOST_GROWTH = 256 * MEBIBYTE

interface Handler {
  readonly name: string
  /** The codes that a Next of it may answer, of which one must be seen. */
  readonly wanted: string
  /** The control is a host whose handler does worse. */
  readonly wild?: boolean
}

function misbehave({ name, wanted, wild }: Handler) {
  return async (bench: Bench, { variant, off, control }: Mode): Promise<Tried> => {
    const tried = newTried()
    const host = await bench.host({ variant })
    const before = Number((await host.send('stats'))['memory'])
    if (control && wild) await host.send('wild')
    const count = Math.min(bench.scale.clients, 6)
    const good = await bench.load(variant, count, {}, { off })
    const bad = await bench.load(variant, 2, { names: `${name}.load` }, { off })
    await delay(bench.scale.name === 'whole' ? 5000 : 2000)
    if (host.failure === undefined) {
      const grown = Number((await host.send('stats'))['memory']) - before
      tried.notes.push(`the host's memory grew by ${Math.round(grown / MEBIBYTE)} MiB`)
      if (grown > MOST_GROWTH) tried.failures.push('the host took more memory than it may')
    }
    await bench.endLoad(good, tried)
    await bench.endLoad(bad, tried)
    if (host.failure === undefined) await host.quit()
    else tried.failures.push(`the host has gone: ${host.failure.message.slice(0, 200)}`)
    const other = await bench.join(good.folder)
    bench.judge(other, tried)
    const joined = await bench.join(bad.folder)
    bench.judge(joined, tried)
    const next = joined.codes['next'] ?? {}
    tried.tries = Object.values(next).reduce((sum, seen) => sum + seen, 0)
    if (next[wanted] === undefined)
      tried.failures.push(`no Next answered ${wanted}: ${JSON.stringify(next)}`)
    const odd = Object.keys(other.codes['next'] ?? {}).filter(
      (code) => !['0', '10110'].includes(code),
    )
    // A late call opens the breaker of nobody else.
    if (odd.length > 0) tried.failures.push(`the others' Next answered ${odd.join(', ')}`)
    return tried
  }
}

const LATE = '11002'

export const HANDLER_FAULTS: readonly Fault[] = [
  {
    name: 'handler-never-settles',
    what: 'a handler whose promise never settles',
    protection: 'the deadline',
    try: misbehave({ name: 'never', wanted: LATE }),
    control: { off: 'deadline', shows: /behind the deadline/ },
  },
  {
    name: 'handler-throws',
    what: 'a handler throws at each call',
    protection: "the handler's promise is caught; the control throws outside of it",
    try: misbehave({ name: 'fail', wanted: LATE, wild: true }),
    control: { host: 'the handler throws outside of its promise', shows: /host has gone/ },
  },
  {
    name: 'handler-rejects-after-abort',
    what: 'a handler rejects when its call was answered for it already',
    protection: 'late settling is heard and dropped; the control rejects a promise that nobody has',
    try: misbehave({ name: 'late', wanted: LATE, wild: true }),
    control: { host: 'a promise of the handler itself is rejected too', shows: /host has gone/ },
  },
  {
    name: 'handler-settles-twice',
    what: 'a thenable that resolves twice and then rejects',
    protection: 'a promise settles once',
    try: misbehave({ name: 'twice', wanted: '0' }),
    control: {
      none: 'the language settles a promise once; there is nothing of ours to switch off',
    },
  },
  {
    name: 'handler-returns-100-mib',
    what: 'a handler returns a blob of 100 MiB',
    protection: 'the size of a blob is checked before it is encoded',
    try: misbehave({ name: 'hugeblob', wanted: LATE }),
    control: { none: 'no frame can carry it: its length does not fit the protocol' },
  },
  {
    name: 'handler-yields-100-mb',
    what: 'a generator that yields 2,000 results of 50 kB',
    protection: 'limits.answerBytes',
    try: misbehave({ name: 'huge', wanted: LATE }),
    control: { none: 'the limit is an option of `serve` and takes no switch: a host may lift it' },
  },
]
export { CODES }
