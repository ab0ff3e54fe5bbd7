// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// docs/reliability.md: its table and figures, from torture.json.
export function writeReliability(_path) {
  throw new Error('not yet')
}
