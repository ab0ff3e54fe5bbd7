// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Checks values that users write and collects every fault with its path, so that one error can name them all.
import type { Issue } from '../errors.ts'

export type Fields = Readonly<Record<string, unknown>>

/** How a value is shown in a message: short, and never by running code of its own. */
export function show(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export class IssueList {
  readonly issues: Issue[] = []

  add(path: string, message: string): undefined {
    this.issues.push({ path, message })
    return undefined
  }

  /** Names each key that is not known: nearly always a slip of the pen. */
  unknownKeys(path: string, value: Fields, known: readonly string[]): void {
    for (const key of Object.keys(value)) {
      if (!known.includes(key))
        this.add(path === '' ? key : `${path}.${key}`, 'there is no such option')
    }
  }

  text(path: string, value: unknown, limit: number): string | undefined {
    if (value === undefined) return this.add(path, 'missing')
    if (typeof value !== 'string' || value === '')
      return this.add(path, `not a text: ${show(value)}`)
    if (value.includes('\0')) return this.add(path, 'a text with a zero character')
    return value.length > limit ? this.add(path, `longer than ${limit} characters`) : value
  }

  integer(path: string, value: unknown, least: number, most: number): number | undefined {
    if (value === undefined) return this.add(path, 'missing')
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      return this.add(path, `${show(value)} is not an integer from ${least} to ${most}`)
    }
    return value
  }

  boolean(path: string, value: unknown): boolean | undefined {
    if (value === undefined || typeof value === 'boolean') return value
    return this.add(path, `neither true nor false: ${show(value)}`)
  }

  /** A function that may be missing. */
  callable(path: string, value: unknown): void {
    if (value !== undefined && typeof value !== 'function')
      this.add(path, `not a function: ${show(value)}`)
  }

  /** An array that may be missing. */
  array(path: string, value: unknown): readonly unknown[] | undefined {
    if (value === undefined || Array.isArray(value)) return value as readonly unknown[] | undefined
    return this.add(path, `not an array: ${show(value)}`)
  }

  /** An object that may be missing. */
  fields(path: string, value: unknown): Fields | undefined {
    if (value === undefined) return undefined
    return isFields(value) ? value : this.add(path, `not an object: ${show(value)}`)
  }
}

/** All that is wrong with the arguments of a call, as one TypeError (`ERR_INVALID_ARG_VALUE`). */
export function invalidArgument(issues: IssueList): TypeError {
  const text = issues.issues
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .join('; ')
  return Object.assign(new TypeError(text), {
    code: 'ERR_INVALID_ARG_VALUE',
    issues: issues.issues,
  })
}
