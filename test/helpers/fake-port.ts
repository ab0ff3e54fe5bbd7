// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A ClientPort without Windows: answers as told, in the test's own time, and a log of what came.
import type { ActiveProvider, ClientPort } from '../../lib/ask/client-port.ts'
import type {
  NativeClass,
  NativeLookup,
  NativeNotification,
  NativeResult,
  NativeSet,
} from '../../lib/internal/native.ts'

export const MESH_ID = '8f6c1d10-5b1e-4c53-9a52-4e53504e0002'

export function failure(errno: number, syscall: string, extra: object = {}): Error {
  return Object.assign(new Error(`${syscall} failed with ${errno}`), { errno, syscall, ...extra })
}

export function result(name: string, extra: Partial<NativeResult> = {}): NativeResult {
  return {
    name,
    serviceClass: undefined,
    namespace: 1001,
    providerId: MESH_ID,
    version: undefined,
    comment: undefined,
    context: undefined,
    queryString: undefined,
    blob: undefined,
    addresses: [],
    flags: 0,
    ...extra,
  }
}

interface FakeLookup {
  readonly left: NativeResult[]
  ended: boolean
  /** Rejects the calls that wait when the lookup ends. */
  readonly end: PromiseWithResolvers<never>
}

export class FakePort implements ClientPort {
  /** What each lookup that is opened from now on will tell. */
  answer: readonly NativeResult[] = []
  /** What the end of an answer is. */
  endCode = 10110
  /** Calls of next wait for this, if it is set. */
  gate: Promise<void> | undefined
  beginGate: Promise<void> | undefined
  activeProviders: ActiveProvider[] = [{ id: MESH_ID, name: 'mesh', namespace: 1001 }]
  readonly log: string[] = []
  readonly sets: { set: NativeSet; operation: number; flags: number }[] = []
  readonly held: boolean[] = []
  open = 0
  changes: PromiseWithResolvers<void>[] = []
  registerGate: Promise<void> | undefined
  output: Promise<Uint8Array> = Promise.resolve(new Uint8Array(0))

  providers = (): readonly ActiveProvider[] => this.activeProviders

  begin = async (set: NativeSet, flags: number): Promise<NativeLookup> => {
    this.log.push(`begin ${set.name} ${set.namespace} ${set.providerId ?? '-'} ${flags}`)
    await this.beginGate
    this.open++
    const end = Promise.withResolvers<never>()
    end.promise.catch(() => {})
    return { left: [...this.answer], ended: false, end } satisfies FakeLookup
  }

  next = async (lookup: NativeLookup, flags: number): Promise<NativeResult> => {
    const fake = lookup as FakeLookup
    this.log.push(`next ${flags}`)
    await Promise.race([this.gate, fake.end.promise])
    const found = fake.left.shift()
    if (found === undefined) throw failure(this.endCode, 'WSALookupServiceNextW')
    return found
  }

  end = async (lookup: NativeLookup): Promise<void> => {
    const fake = lookup as FakeLookup
    this.log.push('end')
    if (fake.ended) return
    fake.ended = true
    this.open--
    fake.end.reject(failure(10111, 'WSALookupServiceNextW'))
  }

  ioctl = (_: NativeLookup, code: number, input: Uint8Array, size: number): Promise<Uint8Array> => {
    this.log.push(`ioctl ${code} ${Buffer.from(input).toString('hex')} ${size}`)
    return this.output
  }

  poll = async (): Promise<boolean> => false

  notify = (lookup: NativeLookup): NativeNotification => {
    this.log.push('notify')
    const change = Promise.withResolvers<void>()
    change.promise.catch(() => {})
    const fake = lookup as FakeLookup
    fake.end.promise.catch(() => change.reject(failure(995, 'WSANSPIoctl')))
    this.changes.push(change)
    return { accepted: Promise.resolve(), changed: change.promise }
  }

  setService = async (set: NativeSet, operation: number, flags: number): Promise<void> => {
    await this.registerGate
    this.sets.push({ set, operation, flags })
  }

  classes: NativeClass[] = []
  installClass = async (info: NativeClass): Promise<void> => void this.classes.push(info)
  removeClass = async (id: string): Promise<void> => {
    if (!this.classes.some((one) => one.id === id)) throw failure(10109, 'WSARemoveServiceClass')
  }
  classInfo = async (_: string, id: string): Promise<NativeClass> => {
    const found = this.classes.find((one) => one.id === id)
    if (found === undefined) throw failure(10109, 'WSAGetServiceClassInfoW')
    return found
  }
  hold = (hold: boolean): void => void this.held.push(hold)
}
