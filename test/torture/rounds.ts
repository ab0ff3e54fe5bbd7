// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Changes against lookups: a value that each follower must have been given before the next change. The handler reads
// the value, awaits for a while and answers it; a change may come at any moment of that.
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import type { ServiceInit } from '../../lib/index.ts'

export interface RoundsResult {
  readonly done: number
  /** Followers that never asked again. */
  readonly missed: number
}

export class Rounds {
  readonly #change: (name: string) => void
  readonly #values = new Map<string, number>()
  readonly #given = new Map<string, number>()
  readonly #waiting = new Map<string, () => void>()

  constructor(change: (name: string) => void) {
    this.#change = change
  }

  async answer(name: string): Promise<ServiceInit> {
    const value = this.#values.get(name) ?? 1
    for (let turns = Math.floor(Math.random() * 4); turns > 0; turns--) await turn()
    this.#given.set(name, value)
    this.#waiting.get(name)?.()
    return { name, version: value, addresses: ['10.9.0.2'] }
  }

  /** One follower: changes its name as soon as it has been given the last change. */
  async #follow(name: string, rounds: number, watchdogMs: number): Promise<RoundsResult> {
    for (let round = 1; round <= rounds; round++) {
      const value = round + 1
      // Anywhere between the handler's answer and the request that waits for a change.
      if (Math.random() < 0.5) await delay(Math.random() * 4)
      for (let turns = Math.floor(Math.random() * 8); turns > 0; turns--) await turn()
      this.#values.set(name, value)
      this.#change(name)
      if (!(await this.#seen(name, value, watchdogMs))) return { done: round, missed: 1 }
    }
    return { done: rounds, missed: 0 }
  }

  #seen(name: string, value: number, watchdogMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (seen: boolean) => {
        clearTimeout(timer)
        this.#waiting.delete(name)
        resolve(seen)
      }
      const timer = setTimeout(end, watchdogMs, false)
      const look = () => {
        if ((this.#given.get(name) ?? 0) >= value) end(true)
      }
      this.#waiting.set(name, look)
      look()
    })
  }

  async run(names: readonly string[], rounds: number, watchdogMs: number): Promise<RoundsResult> {
    const all = await Promise.all(names.map((name) => this.#follow(name, rounds, watchdogMs)))
    const sum = (key: keyof RoundsResult) => all.reduce((total, one) => total + one[key], 0)
    return { done: sum('done'), missed: sum('missed') }
  }
}
