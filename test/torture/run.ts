// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Tries faults, and beside them their controls; says what came of each.
import type { Bench, Scale, Tried } from './bench.ts'
import { type Control, type Fault, PLAIN } from './fault.ts'

/** A control is tried this often; it has been seen when it shows once. */
const CONTROL_TRIES = 3

export interface Report {
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

export const print = (line: string) => process.stdout.write(`${line}\n`)

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

/** What showed with the protection off, and the fault that it showed with. */
interface Shown {
  readonly text: string
  readonly fault: string
}

async function tryControl(fault: Fault, bench: Bench): Promise<Shown | undefined> {
  const { control } = fault
  if ('none' in control) return undefined
  // Never with the provider of the fault that is tried beside it.
  const off = 'off' in control ? control.off : undefined
  const mode = { variant: 'switched' as const, off, control: true }
  for (let time = 0; time < CONTROL_TRIES; time++) {
    const { failures, notes } = await tryOnce(bench, () => fault.try(bench, mode))
    const shown = failures.find((failure) => control.shows.test(failure))
    if (shown !== undefined) return { text: shown, fault: fault.name }
    for (const other of [...failures, ...notes]) {
      print(`        ${fault.name}, control without effect: ${other.slice(0, 200)}`)
    }
  }
  return undefined
}

/** Tries controls; outside of the whole run a protection of several faults is taken away only once. */
export class Controls {
  readonly #bench: Bench
  readonly #mode: Scale['name']
  readonly #shown = new Map<string, Shown>()

  constructor(bench: Bench, mode: Scale['name']) {
    this.#bench = bench
    this.#mode = mode
  }

  skips({ smoke }: Fault): boolean {
    return this.#mode === 'smoke' && smoke === 'fault'
  }

  async try(fault: Fault): Promise<Shown | undefined> {
    const { control } = fault
    const key = 'off' in control ? `${control.off} ${control.shows}` : fault.name
    const known = this.#mode === 'whole' ? undefined : this.#shown.get(key)
    if (known !== undefined || this.skips(fault)) return known
    const shown = await tryControl(fault, this.#bench)
    if (shown !== undefined) this.#shown.set(key, shown)
    return shown
  }
}

function controlText(control: Control): string {
  if ('off' in control) return `switched off: ${control.off}`
  return 'host' in control ? control.host : control.none
}

function controlOf(fault: Fault, shown: Shown | undefined, skipped: boolean): Report['control'] {
  if (skipped) return 'not tried'
  if (fault.windowsOnly !== undefined) return 'windows-only'
  if ('none' in fault.control) return 'none'
  return shown === undefined ? 'not seen' : 'seen'
}

function report(fault: Fault, tried: Timed, shown: Shown | undefined, skipped: boolean): Report {
  const control = controlOf(fault, shown, skipped)
  // What the rig cannot judge is neither passed nor failed.
  const failures = fault.windowsOnly === undefined ? tried.failures : []
  const good = failures.length === 0 && control !== 'not seen'
  print(
    `${good ? 'ok    ' : 'NOT OK'}  ${fault.name}: ${tried.tries} tries, ${failures.length} failures; ` +
      `control ${control} (${tried.seconds} s)`,
  )
  for (const note of tried.notes) print(`          ${note}`)
  for (const failure of failures) print(`        ! ${failure.slice(0, 1000)}`)
  if (shown !== undefined) {
    const where = shown.fault === fault.name ? '' : `, by ${shown.fault}`
    print(`        control${where}: ${shown.text.slice(0, 200)}`)
  }
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

type Timed = Tried & { readonly seconds: number }

async function tryTimed(fault: Fault, bench: Bench): Promise<Timed> {
  const from = Date.now()
  const tried = await tryOnce(bench, () => fault.try(bench, PLAIN))
  return { ...tried, seconds: Math.round((Date.now() - from) / 1000) }
}

/** Each begins when the one before has ended. */
function inTurn<T>(faults: readonly Fault[], work: (fault: Fault) => Promise<T>): Promise<T>[] {
  let last: Promise<unknown> = Promise.resolve()
  return faults.map((fault) => {
    const next = last.then(() => work(fault))
    last = next
    return next
  })
}

/** Faults beside the controls of others: those are of another provider, with another DLL. */
export async function runAll(faults: readonly Fault[], bench: Bench, controls: Controls) {
  const reports: Report[] = []
  const groups = [faults.filter(({ alone }) => !alone)]
  for (const fault of faults) if (fault.alone) groups.push([fault])
  for (const group of groups) {
    const tries = inTurn(group, (fault) => tryTimed(fault, bench))
    // Of a fault that is alone, the control is, too.
    if (group.length === 1) await tries[0]
    const shown = inTurn(group, (fault) => controls.try(fault))
    for (const [at, fault] of group.entries()) {
      const [tried, control] = [await tries[at], await shown[at]]
      if (tried !== undefined) reports.push(report(fault, tried, control, controls.skips(fault)))
    }
  }
  return reports
}
