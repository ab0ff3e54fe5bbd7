// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What client.exe takes and prints, verb by verb (test/clients).
import type { Special } from './client.ts'

export interface Step<T = Record<string, unknown>> {
  step: number
  pid: number
  arch: string
  verb: string
  call: string
  /** The function's own result. */
  ret: number
  /** The thread's last error right after the call, whatever the result. */
  err: number
  us: number
  data: T
  error?: string
  crash?: boolean
}

/** Any pointer argument may be NULL, UNMAPPED or READONLY instead of a value. */
type Text = string | Special

/** Where and how a step runs: on a named thread, with the last error preset. */
export interface Running {
  thread?: string
  async?: string
  lasterror?: number
}

export interface BeginOptions extends Running {
  h?: string
  flags?: number
  ansi?: boolean
  /** The structure itself: NULL, UNMAPPED; `qro` write-protects it. */
  q?: Special
  qro?: boolean
  /** Overwrites and unmaps the query after the call. */
  discard?: boolean
  hout?: Special
  dwsize?: number
  name?: Text
  class?: Text
  version?: number | Special
  how?: number
  comment?: Text
  ns?: number
  provider?: Text
  context?: Text
  /** family:protocol,family:protocol */
  protocols?: Text
  /** Everything that many bytes past where it belongs. */
  odd?: number
  nprotocols?: number
  query?: Text
  /** REMOTE[~LOCAL],... each 10.0.0.1:80, [fd00::1%2]:80, raw:HEX or none. */
  addr?: Text
  naddr?: number
  socktype?: number
  protocol?: number
  /** Pointers of the first address, and its length. */
  remote?: Special
  remotelength?: number
  local?: Special
  oflags?: number
  blob?: Text
  blobsize?: number
  blobdata?: Special
  /** Table mode: the provider id argument, the schema, the table. */
  guid?: Text
  classinfo?: Text
  table?: string
}

/** The service of NSPSetService is a query set too. */
export interface ServiceOptions extends BeginOptions {
  info?: Special
}

export interface ClassOptions extends Running {
  /** The structure; its members. */
  info?: Special
  class?: Text
  classname?: Text
  /** NAME:NAMESPACE:TYPE:HEX,... */
  props?: Text
  count?: number
  /** Of the first property. */
  propname?: Special
  propvalue?: Special
  propsize?: number
  odd?: number
  guid?: Text
  table?: string
}

export interface ClassInfoOptions extends Running {
  size?: number
  claim?: number
  misalign?: number
  edge?: boolean
  buffer?: Special
  length?: Special
  guid?: Text
  table?: string
}

export interface NextOptions extends Running {
  /** LUP_RETURN_ALL unless given. */
  flags?: number
  size?: number
  /** The length told to the call, if it is not `size`. */
  claim?: number
  misalign?: number
  edge?: boolean
  buffer?: Special
  length?: Special
  ansi?: boolean
  table?: string
}

export interface IoctlOptions extends Running {
  code?: number
  in?: Text
  insize?: number
  /** Name of a `buffer`, or a bad pointer. */
  out?: Text
  outsize?: number
  bytes?: Special
  type?: 'immediate' | 'hwnd' | 'event' | 'port' | 'apc' | number
  ov?: Text
  port?: Text
  key?: number
  hwnd?: Text
  msg?: number
  context?: number
  routine?: Special
  completion?: Special
  tid?: Text
  tidclose?: boolean
  table?: string
}

export interface BeginData {
  handle: string
  handleTouched: boolean
  queryUnchanged: boolean
}

export interface Side {
  length: number
  /** As they lie in memory; absent if there is no address. */
  bytes?: string
  family: number | null
  address?: string
  port?: number
  scope?: number
}

export interface ResultSet {
  dwSize: number
  name: string | null
  comment: string | null
  context: string | null
  queryString: string | null
  class: string | null
  provider: string | null
  version: number | null
  namespace: number
  outputFlags: number
  protocols: number
  addressCount: number
  addressPointer: boolean
  addresses: { local: Side; remote: Side; socketType: number; protocol: number }[]
  blob: string | null
  /** Offset just past the last byte that belongs to the result. */
  used: number
  aligned: boolean
  inside: boolean
  problems: string[]
}

export interface NextData {
  /** *lpdwBufferLength after the call, and before it. */
  length: number
  given: number
  guardsIntact: boolean
  /** One past the last byte of the buffer that was changed. */
  written: number
  result?: ResultSet
}

export interface SweepData {
  /** The first size that was not too small. */
  size: number
  /** What the calls with smaller sizes told, each number once. */
  needs: number[]
  guardsIntact: boolean
  /** Those calls wrote nothing. */
  untouched: boolean
  result?: ResultSet
}

export interface ClassProperty {
  name: string
  namespace: number
  type: number
  value: string
}

export interface ClassInfo {
  idInside: boolean
  class?: string
  name: string
  count: number
  properties: ClassProperty[]
  used: number
  inside: boolean
  aligned: boolean
  problems: string[]
}

export interface ClassInfoData {
  /** *lpdwBufSize after the call. */
  length: number
  guardsIntact: boolean
  /** The buffer is as it was before the call. */
  untouched: boolean
  /** One past the last byte of the buffer that was changed. */
  written: number
  info?: ClassInfo
}

export interface ClassNameData {
  length: number
  guardsIntact: boolean
  written: number
  terminated?: boolean
  name?: string
}

export interface DrainData {
  calls: number
  grown: number
  results: ResultSet[]
}

export interface IoctlData {
  /** *lpcbBytesReturned, null if it was not written. */
  bytes: number | null
  out: string
  outGuardsIntact: boolean
  inUnchanged: boolean
  completionUnchanged: boolean
}

export interface StartupData {
  cbSize: number
  major: number
  minor: number
  /** One digit an entry of the table, '1' if it was filled. */
  pointers: string
  /** One past the last byte of the table's block that was changed. */
  written: number
  touched: boolean
  guardsIntact: boolean
}

export interface OverlappedData {
  internal: string
  internalHigh: number
  offset: string
  offsetHigh: string
  hEvent: string
  bytes: number
  completed: boolean
  guardsIntact: boolean
}

export interface PacketData {
  got: boolean
  bytes: number
  key: number
}

export interface Addressed {
  /** Name of the overlapped structure, or its address if it has none. */
  ov: string
}

export interface Handled {
  handle: string
}

export interface ApcCall extends Addressed {
  error: number
  transferred: number
  flags: number
  thread: number
  lastError: number
}

export interface ClientProcess {
  handles: number
  threads: number
  thread: number
  user32: boolean
  modules: string[]
}

export interface CatalogEntry {
  id: string
  namespace: number
  active: boolean
  version: number
  name?: string
}

export interface RaceData {
  rounds: number
  once: number
  none: number
  twice: number
  aborted: number
  changed: number
  other: number
  late: number
}
