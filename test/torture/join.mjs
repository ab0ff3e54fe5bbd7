// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Reads the clients' records of one run and says whether every accepted request was completed exactly once:
// join.mjs FOLDER [DEADLINE_MS] [QUIET] [CHANGES], where QUIET is a JSON list of [from, to] (ms since 1970) in which
// nothing changed, and CHANGES one of moments of which every pending request had to hear. Logs whose names begin with "killed-" belong to clients that were killed: what they were not told in time
// is not missing. It knows nothing of the runner but the layout of a record (log.h), and prints one JSON line.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const RECORD_BYTES = 32
const KIND = {
  issued: 1,
  accepted: 2,
  refused: 3,
  completed: 4,
  call: 5,
  bareWait: 6,
  ending: 7,
  finished: 8,
  wrong: 9,
}
const HWND = 1
const ABORTED = 995
const CALLS = { 1: 'begin', 2: 'next', 3: 'poll', 4: 'ioctl', 5: 'register', 6: 'end' }
const MOST_EXAMPLES = 10

function* recordsOf(path) {
  const bytes = readFileSync(path)
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    const kind = bytes.readUInt32LE(at)
    // A client may be killed between two records, and threads finish theirs out of order.
    if (kind === 0) continue
    yield {
      kind,
      id: bytes.readUInt32LE(at + 4),
      type: bytes.readUInt32LE(at + 8),
      code: bytes.readUInt32LE(at + 12),
      at: Number(bytes.readBigUInt64LE(at + 16)),
      value: bytes.readUInt32LE(at + 24),
      extra: bytes.readUInt32LE(at + 28),
    }
  }
}

function count(table, row, column) {
  table[row] ??= {}
  table[row][column] = (table[row][column] ?? 0) + 1
}

class Join {
  clients = 0
  killed = 0
  calls = 0
  issued = 0
  accepted = 0
  refused = 0
  completed = 0
  changed = 0
  aborted = 0
  failed = 0
  lost = 0
  twice = 0
  wrong = 0
  unfinished = 0
  /** Told of a change where there was none. */
  early = 0
  /** Pending at a change, and not told of it. */
  missed = 0
  codes = {}
  completions = {}
  examples = []
  #late = []
  #bare = []
  #deadlineUs
  #quiet
  #changes

  constructor(deadlineMs, quiet, changes) {
    this.#deadlineUs = deadlineMs * 1000
    this.#quiet = quiet
    this.#changes = changes
  }

  #example(text) {
    if (this.examples.length < MOST_EXAMPLES) this.examples.push(text)
  }

  #request(requests, { id, type }) {
    const known = requests.get(id) ?? { type, accepted: 0, refused: false, done: [], ending: 0 }
    requests.set(id, known)
    return known
  }

  #count(record, requests) {
    const { kind, code, type, value } = record
    if (kind === KIND.call) {
      this.calls++
      count(this.codes, CALLS[type], code)
      // What comes near the deadline has waited for it.
      if (value > this.#deadlineUs * 0.8) this.#late.push(value - this.#deadlineUs)
    } else if (kind === KIND.bareWait) {
      // The last one may have been cut short by nothing: a wait never ends early.
      this.#bare.push(value - this.#deadlineUs)
    } else if (kind === KIND.wrong) {
      this.wrong++
      this.#example(`wrong ${JSON.stringify(record)}`)
    } else if (kind === KIND.issued) {
      this.issued++
      this.#request(requests, record)
    } else if (kind === KIND.accepted) {
      this.accepted++
      this.#request(requests, record).accepted = record.at
    } else if (kind === KIND.refused) {
      this.refused++
      this.#request(requests, record).refused = true
    } else if (kind === KIND.completed) {
      this.#request(requests, record).done.push(record)
    } else if (kind === KIND.ending) {
      this.#request(requests, record).ending = record.at
    }
  }

  #judgeChanges(name, id, { type, accepted, done, ending }) {
    if (accepted === 0 || type >= 16) return
    const first = Math.min(ending || Infinity, done[0]?.at ?? Infinity)
    const told = done[0]?.code === 0 && first === done[0].at
    const change = this.#changes.find((at) => at * 1000 > accepted && at * 1000 < first)
    if (change === undefined || told || first === Infinity) return
    this.missed++
    this.#example(`${name}: ${type} #${id} was not told of the change at ${change}`)
  }

  #judge(name, id, request, inOrder) {
    const { type, accepted, refused, done, ending } = request
    if (inOrder) this.#judgeChanges(name, id, request)
    for (const { code, at } of done) {
      this.completed++
      count(this.completions, type, code)
      if (code === 0) this.changed++
      else if (code === ABORTED) this.aborted++
      else this.failed++
      const quiet = this.#quiet.some(([from, to]) => at > from * 1000 && at < to * 1000)
      if (code === 0 && type < 16 && quiet) {
        this.early++
        this.#example(`${name}: ${type} #${id} told of a change at ${at}, where there was none`)
      }
    }
    if (done.length > (refused ? 0 : 1)) {
      this.twice++
      this.#example(`${name}: ${type} #${id} completed ${done.length} times, refused ${refused}`)
    }
    // A window hears of changes only: one whose handle was ended may stay silent.
    const mayBeSilent = type === HWND && ending !== 0
    if (inOrder && accepted && done.length === 0 && !mayBeSilent) {
      this.lost++
      this.#example(`${name}: ${type} #${id} was accepted and never completed`)
    }
    if (inOrder && !accepted && !refused) {
      this.lost++
      this.#example(`${name}: ${type} #${id} was never answered`)
    }
  }

  add(path, name) {
    const requests = new Map()
    let finished = false
    this.clients++
    for (const record of recordsOf(path)) {
      if (record.kind === KIND.finished) finished = true
      else this.#count(record, requests)
    }
    const killed = name.startsWith('killed-')
    if (killed) this.killed++
    else if (!finished) {
      this.unfinished++
      this.#example(`${name}: did not end in order`)
    }
    for (const [id, request] of requests) this.#judge(name, id, request, !killed)
  }

  result() {
    const { late, bare } = { late: spread(this.#late), bare: spread(this.#bare) }
    return { ...this, late, bare }
  }
}

/** By the nearest rank, in microseconds. */
function spread(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part) => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), most: sorted.at(-1) ?? 0 }
}

const [folder = '.', deadline = '500', quiet = '[]', changes = '[]'] = process.argv.slice(2)
const joined = new Join(Number(deadline), JSON.parse(quiet), JSON.parse(changes))
for (const name of readdirSync(folder).sort()) {
  if (name.endsWith('.bin')) joined.add(join(folder, name), name)
}
process.stdout.write(`${JSON.stringify(joined.result())}\n`)
