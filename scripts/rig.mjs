// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Runs a Windows program in the prepared prefix, with live output and its exit code.
import { isMain } from './lib/main.mjs'
import { main, setQuiet } from './lib/say.mjs'
import { runWindows as runIn, toWindows } from './lib/windows-run.mjs'
import { prepare as prepareRig } from './prepare.mjs'

const HELP = `usage: node scripts/rig.mjs [options] -- PROGRAM ARGUMENTS...
  --env NAME=VALUE   put into the program's environment (any number of times)
  --prefix NAME      a prefix of that name instead of "default"; it keeps what runs leave in it
  --fresh            start from a new prefix and remove it at the end
  --cwd FOLDER       where the program starts (default: the current folder, if in the checkout)
  --build            build what is out of date first
  --verbose          show what is being prepared
PROGRAM is a path, written the Unix or the Windows way, or "node" for Windows Node.
`

let current
/** As in prepare.mjs; runWindows then uses what it made. */
export async function prepare(options) {
  current = await prepareRig(options)
  return current
}

/** Runs a program in what `prepare` made (or in `rig`). See lib/windows-run.mjs for the options. */
export function runWindows({ rig = current, ...options }) {
  if (!rig) throw new Error('call prepare() first')
  return runIn(rig, options)
}

export { toWindows }

function parse(args) {
  const options = { env: {}, prefix: 'default', fresh: false, build: false, verbose: false }
  const end = args.indexOf('--')
  const words = end < 0 ? [] : args.slice(0, end)
  while (words.length > 0) {
    const word = words.shift()
    if (word === '--env') {
      const [name, ...value] = (words.shift() ?? '').split('=')
      options.env[name] = value.join('=')
    } else if (word === '--prefix' || word === '--cwd') options[word.slice(2)] = words.shift()
    else if (['--fresh', '--build', '--verbose'].includes(word)) options[word.slice(2)] = true
    else return undefined
  }
  const [command, ...rest] = end < 0 ? [] : args.slice(end + 1)
  return command === undefined ? undefined : { ...options, command, args: rest }
}

if (isMain(import.meta.url)) {
  await main(async (args) => {
    const options = parse(args)
    if (!options) {
      process.stderr.write(HELP)
      return args.includes('--help') ? 0 : 2
    }
    const { prefix, fresh, build, verbose, ...program } = options
    setQuiet(!verbose && !build)
    const rig = await prepare({ prefix, fresh, build })
    const code = await runWindows({ ...program, stdin: 'inherit', rig })
    rig.release()
    // Not by exitCode alone: an open standard input must not keep us.
    process.exit(code)
  })
}
