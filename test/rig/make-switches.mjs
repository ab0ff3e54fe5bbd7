// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Writes switches.json from the table in switches.cc, or with --check says whether they agree.

import { readFileSync, writeFileSync } from 'node:fs'
import { argv, stderr } from 'node:process'
import { fileURLToPath } from 'node:url'

const SOURCE = new URL('./switches.cc', import.meta.url)
const OUTPUT = new URL('./switches.json', import.meta.url)

/** The switches as switches.cc has them: [{ name, rows }], the row a switch is for comes first. */
export function readSwitches() {
  const table = readFileSync(SOURCE, 'utf8')
  const found = [...table.matchAll(/\{"([a-z-]+)", "([A-Z0-9 -]+)"\}/g)]
  if (found.length === 0) throw new Error('switches.cc has no table that this can read')
  return found.map(([, name, rows]) => ({ name, rows: rows.split(' ') }))
}

/** Text of switches.json. Throws if two switches claim to break the same rows. */
export function switchesJson() {
  const switches = readSwitches()
  const sets = new Map()
  for (const { name, rows } of switches) {
    const set = [...rows].sort().join(' ')
    if (sets.has(set)) throw new Error(`${sets.get(set)} and ${name} break the same rows`)
    sets.set(set, name)
  }
  const lines = switches.map(({ name, rows }) => {
    const list = rows.map((row) => JSON.stringify(row)).join(', ')
    return `  { "name": ${JSON.stringify(name)}, "rows": [${list}] }`
  })
  return `[\n${lines.join(',\n')}\n]\n`
}

function main(args) {
  const text = switchesJson()
  if (args[0] !== '--check') {
    writeFileSync(OUTPUT, text)
    return 0
  }
  if (JSON.stringify(JSON.parse(readFileSync(OUTPUT, 'utf8'))) === JSON.stringify(JSON.parse(text)))
    return 0
  stderr.write('switches.json differs from switches.cc: run node test/rig/make-switches.mjs\n')
  return 1
}

if (argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(argv.slice(2))
