// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// From pipe, mapped files and callers to the DLL: a host that answers nonsense, files under random bytes, arguments
// that are wrong in every way.
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Bench, CODES, delay, MOST_ROOM_US, newTried, type Tried } from './bench.ts'
import type { Ended } from './client.ts'
import type { Fault, Mode } from './fault.ts'
import { HANDLES_ROOM, Hostile, hostileScale, judgeProgram } from './hostile-bench.ts'
import { Noise } from './noise.ts'

const SEED = 20_261_124
const DEADLINE_MS = 300

const numberOf = (value: unknown) => Number(value ?? 0)

/** In time beside the bare waits of the same process, and without a handle more than before. */
function judgeBesieged(ended: Ended, arch: string, smoke: boolean, tried: Tried): void {
  judgeProgram(ended, `besieged ${arch}`, tried)
  const { calls, results, mostMs, bareMs, before, after } = ended.said
  tried.notes.push(
    `${arch}: ${calls} calls, ${results} results; at most ${mostMs} ms, a bare wait of ${DEADLINE_MS} at most ` +
      `${bareMs}; handles ${before} → ${after}`,
  )
  if (ended.code !== 0) return
  const late = numberOf(mostMs) - Math.max(DEADLINE_MS, numberOf(bareMs))
  if (!smoke && late > MOST_ROOM_US / 1000) tried.failures.push(`${late} ms behind the deadline`)
  if (numberOf(after) > numberOf(before) + HANDLES_ROOM)
    tried.failures.push(`${numberOf(after) - numberOf(before)} handles more than before`)
  if (numberOf(results) === 0) tried.failures.push('no result ever came')
}

/** A host of the right account answers damaged frames; `scribble`: and writes random bytes over the control file. */
function besiege(scribble: boolean) {
  return async (bench: Bench, mode: Mode): Promise<Tried> => {
    const tried = newTried()
    const smoke = bench.scale.name === 'smoke'
    await using hostile = new Hostile(bench, mode.variant)
    // A sound host first, so that the control file is one.
    await (await hostile.serve()).quit()
    const { frames, scribbleMs } = hostileScale(bench)
    const count = scribble ? 10_000_000 : frames
    const args = { control: hostile.controlPath, seed: SEED, count, scribble: scribble ? 1 : 0 }
    const siege = hostile.start('x64', 'host', args)
    await siege.ready
    const threads = smoke || mode.control ? 3 : 5
    const callers = bench.arches.map((arch, at) =>
      hostile.caller(arch, 'besieged', { seed: SEED + at, threads }, mode.off),
    )
    if (scribble) await delay(mode.control ? 3000 : scribbleMs)
    // Without anybody who asks, it has nobody to answer.
    const crashed = Promise.all(callers.map((caller) => caller.ended))
    if (!scribble) await Promise.race([siege.end(400_000), crashed])
    const stopped = await siege.stop()
    judgeProgram(stopped, 'the hostile host', tried)
    const { frames: sent, damaged, asked, connections, unanswered } = stopped.said
    tried.tries += numberOf(scribble ? asked : sent)
    tried.notes.push(
      `seed ${SEED}: ${sent} frames to ${asked} calls on ${connections} connections, ${damaged} damaged, ` +
        `${unanswered} calls unanswered`,
    )
    const sound = await hostile.serve()
    for (const [at, caller] of callers.entries()) {
      judgeBesieged(await caller.stop(60_000), bench.archOf(at), smoke || mode.control, tried)
    }
    await sound.quit()
    return tried
  }
}

/** Today's data file, as the host's folder has it. */
function dataFileOf(controlPath: string): string {
  const folder = join(dirname(controlPath), 'data')
  const prefix = `${basename(controlPath)}.`
  const numbers = readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter((number) => number > 0)
  return join(folder, `${prefix}${Math.max(...numbers)}`)
}

const NAMES = 16

interface Damage {
  readonly at: number
  readonly bytes: Buffer
}

function noiseIn(noise: Noise, whole: Buffer, used: number): Damage {
  const at = noise.below(used)
  const length = 1 + noise.below(noise.below(3) === 0 ? 4 : 2048)
  return { at, bytes: noise.bytes(Math.min(length, whole.length - at)) }
}

