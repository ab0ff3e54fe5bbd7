// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Handler failures nobody listens to: one line on stderr, at most once a minute.
import { isNspError } from '../errors.ts'
import type { HandlerFailure } from '../types.ts'

const INTERVAL_MS = 60_000

/** One line that says what failed for whom. */
export function describeFailure({ operation, error, context }: HandlerFailure): string {
  const { handle, client } = context
  const name = handle?.query.name
  const asked = name === undefined ? ' of an enumeration' : ` of ${JSON.stringify(name)}`
  const text =
    error instanceof Error
      ? isNspError(error)
        ? error.message
        : `${error.name}: ${error.message}`
      : String(error)
  return `${operation}${handle === undefined ? '' : asked} for process ${client.processId}: ${text.replaceAll(/\s*\n\s*/g, '; ')}`
}

export class FailureLog {
  readonly #write: (line: string) => void
  readonly #now: () => number
  #last = Number.NEGATIVE_INFINITY
  #suppressed = 0

  constructor(
    write: (line: string) => void = (line) => void process.stderr.write(line),
    now: () => number = () => performance.now(),
  ) {
    this.#write = write
    this.#now = now
  }

  write(provider: string, failure: HandlerFailure): void {
    const now = this.#now()
    if (now - this.#last < INTERVAL_MS) {
      this.#suppressed++
      return
    }
    const more = this.#suppressed === 0 ? '' : ` (and ${this.#suppressed} more since the last line)`
    this.#last = now
    this.#suppressed = 0
    this.#write(`winsock-nsp: ${provider}: ${describeFailure(failure)}${more}\n`)
  }
}
