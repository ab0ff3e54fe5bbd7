// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Turns each fault switch of the rig on in turn and runs rig_test.exe: exactly the cases of the rows
// that the switch declares must fail. That shows that those cases can fail.

import { spawnSync } from 'node:child_process'
import { argv, execPath, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'
import { readSwitches } from './make-switches.mjs'

const ROW = /^not ok ([A-Z]+-[0-9]+) /
const OTHER = /^not ok (.+)$/

/** The rows (or titles of cases without a row) that failed, from rig_test's output. */
export function failures(output) {
  const failed = new Set()
  for (const line of output.split(/\r?\n/)) {
    const found = ROW.exec(line) ?? OTHER.exec(line)
    if (found) failed.add(found[1])
  }
  if (!/^\d+ passed, \d+ failed/m.test(output)) failed.add('(rig_test did not finish)')
  return [...failed].sort()
}

/**
 * Runs every switch. `run(environment)` runs rig_test.exe and returns its output. Returns
 * [{ name, rows, failed, caught }].
 */
export function checkSwitches(run) {
  return readSwitches().map(({ name, rows }) => {
    const failed = failures(run({ NSP_RIG_BREAK: name }))
    return { name, rows, failed, caught: failed.join(' ') === [...rows].sort().join(' ') }
  })
}

function main(args) {
  const program = args[0] ?? 'build/test/x64/rig_test.exe'
  const rig = fileURLToPath(new URL('../../scripts/rig.mjs', import.meta.url))
  const run = (environment) => {
    const set = Object.entries(environment).flatMap(([key, value]) => ['--env', `${key}=${value}`])
    return spawnSync(execPath, [rig, ...set, '--', program], { encoding: 'utf8' }).stdout
  }
  const results = checkSwitches(run)
  for (const { name, rows, failed, caught } of results) {
    if (!caught) stdout.write(`missed ${name}: ${rows.join(' ')}; failed: ${failed.join(', ')}\n`)
  }
  const caught = results.filter((result) => result.caught).length
  stdout.write(`caught ${caught} of ${results.length}\n`)
  return caught === results.length ? 0 : 1
}

if (argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(argv.slice(2))
