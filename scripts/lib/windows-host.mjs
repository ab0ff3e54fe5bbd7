// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the scripts do on Windows itself, where there is no rig: MSVC builds, and programs are started
// as they are, against the real ws2_32.
import { spawnSync } from 'node:child_process'
import { release } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './paths.mjs'
import { Stop, step } from './say.mjs'
import { run } from './shell.mjs'

export const ON_WINDOWS = process.platform === 'win32'

/** How Visual Studio's generators call the architectures. */
const PLATFORMS = Object.freeze({ x64: 'x64', arm64: 'ARM64', x86: 'Win32' })
/** What an ARM64 machine has besides: emulated x64 programs, which the provider does not serve. */
const STRANGERS = Object.freeze(['client'])

/** The architectures whose programs the tests run here: Node's own and 32-bit x86. */
export function testArches(arch = process.arch) {
  return [arch === 'arm64' ? 'arm64' : 'x64', 'x86']
}

const cmakeTree = (arch) => join('build', arch)

/** The commands of a build with MSVC, in order: [title, program, arguments]. */
export function msvcCommands(arch = process.arch) {
  const gyp = join('node_modules', 'node-gyp', 'bin', 'node-gyp.js')
  const commands = [
    // Not `rebuild`, which would remove build/ with all that CMake has put there.
    [`build with node-gyp: addon and DLL, ${arch}`, process.execPath, [gyp, 'configure', 'build']],
  ]
  const add = (which, targets = []) => {
    const folder = cmakeTree(which)
    const configure = ['-S', '.', '-B', folder, '-A', PLATFORMS[which]]
    const build = ['--build', folder, '--config', 'Release', '--parallel']
    if (targets.length > 0) build.push('--target', ...targets)
    commands.push([`configure for ${which}`, 'cmake', configure])
    commands.push([`build for ${which}`, 'cmake', build])
  }
  for (const which of testArches(arch)) add(which)
  if (arch === 'arm64') add('x64', STRANGERS)
  return commands
}

export async function buildWithMsvc() {
  for (const [title, program, args] of msvcCommands()) {
    const remedy =
      'Visual Studio 2022 or its build tools with "Desktop development with C++", CMake and Python are needed'
    await step(title, () => run(program, args, { cwd: ROOT, remedy }))
  }
}

/** Installing a namespace provider is an administrator's matter. */
function requireElevated() {
  if (spawnSync('fltmc', { stdio: 'ignore', windowsHide: true }).status === 0) return
  throw new Stop(
    'this process is not elevated, and the tests install namespace providers',
    'run the same in a terminal that was opened "as administrator"',
  )
}

/** As prepare() of scripts/prepare.mjs: a "rig" that is this machine. */
export function openWindows() {
  requireElevated()
  return {
    native: true,
    wine: { version: `Windows ${release()}` },
    node: process.execPath,
    env: {},
    release() {},
  }
}
