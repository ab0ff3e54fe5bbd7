// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The package as its users get it: what `npm pack` packs, in a folder of its own beside its dependencies.
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PACKED, ROOT } from './paths.mjs'
import { run } from './shell.mjs'

// What the package depends on, and what that depends on.
const DEPENDENCIES = ['bindings', 'commander', 'file-uri-to-path']

/** Packs the checkout and unpacks that where `winsock-nsp` is found from files in the folder PACKED. */
export async function unpackPackage() {
  const modules = join(PACKED, 'node_modules')
  rmSync(PACKED, { recursive: true, force: true })
  mkdirSync(join(modules, 'winsock-nsp'), { recursive: true })
  const args = ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', PACKED]
  await run('npm', args, { cwd: ROOT, remedy: 'install Node with npm' })
  const [tarball] = readdirSync(PACKED).filter((name) => name.endsWith('.tgz'))
  const into = join('node_modules', 'winsock-nsp')
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', into], { cwd: PACKED })
  for (const name of DEPENDENCIES)
    cpSync(join(ROOT, 'node_modules', name), join(modules, name), { recursive: true })
  cpSync(join(ROOT, 'test', 'helpers', 'packed-probe.mjs'), join(PACKED, 'probe.mjs'))
}
