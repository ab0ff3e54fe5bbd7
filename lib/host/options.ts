// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Options of `serve`, checked, with their defaults. Bad arguments are TypeErrors, as in Node.

import { IssueList, invalidArgument, isFields } from '../internal/issues.ts'
import type { ServeOptions } from '../types.ts'
import { DEFAULT_GRACE_MS } from './filter.ts'

export interface CheckedServeOptions {
  readonly install: 'require' | 'temporary'
  readonly clients: number
  readonly callsPerClient: number
  readonly answerBytes: number
  readonly restartGraceMs: number
}

const MEBIBYTE = 1024 * 1024
const LIMITS = {
  clients: { least: 1, most: 10_000, standard: 256 },
  callsPerClient: { least: 1, most: 100_000, standard: 256 },
  answerBytes: { least: 1024, most: 1024 * MEBIBYTE, standard: 16 * MEBIBYTE },
} as const
const MAX_GRACE_MS = 3_600_000

/** @throws TypeError (`ERR_INVALID_ARG_VALUE`), which names every option at fault. */
export function checkServeOptions(options: ServeOptions): CheckedServeOptions {
  const issues = new IssueList()
  const given = isFields(options) ? options : {}
  issues.unknownKeys('', given, ['install', 'signal', 'limits', 'restartGraceMs'])
  const limits = issues.fields('limits', given['limits']) ?? {}
  issues.unknownKeys('limits', limits, Object.keys(LIMITS))
  const limit = (key: keyof typeof LIMITS): number => {
    const { least, most, standard } = LIMITS[key]
    return limits[key] === undefined
      ? standard
      : (issues.integer(`limits.${key}`, limits[key], least, most) ?? standard)
  }
  const install = given['install'] ?? 'require'
  if (install !== 'require' && install !== 'temporary')
    issues.add('install', "neither 'require' nor 'temporary'")
  if (given['signal'] !== undefined && !(given['signal'] instanceof AbortSignal))
    issues.add('signal', 'not an AbortSignal')
  const grace = given['restartGraceMs']
  const checked = {
    install: install as CheckedServeOptions['install'],
    clients: limit('clients'),
    callsPerClient: limit('callsPerClient'),
    answerBytes: limit('answerBytes'),
    restartGraceMs:
      grace === undefined
        ? DEFAULT_GRACE_MS
        : (issues.integer('restartGraceMs', grace, 0, MAX_GRACE_MS) ?? 0),
  }
  if (issues.issues.length > 0) throw invalidArgument(issues)
  return checked
}