/** One letter of a text is the next one: nothing but the checksum can tell. */
function otherLetter(noise: Noise, whole: Buffer, used: number): Damage {
  const start = noise.below(used)
  for (let turn = 0; turn < used; turn++) {
    const at = (start + turn) % used
    const byte = whole[at] ?? 0
    const isLetter = byte >= 0x30 && byte < 0x7a && whole[at + 1] === 0 && at % 2 === 0
    if (isLetter) return { at, bytes: Buffer.of(byte + 1) }
  }
  return noiseIn(noise, whole, used)
}

/** Random bytes over the records while programs read them: what they get is what was published, or the host's word. */
async function scribbleData(bench: Bench, mode: Mode): Promise<Tried> {
  const tried = newTried()
  await using hostile = new Hostile(bench, mode.variant)
  const host = await hostile.serve({ publish: NAMES })
  const path = dataFileOf(hostile.controlPath)
  const whole = readFileSync(path)
  const used = whole.readUInt32LE(24)
  const names = Array.from({ length: NAMES }, (_, at) => `p${at}.load`).join(',')
  const load = await bench.load(
    mode.variant,
    bench.arches.length * 2,
    { names, pace: 1 },
    { off: mode.off },
  )
  await delay(300)
  const asked = numberOf((await host.send('stats'))['lookups'])
  const noise = new Noise(SEED)
  const file = openSync(path, 'r+')
  const end = Date.now() + (mode.control ? 3000 : hostileScale(bench).scribbleMs)
  for (; Date.now() < end; tried.tries++) {
    const damage = tried.tries % 2 === 0 ? noiseIn : otherLetter
    const { at, bytes } = damage(noise, whole, used)
    writeSync(file, bytes, 0, bytes.length, at)
    await delay(3)
    if (tried.tries % 4 > 1) writeSync(file, whole, 0, used, 0)
  }
  writeSync(file, whole, 0, used, 0)
  closeSync(file)
  const more = numberOf((await host.send('stats'))['lookups']) - asked
  tried.notes.push(
    `seed ${SEED}: ${tried.tries} times random bytes; the host was asked ${more} times`,
  )
  await bench.endLoad(load, tried)
  if (more === 0) tried.failures.push('nobody ever asked the host instead')
  bench.judge(await bench.join(load.folder), tried, { codes: CODES, late: false })
  await host.quit()
  return tried
}

async function wrongArguments(bench: Bench, mode: Mode): Promise<Tried> {
  const tried = newTried()
  await using hostile = new Hostile(bench, mode.variant)
  const host = await hostile.serve()
  for (const [at, arch] of bench.arches.entries()) {
    const rounds = hostileScale(bench).arguments
    const caller = hostile.caller(arch, 'arguments', { rounds, seed: SEED + at }, mode.off)
    const ended = await caller.end(300_000)
    judgeProgram(ended, `arguments ${arch}`, tried)
    tried.tries += numberOf(ended.said['calls'])
    tried.notes.push(`${arch}, seed ${SEED + at}: ${ended.said['calls']} calls`)
  }
  await host.quit()
  return tried
}

export const HOSTILE_HOSTS: readonly Fault[] = [
  {
    name: 'hostile-host',
    what: 'a host of the right account answers damaged, cut, oversized, foreign, repeated and no frames',
    protection: 'a batch is checked completely before anything of it is used; deadlines',
    smoke: 'fault',
    try: besiege(false),
    control: { off: 'batch-check', shows: /crashed|points outside|hung/ },
  },
  {
    name: 'hostile-control-file',
    what: 'the same while random bytes are written over the control file',
    protection: 'a filter is copied, checked, and only then believed',
    try: besiege(true),
    control: { off: 'filter-check', shows: /crashed|hung|ended with/ },
  },
  {
    name: 'hostile-data-file',
    what: 'random bytes are written over published answers while programs read them',
    protection: "a record's checksum is compared on a copy",
    try: scribbleData,
    control: { off: 'record-check', shows: /wrong|crashed/ },
  },
  {
    name: 'hostile-arguments',
    what: 'each pointer and size of each entry is wrong in every way, or changes during the call',
    protection: 'guarded copies',
    smoke: 'fault',
    try: wrongArguments,
    control: { off: 'guarded-copy', shows: /crashed/ },
  },
]
