// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The only place that loads the native addon, and that knows where the package keeps its binaries.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NspError } from '../errors.ts'
import type { Native } from './native.ts'

const NAME = 'winsock-nsp.node'
/** The addon and the DLL of the process's own architecture lie in one folder. */
export const OWN_FOLDER: string = process.arch === 'arm64' ? 'win32-arm64' : 'win32-x64'

/** The package's folder: lib/internal and dist/internal lie equally deep in it. */
export const PACKAGE_ROOT: string = fileURLToPath(new URL('../../', import.meta.url))

interface BindingsOptions {
  readonly bindings: string
  readonly module_root: string
  readonly try: readonly (readonly string[])[]
}

/** Where the binaries are: the package's, unless WINSOCK_NSP_NATIVE names another folder like `prebuilds`. */
export function binariesFolder(): string {
  return process.env['WINSOCK_NSP_NATIVE'] || join(PACKAGE_ROOT, 'prebuilds')
}

/** The DLLs that `install` copies. */
export function dllSources(): { readonly native: string; readonly x86: string } {
  const folder = binariesFolder()
  return {
    native: join(folder, OWN_FOLDER, 'winsock-nsp.dll'),
    x86: join(folder, 'win32-ia32', 'winsock-nsp.dll'),
  }
}

/** The folders that may hold the addon, in the order in which they are tried. */
function addonPlaces(): string[][] {
  const prebuilt = [binariesFolder(), OWN_FOLDER, 'bindings']
  // A build from source (npm run build:native) lies where node-gyp puts it.
  return process.env['WINSOCK_NSP_NATIVE']
    ? [prebuilt]
    : [prebuilt, ['module_root', 'build', 'Release', 'bindings']]
}

function load(): Native {
  const require = createRequire(import.meta.url)
  const bindings = require('bindings') as (options: BindingsOptions) => Native
  return bindings({ bindings: NAME, module_root: PACKAGE_ROOT, try: addonPlaces() })
}

/** Lists what was tried; `cause` is what the loader threw. */
export function notLoaded(cause: unknown): NspError {
  const tried = addonPlaces().map((parts) =>
    join(
      ...parts.map((part) =>
        part === 'bindings' ? NAME : part === 'module_root' ? PACKAGE_ROOT : part,
      ),
    ),
  )
  const found = tried.filter((path) => existsSync(path))
  const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
  const issues = tried.map((path) => ({
    path,
    message: found.includes(path)
      ? `is there, but cannot be loaded: ${reason}`
      : 'there is no such file',
  }))
  const remedy =
    found.length === 0
      ? `Install winsock-nsp again; if WINSOCK_NSP_NATIVE is set, it must name a folder with ${OWN_FOLDER}/winsock-nsp.node.`
      : 'If a policy (AppLocker, WDAC, an antivirus program) blocks the file, let an administrator allow it.'
  return new NspError('ERR_NSP_NATIVE_NOT_LOADED', 'the native addon was not loaded', {
    issues,
    remedy,
    cause,
  })
}

/** @throws NspError ERR_NSP_UNSUPPORTED_PLATFORM */
export function requireWindows(
  platform: string = process.platform,
  arch: string = process.arch,
): void {
  if (platform !== 'win32') {
    throw new NspError(
      'ERR_NSP_UNSUPPORTED_PLATFORM',
      `there are no namespace providers on ${platform}`,
      {
        remedy:
          'Run this on Windows; defineProvider and everything else that is inert works anywhere.',
      },
    )
  }
  if (arch !== 'x64') {
    throw new NspError('ERR_NSP_UNSUPPORTED_PLATFORM', `this Node is built for ${arch}`, {
      remedy: 'Use 64-bit (x64) Node: it serves 64-bit and 32-bit programs alike.',
    })
  }
}

let loaded: Native | undefined

/** @throws NspError ERR_NSP_UNSUPPORTED_PLATFORM or ERR_NSP_NATIVE_NOT_LOADED */
export function loadNative(): Native {
  if (loaded !== undefined) return loaded
  requireWindows()
  try {
    loaded = load()
  } catch (error) {
    throw notLoaded(error)
  }
  return loaded
}
