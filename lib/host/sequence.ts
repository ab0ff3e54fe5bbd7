// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Whatever a handler of lookup returned, as one sequence that is read at once where nothing has to be waited for.
import { IssueList, show } from '../internal/issues.ts'
import { invalidAnswer } from './answer.ts'

export type Item = IteratorResult<unknown, unknown>

export interface Sequence {
  /** A promise only if the handler has to be waited for. One at a time. */
  next(): Item | Promise<Item>
  /** Tells the handler that nobody reads on, once what it does just now is done. Neither throws nor waits. */
  stop(): void
}

const OVER: Item = Object.freeze({ done: true, value: undefined })

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  )
}

async function later(value: PromiseLike<unknown>): Promise<Item> {
  return { done: false, value: await value }
}

/** An array, or a single service in one. */
class ListSequence implements Sequence {
  readonly #list: readonly unknown[]
  #at = 0

  constructor(list: readonly unknown[]) {
    this.#list = list
  }

  next(): Item | Promise<Item> {
    if (this.#at >= this.#list.length) return OVER
    const value = this.#list[this.#at++]
    return isThenable(value) ? later(value) : { done: false, value }
  }

  stop(): void {
    this.#at = Number.POSITIVE_INFINITY
  }
}

function checked(item: Item): Item {
  if (typeof item !== 'object' || item === null)
    throw new TypeError(`Iterator result ${String(item)} is not an object`)
  return item
}

class IteratorSequence implements Sequence {
  readonly #iterator: Iterator<unknown>
  #isOver = false

  constructor(iterator: Iterator<unknown>) {
    this.#iterator = iterator
  }

  next(): Item | Promise<Item> {
    if (this.#isOver) return OVER
    this.#isOver = true // so it is if what follows throws
    const item = checked(this.#iterator.next())
    if (item.done === true) return OVER
    this.#isOver = false
    return isThenable(item.value) ? later(item.value) : item
  }

  stop(): void {
    if (this.#isOver) return
    this.#isOver = true
    try {
      this.#iterator.return?.()
    } catch {
      // Nobody waits for it.
    }
  }
}

class AsyncSequence implements Sequence {
  readonly #iterator: AsyncIterator<unknown>
  #isReading = false
  #isStopped = false
  #isOver = false

  constructor(iterator: AsyncIterator<unknown>) {
    this.#iterator = iterator
  }

  async next(): Promise<Item> {
    if (this.#isOver) return OVER
    this.#isReading = true
    try {
      const item = checked(await this.#iterator.next())
      if (item.done === true) this.#isOver = true
      return item
    } catch (error) {
      this.#isOver = true
      throw error
    } finally {
      this.#isReading = false
      if (this.#isStopped) this.#return()
    }
  }

  stop(): void {
    this.#isStopped = true
    // A handler that ignores its signal keeps this waiting; nobody waits for it.
    if (!this.#isReading) this.#return()
  }

  #return(): void {
    if (this.#isOver) return
    this.#isOver = true
    try {
      this.#iterator.return?.().catch(() => undefined)
    } catch {
      // Nobody waits for it.
    }
  }
}

/** @throws NspError ERR_NSP_INVALID_ANSWER */
export function sequenceOf(answer: unknown): Sequence {
  if (answer === undefined) return new ListSequence([])
  if (typeof answer !== 'object' || answer === null) {
    const issues = new IssueList()
    issues.add('', `neither a service nor a list of services: ${show(answer)}`)
    throw invalidAnswer('what lookup returned', issues)
  }
  if (Symbol.asyncIterator in answer)
    return new AsyncSequence((answer as AsyncIterable<unknown>)[Symbol.asyncIterator]())
  if (Array.isArray(answer)) return new ListSequence(answer)
  if (Symbol.iterator in answer)
    return new IteratorSequence((answer as Iterable<unknown>)[Symbol.iterator]())
  return new ListSequence([answer])
}
