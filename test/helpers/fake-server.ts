// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A NativeServer without a pipe: tests send frames and read answers as a client's DLL would.

import { guidToBytes } from '../../lib/guid.ts'
import type { ServiceClassInfo } from '../../lib/index.ts'
import type {
  NativeAnswer,
  NativeClient,
  NativeEvent,
  NativeServeOptions,
  NativeServer,
  NativeStats,
} from '../../lib/internal/native.ts'
import { SimulatedRecords } from '../../lib/simulation/records.ts'
import { ByteReader, ByteWriter } from '../../lib/wire/bytes.ts'
import {
  COUNTER_COUNT,
  FRAME_BATCH,
  FRAME_CANCEL,
  FRAME_CLASS_INFO,
  FRAME_END,
  FRAME_HAS_QUERY,
  FRAME_INSTALL_CLASS,
  FRAME_IOCTL,
  FRAME_LAST_BATCH,
  FRAME_NEXT,
  FRAME_REMOVE_CLASS,
  FRAME_SET_SERVICE,
  FRAME_STILL_VALID,
} from '../../lib/wire/constants.ts'
import { readQuerySet, type WireQuerySet, writeQuerySet } from '../../lib/wire/wire.ts'
import { writeClassBlock } from '../../lib/wire/wire-class.ts'

export interface Batch {
  readonly kind: 'batch'
  readonly status: number
  readonly last: boolean
  readonly items: readonly WireQuerySet[]
  readonly bytes: number
}
export interface Reply {
  readonly kind: 'reply'
  readonly status: number
  readonly size: number
  readonly output: Uint8Array
}

export const identity: NativeClient = {
  processId: 4711,
  imagePath: 'C:\\client.exe',
  architecture: 'x64',
  sessionId: 1,
  userSid: 'S-1-5-21-1-2-3-1001',
  integrity: 'medium',
  elevated: false,
  appContainerSid: undefined,
}

export function query(init: Partial<WireQuerySet> = {}): WireQuerySet {
  return {
    namespace: 1001,
    flags: 0xff0,
    entry: 0,
    serviceClass: undefined,
    version: undefined,
    name: 'one.nsp.test',
    comment: undefined,
    context: undefined,
    queryString: undefined,
    blob: undefined,
    protocols: [],
    addresses: [],
    ...init,
  }
}

function readBatch(body: Uint8Array, flags: number): Batch {
  const reader = new ByteReader(body)
  const status = reader.u32()
  const items = Array.from({ length: reader.u32() }, () => {
    const size = new DataView(body.buffer, body.byteOffset + body.length - reader.rest).getUint32(
      0,
      true,
    )
    return readQuerySet(reader.bytes(size))
  })
  reader.end()
  return {
    kind: 'batch',
    status,
    last: (flags & FRAME_LAST_BATCH) !== 0,
    items,
    bytes: body.length,
  }
}

function readReply(body: Uint8Array): Reply {
  const reader = new ByteReader(body)
  const status = reader.u32()
  const size = reader.u32()
  return { kind: 'reply', status, size, output: reader.bytes(reader.rest, false) }
}

export class FakeServer implements NativeServer {
  readonly pipeName = '\\\\.\\pipe\\fake'
  readonly epoch = 1
  readonly counters: Uint32Array = new Uint32Array(COUNTER_COUNT)
  /** Another server's may be put in its place: a host that starts again. */
  records: SimulatedRecords = new SimulatedRecords(this.counters, () => performance.now())
  /** Thrown by the next call that writes. */
  writeFailure: Error | undefined
  readonly changes: number[][] = []
  readonly disconnected: number[] = []
  readonly referenced: boolean[] = []
  isClosed = false
  accepts = true
  options: NativeServeOptions | undefined
  onEvent: (event: NativeEvent) => void = () => undefined
  readonly #answers = new Map<string, (answer: Batch | Reply) => void>()
  readonly unexpected: (Batch | Reply)[] = []
  #nextCall = 1

  answer(
    client: number,
    kind: number,
    flags: number,
    call: number,
    _lookup: number,
    body: Uint8Array,
  ): boolean {
    const answer = kind === FRAME_BATCH ? readBatch(body, flags) : readReply(body)
    const resolve = this.#answers.get(`${client} ${call}`)
    this.#answers.delete(`${client} ${call}`)
    if (resolve === undefined) this.unexpected.push(answer)
    else resolve(answer)
    return resolve !== undefined
  }
  change(indices: readonly number[]): void {
    this.changes.push([...indices])
    for (const index of indices) this.counters[index] = (this.counters[index] ?? 0) + 1
  }
  disconnect(client: number): void {
    this.disconnected.push(client)
  }
  stats(): NativeStats {
    return {
      clients: 0,
      calls: 0,
      subscriptions: 3,
      framesIn: 0,
      framesOut: 0,
      refusedClients: 0,
      rejectedFrames: 0,
      breakerOpenings: 2,
      late: 0,
    }
  }
  ref(): void {
    this.referenced.push(true)
  }
  unref(): void {
    this.referenced.push(false)
  }
  stopAccepting(): void {
    this.accepts = false
  }
  close(): Promise<void> {
    this.isClosed = true
    return Promise.resolve()
  }

  // ── NativeRecords ──

