// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The contract's rows (test/contract/checklist.json), the rows left out (test/skips.json), and what
// this run has found of each.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Arch } from './client.ts'
import type { Evidence } from './evidence.ts'

export interface ChecklistRow {
  id: string
  call: string
  precondition: string
  expected: string
  source: string
  /** P: any provider; R: the dispatcher; W: only real Windows settles it. */
  where: 'P' | 'R' | 'W'
  issue: number
}

export interface Skip {
  reason: string
  /** Where the row is left out: in the rig, or on real Windows (it needs the rig). Absent: nowhere runs it. */
  on?: 'wine' | 'windows'
}

export type Status = 'pass' | 'fail' | 'skip'

export interface RowResult {
  id: string
  arch: Arch
  title: string
  status: Status
  checks: number
  error?: string
  evidence?: Evidence
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as T
}

export const CHECKLIST: readonly ChecklistRow[] = readJson('../contract/checklist.json')
export const SKIPS: Readonly<Record<string, Skip>> = readJson('../skips.json')

const byId = new Map(CHECKLIST.map((entry) => [entry.id, entry]))

export function checklistRow(id: string): ChecklistRow {
  const entry = byId.get(id)
  if (!entry) throw new Error(`${id} is not in test/contract/checklist.json`)
  return entry
}

/** Wine says so in the environment of the rig's programs. */
export const HOST: 'wine' | 'windows' = process.env.WINEPREFIX ? 'wine' : 'windows'

/** Why the row is left out here, if it is. */
export function skipOf(id: string): Skip | undefined {
  const skip = SKIPS[id]
  return skip && (skip.on ?? HOST) === HOST ? skip : undefined
}

/** Each row that a test file has registered, whether it runs or not. */
export const registered: Set<string> = new Set()

const results: RowResult[] = []

export function record(result: RowResult): void {
  results.push(result)
}

/** Writes build/test/rows.json, or the file that NSP_ROWS_JSON names. */
export function writeRows(driver: string): void {
  // A run without rows has nothing to say of them.
  if (results.length === 0) return
  const path =
    process.env.NSP_ROWS_JSON ??
    fileURLToPath(new URL('../../build/test/rows.json', import.meta.url))
  mkdirSync(new URL('../../build/test/', import.meta.url), { recursive: true })
  writeFileSync(path, `${JSON.stringify({ driver, host: HOST, rows: results }, undefined, 2)}\n`)
}
