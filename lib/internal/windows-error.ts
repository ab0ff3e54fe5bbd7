// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a failed Windows call becomes for the user.
import { WinsockCode } from '../codes.ts'
import { isNspError, isWinsockError, NspError, WinsockError } from '../errors.ts'
import type { NativeFailure } from './native.ts'

const ERROR_ACCESS_DENIED = 5
const ELEVATE = 'Run it as administrator: from an elevated terminal, or with sudo on Windows 11.'

export function isNativeFailure(error: unknown): error is NativeFailure {
  if (!(error instanceof Error)) return false
  const { errno, syscall } = error as NodeJS.ErrnoException
  return typeof errno === 'number' && errno > 0 && typeof syscall === 'string'
}

export function notElevated(what: string, cause?: unknown): NspError {
  const message = `${what} needs the rights of an administrator (BUILTIN\\Administrators enabled in the token)`
  return new NspError('ERR_NSP_NOT_ELEVATED', message, { remedy: ELEVATE, cause })
}

/** Turns what a step threw into a WinsockError or NspError that names the step. */
export function nativeError(error: unknown, step: string): Error {
  if (isNspError(error) || isWinsockError(error)) return error
  if (!isNativeFailure(error)) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EPERM' || code === 'EACCES') return notElevated(step, error)
    return new NspError(
      'ERR_NSP_INSTALL_REFUSED',
      `${step}: ${error instanceof Error ? error.message : String(error)}`,
      {
        remedy: 'Read the message of Windows above; what was begun has been taken back.',
        cause: error,
      },
    )
  }
  const { errno, syscall, message } = error
  if (errno === WinsockCode.WSAEACCES) return notElevated(step, error)
  if (/^WS[AC]/.test(syscall)) return new WinsockError(errno, { syscall, cause: error })
  const denied = errno === ERROR_ACCESS_DENIED ? ' (access denied)' : ''
  return new NspError(
    'ERR_NSP_INSTALL_REFUSED',
    `${step}: ${syscall} failed with ${errno}${denied}: ${message}`,
    {
      remedy:
        'A folder that is named must belong to administrators alone; remove it if somebody else has made it.',
      cause: error,
    },
  )
}
