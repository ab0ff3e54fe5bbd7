// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Whether somebody debugs this process. A Node built without the inspector has no such module to import.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export function inspectorUrl(): string | undefined {
  try {
    return (require('node:inspector') as typeof import('node:inspector')).url()
  } catch {
    return undefined
  }
}
