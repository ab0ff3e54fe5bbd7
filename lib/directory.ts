// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The module winsock-nsp/directory: the seam between the contract's object model and any store of services.
import type { Guid } from './guid.ts'

export { MemoryDirectory } from './internal/memory-directory.ts'
export type { NamedService } from './internal/stored.ts'

import type { Client, Many, Query, Service, ServiceClassInfo, ServiceInit } from './types.ts'

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
