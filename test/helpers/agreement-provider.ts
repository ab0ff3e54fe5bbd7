// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The provider that a simulation and the real thing are compared over. Everything a client needs to steer it is an ioctl.
import { MemoryDirectory } from '../../lib/directory.ts'
import {
  codec,
  controlCode,
  defineIoctl,
  defineProvider,
  type Host,
  type IoctlDefinition,
  Namespace,
  onIoctl,
  type Provider,
  type Publication,
  type ServiceInit,
  WinsockError,
} from '../../lib/index.ts'

export const NAMES_ID = '8f6c1d10-5b1e-4c53-9a52-4e53504e0a01'
export const MESH_ID = '8f6c1d10-5b1e-4c53-9a52-4e53504e0a02'
export const FEED_ID = '8f6c1d10-5b1e-4c53-9a52-4e53504e0a03'
export const MESH_NAMESPACE = 1101
export const FEED_NAMESPACE = 1102
export const CLASS_ID = '8f6c1d10-5b1e-4c53-9a52-4e53504e0acc'

/** The input bytes come back. */
export const Echo: IoctlDefinition<Uint8Array, Uint8Array> = defineIoctl({
  code: controlCode('inout', 1),
})
/** Fails with the Winsock code it is given. */
export const Fail: IoctlDefinition<number, void> = defineIoctl({
  code: controlCode('inout', 2),
  input: codec.uint32,
  output: codec.none,
})
/** Gives `changing.agree.test` this address; '' takes it away. Clients are told. */
export const Move: IoctlDefinition<string, void> = defineIoctl({
  code: controlCode('in', 3),
  input: codec.utf16,
  output: codec.none,
})
/** Publishes `published.agree.test` with these addresses; '' withdraws it. */
export const Publish: IoctlDefinition<string, void> = defineIoctl({
  code: controlCode('in', 4),
  input: codec.utf16,
  output: codec.none,
})
/** No provider declares it. */
export const Unknown: IoctlDefinition<Uint8Array, Uint8Array> = defineIoctl({
  code: controlCode('inout', 99),
})

export const CHANGING = 'changing.agree.test'
export const PUBLISHED = 'published.agree.test'

const SERVICES: readonly (ServiceInit & { readonly name: string })[] = [
  {
    name: 'one.agree.test',
    addresses: ['10.7.0.1', '[fd00:7::1]:443'],
    version: 7,
    comment: 'the first',
    context: '\\top',
    queryString: 'rest',
    blob: Uint8Array.of(1, 2, 3),
  },
  {
    name: 'raw.agree.test',
    addresses: [
      { family: 30, remote: Uint8Array.of(30, 0, 1, 2, 3, 4), socketType: 5, protocol: 9 },
    ],
  },
  { name: 'v6.agree.test', addresses: [{ address: 'fe80::7', scopeId: 4, port: 70 }] },
  { name: 'bare.agree.test' },
  {
    name: 'alias.agree.test',
    addresses: ['10.7.0.2'],
    aliases: ['a1.agree.test', 'a2.agree.test'],
  },
]

class Data {
  readonly #services = new Map(SERVICES.map((service) => [service.name, service]))
  readonly directory: MemoryDirectory = new MemoryDirectory()
  readonly hosts = new Set<Host>()
  readonly publications = new Set<Publication>()

  publish(addresses: string): void {
    const service = {
      name: 'Published.agree.test',
      addresses: addresses.split(' '),
      aliases: ['said.agree.test'],
      comment: 'published',
    }
    for (const publication of this.publications) {
      if (addresses === '') publication.delete(PUBLISHED)
      else publication.set(service)
    }
  }

  move(address: string): void {
    if (address === '') this.#services.delete(CHANGING)
    else this.#services.set(CHANGING, { name: CHANGING, addresses: [address] })
    for (const host of this.hosts) host.invalidate({ name: CHANGING })
  }

  *find(key: string | undefined): Generator<ServiceInit> {
    if (key === undefined) yield* this.#services.values()
    const found = key === undefined ? undefined : this.#services.get(key)
    if (found !== undefined) yield found
  }
}

/** Two providers over the same data: one is a feed, of the other clients ask anew after a change. */
export function agreementProviders(): readonly [feed: Provider, snapshots: Provider] {
  const data = new Data()
  const common = {
    async *lookup(
      query: { readonly key: string | undefined },
      { signal }: { signal: AbortSignal },
    ) {
      if (query.key === 'denied.agree.test') throw new WinsockError('WSAEACCES')
      if (query.key === 'broken.agree.test') throw new Error('as the test asked')
      if (query.key === 'nonsense.agree.test') yield { addresses: ['10.0.0.300'] }
      if (query.key === 'late.agree.test')
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        })
      yield* data.find(query.key)
    },
    ioctl: [
      onIoctl(Echo, ({ input }) => input),
      onIoctl(Fail, ({ input }) => {
        throw new WinsockError(input)
      }),
      onIoctl(Move, ({ input }) => data.move(input)),
      onIoctl(Publish, ({ input }) => data.publish(input)),
    ],
    start(host: Host) {
      data.hosts.add(host)
      data.publications.add(host.publish([]))
      // Failing handlers are part of the comparison.
      host.on('handlerError', () => undefined)
      return () => void data.hosts.delete(host)
    },
    deadlines: { lookupMs: 300, ioctlMs: 5000, registerMs: 5000 },
  }
  const snapshots = defineProvider({
    name: 'agreement',
    entries: {
      names: { id: NAMES_ID, namespace: Namespace.DNS, owns: ['*.agree.test'] },
      mesh: { id: MESH_ID, namespace: MESH_NAMESPACE },
    },
    directory: data.directory,
    ...common,
    async *lookup(query, context) {
      if (query.key?.endsWith('.reg.agree.test')) yield* data.directory.find(query)
      else yield* common.lookup(query, context)
    },
  })
  const feed = defineProvider({
    name: 'agreement (feed)',
    entries: { feed: { id: FEED_ID, namespace: FEED_NAMESPACE } },
    changes: 'feed',
    ...common,
  })
  // In this order they are installed: the error of a call to all of them is the last one's.
  return [feed, snapshots]
}
