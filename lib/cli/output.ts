// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// How the command line prints: steps, tables, errors with their remedy.
import type { Step } from '../catalog.ts'
import { isNspError, isWinsockError } from '../errors.ts'

export interface Output {
  out(text: string): void
  err(text: string): void
  /** Aborts when nobody reads what is printed any more. */
  readonly closed?: AbortSignal | undefined
}

/** Standard output and error. That their reader has gone (`| head`) is no failure of the command. */
export function standardOutput(): Output {
  const closed = new AbortController()
  process.stdout.on('error', () => closed.abort())
  process.stderr.on('error', () => undefined)
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    closed: closed.signal,
  }
}

export function say(output: Output, line: string): void {
  output.out(`${line}\n`)
}

export function printSteps(output: Output, steps: readonly Step[]): void {
  for (const { call, target, done } of steps)
    say(output, `${done ? 'done' : '    '}  ${call}  ${target}`)
}

/** Columns as wide as their widest cell. */
export function printTable(output: Output, rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  for (const row of rows) {
    say(
      output,
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  }
}

/** What Node calls an argument that was checked and refused: the message says all. */
function isBadArgument(error: unknown): error is TypeError & { readonly code: string } {
  return error instanceof TypeError && 'code' in error && error.code === 'ERR_INVALID_ARG_VALUE'
}

/** Code, message with its issues, remedy: all that the user needs, and no stack. */
export function printError(output: Output, error: unknown): void {
  if (error instanceof AggregateError) {
    for (const one of error.errors) printError(output, one)
    return
  }
  if (isNspError(error)) {
    output.err(`${error.code}: ${error.message}\n`)
    if (error.remedy !== undefined) output.err(`${error.remedy}\n`)
  } else if (isWinsockError(error) || isBadArgument(error)) {
    output.err(`${error.code}: ${error.message}\n`)
  } else {
    output.err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  }
}
