// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The typed surface of the native addon (native/addon). Only binding.ts loads it; nothing here is public.

/** A Windows call that failed: thrown as an Error with these properties. */
export interface NativeFailure extends Error {
  /** The Win32 or Winsock code. */
  readonly errno: number
  /** The Windows function that failed. */
  readonly syscall: string
  /** `serve`: another host serves this provider. */
  readonly code?: 'EALREADY'
  /** An ioctl's WSAEFAULT: the output bytes that the provider wants. */
  readonly needed?: number
  /** With EALREADY: that host, or 0 if it has not said yet. */
  readonly hostPid?: number
  /** `createProtectedFolder`: the path that others can change, and how. */
  readonly fault?: string
}

/** One entry of a catalog as WSAEnumNameSpaceProviders and the registry tell it. */
export interface NativeCatalogEntry {
  /** Lower-case GUID without braces. */
  readonly id: string
  readonly name: string
  readonly namespace: number
  readonly version: number
  readonly enabled: boolean
  /** Unexpanded library path; '' if it could not be read. */
  readonly path: string
}

export type NativeCatalog = 'native' | 'x86'

/** Who is at the other end, read from the system when it connected. */
export interface NativeClient {
  readonly processId: number
  readonly imagePath: string | undefined
  readonly architecture: 'x86' | 'x64' | 'arm64'
  readonly sessionId: number
  readonly userSid: string
  readonly integrity: 'untrusted' | 'low' | 'medium' | 'high' | 'system'
  readonly elevated: boolean
  readonly appContainerSid: string | undefined
}

/** What `serve` writes into the control file. Entries are in the sidecar's order. */
export interface NativeFilter {
  readonly entries: readonly {
    readonly id: string
    readonly namespace: number
    readonly flags: number
  }[]
  /** Lower-case text without "*." or dots at the ends; `entries` is a bit mask. */
  readonly patterns: readonly {
    readonly kind: number
    readonly text: string
    readonly entries: number
  }[]
  readonly blocks: readonly {
    readonly address: Uint8Array
    readonly family: 4 | 6
    readonly prefix: number
    readonly entries: number
  }[]
  readonly classes: readonly { readonly id: string; readonly entries: number }[]
  readonly codes: readonly number[]
  /** HOST_* bits. */
  readonly hostFlags: number
  readonly graceMs: number
  readonly lookupDeadlineMs: number
  readonly ioctlDeadlineMs: number
  readonly registerDeadlineMs: number
  readonly breakerFailures: number
  readonly breakerProbeMs: number
  readonly hostWaitLimit: number
  /** SHA-256 of the revision string; undefined if the provider does not vouch. */
  readonly revision: Uint8Array | undefined
}

export interface NativeServeOptions {
  readonly controlPath: string
  readonly filter: NativeFilter
  /** Security descriptor of the pipe in SDDL, owner included. */
  readonly pipeSddl: string
  readonly maxClients: number
  readonly maxCallsPerClient: number
  /** The Winsock code that a call is answered with shortly before its deadline (`answerAheadMs`). */
  readonly onFailure: number
}

/** `body` is the frame behind its header. */
export interface NativeFrame {
  readonly type: 'frame'
  readonly client: number
  readonly kind: number
  readonly flags: number
  readonly call: number
  readonly lookup: number
  readonly body: Uint8Array
}

/**
 * Everything the addon tells JavaScript, in order per client; frames come packed (lib/host/frames.ts unpacks them).
 * A client is told of ('connect') after its hello; one that goes before, or is refused, is only counted in stats.
 * 'killed' means that its process had ended when the pipe broke, 'closed' that it lived on or that this side closed.
 */
export type NativeEvent =
  | { readonly type: 'connect'; readonly client: number; readonly identity: NativeClient }
  | {
      readonly type: 'disconnect'
      readonly client: number
      readonly reason: 'closed' | 'killed' | 'refused' | 'protocol'
    }
  | NativeFrame
  /** The addon has answered `call` with onFailure: its handler is late. */
  | { readonly type: 'late'; readonly client: number; readonly call: number }
  /** The provider was uninstalled while we serve it. */
  | { readonly type: 'retired' }

export interface NativeStats {
  readonly clients: number
  readonly calls: number
  readonly subscriptions: number
  readonly framesIn: number
  readonly framesOut: number
  readonly refusedClients: number
  readonly rejectedFrames: number
  readonly breakerOpenings: number
  readonly late: number
}

/** An answer that other processes may give from memory, for `ttlMs` from now on. */
export interface NativeAnswer {
  /** The query's block, byte for byte. */
  readonly query: Uint8Array
  /** What the query samples, in its order; their present values are stored with the answer. */
  readonly counters: readonly number[]
  readonly status: number
  readonly count: number
  /** `count` query-set blocks. */
  readonly blocks: Uint8Array
  readonly ttlMs: number
}

