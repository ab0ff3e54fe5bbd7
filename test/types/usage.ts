// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Compiled, never run: what users write must type-check, and what is wrong must not.

import { install, list, order, uninstall, watchCatalog } from '../../lib/catalog.ts'
import * as asker from '../../lib/client.ts'
import {
  type Directory,
  type DirectoryEvent,
  type DirectoryOperation,
  fileDirectory,
  MemoryDirectory,
} from '../../lib/directory.ts'
import {
  type Client,
  codec,
  controlCode,
  defineIoctl,
  defineProvider,
  type Host,
  LookupFlag,
  type LookupHandle,
  Namespace,
  NspError,
  type Operation,
  onIoctl,
  type Publication,
  type Query,
  type Service,
  ServiceClass,
  type ServiceInit,
  type StandardSchema,
  serve,
  type WinsockCode,
  WinsockError,
} from '../../lib/index.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_: Same<A, B>): void {}

declare const schema: StandardSchema<{ host: string }>
export const Latency = defineIoctl({
  code: controlCode('out', 1),
  input: codec.none,
  output: codec.uint32,
})
const Find = defineIoctl({
  code: controlCode('inout', 2),
  input: codec.json(schema),
  output: codec.utf16,
})
const Raw = defineIoctl({ code: controlCode('inout', 3) })

const entries = {
  names: {
    id: '6b1f0c6e-2f2b-4f0c-8b7c-0f5b7f6f0001',
    namespace: Namespace.DNS,
    owns: ['*.mesh.example'],
  },
  mesh: { id: '{0A7D3B52-2F2B-4F0C-8B7C-0F5B7F6F0002}', namespace: 1001, version: undefined },
}

export default defineProvider({
  name: 'Mesh',
  entries,
  async *lookup(query, { signal, client, deadline, entry, handle }) {
    same<typeof query, Query>(true)
    same<typeof client, Client>(true)
    same<typeof signal, AbortSignal>(true)
    same<typeof deadline, number>(true)
    const { serviceClass } = query
    if (serviceClass?.kind === 'tcp') same<typeof serviceClass.port, number>(true)
    if (query.flags & LookupFlag.DEEP && handle !== undefined) throw new WinsockError('WSAEACCES')
    yield { addresses: ['10.0.0.7', { address: 'fe80::1', scopeId: 4, transport: 'tcp' }], ttl: 30 }
    yield { name: entry.key, serviceClass: ServiceClass.tcp(80), addresses: new Set(['[::1]:80']) }
    yield { addresses: [{ family: 32, remote: new Uint8Array(30), socketType: 1, protocol: 3 }] }
  },
  ioctl: [
    onIoctl(Latency, ({ input, query }) => {
      same<typeof input, void>(true)
      return query.name?.length ?? 0
    }),
    onIoctl(Find, async ({ input, completion }) => {
      same<typeof input, { host: string }>(true)
      return `${input.host} ${completion}`
    }),
    onIoctl(Raw, ({ input }) => input),
    // @ts-expect-error the output of Latency is a number
    onIoctl(Latency, () => 'fast'),
    // @ts-expect-error the input of Find has no port
    onIoctl(Find, ({ input }) => input.port),
  ],
  start(host) {
    same<typeof host, Host>(true)
    const timer = setInterval(() => host.invalidate({ name: 'a' }), 1000)
    return () => clearInterval(timer)
  },
  revision: async () => 'v1',
  onFailure: 'WSATRY_AGAIN',
  allow: {
    connect: async ({ elevated }) => elevated,
    ioctl: { sid: 'S-1-5-18' },
    sandboxed: false,
  },
})

export const lookups = [
  // Every shape of an answer.
  () => undefined,
  () => ({ addresses: ['10.0.0.1'] }),
  () => [{ name: 'a' }],
  async () => new Set<ServiceInit>(),
  function* () {
    yield { name: 'a' }
  },
].map((lookup) => defineProvider({ name: 'a', entries, lookup }))

const memory = new MemoryDirectory([{ name: 'a', addresses: ['10.0.0.1'] }])
memory.set({ name: 'b', serviceClass: ServiceClass.tcp(80) }).delete('a')
// @ts-expect-error a service in a directory has a name
memory.set({ addresses: ['10.0.0.1'] })
// @ts-expect-error outputs are read-only
memory.size = 1

export const registering = [
  defineProvider({ name: 'a', entries, directory: memory, leaseByProcess: true }),
  defineProvider({
    name: 'a',
    entries,
    changes: 'feed',
    lookup: () => undefined,
    async register({ service, multiple }, { handle, client }) {
      same<typeof service, Service>(true)
      same<typeof multiple, boolean>(true)
      same<typeof handle, LookupHandle | undefined>(true)
      for (const { address, port } of service.addresses) {
        same<typeof address, string | undefined>(true)
        same<typeof port, number | undefined>(true)
      }
      if (!client.elevated) throw new WinsockError('WSAEACCES')
    },
    deregister: () => undefined,
    remove: ({ service }) => void memory.delete(service.name ?? ''),
    installClass: (info) => memory.classes.put(info),
    removeClass: async (id) => void (await memory.classes.delete(id)),
    classInfo: (id) => memory.classes.get(id),
    allow: { register: 'administrators' },
  }),
]

// @ts-expect-error a promise is not a directory: await it
export const early = () => defineProvider({ name: 'a', entries, directory: fileDirectory('a') })
// @ts-expect-error no such kind of changes
export const stream = () => defineProvider({ name: 'a', entries, changes: 'stream' })
// @ts-expect-error a class is an object with its properties
export const info = () => defineProvider({ name: 'a', entries, classInfo: () => 'Printers' })

