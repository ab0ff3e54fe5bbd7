// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The npm packages of the lock file: installed again only when that file changed.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './paths.mjs'
import { step } from './say.mjs'
import { run } from './shell.mjs'

const STAMP = join(ROOT, 'node_modules', '.winsock-nsp-lock')

const packagesIn = (file) => JSON.parse(readFileSync(join(ROOT, file), 'utf8')).packages

/** True if somebody's `npm ci` has put there what the lock file says. */
function areThere() {
  const hidden = 'node_modules/.package-lock.json'
  if (!existsSync(join(ROOT, hidden))) return false
  const there = packagesIn(hidden)
  return Object.entries(packagesIn('package-lock.json'))
    .filter(([path, { optional }]) => path !== '' && !optional)
    .every(([path, { integrity }]) => there[path]?.integrity === integrity)
}

export async function ensurePackages() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex')
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return
  if (areThere()) return
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  await step('npm ci', () =>
    run('npm', args, { cwd: ROOT, remedy: 'with the network there: npm ci' }),
  )
  writeFileSync(STAMP, wanted)
}
