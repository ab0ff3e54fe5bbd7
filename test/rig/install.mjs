// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Puts the built rig into a Wine prefix, for 64-bit and 32-bit programs, by copying files only:
// no Windows program has to run, and running it again changes nothing that is already right.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { makeDef } from './make-def.mjs'

const ARCHES = [
  { arch: 'x64', wine: 'x86_64', triplet: 'x86_64-linux-gnu', system: 'system32' },
  { arch: 'x86', wine: 'i386', triplet: 'i386-linux-gnu', system: 'syswow64' },
]

// Libraries of the default catalog; the rig's DLL creates that catalog when it finds none.
const STAND_INS = ['tcpip_standin.dll', 'nla_standin.dll']

// Where distributions keep Wine's `<arch>-windows` and `<arch>-unix` folders, below a Wine root.
function wineFolders({ triplet }) {
  const shared = [
    'usr/lib',
    'usr/lib64',
    'usr/lib32',
    'opt/wine-stable/lib',
    'opt/wine-stable/lib64',
  ]
  // A 64-bit Wine that runs 32-bit programs by itself has their DLLs beside its own.
  const multiarch = [triplet, ARCHES[0].triplet].map((name) => `usr/lib/${name}`)
  return [...multiarch, ...shared].map((folder) => `${folder}/wine`)
}

/** Wine's own ws2_32 for one width: { dll, so }; `so` is absent where 32-bit code needs no Unix half. */
export function findWine(wineRoot, arch) {
  const width = ARCHES.find((a) => a.arch === arch)
  for (const folder of wineFolders(width)) {
    const dll = join(wineRoot, folder, `${width.wine}-windows`, 'ws2_32.dll')
    if (!existsSync(dll)) continue
    const so = join(wineRoot, folder, `${width.wine}-unix`, 'ws2_32.so')
    return { dll, so: existsSync(so) ? so : undefined }
  }
  throw new Error(`no ${width.wine}-windows/ws2_32.dll of Wine below ${wineRoot}`)
}

/** Writes ws2_32-x64.def, ws2_32-x86.def and their -apc forms into `out`. CMake does this itself. */
export function buildDefs({ wineRoot, out }) {
  mkdirSync(out, { recursive: true })
  for (const { arch } of ARCHES) {
    const wineDll = findWine(wineRoot, arch).dll
    writeFileSync(join(out, `ws2_32-${arch}.def`), makeDef({ wineDll, arch }))
    writeFileSync(join(out, `ws2_32-${arch}-apc.def`), makeDef({ wineDll, arch, apc: true }))
  }
}

// Renames into place, so that a program that has the old file mapped keeps what it mapped.
function put(from, to) {
  if (existsSync(to) && readFileSync(from).equals(readFileSync(to))) return false
  mkdirSync(dirname(to), { recursive: true })
  const fresh = `${to}.new`
  rmSync(fresh, { force: true })
  copyFileSync(from, fresh)
  renameSync(fresh, to)
  return true
}

/** What must be in the environment of every program that is to see the rig. */
export function rigEnvironment(prefix) {
  return { WINEDLLPATH: join(prefix, 'rig-dlls'), WINEDLLOVERRIDES: 'winedbg.exe=d;ws2_32=n,b' }
}

/**
 * Installs the rig into `prefix`, which wineboot must have made. `testOutput` is build/test, with
 * x64/ and x86/ inside; `wineRoot` is the folder whose usr/lib holds Wine ('/' for this system's).
 * Returns { env, changed }: the environment as in rigEnvironment, and the files written.
 */
export function installRig({ wineRoot, prefix, testOutput }) {
  const changed = []
  const copy = (from, to) => put(from, to) && changed.push(to)
  for (const { arch, wine, system } of ARCHES) {
    const own = findWine(wineRoot, arch)
    const systemDir = join(prefix, 'drive_c/windows', system)
    if (!existsSync(systemDir)) throw new Error(`${systemDir} does not exist: run wineboot first`)
    copy(own.dll, join(prefix, 'rig-dlls', `${wine}-windows`, 'ws2_wine.dll'))
    if (own.so) copy(own.so, join(prefix, 'rig-dlls', `${wine}-unix`, 'ws2_wine.so'))
    // The loader looks for a built-in of this name only if a file of this name is there.
    copy(own.dll, join(systemDir, 'ws2_wine.dll'))
    for (const name of STAND_INS) copy(join(testOutput, arch, name), join(systemDir, name))
    copy(join(testOutput, arch, 'ws2_32.dll'), join(systemDir, 'ws2_32.dll'))
  }
  return { env: rigEnvironment(prefix), changed }
}
