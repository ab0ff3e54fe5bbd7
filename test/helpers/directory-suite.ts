// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What every Directory does, whatever it is made of: the object model of WSASetService (contract 1.8), events, classes.
import assert from 'node:assert/strict'
import { it } from 'mocha'
import type {
  Directory,
  DirectoryEvent,
  DirectoryOperation,
  DirectoryReset,
  NamedService,
} from '../../lib/directory.ts'
import { makeQuery } from '../../lib/host/query.ts'
import { type Query, ServiceClass, type ServiceInit, type WinsockError } from '../../lib/index.ts'
import { makeService } from '../../lib/internal/service.ts'
import { makeStored } from '../../lib/store/stored.ts'
import type { WireQuerySet } from '../../lib/wire/wire.ts'
import { QUESTIONS, SERVICES } from './directory-questions.ts'
import { query } from './fake-server.ts'
import { CLASS_ID, classInfo, registration, WEB } from './services.ts'

const NAME = 'Printer.reg.test'
const A = '10.0.0.1'
const B = '10.0.0.2:81'

export interface Opened {
  readonly directory: Directory
  /** The same data in a new object, for stores that keep them. */
  readonly reopen?: () => Promise<Directory>
}
export type Open = (services?: readonly NamedService[]) => Promise<Opened>

export function operation(
  kind: DirectoryOperation['kind'],
  addresses: readonly string[],
  { multiple = false, wire = {} }: { multiple?: boolean; wire?: Partial<WireQuerySet> } = {},
): DirectoryOperation {
  const service = makeService(registration(addresses, wire), 12, CLASS_ID)
  return { kind, multiple, service, owner: undefined }
}

export function asked(init: Partial<WireQuerySet> = {}): Query {
  return makeQuery(query({ name: NAME, ...init }))
}

const { signal } = new AbortController()

export async function found(directory: Directory, ask: Query = asked()): Promise<ServiceInit[]> {
  const services: ServiceInit[] = []
  for await (const service of directory.find(ask, { signal })) services.push(service)
  return services
}

/** 'name address:port ...' of what is found, in order. */
export async function listed(directory: Directory, ask?: Query): Promise<string[]> {
  return (await found(directory, ask)).map((init) => {
    const { name, addresses } = makeStored({ ...init, name: init.name ?? NAME })
    return [name, ...addresses.map(({ address, port }) => `${address}:${port}`)].join(' ')
  })
}

async function code(running: Promise<unknown>): Promise<string> {
  const error: unknown = await running.then(
    () => undefined,
    (fault: unknown) => fault,
  )
  return (error as WinsockError | undefined)?.code ?? 'nothing'
}

interface Step {
  readonly id: string
  readonly what: string
  readonly before?: readonly string[]
  readonly do: DirectoryOperation
  readonly after: readonly string[] | string
}

