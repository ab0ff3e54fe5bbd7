// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the scripts tell the user: one line a step, and one way to stop that says what to do.

/** Preparation can't go on: `message` says what is missing, `remedy` is one command or sentence. */
export class Stop extends Error {
  constructor(message, remedy) {
    super(message)
    this.name = 'Stop'
    this.remedy = remedy
  }
}

let quiet = false
export function setQuiet(value) {
  quiet = value
}

export function say(line) {
  if (!quiet) process.stderr.write(`${line}\n`)
}

/** Runs `work` between a line that says what begins and one that says how long it took. */
export async function step(title, work) {
  const start = Date.now()
  say(`… ${title}`)
  const result = await work()
  say(`✓ ${title} (${((Date.now() - start) / 1000).toFixed(1)} s)`)
  return result
}

/** The frame of every script: a Stop becomes two lines and exit code 1, never a stack trace. */
export async function main(body) {
  try {
    const code = await body(process.argv.slice(2))
    process.exitCode = code ?? process.exitCode ?? 0
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    process.stderr.write(`\nCan't go on: ${error.message}\n`)
    if (error.remedy) process.stderr.write(`To help: ${error.remedy}\n`)
    process.exitCode = 1
  }
}
