// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The bench itself, inside Windows Node: main.ts MODE FOLDER OUT [only=NAME] [arch=x64|x86]. Tries each fault with the
// DLL as it is shipped, then its control, and writes what came of it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { Arch } from '../helpers/client.ts'
import { ARCHS } from '../helpers/client.ts'
import { Bench, type Scale, type Tried } from './bench.ts'
import { CLIENT_FAULTS } from './client-faults.ts'
import { type Control, type Fault, PLAIN } from './fault.ts'
import { HANDLER_FAULTS } from './handler-faults.ts'
import { HOST_FAULTS } from './host-faults.ts'
import { HOSTILE_CLIENTS } from './hostile-clients.ts'
import { HOSTILE_HOSTS } from './hostile-hosts.ts'

const SCALES: Record<Scale['name'], Omit<Scale, 'name'>> = {
  smoke: {
    clients: 2,
    kills: 1,
    restarts: 2,
    suspendMs: 3000,
    blockMs: 1500,
    processes: 10,
    handles: 1000,
    rounds: 100,
    races: 50,
    repeat: 1,
    timing: false,
  },
  quick: {
    clients: 4,
    kills: 2,
    restarts: 4,
    suspendMs: 4000,
    blockMs: 2000,
    processes: 30,
    handles: 10_000,
    rounds: 1000,
    races: 300,
    repeat: 1,
    timing: true,
  },
  whole: {
    clients: 20,
    kills: 8,
    restarts: 100,
    suspendMs: 10_000,
    blockMs: 5000,
    processes: 200,
    handles: 10_000,
    rounds: 10_000,
    races: 5000,
    repeat: 2,
    timing: true,
  },
}
/** A control is tried this often; it has been seen when it shows once. */
const CONTROL_TRIES = 3
const FAULTS: readonly Fault[] = [
  ...HOST_FAULTS,
  ...HANDLER_FAULTS,
  ...CLIENT_FAULTS,
  ...HOSTILE_CLIENTS,
  ...HOSTILE_HOSTS,
]

interface Report {
  name: string
  tries: number
  failures: number
  control: 'seen' | 'not seen' | 'not tried' | 'none' | 'windows-only'
  notes: readonly string[]
  examples: readonly string[]
  protection: string
  what: string
  controlled: string
}

const print = (line: string) => process.stdout.write(`${line}\n`)

/** A control works with little: it need only show. */
const SMALL: Scale = {
  ...SCALES.smoke,
  name: 'smoke',
  clients: 3,
  restarts: 1,
  suspendMs: 4500,
  processes: 16,
  rounds: 1000,
  races: 400,
  timing: true,
}

async function tryOnce(bench: Bench, attempt: () => Promise<Tried>): Promise<Tried> {
  try {
    return await attempt()
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return { tries: 1, failures: [text], notes: [] }
  } finally {
    await bench.endAll()
  }
}

async function seen(fault: Fault, bench: Bench): Promise<string | undefined> {
  const { control } = fault
  if ('none' in control) return undefined
  const mode =
    'off' in control
      ? { variant: 'switched' as const, off: control.off, control: true }
      : { variant: 'plain' as const, control: true }
  for (let time = 0; time < CONTROL_TRIES; time++) {
    const { failures, notes } = await tryOnce(bench, () => fault.try(bench, mode))
    const shown = failures.find((failure) => control.shows.test(failure))
    if (shown !== undefined) return shown
    for (const other of [...failures, ...notes]) {
      print(`        control without effect: ${other.slice(0, 200)}`)
    }
  }
  return undefined
}

function controlText(control: Control): string {
  if ('off' in control) return `switched off: ${control.off}`
  return 'host' in control ? control.host : control.none
}

function controlOf(fault: Fault, shown: string | undefined): Report['control'] {
  if (fault.windowsOnly !== undefined) return 'windows-only'
  if ('none' in fault.control) return 'none'
  return shown === undefined ? 'not seen' : 'seen'
}

async function run(fault: Fault, bench: Bench, small: Bench): Promise<Report> {
  const from = Date.now()
  const tried = await tryOnce(bench, () => fault.try(bench, PLAIN))
  // The smoke run has no time for all of them.
  const skips = bench.scale.name === 'smoke' && fault.smoke === 'fault'
  const shown = skips ? undefined : await seen(fault, small)
  const control = skips ? 'not tried' : controlOf(fault, shown)
  // What the rig cannot judge is neither passed nor failed.
  const failures = fault.windowsOnly === undefined ? tried.failures : []
  const seconds = Math.round((Date.now() - from) / 1000)
  const good = failures.length === 0 && control !== 'not seen'
  print(
    `${good ? 'ok    ' : 'NOT OK'}  ${fault.name}: ${tried.tries} tries, ${failures.length} failures; control ${control} (${seconds} s)`,
  )
  for (const note of tried.notes) print(`          ${note}`)
  for (const failure of failures) print(`        ! ${failure.slice(0, 1000)}`)
  if (shown !== undefined) print(`        control: ${shown.slice(0, 200)}`)
  const { name, what, protection } = fault
  return {
    name,
    tries: tried.tries,
    failures: failures.length,
    control,
    notes: tried.notes,
    examples: [...failures, ...(fault.windowsOnly ? [fault.windowsOnly] : [])],
    what,
    protection,
    controlled: controlText(fault.control),
  }
}

async function main([
  mode = 'quick',
  folder = 'build/torture',
  out = 'torture.json',
  ...rest
]: string[]): Promise<number> {
  const options = Object.fromEntries(rest.map((word) => word.split('=', 2))) as {
    only?: string
    arch?: Arch
  }
  const arches = options.arch === undefined ? ARCHS : [options.arch]
  const name = mode as Scale['name']
  const scale: Scale = { name, ...SCALES[name] }
  const only = options.only?.split(',')
  const faults = FAULTS.filter(
    (fault) =>
      (only?.includes(fault.name) ?? true) &&
      (name !== 'smoke' || only !== undefined || fault.smoke !== undefined),
  )
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const bench = new Bench(`${folder}/plain`, arches, scale)
  const small = new Bench(`${folder}/control`, arches, SMALL)
  await bench.install(['plain', 'switched'])
  small.share(bench)
  const reports: Report[] = []
  try {
    for (const fault of faults) reports.push(await run(fault, bench, small))
  } finally {
    await bench.uninstall()
  }
  const counts = reports.map(({ name, tries, failures, control }) => ({
    name,
    tries,
    failures,
    control,
  }))
  writeFileSync(out, `${JSON.stringify({ faults: counts }, undefined, 2)}\n`)
  const details = { mode: name, arches, faults: reports }
  // For the documents: the smoke run has no figures worth a page.
  if (name !== 'smoke')
    writeFileSync('build/torture-details.json', `${JSON.stringify(details, undefined, 2)}\n`)
  const failed = reports.filter(({ failures, control }) => failures > 0 || control === 'not seen')
  const judged = reports.filter(({ control }) => control !== 'windows-only')
  print(`${judged.length - failed.length} passed, ${failed.length} failed`)
  return failed.length === 0 && reports.length > 0 ? 0 : 1
}

process.exit(await main(process.argv.slice(2)))