const steps: readonly Step[] = [
  {
    id: 'SET-01',
    what: 'REGISTER creates',
    do: operation('register', [A]),
    after: [`${NAME} 10.0.0.1:80`],
  },
  {
    id: 'SET-01',
    what: 'REGISTER MULTIPLE creates',
    do: operation('register', [A], { multiple: true }),
    after: [`${NAME} 10.0.0.1:80`],
  },
  {
    id: 'SET-02',
    what: 'REGISTER replaces the addresses',
    before: [A],
    do: operation('register', [B]),
    after: [`${NAME} 10.0.0.2:81`],
  },
  {
    id: 'SET-03',
    what: 'REGISTER MULTIPLE adds to them',
    before: [A],
    do: operation('register', [B], { multiple: true }),
    after: [`${NAME} 10.0.0.1:80 10.0.0.2:81`],
  },
  {
    id: 'SET-03',
    what: 'REGISTER MULTIPLE adds none twice',
    before: [A],
    do: operation('register', [A, B], { multiple: true }),
    after: [`${NAME} 10.0.0.1:80 10.0.0.2:81`],
  },
  {
    id: 'SET-04',
    what: 'DEREGISTER drops all addresses and keeps the object',
    before: [A, B],
    do: operation('deregister', []),
    after: [NAME],
  },
  {
    id: 'SET-05',
    what: 'DEREGISTER MULTIPLE drops those given',
    before: [A, B],
    do: operation('deregister', [A], { multiple: true }),
    after: [`${NAME} 10.0.0.2:81`],
  },
  {
    id: 'SET-05',
    what: 'DEREGISTER MULTIPLE of the last address keeps the object',
    before: [A],
    do: operation('deregister', [A], { multiple: true }),
    after: [NAME],
  },
  {
    id: 'SET-05',
    what: 'addresses are compared whole: another port is another address',
    before: [A],
    do: operation('deregister', ['10.0.0.1:81'], { multiple: true }),
    after: [`${NAME} 10.0.0.1:80`],
  },
  {
    id: 'SET-05',
    what: 'addresses are compared whole: another protocol is another address',
    before: [A],
    do: operation('deregister', [], {
      multiple: true,
      wire: {
        addresses: registration([A]).addresses.map((one) => ({
          ...one,
          socketType: 2,
          protocol: 17,
        })),
      },
    }),
    after: [`${NAME} 10.0.0.1:80`],
  },
  {
    id: 'SET-05',
    what: 'a wildcard for the protocol is the one that fits the class',
    before: [A, B],
    do: operation('deregister', [], {
      multiple: true,
      wire: {
        addresses: registration([A]).addresses.map((one) => ({
          ...one,
          socketType: 0,
          protocol: 0,
        })),
      },
    }),
    after: [`${NAME} 10.0.0.2:81`],
  },
  {
    id: 'SET-06',
    what: 'DELETE takes the object away',
    before: [A, B],
    do: operation('remove', []),
    after: [],
  },
  {
    id: 'SET-07',
    what: 'DELETE MULTIPLE of one of two keeps the object',
    before: [A, B],
    do: operation('remove', [B], { multiple: true }),
    after: [`${NAME} 10.0.0.1:80`],
  },
  {
    id: 'SET-07',
    what: 'DELETE MULTIPLE of the last address takes the object away',
    before: [A],
    do: operation('remove', [A], { multiple: true }),
    after: [],
  },
  {
    id: 'SET-08',
    what: 'DEREGISTER of an absent object',
    do: operation('deregister', [A]),
    after: 'WSASERVICE_NOT_FOUND',
  },
  {
    id: 'SET-08',
    what: 'DELETE of an absent object',
    do: operation('remove', []),
    after: 'WSASERVICE_NOT_FOUND',
  },
  {
    id: 'SET-08',
    what: 'another class is another object',
    before: [A],
    do: operation('remove', [], { wire: { serviceClass: ServiceClass.udp(80).id } }),
    after: 'WSASERVICE_NOT_FOUND',
  },
  {
    id: 'SET-01',
    what: 'a name in other letters and with a dot is the same name',
    before: [A],
    do: operation('register', [B], { multiple: true, wire: { name: 'PRINTER.REG.test.' } }),
    after: ['PRINTER.REG.test. 10.0.0.1:80 10.0.0.2:81'],
  },
  {
    id: 'SET-01',
    what: 'an address that no answer can carry is nonsense',
    do: operation('register', [], {
      wire: {
        addresses: [
          { socketType: 1, protocol: 6, local: new Uint8Array(0), remote: new Uint8Array(0) },
        ],
      },
    }),
    after: 'WSAEINVAL',
  },
]

type Heard = DirectoryEvent | DirectoryReset

function follow(directory: Directory, since?: string) {
  const controller = new AbortController()
  const events = directory.watch({ signal: controller.signal, since })[Symbol.asyncIterator]()
  return {
    async next(): Promise<Heard> {
      const { value } = (await events.next()) as { value: Heard | undefined }
      return value ?? assert.fail('the watch has ended')
    },
    events,
    end: () => controller.abort(),
  }
}

function told(event: Heard): string {
  return event.kind === 'reset' ? 'reset' : `${event.kind} ${event.name} ${event.serviceClass}`
}

