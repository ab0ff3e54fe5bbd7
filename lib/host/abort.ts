// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Signals and reasons that are made when somebody looks at them: most calls end before a handler has.
import { NspError, type NspErrorCode } from '../errors.ts'

type AbortCode = Extract<
  NspErrorCode,
  'ERR_NSP_CALL_ENDED' | 'ERR_NSP_CALL_TIMEOUT' | 'ERR_NSP_CLIENT_GONE' | 'ERR_NSP_HOST_CLOSED'
>

const REASONS: Readonly<Record<AbortCode, string>> = {
  ERR_NSP_CALL_ENDED: 'the client has ended this call',
  ERR_NSP_CALL_TIMEOUT: 'the client was answered onFailure: the handler was late',
  ERR_NSP_CLIENT_GONE: 'the client process is gone',
  ERR_NSP_HOST_CLOSED: 'the host is closed',
}

/** Why a signal aborts. */
export function abortReason(code: AbortCode, cause?: unknown): NspError {
  return new NspError(code, REASONS[code], { cause })
}

/** The same, made on first use: one error for all that end together. */
export class Reason {
  readonly #code: AbortCode
  readonly #cause: unknown
  #error: NspError | undefined

  constructor(code: AbortCode, cause?: unknown) {
    this.#code = code
    this.#cause = cause
  }

  get error(): NspError {
    this.#error ??= abortReason(this.#code, this.#cause)
    return this.#error
  }
}

/** An AbortController whose signal is made on first use. */
export class LazyAbort {
  #controller: AbortController | undefined
  #reason: Reason | undefined

  get aborted(): boolean {
    return this.#reason !== undefined
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason.error)
    }
    return this.#controller.signal
  }

  abort(reason: Reason): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#controller?.abort(reason.error)
  }
}
