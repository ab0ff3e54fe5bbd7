// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Every change goes through here: counters are bumped by one host alone, so that it can say when none was.
import type { NativeServer } from '../internal/native.ts'
import { type Change, changedCounters } from '../wire/counters.ts'

// More names at once cost more to tell apart than to ask again.
const MAX_NAMES = 1_000

export class Changes {
  readonly #server: Pick<NativeServer, 'change'>
  #count = 0

  constructor(server: Pick<NativeServer, 'change'>) {
    this.#server = server
  }

  /** Another number after each change. */
  get count(): number {
    return this.#count
  }

  tell(change: Change): void {
    this.#count++
    this.#server.change(changedCounters(change))
  }

  tellNames(keys: readonly string[]): void {
    if (keys.length === 0) return
    if (keys.length > MAX_NAMES) {
      this.tell({ kind: 'all' })
      return
    }
    this.#count++
    const counters = keys.flatMap((key) => changedCounters({ kind: 'name', key }))
    this.#server.change([...new Set(counters)])
  }
}
