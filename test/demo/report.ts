// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The demo's steps: each is run, compared with what is expected, printed as one line and kept for
// demo.json. The first one that differs ends the demo.
import { renameSync, writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Arch } from '../helpers/client.ts'

/** 'node' is the demo itself or the host: both are 64-bit. */
export type Where = Arch | 'node'

export interface Outcome {
  /** Compared with `expected`. */
  readonly actual: unknown
  /** What the program that did it said, word for word. */
  readonly reported: unknown
  /** Printed instead of `actual`. */
  readonly text?: string
  /** From the change to the completion. */
  readonly microseconds?: number
  readonly microsecondsSinceEdit?: number
}

export interface StepPlan {
  readonly name: string
  readonly arch: Where
  /** The function called, and with what. */
  readonly call: string
  readonly subject: string
  readonly expected: unknown
  run(): Promise<Outcome>
}

interface StepRecord {
  readonly number: number
  readonly name: string
  readonly arch: Where
  readonly call: string
  readonly subject: string
  readonly expected: unknown
  readonly actual: unknown
  readonly reported: unknown
  readonly microseconds?: number
  readonly microsecondsSinceEdit?: number
  readonly ok: boolean
}

export class StepFailed extends Error {
  readonly step: string
  constructor(step: string, message: string) {
    super(message)
    this.step = step
  }
}

const CODES: Readonly<Record<number, string>> = {
  995: 'WSA_OPERATION_ABORTED',
  997: 'WSA_IO_PENDING',
  10014: 'WSAEFAULT',
  10022: 'WSAEINVAL',
  10035: 'WSAEWOULDBLOCK',
  10045: 'WSAEOPNOTSUPP',
  10050: 'WSAENETDOWN',
  10108: 'WSASERVICE_NOT_FOUND',
  10110: 'WSA_E_NO_MORE',
  11001: 'WSAHOST_NOT_FOUND',
  11002: 'WSATRY_AGAIN',
  11004: 'WSANO_DATA',
}

/** `0`, or the last error with its name. */
export function codeText(code: number): string {
  if (code === 0) return '0'
  const name = CODES[code]
  return name ? `${code} ${name}` : String(code)
}

function show(value: unknown): string {
  if (typeof value === 'number') return codeText(value)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export class Report {
  readonly steps: StepRecord[] = []
  catalogBefore = ''
  catalogAfter = ''
  readonly found: string[] = []
  failedStep: string | undefined

  /** A line between steps. */
  say(line: string): void {
    process.stdout.write(`${line}\n`)
  }

  async step(plan: StepPlan): Promise<Outcome> {
    const { name, arch, call, subject, expected } = plan
    let outcome: Outcome
    try {
      outcome = await plan.run()
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      outcome = { actual: `failed: ${message}`, reported: null }
    }
    const { text, ...told } = outcome
    const ok = isDeepStrictEqual(told.actual, expected)
    const number = this.steps.length + 1
    this.steps.push({ number, name, arch, call, subject, expected, ...told, ok })
    const result = ok ? (text ?? show(told.actual)) : show(told.actual)
    const head = `${String(number).padStart(3)}  ${arch.padEnd(4)}  ${call.padEnd(25)}  ${subject.padEnd(38)}`
    this.say(`${head}  ${result}${ok ? '' : `\n     ✖ expected ${show(expected)}`}`)
    if (!ok) {
      this.failedStep = name
      const [first] = show(told.actual).split('\n')
      throw new StepFailed(name, `step ${number} (${name}): ${first}, not ${show(expected)}`)
    }
    return outcome
  }

  get ok(): boolean {
    const same = this.catalogBefore !== '' && this.catalogBefore === this.catalogAfter
    return same && this.failedStep === undefined && this.steps.every((step) => step.ok)
  }

  /** In one go, so that a file that is there is whole. */
  write(path: string, more: object): void {
    const { steps, catalogBefore, catalogAfter, found, ok } = this
    const failed = this.failedStep === undefined ? {} : { failedStep: this.failedStep }
    const content = { ok, ...failed, catalogBefore, catalogAfter, found, ...more, steps }
    writeFileSync(`${path}.part`, `${JSON.stringify(content, null, 1)}\n`)
    renameSync(`${path}.part`, path)
  }
}