export async function directories(directory: Directory, signal: AbortSignal): Promise<void> {
  await using zone = await fileDirectory(new URL('zone.json', import.meta.url), {
    save: true,
    onError: ({ issues }) => issues.length,
  })
  same<typeof zone.size, number>(true)
  for (const { name } of zone.services()) same<typeof name, string>(true)
  for await (const event of directory.watch({ signal, since: undefined })) {
    if (event.kind === 'reset') continue
    same<typeof event, DirectoryEvent>(true)
  }
  const keep = (operation: DirectoryOperation) => directory.apply(operation, { signal })
  same<ReturnType<typeof keep>, Promise<void>>(true)
  // @ts-expect-error there is no such option
  await fileDirectory('zone.json', { persist: true })
}

// @ts-expect-error entries are required
export const noEntries = () => defineProvider({ name: 'a', lookup: () => undefined })
// @ts-expect-error there is no such option
export const typo = () => defineProvider({ name: 'a', entries, lookups: () => undefined })
// @ts-expect-error addresses are a list
export const text = () => defineProvider({ name: 'a', entries, lookup: () => ({ addresses: 7 }) })
// @ts-expect-error not the name of a code
export const code = () => new WinsockError('EAGAIN')
// @ts-expect-error not a direction
export const direction = () => controlCode('both', 1)
// @ts-expect-error input and output come together
export const half = () => defineIoctl({ code: 1, input: codec.uint32 })
// @ts-expect-error a class has no port of its own kind
export const port = (query: Query) => query.serviceClass?.port

export async function usage(provider: ReturnType<typeof defineProvider>): Promise<void> {
  await using host = await serve(provider, {
    install: 'temporary',
    limits: { clients: 1 },
    signal: undefined,
  })
  host.on('connect', (client) => same<typeof client, Client>(true))
  host.on('disconnect', (_client, reason) =>
    same<typeof reason, 'closed' | 'killed' | 'refused' | 'protocol'>(true),
  )
  host.on('handlerError', ({ operation, error }) => {
    same<typeof operation, Operation>(true)
    if (error instanceof NspError) same<typeof error.remedy, string | undefined>(true)
  })
  // @ts-expect-error no such event
  host.on('error', () => undefined)
  host.invalidate()
  host.invalidate({ entry: 'mesh' })
  const publication: Publication = host.publish([{ name: 'a', addresses: ['10.0.0.1'] }])
  publication.set({ name: 'b' })
  publication.replace(new Set([{ name: 'b', ttl: 30 }]))
  const had: boolean = publication.delete('b')
  const { published }: { readonly published: number } = host.stats()
  void [had, published, publication.size]
  // @ts-expect-error: a published service has a name
  host.publish([{ addresses: ['10.0.0.1'] }])
  publication[Symbol.dispose]()
  host.invalidate(({ key }) => key === 'a')
  // @ts-expect-error one scope at a time, with a known name
  host.invalidate({ names: 'a' })
  host.unref().ref()
  // @ts-expect-error outputs are read-only
  host.stats().clients = 1
  await using installation = await install(provider, { account: 'LocalService', order: 'first' })
  same<(typeof installation.steps)[number]['done'], boolean>(true)
  await uninstall(provider)
  await uninstall('6b1f0c6e-2f2b-4f0c-8b7c-0f5b7f6f0001', { dryRun: true })
  await uninstall()
  for (const { ours } of await list()) same<typeof ours, string | undefined>(true)
  same<typeof installation.warnings, readonly string[]>(true)
  await order(provider, 'first')
  await order('6b1f0c6e-2f2b-4f0c-8b7c-0f5b7f6f0001', { before: ServiceClass.tcp(1).id })
  // @ts-expect-error either before or after
  await order(provider, { beside: '6b1f0c6e-2f2b-4f0c-8b7c-0f5b7f6f0001' })
  for await (const present of watchCatalog({ signal: AbortSignal.timeout(1) })) {
    same<(typeof present)[number]['catalog'], 'native' | 'x86'>(true)
  }
  same<typeof WinsockCode.WSAEACCES, 10013>(true)
  same<typeof Namespace.DNS, 12>(true)
  // @ts-expect-error constants do not change
  Namespace.DNS = 13
}

export async function asking(signal: AbortSignal): Promise<void> {
  const winsock: asker.Winsock = asker
  same<typeof winsock, asker.Winsock>(true)
  for await (const service of asker.query('a', { signal })) same<typeof service, Service>(true)
  for await (const { added, services } of asker.watch({ namespace: 1001 })) {
    same<typeof added, typeof services>(true)
  }
  await using lookup = await asker.open({ name: 'a', serviceClass: ServiceClass.dns('A') })
  same<Service | undefined, Awaited<ReturnType<typeof lookup.next>>>(true)
  const latency = await lookup.ioctl(Latency, undefined)
  same<typeof latency, number>(true)
  const bytes = await lookup.ioctl(Raw, Uint8Array.of(1), { outputSize: 4, signal })
  same<typeof bytes, Uint8Array>(true)
  // @ts-expect-error the input is the definition's
  await lookup.ioctl(Find, 'a')
  await using entry = await asker.register({ name: 'a', serviceClass: ServiceClass.tcp(80) })
  // @ts-expect-error a registration needs its class
  await asker.register({ name: 'a' })
  same<typeof entry, AsyncDisposable>(true)
  // @ts-expect-error there is no such field
  asker.query({ nmae: 'a' })
}
