// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// host.publish: names that every process answers from memory, and to which publication each of them belongs.
import { NspError } from '../errors.ts'
import { IssueList, invalidArgument, show } from '../internal/issues.ts'
import type { NativeRecords } from '../internal/native.ts'
import { isNativeFailure } from '../internal/windows-error.ts'
import type { NamedServiceInit, Publication } from '../types.ts'
import { nameKey } from '../wire/counters.ts'
import {
  inCalls,
  keyBytes,
  NOBODY,
  putKey,
  readRecord,
  recordBytes,
  unpackKeys,
} from '../wire/records.ts'
import type { WireQuerySet } from '../wire/wire.ts'
import type { Changes } from './changes.ts'
import { readServices, ServiceRecords } from './service-records.ts'
import { debug, publish } from './trace.ts'

const FORMER_HOST = 0
const MAX_ISSUES = 20
const ERROR_PATH_NOT_FOUND = 3
const NAME_ELSEWHERE =
  'Change the name through the publication that has it (set, replace), or delete it there first.'

/** What a change of a publication came to, for diagnostics. */
interface Outcome {
  readonly published: number
  readonly withdrawn: number
  readonly unchanged: number
}

function noRoom(error: unknown): unknown {
  if (!isNativeFailure(error)) return error
  const { errno, syscall } = error
  if (errno === ERROR_PATH_NOT_FOUND)
    return new NspError(
      'ERR_NSP_VERSION_MISMATCH',
      'the installation has no folder for data files',
      {
        remedy: 'As administrator: npx winsock-nsp install ./provider.ts',
        cause: error,
      },
    )
  return Object.assign(new Error(`publishing failed: ${syscall} gave ${errno}`, { cause: error }), {
    code: 'ERR_SYSTEM_ERROR',
    errno,
    syscall,
  })
}

export class Publisher {
  readonly #records: NativeRecords
  readonly #changes: Changes
  #lastOwner = FORMER_HOST
  #isClosed = false
  /** Of names. Most hosts publish none, and pay for no look at the records then. */
  #count: number

  constructor(records: NativeRecords, changes: Changes) {
    this.#records = records
    this.#changes = changes
    this.#count = records.published().names
  }

  /** From here on nothing can be published; what is stays. */
  close(): void {
    this.#isClosed = true
  }

