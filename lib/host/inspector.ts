// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Whether somebody debugs this process. A Node built without the inspector has no such module to import.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

function load(): typeof import('node:inspector') | undefined {
  try {
    return require('node:inspector') as typeof import('node:inspector')
  } catch {
    return undefined
  }
}

let inspector: typeof import('node:inspector') | undefined | null = null

/** Asked anew each time: the inspector can be opened at any moment. */
export function inspectorUrl(): string | undefined {
  if (inspector === null) inspector = load()
  return inspector?.url()
}
