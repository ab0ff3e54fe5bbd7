// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The shapes of the public API that are not bound to one module: queries, answers, clients, providers, hosts.
import type { EventEmitter } from 'node:events'
import type { WinsockCodeName } from './codes.ts'
import type { Guid } from './guid.ts'
import type { IoctlHandler } from './ioctl.ts'
import type { ServiceClass } from './service-class.ts'
import type { Directory } from './store/directory.ts'

export type Awaitable<T> = T | PromiseLike<T>
export type Many<T> = Iterable<T> | AsyncIterable<T>

// ── what a client asks ──

export type QueryField =
  | 'name'
  | 'type'
  | 'version'
  | 'comment'
  | 'addresses'
  | 'blob'
  | 'aliases'
  | 'queryString'

/** A WSAQUERYSET restriction: copied, checked, frozen. */
export interface Query {
  /** As the client wrote it; undefined in an enumeration. */
  readonly name: string | undefined
  /** `name` with ASCII letters in lower case, without the trailing dot: compare with this. */
  readonly key: string | undefined
  readonly serviceClass: ServiceClass | undefined
  readonly namespace: number
  readonly version: { readonly value: number; readonly compare: 'equal' | 'notLess' } | undefined
  readonly context: string | undefined
  /** IP versions the client can use, from class and protocols. Answer with all you have: the rest is dropped. */
  readonly families: readonly (4 | 6)[]
  readonly protocols: readonly { readonly family: number; readonly protocol: number }[]
  readonly queryString: string | undefined
  readonly blob: Uint8Array | undefined
  /** LUP_* as they came, unknown bits included. */
  readonly flags: number
  /** Which fields will be looked at: skip work for the others. */
  readonly wants: { readonly [F in QueryField]: boolean }
}

// ── what a provider answers ──

/** '10.0.0.7' · '10.0.0.7:443' · '[fe80::1%4]:443' · an object · raw sockaddr bytes of any family. */
export type AddressInit =
  | string
  | {
      address: string
      port?: number | undefined
      scopeId?: number | undefined
      transport?: 'tcp' | 'udp' | undefined
      local?: string | undefined
    }
  | {
      family: number
      remote?: Uint8Array | undefined
      local?: Uint8Array | undefined
      socketType: number
      protocol: number
    }

/** One service instance = one successful Next. Only `addresses` is usually needed. */
export interface ServiceInit {
  /** Default: the name that was asked. */
  name?: string | undefined
  /** Default: the class that was asked. */
  serviceClass?: ServiceClass | Guid | undefined
  addresses?: Iterable<AddressInit> | undefined
  /** Other names: one more result each for clients that ask with LUP_RETURN_ALIASES, and in hostent and servent blobs. */
  aliases?: Iterable<string> | undefined
  version?: number | undefined
  comment?: string | undefined
  context?: string | undefined
  queryString?: string | undefined
  /** Opaque bytes. hostent and servent blobs are made from name, aliases and addresses, never by hand. */
  blob?: Uint8Array | undefined
  /**
   * Seconds (as in DNS): other processes may give this answer from memory for so long. Default 0: ask me each time.
   * Means nothing in `host.publish`: what is published stays until it is changed.
   */
  ttl?: number | undefined
}

export interface Address {
  readonly family: number
  readonly address: string | undefined
  readonly port: number | undefined
  readonly scopeId: number | undefined
  readonly socketType: number
  readonly protocol: number
  readonly remote: Uint8Array | undefined
  readonly local: Uint8Array | undefined
}

export interface Service {
  readonly name: string | undefined
  readonly serviceClass: ServiceClass | undefined
  readonly addresses: readonly Address[]
  readonly alias: boolean
  readonly change: 'added' | 'changed' | 'deleted' | undefined
  readonly version: number | undefined
  readonly comment: string | undefined
  readonly context: string | undefined
  readonly queryString: string | undefined
  readonly blob: Uint8Array | undefined
  readonly namespace: number
  readonly providerId: Guid
}

/** undefined, or nothing yielded: WSASERVICE_NOT_FOUND. Something, but no usable address: WSANO_DATA. */
export type LookupAnswer = Awaitable<Many<ServiceInit> | ServiceInit | undefined>

// ── who asks ──

/**
 * A process that asks. Taken from the system when it connects, never from its message. One object per connection:
 * a WeakMap key.
 */
export interface Client {
  readonly processId: number
  /** undefined where Windows refuses to say (protected processes). */
  readonly imagePath: string | undefined
  readonly architecture: 'x86' | 'x64' | 'arm64'
  readonly sessionId: number
  readonly userSid: string
  readonly integrity: 'untrusted' | 'low' | 'medium' | 'high' | 'system'
  readonly elevated: boolean
  readonly appContainerSid: string | undefined
  /** Aborts when the process has gone. */
  readonly signal: AbortSignal
}

/** A client's lookup handle; the same object in every call on it. */
export interface LookupHandle {
  readonly id: string
  readonly query: Query
  /** `performance.now()` when the host first heard of it. */
  readonly openedAt: number
}

