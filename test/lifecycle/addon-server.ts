// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// For the tests of the addon: a server on a control file of its own, and the events it has told.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { forEachFrame, keepFrame } from '../../lib/host/frames.ts'
import { loadNative } from '../../lib/internal/binding.ts'
import type {
  NativeEvent,
  NativeFilter,
  NativeServeOptions,
  NativeServer,
} from '../../lib/internal/native.ts'
import type { Arch } from '../helpers/client.ts'
import { until } from '../helpers/until.ts'
import { Peer } from './addon-peer.ts'

const EVERYBODY_READS = 'O:BAG:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;WD)'
export const PIPE_SDDL = 'O:BAG:BAD:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x120183;;;WD)'
export const ON_FAILURE = 11002

export const FILTER: NativeFilter = {
  entries: [{ id: '8f6c1d10-5b1e-4c53-9a52-4e53504e0001', namespace: 12, flags: 0 }],
  patterns: [{ kind: 1, text: 'nsp.test', entries: 1 }],
  blocks: [],
  classes: [],
  codes: [],
  hostFlags: 0,
  graceMs: 2000,
  lookupDeadlineMs: 2000,
  ioctlDeadlineMs: 2000,
  registerDeadlineMs: 2000,
  breakerFailures: 3,
  breakerProbeMs: 1000,
  hostWaitLimit: 2,
  revision: undefined,
}

type Told<T extends NativeEvent['type']> = Extract<NativeEvent, { type: T }>

export class TestServer implements AsyncDisposable {
  readonly native = loadNative()
  readonly folder = mkdtempSync(join(tmpdir(), 'nsp-addon-'))
  readonly controlPath = join(this.folder, 'control')
  readonly events: NativeEvent[] = []
  readonly peers: Peer[] = []
  /** Called at each event; tests replace it. */
  onEvent: (event: NativeEvent) => void = () => {}
  #server: NativeServer | undefined

  constructor() {
    this.native.createControlFile(this.controlPath, EVERYBODY_READS, FILTER)
  }

  options(change: Partial<NativeServeOptions> = {}): NativeServeOptions {
    return {
      controlPath: this.controlPath,
      filter: FILTER,
      pipeSddl: PIPE_SDDL,
      maxClients: 16,
      maxCallsPerClient: 8,
      onFailure: ON_FAILURE,
      ...change,
    }
  }

  start(change: Partial<NativeServeOptions> = {}): this {
    const tell = (event: NativeEvent) => {
      this.events.push(event)
      this.onEvent(event)
    }
    this.#server = this.native.serve(this.options(change), tell, (bytes, size) =>
      forEachFrame(bytes, size, (frame) => tell(keepFrame(frame))),
    )
    return this
  }

  get server(): NativeServer {
    if (!this.#server) throw new Error('start it first')
    return this.#server
  }

  /** A client that has not said anything yet. */
  peer(arch: Arch = 'x64'): Peer {
    const peer = new Peer(arch)
    this.peers.push(peer)
    return peer
  }

  /** A client that has said hello and is known here; with its number. */
  async client(arch: Arch = 'x64'): Promise<{ peer: Peer; client: number }> {
    const known = this.all('connect').length
    const peer = await this.peer(arch).greet(this.server.pipeName)
    await until('a client is known', () => this.all('connect').length > known)
    return { peer, client: this.all('connect').at(-1)?.client ?? 0 }
  }

  all<T extends NativeEvent['type']>(type: T): Told<T>[] {
    return this.events.filter((event): event is Told<T> => event.type === type)
  }

  /** The first event of this type from which `from` on; waits for it. */
  async told<T extends NativeEvent['type']>(type: T, count = 1): Promise<Told<T>> {
    await until(`${count} times ${type}`, () => this.all(type).length >= count)
    return this.all(type)[count - 1] as Told<T>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.close()
    await Promise.all(this.peers.map((peer) => peer.end()))
    rmSync(this.folder, { recursive: true, force: true })
  }
}