  reserve(): void {
    if (this.writeFailure !== undefined) throw this.writeFailure
  }
  publish(owner: number, records: Uint8Array): Uint32Array {
    return this.records.publish(owner, records)
  }
  withdraw(keys: Uint8Array): Uint32Array {
    return this.records.withdraw(keys)
  }
  owners(keys: Uint8Array): Uint32Array {
    return this.records.owners(keys)
  }
  record(key: Uint8Array): ReturnType<NativeServer['record']> {
    return this.records.record(key)
  }
  keys(owner?: number): Uint8Array {
    return this.records.keys(owner)
  }
  putAnswer(answer: NativeAnswer): void {
    this.records.putAnswer(answer)
  }
  published(): ReturnType<NativeServer['published']> {
    return this.records.published()
  }

  // ── what a client does ──

  connect(client = 1, who: Partial<NativeClient> = {}): void {
    this.onEvent({ type: 'connect', client, identity: { ...identity, ...who } })
  }
  gone(client = 1): void {
    this.onEvent({ type: 'disconnect', client, reason: 'killed' })
  }
  late(call: number, client = 1): void {
    this.#answers.delete(`${client} ${call}`)
    this.onEvent({ type: 'late', client, call })
  }
  frame(
    kind: number,
    init: { client?: number; call?: number; lookup?: number; flags?: number; body?: Uint8Array },
  ): void {
    const { client = 1, call = 0, lookup = 0, flags = 0, body = new Uint8Array(0) } = init
    const lent = body.slice()
    this.onEvent({ type: 'frame', kind, client, call, lookup, flags, body: lent })
    lent.fill(0xee) // the addon uses its memory again, too
  }
  end(lookup: number, client = 1): void {
    this.frame(FRAME_END, { client, lookup })
  }
  cancel(call: number, client = 1): void {
    this.frame(FRAME_CANCEL, { client, call })
  }

  /** Sends Next; with a query it is the first frame of the lookup. Returns call id and answer. */
  next(lookup: number, wire?: WireQuerySet, client = 1): { call: number; answer: Promise<Batch> } {
    const body = new ByteWriter().u32(2000).u32(0)
    if (wire !== undefined) body.bytes(writeQuerySet(wire))
    const flags = wire === undefined ? 0 : FRAME_HAS_QUERY
    return this.#send(FRAME_NEXT, lookup, flags, body.finish(), client) as {
      call: number
      answer: Promise<Batch>
    }
  }
  ioctl(
    lookup: number,
    init: {
      code: number
      input?: Uint8Array
      room?: number
      completion?: number
      wire?: WireQuerySet
      client?: number
    },
  ): { call: number; answer: Promise<Reply> } {
    const { code, input = new Uint8Array(0), room = 64, completion = 0, wire, client = 1 } = init
    const block = wire === undefined ? new Uint8Array(0) : writeQuerySet(wire)
    const body = new ByteWriter().u32(2000).u32(code).u32(room).u32(completion)
    body.u32(block.length).u32(input.length).bytes(block).bytes(input, false)
    return this.#send(FRAME_IOCTL, lookup, 0, body.finish(), client) as {
      call: number
      answer: Promise<Reply>
    }
  }
  stillValid(
    lookup: number,
    wire?: WireQuerySet,
    client = 1,
  ): { call: number; answer: Promise<Reply> } {
    const body = new ByteWriter().u32(2000).u32(1).u32(0).u32(7).u32(8)
    if (wire !== undefined) body.bytes(writeQuerySet(wire))
    const call = this.#send(FRAME_STILL_VALID, lookup, 0, body.finish(), client)
    return call as { call: number; answer: Promise<Reply> }
  }

  /** WSASetService: 0 register, 1 deregister, 2 delete. */
  setService(
    operation: 0 | 1 | 2,
    wire: WireQuerySet,
    { multiple = false, client = 1 } = {},
  ): { call: number; answer: Promise<Reply> } {
    const body = new ByteWriter()
      .u32(2000)
      .u32(operation)
      .u32(multiple ? 1 : 0)
      .u32(0)
    body.bytes(writeQuerySet(wire))
    return this.#sendCall(FRAME_SET_SERVICE, body, client)
  }
  installClass(info: ServiceClassInfo): { call: number; answer: Promise<Reply> } {
    const body = new ByteWriter().u32(2000).u32(0).bytes(writeClassBlock(info))
    return this.#sendCall(FRAME_INSTALL_CLASS, body)
  }
  removeClass(id: string): { call: number; answer: Promise<Reply> } {
    return this.#sendCall(
      FRAME_REMOVE_CLASS,
      new ByteWriter().u32(2000).u32(0).bytes(guidToBytes(id)),
    )
  }
  classInfo(id: string): { call: number; answer: Promise<Reply> } {
    return this.#sendCall(
      FRAME_CLASS_INFO,
      new ByteWriter().u32(2000).u32(0).bytes(guidToBytes(id)),
    )
  }

  #sendCall(kind: number, body: ByteWriter, client = 1): { call: number; answer: Promise<Reply> } {
    const sent = this.#send(kind, 0, 0, body.finish(), client)
    return sent as { call: number; answer: Promise<Reply> }
  }

  #send(
    kind: number,
    lookup: number,
    flags: number,
    body: Uint8Array,
    client: number,
  ): { call: number; answer: Promise<Batch | Reply> } {
    const call = this.#nextCall++
    const { promise: answer, resolve } = Promise.withResolvers<Batch | Reply>()
    this.#answers.set(`${client} ${call}`, resolve)
    this.frame(kind, { client, call, lookup, flags, body })
    return { call, answer }
  }
}