export interface CallContext {
  readonly client: Client
  /** Aborts with an NspError: ERR_NSP_CALL_ENDED, _CALL_TIMEOUT, _CLIENT_GONE or _HOST_CLOSED. */
  readonly signal: AbortSignal
  /** `performance.now()` value at which the client is answered without us; Infinity while debugging or if nobody waits. */
  readonly deadline: number
  /** undefined in register, installClass and their kin. */
  readonly handle: LookupHandle | undefined
  /** Through which catalog entry the client came. */
  readonly entry: Entry
}

// ── the provider ──

/** A registration that a client asks for. `service` has a name and a class; to register, addresses too. */
export interface ServiceChange {
  readonly service: Service
  /** SERVICE_MULTIPLE: the addresses are added or removed one by one, instead of the whole list. */
  readonly multiple: boolean
}

export interface ServiceClassInfo {
  readonly id: Guid
  readonly name: string
  readonly properties: readonly {
    readonly name: string
    readonly namespace: number
    readonly type: number
    readonly value: Uint8Array
  }[]
}

export type AccessRule =
  | 'everyone'
  | 'users'
  | 'administrators'
  | { readonly sid: string }
  | ((client: Client) => Awaitable<boolean>)

/** One catalog entry: a GUID under one namespace. */
export interface EntryInit {
  id: Guid
  namespace: number
  version?: number | undefined
  /** Default: the provider's name. */
  displayName?: string | undefined
  /**
   * Names that are ours: 'printer', 'host.example', '*.example', '*'. Required under Namespace.DNS, elsewhere
   * default ['*'] for queries that name our namespace or GUID. All else is refused inside the client, without us.
   */
  owns?: readonly string[] | undefined
  /** CIDR blocks whose reverse lookups (PTR, gethostbyaddr) are ours. */
  ownsAddresses?: readonly string[] | undefined
  /** Classes that are ours. Default: all. */
  serviceClasses?: readonly (ServiceClass | Guid)[] | undefined
  /** Contexts and LUP_CONTAINERS reach `lookup`. Default false: they are answered WSANO_DATA. */
  hierarchical?: boolean | undefined
}

export interface Deadlines {
  lookupMs?: number | undefined
  ioctlMs?: number | undefined
  registerMs?: number | undefined
}

export interface Allow {
  connect?: AccessRule | undefined
  sandboxed?: boolean | undefined
  register?: AccessRule | undefined
  ioctl?: AccessRule | undefined
}

export interface ProviderInit {
  /** Shown by `netsh winsock show catalog` and every tool that lists providers. */
  name: string
  entries: { readonly [key: string]: EntryInit }

  /** Ready-made lookup, registration, classes and notifications. A handler below wins over it. */
  directory?: Directory | undefined

  lookup?(query: Query, context: CallContext): LookupAnswer
  /**
   * 'snapshot' (default): after a change a client starts anew. 'feed': further Next calls on the same handle give the
   * differences, which we compute by asking `lookup` again.
   */
  changes?: 'snapshot' | 'feed' | undefined
  /** Answer SIO_NSP_NOTIFY_CHANGE yourself: is what this handle was told still true? Costs each poll a round trip. */
  stillValid?(handle: LookupHandle, context: CallContext): Awaitable<boolean>
  ioctl?: readonly IoctlHandler[] | undefined

  // What is missing here (and has no directory behind it) is answered WSAEOPNOTSUPP. After a change that clients should
  // hear of, call `host.invalidate`.
  /** RNRSERVICE_REGISTER. Without `multiple` the addresses replace those that the service has. */
  register?(change: ServiceChange, context: CallContext): Awaitable<void>
  /** RNRSERVICE_DEREGISTER: the service stays known, without addresses (`multiple`: without these). */
  deregister?(change: ServiceChange, context: CallContext): Awaitable<void>
  /** RNRSERVICE_DELETE: the service goes (`multiple`: when its last address goes). */
  remove?(change: ServiceChange, context: CallContext): Awaitable<void>
  /** Throw WinsockError WSAEALREADY for a class that is known. */
  installClass?(info: ServiceClassInfo, context: CallContext): Awaitable<void>
  /** Throw WinsockError WSATYPE_NOT_FOUND for a class that is not known. */
  removeClass?(id: Guid, context: CallContext): Awaitable<void>
  /** undefined: WSATYPE_NOT_FOUND. */
  classInfo?(id: Guid, context: CallContext): Awaitable<ServiceClassInfo | undefined>
  /**
   * A registration ends with the process that made it: what it has not deregistered itself goes through `deregister`
   * when its connection ends. Default false.
   */
  leaseByProcess?: boolean | undefined

