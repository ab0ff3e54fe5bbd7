// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The provider that is tortured, in three copies: `plain` with the DLL as it is shipped, `switched` with the one
// whose protections can be switched off, `self` for the host that asks itself. The first label says how a name's
// handler behaves.
import { lookup as dnsLookup } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  controlCode,
  defineIoctl,
  defineProvider,
  type Host,
  Namespace,
  onIoctl,
  type Provider,
  type Query,
  type ServiceInit,
} from '../../lib/index.ts'
import type { Rounds } from './rounds.ts'

export type Variant = 'plain' | 'switched' | 'self'
export interface EntryRef {
  readonly id: string
  readonly namespace: number
}

const GUIDS: Record<Variant, readonly [string, string]> = {
  plain: ['8f6c1d10-5b1e-4c53-9a52-4e53504e7001', '8f6c1d10-5b1e-4c53-9a52-4e53504e7002'],
  switched: ['8f6c1d10-5b1e-4c53-9a52-4e53504e7003', '8f6c1d10-5b1e-4c53-9a52-4e53504e7004'],
  // What self-call.node asks.
  self: ['8f6c1d10-5b1e-4c53-9a52-4e53504e0001', '8f6c1d10-5b1e-4c53-9a52-4e53504e0002'],
}
const NAMESPACES: Record<Variant, number> = { plain: 1101, switched: 1102, self: 1001 }
export const DEADLINE_MS = 500
const MANY = 48

export function meshOf(variant: Variant): EntryRef {
  return { id: GUIDS[variant][1], namespace: NAMESPACES[variant] }
}

/** What the runner may ask of the handlers. */
export interface Behaviour {
  /** `many` ends the process after so many items. */
  exitAfter: number | undefined
  /** `fail` throws outside of its own promise. */
  wild: boolean
  readonly rounds: Rounds
}

const never = () => new Promise<never>(() => undefined)
const item = (name: string, at = 0): ServiceInit => ({
  name,
  addresses: ['10.9.0.1'],
  comment: String(at),
})

async function* many(name: string, behaviour: Behaviour): AsyncGenerator<ServiceInit> {
  for (let at = 0; at < MANY; at++) {
    if (at === behaviour.exitAfter) process.exit(7)
    yield { ...item(name, at), blob: new Uint8Array(4096).fill(at) }
  }
}

async function* huge(name: string): AsyncGenerator<ServiceInit> {
  const blob = new Uint8Array(50_000)
  for (let at = 0; at < 2000; at++) yield { ...item(name, at), blob }
}

function afterAbort(signal: AbortSignal, wild: boolean): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      // Nobody hears of a promise of its own: the process ends.
      if (wild) void Promise.reject(new Error('rejected after the abort'))
      setTimeout(reject, 5, new Error('rejected after the abort'))
    })
  })
}

/** Settles twice, and then fails as well. */
function settlesTwice(name: string): PromiseLike<ServiceInit> {
  const settle = (ok: (value: ServiceInit) => void, no: (reason: Error) => void) => {
    ok(item(name))
    ok(item(name, 1))
    no(new Error('settled already'))
  }
  // biome-ignore lint/suspicious/noThenProperty: a thenable that breaks the rules is what is tried
  return { then: settle } as unknown as PromiseLike<ServiceInit>
}

/** Ends early when nobody waits any more. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function thrower(): never {
  throw new Error('outside of every promise')
}

async function resolveAgain(name: string): Promise<ServiceInit> {
  try {
    await dnsLookup(name)
  } catch {
    // It leads back to this very handler.
  }
  return item(name)
}

async function slowly(name: string, ms: number): Promise<ServiceInit> {
  await new Promise((resolve) => setTimeout(resolve, ms))
  return item(name)
}

async function answer(query: Query, signal: AbortSignal, behaviour: Behaviour): Promise<unknown> {
  const name = query.name ?? ''
  switch (name.split('.')[0]) {
    case 'never':
      return never()
    case 'slow':
      return slowly(name, 250)
    case 'late':
      return afterAbort(signal, behaviour.wild)
    case 'fail':
      if (behaviour.wild) setImmediate(thrower)
      throw new Error('as the bench wants')
    case 'twice':
      return settlesTwice(name)
    case 'hugeblob':
      return { ...item(name), blob: new Uint8Array(100 * 1024 * 1024) }
    case 'exit':
      return process.exit(7)
    case 'self':
      return resolveAgain(name)
    case 'reads':
      // Needs a thread of the pool that the callers wait on.
      await readFile(fileURLToPath(import.meta.url))
      return item(name)
    case 'round':
      return behaviour.rounds.answer(name)
    default:
      return item(name)
  }
}

const code = (number: number) => defineIoctl({ code: controlCode('inout', number) })

export function makeProvider(
  variant: Variant,
  behaviour: Behaviour,
  options: { readonly revision?: string | undefined; readonly host: () => Host },
): Provider {
  const [names, mesh] = GUIDS[variant]
  const { revision } = options
  return defineProvider({
    name: `winsock-nsp torture (${variant})`,
    entries: {
      names: { id: names, namespace: Namespace.DNS, owns: [`*.${variant}.test`] },
      mesh: { id: mesh, namespace: NAMESPACES[variant] },
    },
    deadlines: { lookupMs: DEADLINE_MS, ioctlMs: DEADLINE_MS },
    ...(revision === undefined ? {} : { revision: () => revision }),
    lookup(query, { signal }) {
      const [kind = ''] = (query.name ?? '').split('.')
      if (kind === 'many') return many(query.name ?? '', behaviour)
      if (kind === 'huge') return huge(query.name ?? '')
      return answer(query, signal, behaviour) as Promise<ServiceInit>
    },
    ioctl: [
      onIoctl(code(1), ({ input }) => input as Uint8Array),
      onIoctl(code(5), async ({ input }, { signal }) => {
        await pause(100, signal)
        return input as Uint8Array
      }),
      onIoctl(code(7), ({ input, query }) => {
        options.host().invalidate({ name: query.name ?? '' })
        return input as Uint8Array
      }),
    ],
  })
}