/**
 * What is published: records by key, each of one owner. Keys are packed as their length in bytes and their UTF-16,
 * padded to 4; records as a key, the number of blocks, their bytes, and the blocks (lib/wire/records.ts). Everything
 * that writes throws NativeFailure if there is no room on the disk.
 */
export interface NativeRecords {
  /** Makes room for so many bytes of records: writing them cannot fail then. */
  reserve(bytes: number): void
  /** Writes packed records and makes them the owner's; the positions of those that are not what was there. */
  publish(owner: number, records: Uint8Array): Uint32Array
  /** Takes names away; the positions of those that were there. */
  withdraw(keys: Uint8Array): Uint32Array
  /** Of each key: 0 if a former host published it, NOBODY if it is not published. */
  owners(keys: Uint8Array): Uint32Array
  record(key: Uint8Array): { readonly count: number; readonly blocks: Uint8Array } | undefined
  /** Packed, the oldest record first; of all owners if none is given. */
  keys(owner?: number): Uint8Array
  putAnswer(answer: NativeAnswer): void
  /** What holds now. */
  published(): { readonly names: number; readonly answers: number }
}

/** One served provider: its pipe, its control file, its I/O thread and its one threadsafe function. */
export interface NativeServer extends NativeRecords {
  readonly pipeName: string
  readonly epoch: number
  /** Sends one frame (header made by the addon) and ends the call for deadlines. False: client or call is gone. */
  answer(
    client: number,
    kind: number,
    flags: number,
    call: number,
    lookup: number,
    body: Uint8Array,
  ): boolean
  /** Bumps these counters and tells the clients that subscribed to them. */
  change(indices: readonly number[]): void
  /** Drops a client after what is queued for it was sent; its calls are answered no more. */
  disconnect(client: number): void
  stats(): NativeStats
  ref(): void
  unref(): void
  /** Stops accepting; existing connections go on. */
  stopAccepting(): void
  /** Closes everything; resolves when the I/O thread has ended. Idempotent. */
  close(): Promise<void>
}

/** What a WSAQUERYSET says to Winsock: a restriction, or a registration with its addresses. */
export interface NativeSet {
  readonly name: string | undefined
  readonly serviceClass: string | undefined
  readonly namespace: number
  readonly providerId: string | undefined
  readonly version: number | undefined
  readonly comment: string | undefined
  readonly context: string | undefined
  readonly queryString: string | undefined
  readonly blob: Uint8Array | undefined
  readonly addresses: readonly NativeAddress[]
}

export interface NativeAddress {
  readonly socketType: number
  readonly protocol: number
  readonly local: Uint8Array
  readonly remote: Uint8Array
}

/** A result; every pointer in it was checked. `flags` are RESULT_IS_*. */
export interface NativeResult extends NativeSet {
  readonly flags: number
}

export interface NativeClass {
  readonly id: string
  readonly name: string
  readonly properties: readonly {
    readonly name: string
    readonly namespace: number
    readonly type: number
    readonly value: Uint8Array
  }[]
}

/** A lookup handle. Collecting it ends it. */
export type NativeLookup = object

export interface NativeNotification {
  /** The provider has the request: whatever changes from now on completes it. Rejects if it refused. */
  readonly accepted: Promise<void>
  /** Resolves after a change; rejects with 995 after `end`, or as `accepted` does. */
  readonly changed: Promise<void>
}

/**
 * The client's side of the machine's own ws2_32. Each call runs on a thread of the addon's pool, never on libuv's, and
 * rejects with NativeFailure. What is under way does not keep the process alive unless `hold` says so.
 */
export interface NativeWinsock {
  readonly begin: (query: NativeSet, flags: number) => Promise<NativeLookup>
  /** WSA_E_CANCELLED (10111) if `end` comes meanwhile. */
  readonly next: (lookup: NativeLookup, flags: number) => Promise<NativeResult>
  /** Once; makes what blocks on the handle return. Later calls resolve at once. */
  readonly end: (lookup: NativeLookup) => Promise<void>
  /** Synchronous in the provider. WSAEFAULT with `needed` if `outputSize` is too small. */
  readonly ioctl: (
    lookup: NativeLookup,
    code: number,
    input: Uint8Array,
    outputSize: number,
  ) => Promise<Uint8Array>
  /** SIO_NSP_NOTIFY_CHANGE without a completion: whether something changed. */
  readonly poll: (lookup: NativeLookup) => Promise<boolean>
  /** The same with an event. Holds no thread while it waits. */
  readonly notify: (lookup: NativeLookup) => NativeNotification
  /** WSASetService; `operation` is a WSAESETSERVICEOP. */
  readonly setService: (set: NativeSet, operation: number, flags: number) => Promise<void>
  readonly installClass: (info: NativeClass) => Promise<void>
  readonly removeClass: (id: string) => Promise<void>
  readonly classInfo: (providerId: string, id: string) => Promise<NativeClass>
  /** Whether the event loop goes on while nothing else keeps it. */
  readonly hold: (hold: boolean) => void
  /** Open lookups of the process; its work that is not done, and results on their way to this thread. */
  readonly stats: () => { readonly lookups: number; readonly calls: number }
}

