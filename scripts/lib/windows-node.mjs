// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Windows Node from the npm registry, in the cache folder.
import { ensureNpmFile } from './npm-file.mjs'
import { WINDOWS_NODE } from './paths.mjs'

/** Returns the path of node.exe. */
export function ensureWindowsNode() {
  return ensureNpmFile(WINDOWS_NODE, `Windows Node ${WINDOWS_NODE.version}`)
}
