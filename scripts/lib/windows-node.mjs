// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Windows Node from the npm registry: fetched once, checked against the pinned integrity, unpacked
// into the cache folder.
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
import { join } from 'node:path'
import { CACHE, WINDOWS_NODE } from './paths.mjs'
import { Stop, step } from './say.mjs'
import { run, which } from './shell.mjs'

const { name, version, integrity } = WINDOWS_NODE
const FOLDER = join(CACHE, `${name}-${version}`)

async function fetchNode() {
  if (!which('npm')) throw new Stop('npm is missing', 'install Node with npm')
  mkdirSync(CACHE, { recursive: true })
  const part = mkdtempSync(join(CACHE, 'node.part-'))
  try {
    const remedy = `with the network there: node scripts/prepare.mjs`
    // Run from an own folder: npm must not take this package's settings for the one it packs.
    await run('npm', ['pack', `${name}@${version}`, '--loglevel=error'], { cwd: part, remedy })
    const [tarball] = readdirSync(part).filter((file) => file.endsWith('.tgz'))
    const [algorithm, expected] = [integrity.slice(0, 6), integrity.slice(7)]
    const bytes = readFileSync(join(part, tarball))
    if (createHash(algorithm).update(bytes).digest('base64') !== expected) {
      throw new Stop(
        `${name}@${version} from the registry is not what this repository pins (${integrity})`,
        'ask the registry that npm is set to use',
      )
    }
    await run('tar', ['-xzf', tarball, '--strip-components=2', 'package/bin/node.exe'], {
      cwd: part,
    })
    rmSync(join(part, tarball))
    rmSync(FOLDER, { recursive: true, force: true })
    renameSync(part, FOLDER)
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
}

/** Returns the path of node.exe. */
export async function ensureWindowsNode() {
  const path = join(FOLDER, 'node.exe')
  if (!existsSync(path))
    await step(`Windows Node ${version} from the npm registry (once)`, fetchNode)
  return path
}
