// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The two kinds of error: what Winsock says (WinsockError) and what this package says (NspError).
import { WinsockCode, type WinsockCodeName, winsockCodeName } from './codes.ts'

export interface WinsockErrorOptions {
  readonly message?: string | undefined
  readonly cause?: unknown
  /** The Windows function that failed. */
  readonly syscall?: string | undefined
  /**
   * Thrown by `lookup`: other processes may give this answer from memory for so many seconds. Only with
   * WSASERVICE_NOT_FOUND and WSANO_DATA, which say something about the name.
   */
  readonly ttl?: number | undefined
}

/** @throws TypeError (`ERR_INVALID_ARG_VALUE`) */
function checkedTtl(ttl: unknown, code: string): number | undefined {
  if (ttl === undefined) return undefined
  const fault =
    typeof ttl !== 'number' || !Number.isFinite(ttl) || ttl < 0
      ? 'ttl: not a number of seconds'
      : code === 'WSASERVICE_NOT_FOUND' || code === 'WSANO_DATA'
        ? undefined
        : `ttl: only WSASERVICE_NOT_FOUND and WSANO_DATA may be kept, not ${code}`
  if (fault === undefined) return ttl as number
  throw Object.assign(new TypeError(fault), { code: 'ERR_INVALID_ARG_VALUE' })
}

/**
 * What Winsock says. Thrown by a handler: the client gets this code. Thrown by us: a Windows call failed.
 * @example
 * throw new WinsockError('WSAEACCES')
 * @throws RangeError (`ERR_OUT_OF_RANGE`) for a name or number that cannot be a Winsock code; TypeError
 * (`ERR_INVALID_ARG_VALUE`) for a `ttl` that is no number of seconds, or with another code than those two.
 */
export class WinsockError extends Error {
  declare readonly name: 'WinsockError'
  readonly code: WinsockCodeName | 'UNKNOWN'
  /** Positive, as WSAGetLastError gives it. */
  readonly errno: number
  readonly syscall: string | undefined
  /** Seconds; undefined: to be asked each time. */
  readonly ttl: number | undefined

  constructor(code: WinsockCodeName | number, options: WinsockErrorOptions = {}) {
    const errno = typeof code === 'number' ? code : WinsockCode[code]
    if (!Number.isInteger(errno) || errno <= 0 || errno > 0xffffffff) {
      const message = `not a Winsock code: ${String(code)}`
      throw Object.assign(new RangeError(message), { code: 'ERR_OUT_OF_RANGE' })
    }
    const name = winsockCodeName(errno) ?? 'UNKNOWN'
    const text = `${options.syscall === undefined ? '' : `${options.syscall}: `}${name} (${errno})`
    super(
      options.message ?? text,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = name
    this.errno = errno
    this.syscall = options.syscall
    this.ttl = checkedTtl(options.ttl, name)
  }

  static {
    Object.defineProperty(WinsockError.prototype, 'name', { value: 'WinsockError' })
  }
}

const nspErrorCodes = [
  'ERR_NSP_INVALID_PROVIDER',
  'ERR_NSP_INVALID_ANSWER',
  'ERR_NSP_NOT_INSTALLED',
  'ERR_NSP_NOT_ELEVATED',
  'ERR_NSP_ALREADY_SERVED',
  'ERR_NSP_CHANNEL_TAKEN',
  'ERR_NSP_VERSION_MISMATCH',
  'ERR_NSP_UNSUPPORTED_PLATFORM',
  'ERR_NSP_NATIVE_NOT_LOADED',
  'ERR_NSP_INVALID_FILE',
  'ERR_NSP_INSTALL_REFUSED',
  'ERR_NSP_CALL_ENDED',
  'ERR_NSP_CALL_TIMEOUT',
  'ERR_NSP_CLIENT_GONE',
  'ERR_NSP_HOST_CLOSED',
] as const

/** Every code an NspError can have. */
export type NspErrorCode = (typeof nspErrorCodes)[number]
export const NSP_ERROR_CODES: readonly NspErrorCode[] = Object.freeze(nspErrorCodes)

/** One fault: the field, as it is written in code, and what is wrong with it. */
export interface Issue {
  readonly path: string
  readonly message: string
}

export interface NspErrorOptions {
  readonly issues?: readonly Issue[] | undefined
  readonly remedy?: string | undefined
  readonly cause?: unknown
}

/**
 * What this package says. Match on `code`; messages may change.
 * @example
 * try { await serve(provider) } catch (error) {
 *   if (error instanceof NspError && error.code === 'ERR_NSP_NOT_INSTALLED') console.error(error.remedy)
 * }
 */
export class NspError extends Error {
  declare readonly name: 'NspError'
  readonly code: NspErrorCode
  /** Each field at fault; empty if the error is not about fields. */
  readonly issues: readonly Issue[]
  /** One sentence: what to do, with the command if there is one. */
  readonly remedy: string | undefined

  constructor(code: NspErrorCode, message: string, options: NspErrorOptions = {}) {
    const issues = options.issues ?? []
    const lines = issues.map(
      ({ path, message: fault }) => `\n  ${path === '' ? '' : `${path}: `}${fault}`,
    )
    super(
      message + lines.join(''),
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.issues = Object.freeze(issues.map((issue) => Object.freeze({ ...issue })))
    this.remedy = options.remedy
  }

  static {
    Object.defineProperty(NspError.prototype, 'name', { value: 'NspError' })
  }
}

/** True for our own and another copy's WinsockError: the command line may run a file that loads its own copy. */
export function isWinsockError(error: unknown): error is WinsockError {
  return (
    error instanceof Error &&
    error.name === 'WinsockError' &&
    Number.isInteger((error as WinsockError).errno)
  )
}

/** True for our own and another copy's NspError. */
export function isNspError(error: unknown): error is NspError {
  return (
    error instanceof Error && error.name === 'NspError' && Array.isArray((error as NspError).issues)
  )
}
