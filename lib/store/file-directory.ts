// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A directory over a zone file: edits become notifications; registrations go into the file if asked.
import { type FSWatcher, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { isNspError, type NspError, WinsockError } from '../errors.ts'
import { parseGuid } from '../guid.ts'
import type { Query, ServiceClassInfo } from '../types.ts'
import type {
  DirectoryClasses,
  DirectoryEvent,
  DirectoryOperation,
  DirectoryReset,
  DirectoryWatchOptions,
  FileDirectory,
} from './directory.ts'
import { findStored } from './directory-query.ts'
import { checkedClass, ServiceTable } from './memory-directory.ts'
import { exclusively, hasCode, replaceFile } from './shared-file.ts'
import {
  applyOperation,
  isSameStored,
  type NamedService,
  operationIdentity,
  serviceInit,
} from './stored.ts'
import { formatZone, parseZone, unreadableFile, type Zone } from './zone-text.ts'

// An editor writes in several steps; the file is looked at when it has been quiet for so long, and again if it was not good.
const QUIET_MS = 20
const SECOND_LOOK_MS = 100
// Somebody holds the file: nothing tells when it can be read again.
const LAST_LOOK_MS = 5_000

export interface FileDirectoryInit {
  readonly path: string
  readonly save: boolean
  readonly onError: (error: NspError) => void
  /** Default: that of node:fs. */
  readonly read?: (path: string) => Promise<string>
}

const EMPTY: Zone = { services: new Map(), classes: new Map() }

export class ZoneFile implements FileDirectory {
  readonly classes: DirectoryClasses = {
    get: async (id) => this.#classes.get(parseGuid(id) ?? ''),
    put: (info) => this.#putClass(checkedClass(info)),
    delete: (id) => this.#deleteClass(parseGuid(id) ?? ''),
  }
  readonly #init: FileDirectoryInit
  readonly #table = new ServiceTable()
  readonly #classes = new Map<string, ServiceClassInfo>()
  /** What the file says, as it was read or written last. */
  #zone = EMPTY
  #text: string | undefined
  #watcher: FSWatcher | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(init: FileDirectoryInit) {
    this.#init = init
  }

  /** Reads the file and begins to watch it. @throws NspError ERR_NSP_INVALID_FILE */
  async begin(): Promise<this> {
    const { path } = this.#init
    try {
      // The folder is watched, because editors put a new file in place of the old one.
      this.#watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
        if (name === null || name === basename(path)) this.#lookSoon()
      })
      this.#watcher.on('error', (error) => this.#report(error))
      await this.#exclusively(() => this.#reload())
    } catch (error) {
      this.#watcher?.close()
      throw this.#fault(error)
    }
    return this
  }

  get size(): number {
    return this.#table.size
  }

  services(): Iterable<NamedService> {
    return [...this.#table.all()].map(serviceInit)
  }

  find(query: Query): Iterable<NamedService> {
    return findStored(this.#table, query)
  }

  watch(options: DirectoryWatchOptions): AsyncIterable<DirectoryEvent | DirectoryReset> {
    return this.#table.log.watch(options)
  }

  async apply(operation: DirectoryOperation): Promise<void> {
    const id = operationIdentity(operation)
    const next = () => applyOperation(this.#table.get(id), operation)
    // What ends with its process is not written: it would outlive both.
    if (!this.#init.save || operation.owner !== undefined) {
      this.#table.put(id, next())
      return
    }
    await this.#exclusively(async () => {
      await this.#reload()
      const stored = next()
      const services = new Map(this.#zone.services)
      if (stored === undefined) services.delete(id)
      else services.set(id, stored)
      await this.#write({ ...this.#zone, services })
      this.#table.put(id, stored)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#watcher?.close()
    await this.#exclusively(async () => undefined)
    this.#table.log.close()
  }

  #putClass(info: ServiceClassInfo): Promise<void> {
    return this.#changeClasses((classes) => {
      if (classes.has(info.id)) throw new WinsockError('WSAEALREADY')
      classes.set(info.id, info)
    })
  }

  async #deleteClass(id: string): Promise<boolean> {
    let isGone = false
    await this.#changeClasses((classes) => {
      isGone = classes.delete(id)
    })
    return isGone
  }

  async #changeClasses(change: (classes: Map<string, ServiceClassInfo>) => void): Promise<void> {
    if (!this.#init.save) {
      change(this.#classes)
      return
    }
    await this.#exclusively(async () => {
      await this.#reload()
      const classes = new Map(this.#classes)
      change(classes)
      await this.#write({ ...this.#zone, classes })
      change(this.#classes)
    })
  }

  /** Reads and writes of one file come one after another, whoever does them in this process. */
  #exclusively(work: () => Promise<void>): Promise<void> {
    return exclusively(this.#init.path, work)
  }

  /** Takes over what the file says by now; what it says as before stays as registrations have made it. */
  async #reload(): Promise<void> {
    const text = await this.#read()
    if (text === undefined || text === this.#text) return
    const zone = parseZone(this.#init.path, text)
    const before = this.#zone
    this.#text = text
    this.#zone = zone
    for (const id of new Set([...before.services.keys(), ...zone.services.keys()])) {
      const stored = zone.services.get(id)
      if (!isSameStored(before.services.get(id), stored)) this.#table.put(id, stored)
    }
    for (const id of before.classes.keys()) if (!zone.classes.has(id)) this.#classes.delete(id)
    for (const [id, info] of zone.classes) this.#classes.set(id, info)
  }

  /** undefined: there is no file yet, and we may make one. */
  async #read(): Promise<string | undefined> {
    try {
      const { path, read = (file) => readFile(file, 'utf8') } = this.#init
      return await read(path)
    } catch (error) {
      if (this.#init.save && hasCode(error, 'ENOENT')) return undefined
      throw error
    }
  }

  async #write(zone: Zone): Promise<void> {
    const text = formatZone(zone)
    await replaceFile(this.#init.path, text)
    this.#text = text
    this.#zone = zone
  }

  #lookSoon(delay: number = QUIET_MS, attempt = 1): void {
    clearTimeout(this.#timer)
    if (this.#isClosed) return
    const look = () => void this.#exclusively(() => this.#look(attempt))
    this.#timer = setTimeout(look, delay).unref()
  }

  async #look(attempt: number): Promise<void> {
    try {
      await this.#reload()
    } catch (error) {
      const isLost = isNspError(error) || hasCode(error, 'ENOENT')
      // A change makes it good again, and is told. What only holds the file goes away in silence.
      if (attempt === 1) this.#lookSoon(SECOND_LOOK_MS, 2)
      else if (!isLost)
        this.#lookSoon(Math.min(LAST_LOOK_MS, SECOND_LOOK_MS * attempt), attempt + 1)
      if (attempt === 2) this.#report(error)
    }
  }

  #fault(error: unknown): NspError {
    return isNspError(error) ? error : unreadableFile(this.#init.path, error)
  }

  #report(error: unknown): void {
    try {
      this.#init.onError(this.#fault(error))
    } catch (fault) {
      // The user's function is at fault, not the file: as with any listener.
      process.nextTick(() => {
        throw fault
      })
    }
  }
}
