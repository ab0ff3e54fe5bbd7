// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The bench itself, inside Windows Node: main.ts MODE FOLDER OUT [only=NAME] [arch=x64|x86]. Tries each fault with the
// DLL as it is shipped, then its control, and writes what came of it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { Arch } from '../helpers/client.ts'
import { ARCHS } from '../helpers/client.ts'
import { Bench, type Scale } from './bench.ts'
import { CLIENT_DEATHS } from './client-deaths.ts'
import { CLIENT_FAULTS } from './client-faults.ts'
import type { Fault } from './fault.ts'
import { HANDLER_FAULTS } from './handler-faults.ts'
import { HOST_FAULTS } from './host-faults.ts'
import { HOSTILE_CLIENTS } from './hostile-clients.ts'
import { HOSTILE_HOSTS } from './hostile-hosts.ts'
import { Controls, print, runAll } from './run.ts'

const SCALES: Record<Scale['name'], Omit<Scale, 'name'>> = {
  smoke: {
    clients: 2,
    kills: 1,
    restarts: 2,
    suspendMs: 3000,
    blockMs: 1500,
    processes: 10,
    handles: 1000,
    nameRounds: 10,
    pointStep: 40,
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
    nameRounds: 9,
    pointStep: 32,
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
    nameRounds: 20,
    pointStep: 2,
    rounds: 10_000,
    races: 5000,
    repeat: 2,
    timing: true,
  },
}
const FAULTS: readonly Fault[] = [
  ...HOST_FAULTS,
  ...HANDLER_FAULTS,
  ...CLIENT_DEATHS,
  ...CLIENT_FAULTS,
  ...HOSTILE_CLIENTS,
  ...HOSTILE_HOSTS,
]

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
  const reports = await runAll(faults, bench, new Controls(small, name)).finally(() =>
    bench.uninstall(),
  )
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
