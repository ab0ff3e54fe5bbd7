// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Builds what is out of date: binaries and test programs (--native), dist (--ts), or both.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildWindows } from './lib/cmake.mjs'
import { ensureTools, requireLinux } from './lib/host.mjs'
import { lock } from './lib/lock.mjs'
import { isMain } from './lib/main.mjs'
import { ensurePackages } from './lib/packages.mjs'
import { ARCHES, ROOT } from './lib/paths.mjs'
import { main, step } from './lib/say.mjs'
import { run } from './lib/shell.mjs'
import { buildWithMsvc, ON_WINDOWS } from './lib/windows-host.mjs'
import { ensureWine } from './lib/wine.mjs'

const HELP = `usage: node scripts/build.mjs [--native] [--ts] [--keep-going]
  --native      only the Windows binaries and test programs
  --ts          only TypeScript (lib to dist)
  --keep-going  build what can be built even if some target fails
`

async function buildTypeScript() {
  const lib = join(ROOT, 'lib')
  if (!existsSync(lib) || !readdirSync(lib).some((file) => file.endsWith('.ts'))) return
  // dist is all tsc's: files whose source is gone must not stay in it.
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true })
  await run(
    process.execPath,
    [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'],
    { cwd: ROOT },
  )
}

async function buildNative({ wine, keepGoing }) {
  if (ON_WINDOWS) return buildWithMsvc()
  for (const arch of ARCHES) {
    await step(`build for Windows ${arch}`, () =>
      buildWindows(arch, { wineRoot: wine.root, keepGoing }),
    )
  }
}

/** `wine`: what ensureWine gave; nothing on Windows. */
export async function build({ wine, native = true, ts = true, keepGoing = false }) {
  mkdirSync(join(ROOT, 'build'), { recursive: true })
  const unlock = await lock(join(ROOT, 'build', '.lock'), 'the build folder')
  try {
    if (native) await buildNative({ wine, keepGoing })
    if (ts) await step('build TypeScript', buildTypeScript)
  } finally {
    unlock()
  }
}

if (isMain(import.meta.url)) {
  await main(async (args) => {
    if (args.includes('--help')) return void process.stdout.write(HELP)
    if (!ON_WINDOWS) requireLinux()
    if (!ON_WINDOWS) await ensureTools()
    const wine = ON_WINDOWS ? undefined : await ensureWine()
    await ensurePackages()
    const one = args.includes('--native') !== args.includes('--ts')
    await build({
      wine,
      native: !one || args.includes('--native'),
      ts: !one || args.includes('--ts'),
      keepGoing: args.includes('--keep-going'),
    })
  })
}
