// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The data and the planned misbehaviour of the Node host; the line protocol changes both.
import { MemoryDirectory } from '../../lib/directory.ts'
import type { CallContext, Query, ServiceChange, ServiceInit } from '../../lib/index.ts'
import { ServiceClass, WinsockError } from '../../lib/index.ts'
import { reverseAddress } from '../../lib/store/directory-query.ts'
import { formatIp } from '../../lib/wire/sockaddr.ts'

export type TestRecord = ServiceInit & { readonly name: string }
export const ENTRY_KEYS = ['names', 'mesh', 'vouch', 'feed'] as const
export type EntryKey = (typeof ENTRY_KEYS)[number]

/** As DNS compares names, and no other way. */
function keyOf(name: string): string {
  return name.toLowerCase().replace(/(.)\.$/, '$1')
}

const INITIAL: readonly TestRecord[] = [
  {
    name: 'one.nsp.test',
    addresses: ['10.1.0.1', '[fd00::1]'],
    version: 7,
    comment: 'the first',
    blob: Uint8Array.of(1, 2, 3, 4, 5),
  },
  { name: 'two.nsp.test', addresses: ['10.1.0.2', '10.1.0.3'] },
  { name: 'v6.nsp.test', addresses: ['fd00::6'] },
  { name: 'bare.nsp.test' },
  {
    name: 'query.nsp.test',
    addresses: ['10.1.0.4'],
    queryString: 'rest',
    context: '\\top',
    serviceClass: '{9a8b7c6d-0001-4000-8000-000000000001}',
  },
]

const MANY = 'many.nsp.test'
/** Names below are in the directory, through the entries of the first provider. */
const REGISTERED = '.reg.nsp.test'
const DENIED = 'denied.reg.nsp.test'
const DIRECTORY_ENTRIES: readonly string[] = ['names', 'mesh']
/** What getservbyname and getservbyport find. */
const SERVICE_NAMES = ['nspecho/tcp', '7007/tcp']
const SERVICE: TestRecord = {
  name: 'nspecho',
  serviceClass: ServiceClass.tcp(7007),
  aliases: ['nsp-echo'],
}

function manyRecords(): TestRecord[] {
  return Array.from({ length: 40 }, (_, number) => ({
    name: `n${number}.${MANY}`,
    addresses: [`10.2.0.${number}`],
    blob: new Uint8Array(3000).fill(number),
  }))
}

/** How the handler of one name or one control code behaves. */
export class Behaviour {
  isHeld = false
  isNever = false
  fault: 'throw' | 'nonsense' | undefined
  code = 0
  waiting = 0
  aborted = 0
  readonly #released = new Set<() => void>()

  release(): void {
    this.isHeld = false
    for (const go of this.#released) go()
    this.#released.clear()
  }

  clear(): void {
    this.isNever = false
    this.fault = undefined
    this.code = 0
    this.release()
  }

  /** Waits as told; an aborted wait rejects, unless it is one that ignores its signal. */
  async wait(signal: AbortSignal, always = false): Promise<void> {
    if (!this.isHeld && !this.isNever && !always) return
    const ignoresSignal = this.isNever
    // The client may have left before the handler got to run.
    if (signal.aborted && !ignoresSignal) throw signal.reason
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const onAbort = () => {
      this.waiting--
      this.aborted++
      this.#released.delete(release)
      if (ignoresSignal) this.#released.add(resolve)
      else reject(signal.reason)
    }
    const release = () => {
      this.waiting--
      signal.removeEventListener('abort', onAbort)
      resolve()
    }
    this.waiting++
    this.#released.add(release)
    signal.addEventListener('abort', onAbort, { once: true })
    await promise
  }

  /** Throws what the handler is to throw. */
  fail(): void {
    if (this.code !== 0) throw new WinsockError(this.code)
    if (this.fault === 'throw') throw new Error('thrown as the test asked')
  }
}

class BehaviourMap {
  readonly #behaviours = new Map<string, Behaviour>()