  publish(services: Iterable<NamedServiceInit>): Publication {
    this.#assertOpen()
    const publication = new NamePublication(this, ++this.#lastOwner)
    publication.replace(services)
    return publication
  }

  /** The services of a name; undefined if it is not published. */
  services(key: string): WireQuerySet[] | undefined {
    return this.#count === 0 ? undefined : readRecord(this.#records.record(keyBytes(key)))
  }

  /** All names, as they stand. */
  get keys(): Iterable<string> {
    return this.#count === 0 ? [] : unpackKeys(this.#records.keys())
  }

  /** No name is published. */
  get isEmpty(): boolean {
    return this.#count === 0
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Takes away what the host before has published and this one has not. */
  dropFormer(): void {
    if (this.#isClosed) return
    const { withdrawn } = this.#write(undefined, this.keysOf(FORMER_HOST))
    if (withdrawn > 0) debug('%d names of the former host are published no more', withdrawn)
  }

  keysOf(owner: number): string[] {
    return [...unpackKeys(this.#records.keys(owner))]
  }

  ownerOf(key: string): number {
    return this.#owners([key])[0] ?? NOBODY
  }

  /** Puts records and takes names away, or throws and does neither. */
  change(
    owner: number,
    records: ServiceRecords,
    gone: readonly string[],
    pathOf: (at: number) => string,
  ): Outcome {
    this.#assertOpen()
    const bytes = records.measure(pathOf)
    this.#assertUnclaimed(owner, records, pathOf)
    return this.#write({ owner, records, bytes }, gone)
  }

  #write(
    put:
      | { readonly owner: number; readonly records: ServiceRecords; readonly bytes: number }
      | undefined,
    gone: readonly string[],
  ): Outcome {
    const all = put === undefined ? [] : [...put.records.keys]
    const changed: string[] = []
    try {
      this.#records.reserve(gone.reduce((sum, key) => sum + recordBytes(key, 0), put?.bytes ?? 0))
      if (put !== undefined) {
        const { owner, records } = put
        const at = inCalls(
          all,
          (writer, key) => records.put(writer, key),
          (packed) => this.#records.publish(owner, packed),
        )
        for (const index of at) changed.push(all[index] ?? '')
      }
      const published = changed.length
      const removed = inCalls(gone, putKey, (packed) => this.#records.withdraw(packed))
      for (const index of removed) changed.push(gone[index] ?? '')
      const withdrawn = changed.length - published
      const outcome = { published, withdrawn, unchanged: all.length - published }
      if (changed.length > 0) publish('publish', { ...outcome, answer: undefined })
      return outcome
    } catch (error) {
      // How far it came is not known.
      this.#changes.tell({ kind: 'all' })
      throw noRoom(error)
    } finally {
      this.#count = this.#records.published().names
      this.#changes.tellNames(changed)
    }
  }

  #owners(keys: readonly string[]): number[] {
    const owners: number[] = []
    inCalls(keys, putKey, (packed) => {
      for (const owner of this.#records.owners(packed)) owners.push(owner)
      return new Uint32Array(0)
    })
    return owners
  }

  #assertUnclaimed(owner: number, records: ServiceRecords, pathOf: (at: number) => string): void {
    const keys = [...records.keys]
    const issues = new IssueList()
    for (const [at, whose] of this.#owners(keys).entries()) {
      if (whose === NOBODY || whose === FORMER_HOST || whose === owner) continue
      const key = keys[at] ?? ''
      const path = pathOf(records.position(key))
      issues.add(
        path === '' ? 'name' : `${path}.name`,
        `${show(key)} is published already, by another publication of this host`,
      )
      if (issues.issues.length === MAX_ISSUES) break
    }
    if (issues.issues.length > 0)
      throw Object.assign(invalidArgument(issues), { remedy: NAME_ELSEWHERE })
  }

  #assertOpen(): void {
    if (!this.#isClosed) return
    throw new NspError('ERR_NSP_HOST_CLOSED', 'the host is closed', {
      remedy: 'Publish before host.close(); what is published stays until the next host starts.',
    })
  }
}

class NamePublication implements Publication {
  readonly #publisher: Publisher
  readonly #owner: number
  #size = 0
  #isDisposed = false

  constructor(publisher: Publisher, owner: number) {
    this.#publisher = publisher
    this.#owner = owner
  }

  get size(): number {
    return this.#size
  }

  set(service: NamedServiceInit): void {
    this.#assertLive()
    const issues = new IssueList()
    const records = new ServiceRecords()
    records.add(issues, '', service)
    if (issues.issues.length > 0) throw invalidArgument(issues)
    const [key = ''] = records.keys
    const isNew = this.#publisher.ownerOf(key) !== this.#owner
    this.#publisher.change(this.#owner, records, [], () => '')
    if (isNew) this.#size++
  }

  delete(name: string): boolean {
    this.#assertLive()
    if (typeof name !== 'string') {
      const issues = new IssueList()
      issues.add('name', `not a text: ${show(name)}`)
      throw invalidArgument(issues)
    }
    const key = nameKey(name)
    if (this.#publisher.ownerOf(key) !== this.#owner) return false
    this.#publisher.change(this.#owner, new ServiceRecords(), [key], () => '')
    this.#size--
    return true
  }

  replace(services: Iterable<NamedServiceInit>): void {
    this.#assertLive()
    const records = readServices(services)
    const before = this.#size === 0 ? [] : this.#publisher.keysOf(this.#owner)
    const gone = before.filter((key) => !records.has(key))
    this.#publisher.change(this.#owner, records, gone, (at) => `services[${at}]`)
    this.#size = records.size
  }

  [Symbol.dispose](): void {
    if (this.#isDisposed) return
    // What is published when the host closes stays, for the next one.
    if (!this.#publisher.isClosed) this.replace([])
    this.#isDisposed = true
  }

  #assertLive(): void {
    if (!this.#isDisposed) return
    throw Object.assign(new TypeError('the publication was disposed'), {
      code: 'ERR_INVALID_STATE',
    })
  }
}
