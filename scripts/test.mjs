// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// npm test: prepares what is missing, builds, and runs everything; the last line has the counts.
import { unpackPackage } from './lib/packed.mjs'
import { main, say } from './lib/say.mjs'
import {
  add,
  benchSuite,
  lintSuite,
  linuxSuite,
  nativeSuite,
  nothing,
  WINDOWS_FOLDERS,
  windowsSuite,
} from './lib/suites.mjs'
import { ON_WINDOWS } from './lib/windows-host.mjs'
import { prepare } from './prepare.mjs'
import { tortureSuite } from './torture.mjs'

/** Lint's tools and the checks of projects and binaries are there on Linux alone. */
const LINUX_ONLY = ON_WINDOWS ? [] : ['lint', 'linux']
const RIG_ONLY = ON_WINDOWS ? [] : ['torture']
const PARTS = [...LINUX_ONLY, 'native', ...WINDOWS_FOLDERS, 'bench', ...RIG_ONLY]
const HELP = `usage: node scripts/test.mjs [--only=PART[,PART...]] [--grep=PATTERN] [--no-build]
Parts: ${PARTS.join(', ')}. --grep goes to mocha, for the linux part and the Windows parts.
`

function parse(args) {
  const options = { only: PARTS, grep: undefined, build: true }
  for (const arg of args) {
    const [name, value] = arg.split(/=(.*)/s)
    if (name === '--only' && value) options.only = value.split(',')
    else if (name === '--grep' && value) options.grep = value
    else if (arg === '--no-build') options.build = false
    else return undefined
  }
  return options.only.every((part) => PARTS.includes(part)) ? options : undefined
}

function heading(title) {
  process.stdout.write(`\n${title}\n`)
}

async function runParts(rig, { only, grep }) {
  const total = nothing()
  if (only.includes('linux') || only.includes('e2e')) await unpackPackage()
  if (only.includes('lint')) {
    heading('Lint and types')
    add(total, await lintSuite())
  }
  if (only.includes('linux')) {
    heading('Checks on Linux')
    add(total, await linuxSuite({ grep }))
  }
  if (only.includes('native')) {
    heading('Native unit tests')
    add(total, await nativeSuite(rig))
  }
  const folders = WINDOWS_FOLDERS.filter((folder) => only.includes(folder))
  // A run of its own each: the contract rows keep one host to their end, and other folders want theirs.
  // A pattern may match nothing in a folder, which alone would count as a failure.
  for (const group of grep ? [folders] : folders.map((folder) => [folder])) {
    if (group.length === 0) continue
    heading(`In Windows Node: ${group.join(', ')}`)
    add(total, await windowsSuite(rig, group, { grep }))
  }
  if (only.includes('bench') && !grep) {
    heading('Benchmark, smoke run: its answers, not its figures')
    add(total, await benchSuite(rig))
  }
  if (only.includes('torture') && !grep) {
    heading('Torture: a smoke run')
    add(total, await tortureSuite(rig))
  }
  return total
}

function summary({ passed, failed, skipped, failures }) {
  if (failures.length > 0) {
    heading('Failures')
    for (const { title, message } of failures) {
      const [first = ''] = message.split('\n')
      process.stdout.write(`  ✖ ${title}${first ? `\n      ${first}` : ''}\n`)
    }
  }
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`)
  return failed === 0 && passed > 0 ? 0 : 1
}

await main(async (args) => {
  if (args.includes('--help')) return void process.stdout.write(HELP)
  const options = parse(args)
  if (!options) {
    process.stderr.write(HELP)
    return 2
  }
  const started = Date.now()
  const rig = await prepare({ prefix: 'test', fresh: true, build: options.build })
  try {
    const total = await runParts(rig, options)
    say(`\n${((Date.now() - started) / 1000).toFixed(0)} s`)
    return summary(total)
  } finally {
    rig.release()
  }
})