export interface Native {
  readonly abi: 1
  readonly client: NativeWinsock
  readonly isElevated: () => boolean
  /** 'S-1-5-…' of the account this process runs as. */
  readonly currentUserSid: () => string
  /** Known folder, from the system and not the environment. */
  readonly folder: (which: 'ProgramFiles' | 'ProgramData') => string

  // Catalog. Throw NativeFailure.
  readonly catalogList: (catalog: NativeCatalog) => NativeCatalogEntry[]
  readonly catalogInstall: (
    catalog: NativeCatalog,
    entry: {
      readonly id: string
      readonly name: string
      readonly namespace: number
      readonly version: number
      readonly path: string
    },
  ) => void
  readonly catalogUninstall: (catalog: NativeCatalog, id: string) => void
  readonly catalogEnable: (catalog: NativeCatalog, id: string, enabled: boolean) => void
  /** WSCWriteNameSpaceOrder: the whole list. */
  readonly catalogOrder: (catalog: NativeCatalog, ids: readonly string[]) => void
  /**
   * WSAProviderConfigChange: calls after each change of either catalog, with the failure if there will be no more.
   * The next change is asked for before `onChange` runs, so that reading the catalog in it misses none. Keeps the
   * process alive until `close`, which is idempotent.
   */
  readonly catalogWatch: (onChange: (failure: NativeFailure | undefined) => void) => {
    close(): void
  }

  // Files that `install` makes.
  /** Makes a folder (and missing parents, with the same descriptor) or checks an existing one. */
  readonly createProtectedFolder: (path: string, sddl: string) => void
  /** The offending right if somebody else than administrators, SYSTEM or TrustedInstaller owns or can write `path`; undefined if fine. */
  readonly folderFault: (path: string) => string | undefined
  /** Pure: the same judgement on a descriptor given as SDDL. */
  readonly descriptorFault: (sddl: string) => string | undefined
  /** Gives a file or folder the owner, rights and label that `sddl` names; what it does not name stays. */
  readonly setDescriptor: (path: string, sddl: string) => void
  readonly getDescriptor: (path: string) => string
  /**
   * Makes the control file or takes an existing one over, and clears `retired`. Never resizes one that is there.
   * Writes the filter unless a host serves the provider, so that clients know what is theirs from the start.
   */
  readonly createControlFile: (path: string, sddl: string, filter: NativeFilter) => void
  readonly retireControlFile: (path: string) => void
  /** The state a reader sees; undefined if unreadable. */
  readonly readControlFile: (path: string) =>
    | {
        readonly retired: boolean
        readonly epoch: number
        readonly hostPid: number
        readonly pipeName: string
      }
    | undefined
  /** Bytes of a sidecar, and back. */
  readonly encodeSidecar: (sidecar: {
    readonly ids: readonly string[]
    readonly hostSid: string
    readonly controlPath: string
  }) => Uint8Array
  readonly decodeSidecar: (
    bytes: Uint8Array,
  ) =>
    | { readonly ids: readonly string[]; readonly hostSid: string; readonly controlPath: string }
    | undefined
  /** MoveFileEx with MOVEFILE_DELAY_UNTIL_REBOOT. */
  readonly deleteAtReboot: (path: string) => void
  /** Process ids that have `path` loaded as a module, as far as the caller may see. */
  readonly processesUsing: (
    path: string,
  ) => { readonly processId: number; readonly imagePath: string }[]

  /**
   * Takes the provider over (lock on the control file; EALREADY-like NativeFailure with `hostPid` if another host
   * holds it), writes the filter under the sequence, bumps epoch (and the global counter unless the revision is the
   * recorded one), makes the pipe, starts the I/O thread. `onFrames` gets all frames that have come since its last call;
   * the array is used again.
   */
  readonly serve: (
    options: NativeServeOptions,
    onEvent: (event: NativeEvent) => void,
    onFrames: (bytes: Uint8Array, size: number) => void,
  ) => NativeServer
}