/** Adds the rows of registration to the running `describe`. */
export function registrationSuite(open: Open): void {
  for (const step of steps) {
    it(`${step.id} ${step.what}`, async () => {
      const { directory, reopen } = await open()
      await using _ = directory
      if (step.before) await directory.apply(operation('register', step.before), { signal })
      const outcome = await code(directory.apply(step.do, { signal }))
      if (typeof step.after === 'string') {
        assert.equal(outcome, step.after)
        return
      }
      assert.equal(outcome, 'nothing')
      const all = asked({ name: undefined })
      assert.deepEqual(await listed(directory, all), step.after)
      if (!reopen) return
      await using again = await reopen()
      assert.deepEqual(await listed(again, all), step.after)
    })
  }

  it('keeps everything that is registered beside the addresses', async () => {
    const { directory, reopen } = await open()
    await using _ = directory
    const wire = {
      version: { value: 3, compare: 0 },
      comment: 'Büro "1"',
      context: '\\top',
      blob: Uint8Array.of(0, 255, 7),
    }
    const raw = { socketType: 5, protocol: 1000, local: new Uint8Array(0) }
    const remote = Uint8Array.of(32, 0, 1, 2, 3, 4, 5, 6)
    const six = registration(['[fe80::1%4]:9', A]).addresses
    await directory.apply(
      operation('register', [], { wire: { ...wire, addresses: [...six, { ...raw, remote }] } }),
      { signal },
    )
    for (const store of [directory, await reopen?.()]) {
      if (store === undefined) continue
      const [service] = await found(store)
      const { addresses, ...rest } = makeStored(service)
      assert.deepEqual(
        addresses.map(({ address, port, scopeId, socketType, family }) => [
          address,
          port,
          scopeId,
          socketType,
          family,
        ]),
        [
          ['fe80::1', 9, 4, 1, 23],
          [A, 80, undefined, 1, 2],
          [undefined, undefined, undefined, 5, 32],
        ],
      )
      assert.deepEqual(addresses[2]?.remote, remote)
      assert.deepEqual(rest, {
        name: NAME,
        serviceClass: WEB.id,
        ...wire,
        version: 3,
        aliases: [],
        queryString: undefined,
        ttl: undefined,
      })
      if (store !== directory) await store[Symbol.asyncDispose]()
    }
  })

  it('a new registration says over what the old one said, and nothing else', async () => {
    const { directory } = await open()
    await using _ = directory
    const comment = { wire: { comment: 'old', version: { value: 1, compare: 0 } } }
    await directory.apply(operation('register', [A], comment), { signal })
    await directory.apply(operation('register', [B], { wire: { comment: 'new' } }), { signal })
    const [service] = await found(directory)
    assert.deepEqual([service?.comment, service?.version], ['new', 1])
  })
}

/** Adds what lookups find. */
export function findSuite(open: Open): void {
  for (const { what, ask, names } of QUESTIONS) {
    it(`finds ${what}`, async () => {
      const { directory } = await open(SERVICES)
      await using _ = directory
      const services = await found(directory, asked(ask))
      assert.deepEqual(
        services.map(({ name }) => name),
        names,
      )
    })
  }
}

/** Adds events and classes. */
export function eventSuite(open: Open): void {
  it('tells what happens, in order and once', async () => {
    const { directory } = await open()
    await using _ = directory
    const watch = follow(directory)
    for (const one of [
      operation('register', [A]),
      operation('register', [A]),
      operation('register', [B]),
      operation('remove', []),
    ])
      await directory.apply(one, { signal })
    const heard = [await watch.next(), await watch.next(), await watch.next()]
    assert.deepEqual(
      heard.map(told),
      ['added', 'changed', 'deleted'].map((kind) => `${kind} ${NAME} ${WEB.id}`),
    )
    watch.end()
    assert.equal((await watch.events.next()).done, true)
  })

  it('goes on from a revision without a gap', async () => {
    const { directory } = await open()
    await using _ = directory
    const first = follow(directory)
    await directory.apply(operation('register', [A]), { signal })
    const { revision } = await first.next()
    first.end()
    await directory.apply(operation('remove', []), { signal })
    const second = follow(directory, revision)
    assert.equal(told(await second.next()), `deleted ${NAME} ${WEB.id}`)
    second.end()
  })

  it('gives a reset for a revision that it does not know', async () => {
    const { directory } = await open()
    await using _ = directory
    const watch = follow(directory, 'unknown')
    assert.equal(told(await watch.next()), 'reset')
    await directory.apply(operation('register', [A]), { signal })
    assert.equal(told(await watch.next()), `added ${NAME} ${WEB.id}`)
    watch.end()
  })

  it('lets go of whoever leaves, and of all when it is disposed of', async () => {
    const { directory } = await open()
    const leaving = follow(directory)
    const waiting = leaving.events.next()
    await leaving.events.return?.()
    assert.equal((await waiting).done, true)
    const staying = follow(directory).events.next()
    await directory[Symbol.asyncDispose]()
    assert.equal((await staying).done, true)
  })

  it('CLASS-01 CLASS-03 keeps classes with properties of every type', async () => {
    const { directory, reopen } = await open()
    await using _ = directory
    const { classes } = directory
    assert.equal(await classes.get(CLASS_ID), undefined)
    assert.equal(await classes.delete(CLASS_ID), false)
    await classes.put({ ...classInfo, id: `{${CLASS_ID.toUpperCase()}}` })
    assert.equal(await code(classes.put(classInfo)), 'WSAEALREADY')
    assert.deepEqual(await classes.get(CLASS_ID), classInfo)
    if (reopen) {
      await using again = await reopen()
      assert.deepEqual(await again.classes.get(CLASS_ID), classInfo)
    }
    assert.equal(await classes.delete(CLASS_ID), true)
    assert.equal(await classes.get(CLASS_ID), undefined)
  })
}
