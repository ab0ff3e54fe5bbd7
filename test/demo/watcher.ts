// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Starts and ends the demo's watching process (zone-watch.ts). One of its own: the provider's module goes with it, and
// uninstalling finds nothing in use.
import { NodeProgram } from './node-program.ts'

export interface WatchLine {
  /** Counted from 1. */
  readonly number: number
  /** Each as its name and addresses. */
  readonly services: readonly string[]
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly deleted: readonly string[]
}

export class Watcher extends NodeProgram<WatchLine> {
  #seen = 0

  constructor(name: string, namespace: number) {
    super({ what: 'the watch', file: './zone-watch.ts', args: [name, String(namespace)] })
  }

  /** The next answer. */
  next(patienceMs: number): Promise<WatchLine> {
    const next = ++this.#seen
    return this.line(({ number }) => number === next, patienceMs)
  }
}
