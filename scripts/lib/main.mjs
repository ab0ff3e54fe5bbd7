// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Tells whether a module is the program that was started.
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export function isMain(url) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url)
}
