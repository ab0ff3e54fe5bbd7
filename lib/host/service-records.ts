// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Services to be published, checked and encoded: one record for each name, whatever the order they come in.
import { IssueList, invalidArgument, isFields, show } from '../internal/issues.ts'
import { ByteWriter } from '../wire/bytes.ts'
import { MAX_FRAME_BYTES } from '../wire/constants.ts'
import { nameKey } from '../wire/counters.ts'
import { putKey, recordBytes } from '../wire/records.ts'
import { putQuerySet, type WireQuerySet } from '../wire/wire.ts'
import { type ParsedService, parseService } from './service-init.ts'

// What is wrong with more services than this helps nobody.
const MAX_ISSUES = 20
const CHUNK_BYTES = 1_048_576
// A single service should not cost a mebibyte.
const FIRST_CHUNK_BYTES = 2_048
const NONE = -1

function wireOf(service: ParsedService): WireQuerySet {
  const { version, aliases, ttl: _, addresses, ...rest } = service
  return {
    ...rest,
    namespace: 0,
    flags: 0,
    entry: 0,
    version: version === undefined ? undefined : { value: version, compare: 0 },
    protocols: [],
    addresses: addresses ?? [],
    aliases: aliases.length === 0 ? undefined : aliases,
  }
}

/** Blocks one behind the other, in pieces that never move. */
class BlockStore {
  readonly #chunks: Uint8Array[] = []
  #last = new Uint8Array(0)
  #used = 0

  /** Keeps a copy; gives its place. */
  add(block: Uint8Array): number {
    if (this.#used + block.length > this.#last.length) {
      const size = Math.min(CHUNK_BYTES, Math.max(FIRST_CHUNK_BYTES, this.#last.length * 2))
      this.#last = new Uint8Array(Math.max(size, block.length))
      this.#chunks.push(this.#last)
      this.#used = 0
    }
    // Only the first block of a chunk may reach beyond CHUNK_BYTES: every place is one of its own.
    const place = (this.#chunks.length - 1) * CHUNK_BYTES + this.#used
    this.#last.set(block, this.#used)
    this.#used += block.length
    return place
  }

  at(place: number, size: number): Uint8Array {
    const chunk = this.#chunks[Math.floor(place / CHUNK_BYTES)] ?? new Uint8Array(0)
    return chunk.subarray(place % CHUNK_BYTES, (place % CHUNK_BYTES) + size)
  }
}

export class ServiceRecords {
  /** The first service of each name; each leads to the next one of its name. */
  readonly #first = new Map<string, number>()
  /** Where names that come more than once go on, by their first service. */
  readonly #last = new Map<number, number>()
  readonly #next: number[] = []
  readonly #places: number[] = []
  readonly #sizes: number[] = []
  readonly #blocks = new BlockStore()
  readonly #writer = new ByteWriter()

  get size(): number {
    return this.#first.size
  }

  get keys(): Iterable<string> {
    return this.#first.keys()
  }

  has(key: string): boolean {
    return this.#first.has(key)
  }

  /** Which of the services given was the first of this name. */
  position(key: string): number {
    return this.#first.get(key) ?? 0
  }

  /** Adds service number `at`; `issues` says, with paths behind `path`, what is wrong with it. */
  add(issues: IssueList, path: string, init: unknown): void {
    const own = new IssueList()
    const at = this.#places.length
    if (!isFields(init)) own.add('', `not an object: ${show(init)}`)
    const service = parseService(own, isFields(init) ? init : {}, undefined)
    if (isFields(init) && (init['name'] === undefined || init['name'] === ''))
      own.add('name', 'missing')
    if (own.issues.length > 0) {
      const join = path === '' ? '' : '.'
      for (const { path: field, message } of own.issues)
        issues.add(field === '' ? path : `${path}${join}${field}`, message)
      return
    }
    putQuerySet(this.#writer.clear(), wireOf(service))
    const block = this.#writer.view()
    this.#link(nameKey(service.name ?? ''), at)
    this.#places.push(this.#blocks.add(block))
    this.#sizes.push(block.length)
    this.#next.push(NONE)
  }

  #link(key: string, at: number): void {
    const first = this.#first.get(key)
    if (first === undefined) {
      this.#first.set(key, at)
      return
    }
    this.#next[this.#last.get(first) ?? first] = at
    this.#last.set(first, at)
  }

  /** What all the records take in a data file. @throws TypeError for one that is larger than an answer may be. */
  measure(pathOf: (at: number) => string): number {
    const issues = new IssueList()
    let total = 0
    for (const key of this.#first.keys()) {
      const size = this.#of(key).reduce((sum, at) => sum + (this.#sizes[at] ?? 0), 0)
      total += recordBytes(key, size)
      // The whole of it is one answer.
      if (size > MAX_FRAME_BYTES && issues.issues.length < MAX_ISSUES)
        issues.add(
          pathOf(this.position(key)),
          `${show(key)} has ${size} bytes in all, at most ${MAX_FRAME_BYTES} can be published`,
        )
    }
    if (issues.issues.length > 0) throw invalidArgument(issues)
    return total
  }

  put(writer: ByteWriter, key: string): void {
    const services = this.#of(key)
    putKey(writer, key)
    writer.u32(services.length)
    writer.u32(services.reduce((sum, at) => sum + (this.#sizes[at] ?? 0), 0))
    for (const at of services)
      writer.bytes(this.#blocks.at(this.#places[at] ?? 0, this.#sizes[at] ?? 0))
  }

  #of(key: string): number[] {
    const found: number[] = []
    for (let at = this.#first.get(key) ?? NONE; at !== NONE; at = this.#next[at] ?? NONE)
      found.push(at)
    return found
  }
}

/** Checks and encodes services; the faults are named `services[3].addresses[1]`. @throws TypeError */
export function readServices(services: unknown): ServiceRecords {
  const issues = new IssueList()
  const records = new ServiceRecords()
  if (typeof services !== 'object' || services === null || !(Symbol.iterator in services)) {
    issues.add('services', `not a list: ${show(services)}`)
    throw invalidArgument(issues)
  }
  let at = 0
  for (const service of services as Iterable<unknown>) {
    records.add(issues, `services[${at++}]`, service)
    if (issues.issues.length >= MAX_ISSUES) break
  }
  if (issues.issues.length > 0) throw invalidArgument(issues)
  return records
}