  /** Runs when serving begins, before the first call is handled; what it returns runs when serving ends. */
  start?(host: Host): Awaitable<void | (() => Awaitable<void>)>
  /** Vouches across restarts: same string, same data; pending notifications then go on pending. */
  revision?(): Awaitable<string>
  /** Written where the DLL reads them, so they hold even when this process hangs. Defaults 500, 5000, 5000; at least 50. */
  deadlines?: Deadlines | undefined
  /**
   * What a client is told when a handler throws something else than a WinsockError, answers nonsense, or is late
   * while this process lives. Default WSATRY_AGAIN.
   */
  onFailure?: WinsockCodeName | undefined
  allow?: Allow | undefined
}

export interface Entry {
  readonly key: string
  readonly id: Guid
  readonly namespace: number
  readonly owns: readonly string[]
}

/** What `defineProvider` returns. */
export interface Provider {
  readonly name: string
  readonly entries: { readonly [key: string]: Entry }
}

// ── the host ──

export interface Limits {
  /** Processes that may be connected at once. Default 256. One process may have an eighth of the connections, or 4. */
  clients?: number | undefined
  /** Calls of one process that may wait at once; more are answered WSATRY_AGAIN. Default 256. */
  callsPerClient?: number | undefined
  /** Bytes that one lookup may answer in all. Default 16 MiB. */
  answerBytes?: number | undefined
}

export interface ServeOptions {
  /** 'require' (default): ERR_NSP_NOT_INSTALLED if the catalog lacks it. 'temporary': install now, uninstall on close. */
  install?: 'require' | 'temporary' | undefined
  /** Abort = close. */
  signal?: AbortSignal | undefined
  limits?: Limits | undefined
  /** How long pending notifications wait for a restarted host. Default 30 000. */
  restartGraceMs?: number | undefined
}

export type InvalidateScope =
  | { readonly name: string }
  | { readonly suffix: string }
  | { readonly serviceClass: ServiceClass | Guid }
  | { readonly entry: string }
  | ((query: Query) => boolean)

export type DisconnectReason = 'closed' | 'killed' | 'refused' | 'protocol'
/** The handler that is called. */
export type Operation =
  | 'lookup'
  | 'ioctl'
  | 'stillValid'
  | 'register'
  | 'deregister'
  | 'remove'
  | 'installClass'
  | 'removeClass'
  | 'classInfo'

export interface HandlerFailure {
  readonly operation: Operation
  readonly error: unknown
  readonly context: CallContext
}

export interface HostEvents {
  connect: [client: Client]
  disconnect: [client: Client, reason: DisconnectReason]
  /** Never `error`: a failing handler does not end the process. Without a listener it is written to stderr once a minute. */
  handlerError: [failure: HandlerFailure]
  close: []
}

export interface OperationStats {
  readonly count: number
  readonly failed: number
  readonly timedOut: number
  readonly p50Us: number
  readonly p99Us: number
}

export interface HostStats {
  readonly clients: number
  readonly handles: number
  readonly pendingNotifications: number
  readonly calls: { readonly [operation in Operation]: OperationStats }
  readonly refusedClients: number
  readonly rejectedFrames: number
  /** How often clients have stopped asking for a while, because calls in a row ran into their deadline. */
  readonly breakerOpenings: number
  /** Names and answers that other processes give from memory now. */
  readonly published: number
}

export type NamedServiceInit = ServiceInit & { name: string }

/** Names that all processes answer from memory, without `lookup`; each of one publication. What throws changes nothing. */
export interface Publication extends Disposable {
  /** How many names. */
  readonly size: number
  /** This service is all there is under its name. */
  set(service: NamedServiceInit): void
  /** False: this publication does not have the name. */
  delete(name: string): boolean
  /** These services, and no others. What stays as it was is no change for anybody. */
  replace(services: Iterable<NamedServiceInit>): void
}

export interface Host extends EventEmitter<HostEvents>, AsyncDisposable {
  readonly provider: Provider
  readonly clients: ReadonlySet<Client>
  readonly closed: Promise<void>
  /** Aborts when the host begins to close, with ERR_NSP_HOST_CLOSED. */
  readonly signal: AbortSignal
  /**
   * Tell clients that answers may have changed. No scope: all. A missed change is impossible, a needless one is allowed.
   * A predicate tells all: handles that only poll, and processes that answer from memory, are not known here.
   */
  invalidate(scope?: InvalidateScope): void
  /**
   * Publishes names that every process answers from memory, also while this one restarts. What the host before has
   * published stays until `start` has finished; what has not been published again by then is withdrawn.
   * @throws TypeError (`ERR_INVALID_ARG_VALUE`), which names each field at fault (`services[3].addresses[1]`), or the
   * names that another publication has; NspError ERR_NSP_HOST_CLOSED.
   */
  publish(services: Iterable<NamedServiceInit>): Publication
  ref(): this
  unref(): this
  /** Refuse new calls, let running ones finish (at most `timeoutMs`, default 5000), then destroy. Idempotent. */
  close(options?: { timeoutMs?: number | undefined }): Promise<void>
  /** Cancel everything now. Idempotent. */
  destroy(reason?: Error): Promise<void>
  stats(): HostStats
}
