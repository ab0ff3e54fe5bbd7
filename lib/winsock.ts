// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The client's side of Winsock's namespace calls as a shape: the module client is one, a simulation is another.
import type { Guid } from './guid.ts'
import type { IoctlDefinition } from './ioctl.ts'
import type { ServiceClass } from './service-class.ts'
import type { Service, ServiceClassInfo, ServiceInit } from './types.ts'

/** A lookup's restrictions, as a WSAQUERYSET carries them. */
export interface QueryInit {
  name?: string | undefined
  serviceClass?: ServiceClass | Guid | undefined
  /** Default: Namespace.ALL. */
  namespace?: number | undefined
  providerId?: Guid | undefined
  context?: string | undefined
  queryString?: string | undefined
  version?: number | undefined
  blob?: Uint8Array | undefined
  /** LUP_*. Default: LookupFlag.RETURN_ALL. */
  flags?: number | undefined
}

export interface CallOptions {
  /**
   * Abort ends the wait; the promise rejects with its reason. Winsock cancels a `next` or `ioctl` only by ending the
   * handle, so that is what aborting one does. A registration that comes to be after an abort is taken back.
   */
  signal?: AbortSignal | undefined
}

export interface NextOptions extends CallOptions {
  /** LUP_* of this call; the default 0 means: as at Begin. */
  flags?: number | undefined
}

export interface IoctlOptions extends CallOptions {
  /** Bytes of room for the output. Default 64 KiB. */
  outputSize?: number | undefined
}

export interface RegisterOptions extends CallOptions {
  /** SERVICE_MULTIPLE: add to what is registered instead of replacing it. */
  multiple?: boolean | undefined
  providerId?: Guid | undefined
  namespace?: number | undefined
}

export interface RemoveOptions extends CallOptions {
  providerId?: Guid | undefined
  namespace?: number | undefined
}

/** The whole answer after a change, and what is different. */
export interface Snapshot {
  readonly services: readonly Service[]
  readonly added: readonly Service[]
  readonly changed: readonly Service[]
  readonly deleted: readonly Service[]
}

/** One lookup handle: WSALookupServiceBegin to WSALookupServiceEnd. */
export interface Lookup extends AsyncIterable<Service>, AsyncDisposable {
  /** undefined at WSA_E_NO_MORE; may come alive again after a change. */
  next(options?: NextOptions): Promise<Service | undefined>
  ioctl<Input, Output>(
    definition: IoctlDefinition<Input, Output>,
    input: Input,
    options?: IoctlOptions,
  ): Promise<Output>
  /** The poll: true after NO_ERROR, false after WSAEWOULDBLOCK. */
  changed(): Promise<boolean>
  /**
   * One notification (EVENT). Rejects with the signal's reason or WSA_OPERATION_ABORTED. After an abort the request
   * stays with the provider, and the next call waits for that one: no change is lost.
   */
  nextChange(options?: CallOptions): Promise<void>
  close(): Promise<void>
}

/** What winsock-nsp/client exports, and what simulate() of winsock-nsp/testing gives. Promises reject with WinsockError. */
export interface Winsock {
  /** Begin … Next … End. Leaving the loop ends the handle. */
  query(query: string | QueryInit, options?: CallOptions): AsyncIterable<Service>
  /** The whole answer, then the whole answer again after each change, with the differences. */
  watch(query: string | QueryInit, options?: CallOptions): AsyncIterable<Snapshot>
  /** The handle itself, for ioctls and feeds. */
  open(query: string | QueryInit, options?: CallOptions): Promise<Lookup>
  /** RNRSERVICE_REGISTER; disposing it deregisters. */
  register(
    service: ServiceInit & { name: string; serviceClass: ServiceClass | Guid },
    options?: RegisterOptions,
  ): Promise<AsyncDisposable>
  /** RNRSERVICE_DELETE. */
  remove(name: string, serviceClass: ServiceClass | Guid, options?: RemoveOptions): Promise<void>
  installClass(info: ServiceClassInfo, options?: CallOptions): Promise<void>
  removeClass(id: Guid, options?: CallOptions): Promise<void>
  classInfo(providerId: Guid, id: Guid, options?: CallOptions): Promise<ServiceClassInfo>
}
