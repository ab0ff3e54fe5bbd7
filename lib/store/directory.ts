// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a store of services is to a host: the shape that memory, a file or a network share.
import type { NspError } from '../errors.ts'
import type { Guid } from '../guid.ts'
import type { Client, Many, Query, Service, ServiceClassInfo, ServiceInit } from '../types.ts'
import type { NamedService } from './stored.ts'

/** A registration, as the contract of WSASetService means it. */
export interface DirectoryOperation {
  readonly kind: 'register' | 'deregister' | 'remove'
  /** SERVICE_MULTIPLE: the addresses are added or removed one by one, instead of the whole list. */
  readonly multiple: boolean
  readonly service: Service
  /** The process with which this registration ends (`leaseByProcess`): not to be kept for longer. */
  readonly owner: Client | undefined
}

/** A service has come, is different, or has gone. */
export interface DirectoryEvent {
  readonly kind: 'added' | 'changed' | 'deleted'
  readonly name: string
  readonly serviceClass: Guid | undefined
  /** Opaque, ordered by the store; give it back as `since`. */
  readonly revision: string
}

/** Anything may be different. */
export interface DirectoryReset {
  readonly kind: 'reset'
  readonly revision: string
}

export interface DirectoryOptions {
  readonly signal: AbortSignal
}

export interface DirectoryWatchOptions extends DirectoryOptions {
  readonly since?: string | undefined
}

/** Service classes by their GUID. */
export interface DirectoryClasses {
  get(id: Guid): Promise<ServiceClassInfo | undefined>
  /** Rejects with WinsockError WSAEALREADY if the class is there. */
  put(info: ServiceClassInfo): Promise<void>
  /** False: there was none. */
  delete(id: Guid): Promise<boolean>
}

/** A store of services. Every implementation passes one test suite. */
export interface Directory extends AsyncDisposable {
  find(query: Query, options: DirectoryOptions): Many<ServiceInit>
  /** Rejects with WinsockError WSASERVICE_NOT_FOUND where the contract says so. */
  apply(operation: DirectoryOperation, options: DirectoryOptions): Promise<void>
  /**
   * What happens from now on, or without gaps from `since` on; a store that cannot go back so far gives a reset first.
   * What `apply` does is to be heard at the latest when its promise settles. Ends when the signal aborts, and when the directory is disposed of.
   */
  watch(options: DirectoryWatchOptions): AsyncIterable<DirectoryEvent | DirectoryReset>
  readonly classes: DirectoryClasses
}

export interface FileDirectoryOptions {
  /**
   * Write registrations and classes into the file, so that they last: each is there before its client is answered.
   * A file that does not exist is made. Default false: they are kept in memory, over what the file says.
   */
  save?: boolean | undefined
  /** Hears of edits that are not good; the last good state stays. Default: a warning of the process. */
  onError?: ((error: NspError) => void) | undefined
}

export interface FileDirectory extends Directory {
  /** How many services there are. */
  readonly size: number
  /** All services, as they stand. */
  services(): Iterable<NamedService>
}
