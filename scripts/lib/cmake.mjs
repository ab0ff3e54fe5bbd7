// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Builds the Windows binaries and test programs: x64 through cmake-js, x86 through CMake alone.
// Ninja decides what is out of date.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './paths.mjs'
import { run } from './shell.mjs'

const TRIPLES = { x64: 'x86_64', x86: 'i686' }

/** A build tree that another checkout or other settings made can't be reused. */
function dropForeignTree(folder, settings) {
  const cache = join(folder, 'CMakeCache.txt')
  if (!existsSync(cache)) return
  const text = readFileSync(cache, 'utf8')
  const same = (key, value) => new RegExp(`^${key}:[A-Z]+=(.*)$`, 'm').exec(text)?.[1] === value
  const all = { CMAKE_HOME_DIRECTORY: ROOT, ...settings }
  if (Object.entries(all).every(([key, value]) => same(key, value))) return
  rmSync(folder, { recursive: true, force: true })
}

export async function buildWindows(arch, { wineRoot, keepGoing = false }) {
  const folder = join(ROOT, 'build', arch)
  const settings = {
    CMAKE_TOOLCHAIN_FILE: join(ROOT, 'cmake', `mingw-w64-${TRIPLES[arch]}.cmake`),
    WINSOCK_NSP_WINE_ROOT: wineRoot,
  }
  dropForeignTree(folder, settings)
  const jobs = String(Math.min(availableParallelism(), 4))
  if (!existsSync(join(folder, 'build.ninja'))) await configure(arch, folder, settings)
  const more = keepGoing ? ['--', '-k', '0'] : []
  await run('cmake', ['--build', folder, '-j', jobs, ...more], { cwd: ROOT })
}

async function configure(arch, folder, settings) {
  rmSync(folder, { recursive: true, force: true })
  const entries = Object.entries(settings)
  if (arch !== 'x64') {
    const defines = [
      ...entries.map(([key, value]) => `-D${key}=${value}`),
      '-DCMAKE_BUILD_TYPE=Release',
    ]
    await run('cmake', ['-G', 'Ninja', '-S', ROOT, '-B', folder, ...defines], { cwd: ROOT })
    return
  }
  // cmake-js wants a native compiler to be there even though the toolchain file names another.
  const defines = entries.map(([key, value]) => `--CD${key}=${value}`)
  const cmakeJs = join(ROOT, 'node_modules', 'cmake-js', 'bin', 'cmake-js')
  const args = [cmakeJs, 'configure', '-O', folder, '-a', 'x64', '-G', 'Ninja', ...defines]
  await run(process.execPath, args, { cwd: ROOT })
}
