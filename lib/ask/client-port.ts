// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The seam under the client: the machine's ws2_32, or whatever answers in its place. And how a call through it is
// waited for.
import { isWinsockError, WinsockError } from '../errors.ts'
import type { NativeWinsock } from '../internal/native.ts'
import { isNativeFailure } from '../internal/windows-error.ts'

export interface ActiveProvider {
  readonly id: string
  readonly name: string
  readonly namespace: number
}

/** What a client needs. Failures are NativeFailures or WinsockErrors. */
export interface ClientPort extends Omit<NativeWinsock, 'stats'> {
  /** Entries of the catalog that Winsock asks, in its order. */
  readonly providers: () => readonly ActiveProvider[]
}

export interface WaitOptions<T> {
  readonly signal?: AbortSignal | undefined
  /** Called on abort with the call that nobody waits for any more. */
  readonly abandon?: ((work: Promise<T>) => void) | undefined
}

export function ignore(): void {}

/** What a call through the port rejected with, as users see it. */
export function clientError(error: unknown): unknown {
  if (isWinsockError(error) || !isNativeFailure(error)) return error
  const { errno, syscall, needed } = error
  if (needed === undefined) return new WinsockError(errno, { syscall, cause: error })
  const plain = new WinsockError(errno, { syscall })
  const message = `${plain.message}: the output has ${needed} bytes; give that as outputSize`
  return new WinsockError(errno, { syscall, message, cause: error })
}

function aborted(signal: AbortSignal): { promise: Promise<never>; forget: () => void } {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  promise.catch(ignore)
  // What the call itself has aborted: a simulated handler runs before the call returns.
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  return { promise, forget: () => signal.removeEventListener('abort', onAbort) }
}

/** Calls through one port. What a user waits for keeps the process alive, what nobody waits for does not. */
export class Caller {
  readonly port: ClientPort
  #waiting = 0

  constructor(port: ClientPort) {
    this.port = port
  }

  /** @throws WinsockError */
  providers(): readonly ActiveProvider[] {
    try {
      return this.port.providers()
    } catch (error) {
      throw clientError(error)
    }
  }

  /** The outcome of `start()`, or the signal's reason as soon as it aborts. */
  async call<T>(start: () => Promise<T>, options: WaitOptions<T> = {}): Promise<T> {
    const { signal, abandon } = options
    signal?.throwIfAborted()
    this.#hold(1)
    try {
      const work = start()
      return await (signal === undefined ? work : this.#race(work, signal, abandon))
    } catch (error) {
      throw signal?.aborted === true && error === signal.reason ? error : clientError(error)
    } finally {
      this.#hold(-1)
    }
  }

  async #race<T>(
    work: Promise<T>,
    signal: AbortSignal,
    abandon: WaitOptions<T>['abandon'],
  ): Promise<T> {
    const abort = aborted(signal)
    try {
      return await Promise.race([work, abort.promise])
    } catch (error) {
      if (signal.aborted && error === signal.reason) {
        work.catch(ignore)
        abandon?.(work)
      }
      throw error
    } finally {
      abort.forget()
    }
  }

  #hold(change: 1 | -1): void {
    const before = this.#waiting
    this.#waiting += change
    if ((before === 0) !== (this.#waiting === 0)) this.port.hold(this.#waiting > 0)
  }
}
