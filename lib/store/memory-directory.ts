// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A directory that lives as long as its process.

import { WinsockError } from '../errors.ts'
import { type Guid, parseGuid } from '../guid.ts'
import { checkClassInfo } from '../internal/class-info.ts'
import { IssueList, invalidArgument } from '../internal/issues.ts'
import type { Query, ServiceClassInfo } from '../types.ts'
import { nameKey } from '../wire/counters.ts'
import type {
  Directory,
  DirectoryClasses,
  DirectoryEvent,
  DirectoryOperation,
  DirectoryReset,
  DirectoryWatchOptions,
} from './directory.ts'
import { findStored } from './directory-query.ts'
import { EventLog } from './event-log.ts'
import {
  applyOperation,
  identity,
  isSameStored,
  makeStored,
  type NamedService,
  operationIdentity,
  type Stored,
  serviceInit,
} from './stored.ts'

/** @throws TypeError (`ERR_INVALID_ARG_VALUE`), which names each field at fault. */
export function checkedClass(info: ServiceClassInfo): ServiceClassInfo {
  const issues = new IssueList()
  const checked = checkClassInfo(issues, '', info)
  if (checked === undefined) throw invalidArgument(issues)
  return checked
}

class MemoryClasses implements DirectoryClasses {
  readonly #classes = new Map<Guid, ServiceClassInfo>()

  async get(id: Guid): Promise<ServiceClassInfo | undefined> {
    return this.#classes.get(parseGuid(id) ?? '')
  }

  async put(info: ServiceClassInfo): Promise<void> {
    const checked = checkedClass(info)
    if (this.#classes.has(checked.id)) throw new WinsockError('WSAEALREADY')
    this.#classes.set(checked.id, checked)
  }

  async delete(id: Guid): Promise<boolean> {
    return this.#classes.delete(parseGuid(id) ?? '')
  }
}

/** Services by identity, found by name; tells what changes. */
export class ServiceTable {
  /** By name, then by identity. */
  readonly #services = new Map<string, Map<string, Stored>>()
  readonly log: EventLog = new EventLog()
  #size = 0

  get size(): number {
    return this.#size
  }

  named(key: string): Iterable<Stored> {
    return [...(this.#services.get(key)?.values() ?? [])]
  }

  all(): Iterable<Stored> {
    return [...this.#services.values()].flatMap((services) => [...services.values()])
  }

  get(id: string): Stored | undefined {
    return this.#services.get(id.slice(id.indexOf(' ') + 1))?.get(id)
  }

  /** Puts `stored` where `id` is; undefined takes it away. */
  put(id: string, stored: Stored | undefined): void {
    const before = this.get(id)
    const said = stored ?? before
    if (said === undefined || isSameStored(before, stored)) return
    const key = nameKey(said.name)
    const services = this.#services.get(key) ?? new Map<string, Stored>()
    if (stored === undefined) services.delete(id)
    else services.set(id, stored)
    if (services.size === 0) this.#services.delete(key)
    else this.#services.set(key, services)
    this.#size += (stored === undefined ? 0 : 1) - (before === undefined ? 0 : 1)
    const kind = before === undefined ? 'added' : stored === undefined ? 'deleted' : 'changed'
    this.log.add({ kind, name: said.name, serviceClass: said.serviceClass })
  }
}

/**
 * Services in memory: registrations last as long as the process.
 * @example
 * export default defineProvider({ name: 'Mesh', entries, directory: new MemoryDirectory() })
 */
export class MemoryDirectory implements Directory {
  readonly classes: DirectoryClasses = new MemoryClasses()
  readonly #table = new ServiceTable()

  /** @throws TypeError (`ERR_INVALID_ARG_VALUE`), which names each field at fault. */
  constructor(services: Iterable<NamedService> = []) {
    for (const service of services) this.set(service)
  }

  /** How many services there are. */
  get size(): number {
    return this.#table.size
  }

  /** All services, as they stand. */
  services(): Iterable<NamedService> {
    return [...this.#table.all()].map(serviceInit)
  }

  /**
   * Puts a service in place of the one with its name and class, if there is one.
   * @throws TypeError (`ERR_INVALID_ARG_VALUE`), which names each field at fault.
   */
  set(service: NamedService): this {
    const stored = makeStored(service)
    this.#table.put(identity(stored), stored)
    return this
  }

  /** Takes away all services of this name, whatever their class. False: there was none. */
  delete(name: string): boolean {
    const found = [...this.#table.named(nameKey(name))]
    for (const stored of found) this.#table.put(identity(stored), undefined)
    return found.length > 0
  }

  find(query: Query): Iterable<NamedService> {
    return findStored(this.#table, query)
  }

  async apply(operation: DirectoryOperation): Promise<void> {
    const id = operationIdentity(operation)
    this.#table.put(id, applyOperation(this.#table.get(id), operation))
  }

  watch(options: DirectoryWatchOptions): AsyncIterable<DirectoryEvent | DirectoryReset> {
    return this.#table.log.watch(options)
  }

  /** Whoever watches is let go. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#table.log.close()
  }
}
