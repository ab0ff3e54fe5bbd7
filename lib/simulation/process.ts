// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One simulated program with the provider DLL in it: its connection to the host, and round trips within their deadlines.
import { WinsockCode } from '../codes.ts'
import { WinsockError } from '../errors.ts'
import type { NativeClient, NativeFilter } from '../internal/native.ts'
import type { SeenCounter } from './counters.ts'
import type { SimulatedRecords } from './records.ts'
import type { Answer, Frame, SimulatedServer } from './server.ts'

/** What a call of the host ends with when its host does not answer. */
export function networkDown(syscall: string): WinsockError {
  return new WinsockError(WinsockCode.WSAENETDOWN, { syscall })
}

/** Resolves or rejects as `promise` does, or rejects with the signal's reason. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

export class SimulatedProcess {
  readonly identity: NativeClient
  readonly #server: SimulatedServer
  #client: number | undefined
  #nextLookup = 1
  #isGone = false

  constructor(server: SimulatedServer, identity: NativeClient) {
    this.#server = server
    this.identity = identity
  }

  get filter(): NativeFilter {
    return this.#server.options.filter
  }
  /** The data file. */
  get records(): SimulatedRecords {
    return this.#server.records
  }
  get counters(): Uint32Array {
    return this.#server.counters
  }
  /** Number of the connection; undefined before the first round trip and after the last host. */
  get connection(): number | undefined {
    return this.#client
  }
  newLookup(): number {
    return this.#nextLookup++
  }

  /** TerminateProcess: nothing of it answers or is answered any more. */
  kill(): void {
    this.#isGone = true
    const client = this.#client
    this.#client = undefined
    if (client !== undefined) this.#server.leave(client, 'killed')
  }
  /** @throws WinsockError WSANOTINITIALISED in a process that was killed. */
  assertAlive(syscall: string): void {
    if (this.#isGone) throw new WinsockError(WinsockCode.WSANOTINITIALISED, { syscall })
  }

  /** The pipe, opened if it is not. @throws WinsockError WSAENETDOWN */
  connect(syscall: string): number {
    this.assertAlive(syscall)
    this.#client ??= this.#server.connect(this.identity, () => {
      this.#client = undefined
    })
    if (this.#client === undefined) throw networkDown(syscall)
    return this.#client
  }

  /** One round trip. @throws WinsockError WSAENETDOWN if the connection breaks. */
  async call(syscall: string, frame: Frame): Promise<Answer> {
    const answer = await this.#server.send(this.connect(syscall), frame)
    if (answer === undefined) throw networkDown(syscall)
    return answer
  }

  /** A frame that nobody answers. */
  post(kind: number, lookup: number): void {
    if (this.#client !== undefined) this.#server.post(this.#client, kind, lookup)
  }

  /** See SimulatedServer.subscribe. */
  subscribe(syscall: string, seen: readonly SeenCounter[], changed: () => void): () => void {
    this.connect(syscall)
    return this.#server.subscribe(seen, changed)
  }
}
