// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Makes everything ready to run Windows programs here: tools, Wine, Windows Node, packages, builds,
// a Wine prefix with the rig in it. What is ready already is left alone. It uses only what Node has.
// On Windows there is no rig: packages and builds, and this very machine.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { ensureForeignProgram } from './lib/foreign-program.mjs'
import { ensureTools, requireLinux } from './lib/host.mjs'
import { ensureLinuxNode } from './lib/linux-node.mjs'
import { lock } from './lib/lock.mjs'
import { isMain } from './lib/main.mjs'
import { inNamespace } from './lib/namespace.mjs'
import { ensurePackages } from './lib/packages.mjs'
import { CACHE, ROOT, testOutput } from './lib/paths.mjs'
import { openPrefix } from './lib/prefix.mjs'
import { main, say } from './lib/say.mjs'
import { ON_WINDOWS, openWindows } from './lib/windows-host.mjs'
import { ensureWindowsNode } from './lib/windows-node.mjs'
import { ensureWine } from './lib/wine.mjs'

const HELP = `usage: node scripts/prepare.mjs [--no-build] [--keep-going]
Makes this machine ready for the demo and the tests. Needs the network the first time only.
Everything goes into ${CACHE} and this checkout's node_modules, build, prebuilds and dist.
`

/** Copies the rig's ws2_32 into the prefix; gives the environment that makes programs use it. */
async function installRigInto(prefix, wine) {
  const installer = join(ROOT, 'test', 'rig', 'install.mjs')
  if (!existsSync(installer) || !existsSync(join(testOutput('x64'), 'ws2_32.dll'))) {
    say("- the rig's ws2_32.dll is not built: programs see Wine's own")
    return {}
  }
  const { installRig } = await import(pathToFileURL(installer).href)
  return installRig({ wineRoot: wine.root, prefix, testOutput: join(ROOT, 'build', 'test') }).env
}

/**
 * Prepares and opens a prefix. Returns { wine, node, prefix, env, release }: pass it to runWindows,
 * and call `release` at the end.
 * - `prefix`: a name; runs with different names don't wait for each other
 * - `fresh`: a new copy of the template, removed at release
 */
export async function prepare({
  prefix = 'default',
  fresh = false,
  build: wanted = true,
  keepGoing = false,
} = {}) {
  if (ON_WINDOWS) {
    const here = openWindows()
    await ensureForeignProgram()
    await ensurePackages()
    if (wanted) await build({ keepGoing })
    return here
  }
  requireLinux()
  inNamespace('') // says at once if namespaces are forbidden
  const unlock = await lock(join(CACHE, 'prepare.lock'), 'the cache folder')
  let wine, node
  try {
    if (wanted) await ensureTools()
    wine = await ensureWine()
    node = await ensureWindowsNode()
    await ensureLinuxNode()
    await ensureForeignProgram()
    await ensurePackages()
  } finally {
    unlock()
  }
  if (wanted) await build({ wine, keepGoing })
  const opened = await openPrefix(wine, { name: prefix, fresh })
  try {
    const env = await installRigInto(opened.path, wine)
    return { wine, node, prefix: opened.path, env, release: opened.release }
  } catch (error) {
    opened.release()
    throw error
  }
}

if (isMain(import.meta.url)) {
  await main(async (args) => {
    if (args.includes('--help')) return void process.stdout.write(HELP)
    const started = Date.now()
    const rig = await prepare({
      build: !args.includes('--no-build'),
      keepGoing: args.includes('--keep-going'),
    })
    rig.release()
    say(`ready: ${rig.wine.version}, ${((Date.now() - started) / 1000).toFixed(1)} s`)
  })
}
