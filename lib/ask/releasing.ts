// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What goes on for ever, or waits: async iterables that give back what they hold when their loop is left.

class ReleasingIterator<T> implements AsyncIterableIterator<T, void, undefined> {
  readonly #stop = new AbortController()
  readonly #source: AsyncGenerator<T, void, undefined>

  constructor(
    make: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>,
    signal: AbortSignal | undefined,
  ) {
    const stop = this.#stop.signal
    this.#source = make(signal === undefined ? stop : AbortSignal.any([signal, stop]))
  }

  async next(): Promise<IteratorResult<T, void>> {
    try {
      return await this.#source.next()
    } catch (error) {
      // Left while it waited: the end of the loop, not a failure.
      if (this.#stop.signal.aborted) return { done: true, value: undefined }
      throw error
    }
  }

  /** A generator alone would let this wait for the `next` that is under way. */
  async return(): Promise<IteratorResult<T, void>> {
    this.#stop.abort()
    await this.#source.return()
    return { done: true, value: undefined }
  }

  async throw(error: unknown): Promise<IteratorResult<T, void>> {
    await this.return()
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}

/** Each loop over it starts `make` anew, with a signal that aborts when the loop is left or `signal` aborts. */
export function releasing<T>(
  make: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>,
  signal: AbortSignal | undefined,
): AsyncIterable<T> {
  return Object.freeze({
    [Symbol.asyncIterator]: () => new ReleasingIterator(make, signal),
  })
}
