// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Linux Node from the npm registry, in the cache folder.
import { ensureNpmFile } from './npm-file.mjs'
import { LINUX_NODE } from './paths.mjs'

/** Returns the path of node. */
export function ensureLinuxNode() {
  return ensureNpmFile(LINUX_NODE, `Linux Node ${LINUX_NODE.version}`)
}
