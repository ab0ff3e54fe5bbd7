// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The two tables of switches, what is wrong with their declarations, and which rows a switch of the
// faulty provider can reach.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './paths.mjs'

export const TABLES = { faulty: 'test/faulty/switches.json', rig: 'test/rig/switches.json' }
/** Not rows: the suite's own checks. */
const NOT_ROWS = /^(checklist|client|zz-coverage)\.test\.ts$/
/** The host loads the provider too, but it runs for many rows: this one is always among them. */
const IN_THE_HOST = 'HOST-01'
/** Real Windows alone settles these, so no switch of ours need break them. */
const ASSUMED = 'W'
/** The issues whose rows are owed a test and a switch by now; other rows are somebody else's yet. */
const OWED_ISSUES = Object.freeze([2, 3, 5])

const read = (path) => readFileSync(join(ROOT, path), 'utf8')

export const rowFiles = () =>
  readdirSync(join(ROOT, 'test', 'contract'))
    .filter((name) => name.endsWith('.test.ts') && !NOT_ROWS.test(name))
    .map((name) => `test/contract/${name}`)

/** The rows that have a test, by what the files say: a switch for any other can't be caught yet. */
function testedRows() {
  const text = rowFiles().map(read).join('\n')
  return new Set([...text.matchAll(/\brow\(\s*'([A-Z]+-\d\d)'/g)].map((match) => match[1]))
}

/** The table that has the switch: faulty, rig, or undefined. */
export const switchTable = (name) =>
  Object.keys(TABLES).find((table) =>
    JSON.parse(read(TABLES[table])).some((entry) => entry.name === name),
  )

/** { switches, untested, problems } of both tables. */
export function readTables() {
  const tested = testedRows()
  const found = { switches: [], untested: [], problems: [] }
  const seen = new Map()
  for (const [table, path] of Object.entries(TABLES)) {
    for (const entry of JSON.parse(read(path))) {
      const key = `${[...entry.rows].sort().join(' ')} ${entry.says ?? ''}`
      if (seen.has(key)) {
        found.problems.push(`${entry.name} and ${seen.get(key)} declare the same`)
      }
      seen.set(key, entry.name)
      found[tested.has(entry.rows[0]) ? 'switches' : 'untested'].push({ table, ...entry })
    }
  }
  const own = new Set(found.switches.map((entry) => entry.rows[0]))
  const owed = JSON.parse(read('test/contract/checklist.json')).filter(
    (row) => OWED_ISSUES.includes(row.issue) && row.where !== ASSUMED && !own.has(row.id),
  )
  found.problems.push(...owed.map((row) => `no switch is meant for ${row.id}`))
  return found
}

/**
 * From the notes of a run without a switch (test/faulty/switches.h): for each switch and width the
 * rows in which the DLL asked for it at all. In every other row it runs the same instructions with
 * the switch on as with it off, so running that row again would show nothing.
 */
export function readReach(folder) {
  const names = [...read('test/faulty/switches.inc').matchAll(/"([^"]+)"\)/g)].map((m) => m[1])
  const reach = new Map(names.map((name) => [name, { x64: new Set(), x86: new Set() }]))
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    const [, id, arch] = /^([A-Z]+-\d\d)-(x64|x86)\.trace$/.exec(file) ?? []
    if (!id) continue
    const bytes = readFileSync(join(folder, file))
    names.forEach((name, i) => {
      if (bytes[i + 1] !== 0) reach.get(name)[arch].add(id)
    })
  }
  return reach
}

/** The rows to run under a switch on one width, or undefined for all. */
export function rowsToRun({ table, name, rows }, arch, reach) {
  const reached = table === 'faulty' && reach?.get(name)
  if (!reached) return undefined
  return [...new Set([...rows, IN_THE_HOST, ...reached[arch]])].sort()
}