  of(key: string | number): Behaviour {
    const known = this.#behaviours.get(String(key)) ?? new Behaviour()
    this.#behaviours.set(String(key), known)
    return known
  }
}

interface LoggedCall {
  readonly op: string
  readonly name: string | undefined
  readonly class: string | undefined
  readonly entry: string
  readonly flags: number
  readonly pid: number
  readonly code: number | undefined
}

export class State {
  readonly names: BehaviourMap = new BehaviourMap()
  readonly codes: BehaviourMap = new BehaviourMap()
  readonly directory: MemoryDirectory = new MemoryDirectory()
  stillValid = true
  #calls: LoggedCall[] = []
  readonly #records = new Map<EntryKey, Map<string, TestRecord>>(
    ENTRY_KEYS.map((key) => [key, new Map(INITIAL.map((record) => [record.name, record]))]),
  )

  behaviourOf(name: string | undefined): Behaviour {
    return this.names.of(keyOf(name ?? ''))
  }

  set(record: TestRecord, entries: readonly EntryKey[]): void {
    for (const entry of entries) this.#records.get(entry)?.set(keyOf(record.name), record)
  }

  delete(name: string): void {
    for (const records of this.#records.values()) records.delete(keyOf(name))
  }

  log(op: string, query: Query, context: CallContext, code?: number): void {
    const { name, flags, serviceClass } = query
    this.#log({ op, name, class: serviceClass?.id, flags, code }, context)
  }

  /** A call on a service class. */
  logClass(op: string, id: string, context: CallContext): void {
    this.#log({ op, name: undefined, class: id, flags: 0, code: undefined }, context)
  }

  #log(call: Omit<LoggedCall, 'entry' | 'pid'>, { entry, client }: CallContext): void {
    this.#calls.push({ ...call, entry: entry.key, pid: client.processId })
  }

  takeCalls(): readonly LoggedCall[] {
    const calls = this.#calls
    this.#calls = []
    return calls
  }

  async *lookup(query: Query, context: CallContext): AsyncGenerator<ServiceInit> {
    this.log('lookup', query, context)
    const behaviour = this.behaviourOf(query.name)
    // The data are read first, then something is awaited: a change meanwhile must be noticed by counters.
    const found = this.#find(query, context.entry.key as EntryKey)
    await behaviour.wait(context.signal)
    behaviour.fail()
    if (behaviour.fault === 'nonsense') yield { addresses: ['10.0.0.300'] }
    yield* found
  }

  /** What register, deregister and remove do: the directory's work, unless a test asked for something else. */
  async change(
    kind: 'register' | 'deregister' | 'remove',
    { service, multiple }: ServiceChange,
    context: CallContext,
  ): Promise<void> {
    const { name, serviceClass } = service
    this.#log({ op: kind, name, class: serviceClass?.id, flags: 0, code: undefined }, context)
    const behaviour = this.behaviourOf(name)
    await behaviour.wait(context.signal)
    behaviour.fail()
    if (keyOf(name ?? '') === DENIED) throw new WinsockError('WSAEACCES')
    await this.directory.apply({ kind, service, multiple, owner: undefined })
  }

  #find(query: Query, entry: EntryKey): readonly TestRecord[] {
    const { key, serviceClass } = query
    if (key === MANY) return manyRecords()
    const hasDirectory = DIRECTORY_ENTRIES.includes(entry)
    if (hasDirectory && key?.endsWith(REGISTERED)) return [...this.directory.find(query)]
    const records = this.#records.get(entry) ?? new Map<string, TestRecord>()
    if (key === undefined)
      return [...records.values(), ...(hasDirectory ? this.directory.find(query) : [])]
    if (serviceClass?.kind === 'serviceByName') return SERVICE_NAMES.includes(key) ? [SERVICE] : []
    const address = addressOf(query)
    if (address !== undefined) return byFirstAddress([...records.values()], address)
    const found = records.get(key)
    return found === undefined ? [] : [found]
  }
}

/** The address whose name is asked; undefined for other questions. */
function addressOf({ key = '', serviceClass }: Query): string | undefined {
  if (serviceClass?.kind === 'hostByAddress') return key
  if (serviceClass?.id !== ServiceClass.dns('PTR').id) return undefined
  const ip = reverseAddress(key)
  return ip === undefined ? undefined : formatIp(ip)
}

function byFirstAddress(records: readonly TestRecord[], address: string): TestRecord[] {
  return records
    .filter(({ addresses = [] }) => [...addresses].find((one) => isIPv4(one)) === address)
    .slice(0, 1)
}

function isIPv4(address: unknown): address is string {
  return typeof address === 'string' && /^[\d.]+$/.test(address)
}

export const state: State = new State()
