// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The module winsock-nsp/testing: a provider and its clients in one process, on any OS, without native code.

import { createWinsock } from './ask/winsock-client.ts'
import { startHost } from './host/host.ts'
import { checkServeOptions } from './host/options.ts'
import { definitionOf } from './internal/definition.ts'
import { type Fields, IssueList, invalidArgument, isFields, show } from './internal/issues.ts'
import type { NativeClient, NativeServeOptions } from './internal/native.ts'
import { type Clock, makeClock } from './simulation/clock.ts'
import { SimulatedPort } from './simulation/port.ts'
import { SimulatedProcess } from './simulation/process.ts'
import { SimulatedServer } from './simulation/server.ts'

import type { Client, Host, Provider } from './types.ts'
import type { Winsock } from './winsock.ts'

export type {
  CallOptions,
  IoctlOptions,
  Lookup,
  NextOptions,
  QueryInit,
  RegisterOptions,
  RemoveOptions,
  Snapshot,
  Winsock,
} from './winsock.ts'
export type { Client, Host, Provider }

/** Another process; `kill` ends it as TerminateProcess would. */
export interface SimulatedClient extends Winsock {
  kill(): void
}

export interface SimulateOptions {
  /** 'manual': deadlines, and what else takes time, move only by `advance`. Default 'real'. */
  clock?: 'real' | 'manual' | undefined
}

/** The calls of `winsock-nsp/client`, made by a simulated process with the id 4711. */
export interface Simulation extends Winsock, AsyncDisposable {
  readonly host: Host
  /** The same calls as another process; what is not given is as in the first one. */
  as(client: Partial<Omit<Client, 'signal'>>): SimulatedClient
  /** Moves a manual clock. Rejects with a TypeError (`ERR_INVALID_STATE`) on a real one. */
  advance(ms: number): Promise<void>
}

const HOST_SID = 'S-1-5-21-1-2-3-500'
const CLIENT: NativeClient = Object.freeze({
  processId: 4711,
  imagePath: 'C:\\client.exe',
  architecture: 'x64',
  sessionId: 1,
  userSid: 'S-1-5-21-1-2-3-1001',
  integrity: 'medium',
  elevated: false,
  appContainerSid: undefined,
})
const CLIENT_FIELDS = Object.keys(CLIENT)
const MAX_UINT32 = 0xffffffff
const ARCHITECTURES: readonly unknown[] = ['x86', 'x64', 'arm64']
const INTEGRITIES: readonly unknown[] = ['untrusted', 'low', 'medium', 'high', 'system']

/** What a process says of itself: rules of `allow` must not judge by what no process could be. */
function checkIdentity(issues: IssueList, given: Fields): void {
  const { processId, sessionId, architecture, integrity, elevated } = given
  const among = (path: string, value: unknown, values: readonly unknown[]) => {
    if (value !== undefined && !values.includes(value))
      issues.add(path, `${show(value)} is not one of ${values.join(', ')}`)
  }
  issues.unknownKeys('', given, CLIENT_FIELDS)
  if (processId !== undefined) issues.integer('processId', processId, 0, MAX_UINT32)
  if (sessionId !== undefined) issues.integer('sessionId', sessionId, 0, MAX_UINT32)
  issues.boolean('elevated', elevated)
  among('architecture', architecture, ARCHITECTURES)
  among('integrity', integrity, INTEGRITIES)
  for (const key of ['imagePath', 'userSid', 'appContainerSid']) {
    const value = given[key]
    if (value !== undefined && typeof value !== 'string')
      issues.add(key, `not a text: ${show(value)}`)
  }
}

function checkOptions(options: SimulateOptions): 'real' | 'manual' {
  const issues = new IssueList()
  const given: Fields = isFields(options) ? options : {}
  if (!isFields(options)) issues.add('options', `not an object: ${show(options)}`)
  issues.unknownKeys('', given, ['clock'])
  const clock = given['clock'] ?? 'real'
  if (clock !== 'real' && clock !== 'manual') issues.add('clock', "neither 'real' nor 'manual'")
  if (issues.issues.length > 0) throw invalidArgument(issues)
  return clock as 'real' | 'manual'
}

class Machine {
  readonly host: Host
  readonly #server: SimulatedServer
  readonly #clock: Clock
  readonly #clients = new Set<SimulatedPort>()
  #lastProcess = CLIENT.processId

  constructor(host: Host, server: SimulatedServer, clock: Clock) {
    this.host = host
    this.#server = server
    this.#clock = clock
  }

  client(identity: NativeClient): SimulatedClient {
    const port = new SimulatedPort(new SimulatedProcess(this.#server, identity))
    this.#clients.add(port)
    const kill = () => {
      this.#clients.delete(port)
      port.kill()
    }
    return Object.freeze({ ...createWinsock(() => port), kill })
  }

  as(client: Partial<Omit<Client, 'signal'>>): SimulatedClient {
    const issues = new IssueList()
    if (isFields(client)) checkIdentity(issues, client)
    else issues.add('client', `not an object: ${show(client)}`)
    if (issues.issues.length > 0) throw invalidArgument(issues)
    this.#lastProcess += 4
    const said = Object.entries(client).filter(
      ([key, value]) => value !== undefined || key === 'imagePath',
    )
    return this.client(
      Object.freeze({ ...CLIENT, processId: this.#lastProcess, ...Object.fromEntries(said) }),
    )
  }

  advance(ms: number): Promise<void> {
    return this.#clock.advance(ms)
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.kill()
    this.#clients.clear()
    await this.host.close()
  }
}

/**
 * Serves a provider to simulated processes: the same dispatch, checks, codes and deadlines as on a machine, but no
 * catalog, no pipe and no other provider.
 * @example
 * await using machine = await simulate(provider)
 * const [printer] = await Array.fromAsync(machine.query('printer.example'))
 * @throws NspError ERR_NSP_INVALID_PROVIDER; TypeError (`ERR_INVALID_ARG_VALUE`) for bad options.
 */
export async function simulate(
  provider: Provider,
  options: SimulateOptions = {},
): Promise<Simulation> {
  const definition = definitionOf(provider)
  const clock = makeClock(checkOptions(options))
  const started = Promise.withResolvers<SimulatedServer>()
  const native = {
    currentUserSid: () => HOST_SID,
    serve(served: NativeServeOptions, onEvent: ConstructorParameters<typeof SimulatedServer>[3]) {
      const server = new SimulatedServer(served, definition.allow, clock, onEvent)
      started.resolve(server)
      return server
    },
  }
  const parts = {
    native,
    provider,
    definition,
    controlPath: '',
    options: checkServeOptions({}),
    afterClose: async () => undefined,
    timing: clock,
  }
  const host = await startHost(parts, undefined)
  const machine = new Machine(host, await started.promise, clock)
  const { kill: _kill, ...calls } = machine.client(CLIENT)
  return Object.freeze({
    ...calls,
    host,
    as: (client: Partial<Omit<Client, 'signal'>>) => machine.as(client),
    advance: (ms: number) => machine.advance(ms),
    [Symbol.asyncDispose]: () => machine.close(),
  })
}
