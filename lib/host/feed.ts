// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the client of one lookup has been told, and how a later answer differs from it (`changes: 'feed'`).
import {
  FLAGS_OFFSET,
  RESULT_IS_ADDED,
  RESULT_IS_CHANGED,
  RESULT_IS_DELETED,
  readQuerySet,
} from '../wire/wire.ts'

function marked(block: Uint8Array, flag: number): Uint8Array {
  const copy = block.slice()
  const view = new DataView(copy.buffer)
  view.setUint32(FLAGS_OFFSET, view.getUint32(FLAGS_OFFSET, true) | flag, true)
  return copy
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}

export class Told {
  readonly #blocks = new Map<string, Uint8Array>()
  /** How often each name, class and kind has come in this round: several services may be alike in these. */
  readonly #seen = new Map<string, number>()
  #isFirst = true

  /** The first round is told as it is; every later one tells differences. */
  get isFirst(): boolean {
    return this.#isFirst
  }

  begin(isFirst: boolean): void {
    this.#isFirst = isFirst
    this.#seen.clear()
  }

  /** What to tell of one result; undefined if the client knows just that. */
  pass(block: Uint8Array): Uint8Array | undefined {
    const { name, serviceClass, flags } = readQuerySet(block)
    const kind = `${flags} ${serviceClass} ${name}`
    const count = this.#seen.get(kind) ?? 0
    this.#seen.set(kind, count + 1)
    const key = `${count} ${kind}`
    const known = this.#blocks.get(key)
    this.#blocks.set(key, block)
    if (this.#isFirst) return block
    if (known === undefined) return marked(block, RESULT_IS_ADDED)
    return isSame(known, block) ? undefined : marked(block, RESULT_IS_CHANGED)
  }

  /** The answer is complete: what it no longer has, as it was told last. */
  finish(): Uint8Array[] {
    const gone: Uint8Array[] = []
    for (const [key, block] of this.#blocks) {
      const [count = '', ...kind] = key.split(' ')
      if (Number(count) < (this.#seen.get(kind.join(' ')) ?? 0)) continue
      gone.push(marked(block, RESULT_IS_DELETED))
      this.#blocks.delete(key)
    }
    return gone
  }
}
