// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The driver's line protocol: `verb key=value ...` with percent-encoded values.

export interface CommandLine {
  readonly verb: string
  readonly args: Readonly<Record<string, string>>
}

export function parseCommandLine(line: string): CommandLine {
  const [verb = '', ...pairs] = line.trim().split(/\s+/)
  const args = pairs.map((pair): [string, string] => {
    const at = pair.indexOf('=')
    if (at < 1) throw new Error(`not key=value: ${pair}`)
    return [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))]
  })
  return { verb, args: Object.fromEntries(args) }
}
