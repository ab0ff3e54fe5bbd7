// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The faults that --break plants; faults.json lists them for the demo's start script too.
import { readFileSync } from 'node:fs'

export interface Fault {
  readonly name: string
  readonly what: string
  /** The step that must fail. */
  readonly step: string
}

export function findFault(name: string | undefined): Fault | undefined {
  if (name === undefined) return undefined
  const text = readFileSync(new URL('./faults.json', import.meta.url), 'utf8')
  const fault = (JSON.parse(text) as Fault[]).find((one) => one.name === name)
  if (!fault) throw new Error(`there is no fault ${name}`)
  return fault
}
