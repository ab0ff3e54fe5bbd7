// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A SHA-256 of the machine's namespace catalogs, 64-bit and 32-bit, read by the system's own reg.exe:
// what tests installed they must have taken away again.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { isMain } from '../lib/main.mjs'
import { main, Stop, setQuiet } from '../lib/say.mjs'
import { runWindows } from '../lib/windows-run.mjs'
import { prepare } from '../prepare.mjs'

const HELP = `usage: node scripts/checks/catalog-hash.mjs [--save FILE | --same-as FILE]
Prints the hash. --save keeps what it is made from; --same-as compares with what was kept, prints what
is different and ends with 1 if anything is. On Linux it reads the catalog of the prefix "default".
`
const KEY = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters\\NameSpace_Catalog5'
/** Counts each change, so it alone differs after an installation that was taken back. */
const SERIAL = /^\s+Serial_Access_Num\s/
/** The volatile key that a writer names after the serial. */
const LOCK_KEY = /\\[0-9a-f]{8}$/i

/** The lines of `reg query KEY /s` that say what is in the catalog. */
export function catalogLines(text) {
  return text
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !SERIAL.test(line) && !LOCK_KEY.test(line))
}

export const hashOf = (lines) => createHash('sha256').update(lines.join('\n')).digest('hex')

/** The lines of one list that the other lacks, each with its sign. */
export function differences(before, after) {
  const lacks = (list, other, sign) =>
    list.filter((line) => !other.includes(line)).map((line) => `${sign} ${line.trim()}`)
  return [...lacks(before, after, '-'), ...lacks(after, before, '+')]
}

async function readCatalog() {
  const rig = await prepare({ build: false })
  const lines = []
  try {
    const code = await runWindows(rig, {
      command: 'reg',
      args: ['query', KEY, '/s', '/reg:64'],
      onLine: (line, stream) => stream === 'stdout' && lines.push(line),
    })
    if (code === 0) return catalogLines(lines.join('\n'))
    throw new Stop(`reg query ${KEY} ended with ${code}`, 'run a test that makes the catalog first')
  } finally {
    rig.release()
  }
}

if (isMain(import.meta.url)) {
  await main(async ([flag, file, ...rest]) => {
    const wanted = flag === undefined || (file && ['--save', '--same-as'].includes(flag))
    if (!wanted || rest.length > 0) {
      process.stderr.write(HELP)
      return flag === '--help' ? 0 : 2
    }
    setQuiet(true)
    const before = flag === '--same-as' ? file : undefined
    if (before && !existsSync(before))
      throw new Stop(`there is no ${before}`, 'make it with --save')
    const lines = await readCatalog()
    process.stdout.write(`${hashOf(lines)}\n`)
    if (flag === '--save') writeFileSync(file, `${lines.join('\n')}\n`)
    if (!before) return 0
    const kept = catalogLines(readFileSync(before, 'utf8'))
    if (hashOf(kept) === hashOf(lines)) return 0
    const found = differences(kept, lines)
    const what = found.length > 0 ? found.join('\n') : 'the same lines in another order'
    process.stdout.write(`the catalog is not what it was:\n${what}\n`)
    return 1
  })
}
