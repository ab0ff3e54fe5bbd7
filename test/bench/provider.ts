// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The provider that the benchmark serves, and what its answers must be. Importing it serves nothing.
import {
  controlCode,
  defineIoctl,
  defineProvider,
  type Host,
  Namespace,
  onIoctl,
  type Provider,
  type ServiceInit,
} from '../../lib/index.ts'

/** The names that the baselines know too, and one that is nobody's. */
export const NAME = 'host.bench.test'
export const FOREIGN = 'www.elsewhere.test'
export const ADDRESS = '10.9.8.7'
/** Published names are n0, n1, … below this; the baseline "bool" has a thousand of them. */
export const PUBLISHED_SUFFIX = '.many.bench.test'

export const ENTRIES = {
  names: { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e2001', namespace: Namespace.DNS },
  mesh: { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e2002', namespace: 1901 },
} as const
/** A provider of its own, with few names while the other one has many. */
export const FEW = { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e2003', namespace: 1903 } as const
export const BASELINES = {
  bool: { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e2011', namespace: 1911 },
  null: { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e2012', namespace: 1912 },
  tcp: { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e2013', namespace: 1913 },
} as const
export type Baseline = keyof typeof BASELINES

export const Echo = defineIoctl({ code: controlCode('inout', 1) })
/** A machine that is busy with other things must not turn a measurement into a timeout. */
const DEADLINE_MS = 60_000
const OWNS = ['*.bench.test']

/** The handler of every lookup, whichever way it came. */
export function answer(name: string | undefined): ServiceInit | undefined {
  return name === NAME ? { addresses: [ADDRESS] } : undefined
}

export function makeProvider(start: (host: Host) => void): Provider {
  return defineProvider({
    name: 'winsock-nsp bench',
    entries: {
      names: { ...ENTRIES.names, owns: OWNS },
      mesh: { ...ENTRIES.mesh, owns: OWNS },
    },
    lookup: (query) => answer(query.key),
    ioctl: [onIoctl(Echo, ({ input }) => input)],
    deadlines: { lookupMs: DEADLINE_MS, ioctlMs: DEADLINE_MS, registerMs: DEADLINE_MS },
    start,
  })
}

export const few: Provider = defineProvider({
  name: 'winsock-nsp bench, few names',
  entries: { few: { ...FEW, owns: OWNS } },
  lookup: () => undefined,
})

/** '10.9.8.7' as the four bytes lie in memory, read as a little-endian number. */
export function addressNumber(text: string): number {
  return text.split('.').reduceRight((sum, part) => sum * 256 + Number(part), 0)
}

/** The names that "publish" publishes; the driver knows the rule. */
export function* publishedNames(count: number): Generator<ServiceInit & { name: string }> {
  for (let i = 0; i < count; i++) {
    const address = `11.${i >> 16}.${(i >> 8) & 255}.${i & 255}`
    yield { name: `n${i}${PUBLISHED_SUFFIX}`, addresses: [address] }
  }
}
