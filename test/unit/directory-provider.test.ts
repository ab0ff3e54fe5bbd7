// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The option `directory` of a provider: all its handlers, its notifications, and what wins over it.
import assert from 'node:assert/strict'
import { EventEmitter, on } from 'node:events'
import { describe, it } from 'mocha'
import { type Directory, type DirectoryEvent, MemoryDirectory } from '../../lib/directory.ts'
import { retryDelay } from '../../lib/host/announcer.ts'
import { defineProvider, type NspError, type ProviderInit, WinsockCode } from '../../lib/index.ts'
import { makeAddress } from '../../lib/internal/service.ts'
import { changedCounters } from '../../lib/wire/counters.ts'
import { readClassBlock } from '../../lib/wire/wire-class.ts'
import { fakeHost, turn } from '../helpers/fake-host.ts'
import { type FakeServer, query } from '../helpers/fake-server.ts'
import { CLASS_ID, classInfo, registration } from '../helpers/services.ts'

const NAME = 'Printer.reg.test'
const ALL = changedCounters({ kind: 'all' })
const changed = (key: string) => changedCounters({ kind: 'name', key })
const PRINTER = changed('printer.reg.test')

/** A host over `directory` alone: three lines of a provider. */
async function directoryHost(directory: Directory, init: Partial<ProviderInit> = {}) {
  return fakeHost({ lookup: undefined as never, directory, ...init })
}

async function addresses(server: FakeServer, lookup: number, name = NAME) {
  const { status, items } = await server.next(lookup, query({ name })).answer
  if (status !== 0) return status
  return items.map((item) => item.addresses.map((one) => makeAddress(one).address).join(' '))
}

describe('a provider with a directory', () => {
  it('SET-01 SET-06 finds what is registered, and no longer when it is removed', async () => {
    const { server } = await directoryHost(new MemoryDirectory())
    assert.equal(await addresses(server, 1), WinsockCode.WSASERVICE_NOT_FOUND)
    assert.equal((await server.setService(0, registration(['10.0.0.1'])).answer).status, 0)
    assert.deepEqual(await addresses(server, 2), ['10.0.0.1'])
    assert.equal((await server.setService(1, registration([])).answer).status, 0)
    assert.equal(await addresses(server, 3), WinsockCode.WSANO_DATA)
    assert.equal((await server.setService(2, registration([])).answer).status, 0)
    assert.equal(await addresses(server, 4), WinsockCode.WSASERVICE_NOT_FOUND)
    const again = await server.setService(2, registration([])).answer
    assert.equal(again.status, WinsockCode.WSASERVICE_NOT_FOUND)
  })

  it('CLASS-01 CLASS-03 CLASS-06 keeps classes', async () => {
    const { server } = await directoryHost(new MemoryDirectory())
    const { WSAEALREADY, WSATYPE_NOT_FOUND } = WinsockCode
    assert.equal((await server.removeClass(CLASS_ID).answer).status, WSATYPE_NOT_FOUND)
    assert.equal((await server.classInfo(CLASS_ID).answer).status, WSATYPE_NOT_FOUND)
    assert.equal((await server.installClass(classInfo).answer).status, 0)
    assert.equal((await server.installClass(classInfo).answer).status, WSAEALREADY)
    const { output } = await server.classInfo(CLASS_ID).answer
    assert.deepEqual(readClassBlock(output), classInfo)
    assert.equal((await server.removeClass(CLASS_ID).answer).status, 0)
  })

  it('has told those who wait before it answers who registered', async () => {
    const { server } = await directoryHost(new MemoryDirectory())
    assert.deepEqual(server.changes, [])
    await server.setService(0, registration(['10.0.0.1'])).answer
    assert.deepEqual(server.changes, [PRINTER])
    await server.setService(0, registration(['10.0.0.1'])).answer
    assert.deepEqual(server.changes, [PRINTER], 'the same again is no change')
    await server.setService(2, registration([])).answer
    assert.deepEqual(server.changes, [PRINTER, PRINTER])
  })

  it('tells what the program itself changes', async () => {
    const directory = new MemoryDirectory()
    const { server, host } = await directoryHost(directory)
    directory.set({ name: 'a.test' })
    await turn()
    assert.deepEqual(server.changes, [changed('a.test')])
    await host.close()
    directory.set({ name: 'b.test' })
    await turn()
    assert.equal(server.changes.length, 1)
  })

  it('handlers of its own win', async () => {
    const directory = new MemoryDirectory([{ name: NAME, addresses: ['10.0.0.1'] }])
    const seen: unknown[] = []
    const { server } = await directoryHost(directory, {
      lookup: () => ({ addresses: ['10.0.0.9'] }),
      remove: ({ service }) => void seen.push(service.name),
    })
    assert.deepEqual(await addresses(server, 1), ['10.0.0.9'])
    await server.setService(2, registration([])).answer
    assert.deepEqual([seen, directory.size], [[NAME], 1])
    await server.setService(0, registration(['10.0.0.2'], { name: 'b' })).answer
    assert.equal(directory.size, 2)
  })

  it('handlers of its own have the definition as `this`', async () => {
    let self: unknown
    const init = {
      lookup(this: unknown) {
        self = this
        return undefined
      },
      onFailure: 'WSAEREFUSED',
    } as const
    const { server } = await directoryHost(new MemoryDirectory(), init)
    await addresses(server, 1)
    assert.equal((self as ProviderInit).onFailure, 'WSAEREFUSED')
  })

  it('with leaseByProcess says whose a registration is, and ends it', async () => {
    const directory = new MemoryDirectory()
    const owners: unknown[] = []
    const apply = directory.apply.bind(directory)
    directory.apply = (operation) => {
      owners.push(`${operation.kind} ${operation.owner?.processId}`)
      return apply(operation)
    }
    const { server } = await directoryHost(directory, { leaseByProcess: true })
    server.connect(2, { processId: 99 })
    await server.setService(0, registration(['10.0.0.1'])).answer
    await server.setService(0, registration(['10.0.0.2']), { multiple: true, client: 2 }).answer
    server.gone()
    await turn()
    await turn()
    const { items } = await server.next(1, query({ name: NAME }), 2).answer
    assert.deepEqual(
      items[0]?.addresses.map((one) => makeAddress(one).address),
      ['10.0.0.2'],
    )
    assert.deepEqual(owners, ['register 4711', 'register 99', 'deregister 4711'])
    assert.deepEqual(server.changes, [PRINTER, PRINTER, PRINTER])
  })

  it('without it says that nobody owns it', async () => {
    const directory = new MemoryDirectory()
    let owner: unknown = 'nothing'
    directory.apply = async (operation) => {
      owner = operation.owner
    }
    const { server } = await directoryHost(directory)
    await server.setService(0, registration(['10.0.0.1'])).answer
    assert.equal(owner, undefined)
  })

  it('a failing directory is a failing handler', async () => {
    const directory = new MemoryDirectory()
    directory.find = () => {
      throw new Error('broken')
    }
    const { server, failures } = await directoryHost(directory)
    assert.equal(await addresses(server, 1), WinsockCode.WSATRY_AGAIN)
    const [{ error } = assert.fail()] = failures
    assert.equal((error as Error).message, 'broken')
  })
})

describe('what is no directory', () => {
  const entries = { mesh: { id: CLASS_ID, namespace: 1001 } }
  const store = new MemoryDirectory()
  for (const [directory, messages] of [
    [MemoryDirectory, [/^directory: a function, not a directory: make one with new/]],
    [Promise.resolve(store), [/^directory: a promise: write await before it/]],
    [7, [/^directory: not a directory: 7/]],
    [{ find() {}, classes: {} }, [/^directory\.apply: not a function/, /^directory\.classes\.put/]],
  ] as const) {
    it(`is told: ${messages[0]}`, () => {
      assert.throws(
        () => defineProvider({ name: 'x', entries, directory: directory as never }),
        (error: NspError) => {
          const told = error.issues.map(({ path, message }) => `${path}: ${message}`)
          return messages.every((message) => told.some((one) => message.test(one)))
        },
      )
    })
  }
})

describe('the watch of a directory', () => {
  /** A store whose watch is what the test says, one after another. */
  function watched(
    ...watches: (() => AsyncGenerator<DirectoryEvent | { kind: 'reset'; revision: string }>)[]
  ) {
    const since: (string | undefined)[] = []
    const directory = new MemoryDirectory()
    directory.watch = (options) => {
      since.push(options.since)
      return watches.shift()?.() ?? assert.fail('watched too often')
    }
    return { directory, since }
  }

  it('that is reset tells everybody', async () => {
    const { directory } = watched(async function* () {
      yield { kind: 'reset', revision: '1' }
    })
    const { server } = await directoryHost(directory)
    await turn()
    assert.deepEqual(server.changes, [ALL])
  })

  it('that fails tells everybody, warns, and goes on where it was', async () => {
    const event = { name: 'a', serviceClass: undefined, kind: 'added', revision: '7' } as const
    const again = Promise.withResolvers<void>()
    const { directory, since } = watched(
      async function* () {
        yield event
        throw new Error('broken')
      },
      async function* () {
        again.resolve()
        yield { ...event, name: 'b', revision: '8' }
      },
    )
    const warnings: string[] = []
    const onWarning = (warning: Error) => void warnings.push(warning.message)
    process.on('warning', onWarning)
    const { server } = await directoryHost(directory)
    await again.promise
    await turn()
    process.off('warning', onWarning)
    assert.deepEqual(since, [undefined, '7'])
    assert.deepEqual(server.changes, [changed('a'), ALL, changed('b')])
    assert.deepEqual(warnings, ['broken'])
  })

  it('that failed before it told anything tells everybody again when it goes on', async () => {
    const again = Promise.withResolvers<void>()
    const { directory, since } = watched(
      // biome-ignore lint/correctness/useYield: it fails before.
      async function* () {
        throw new Error('not there yet')
      },
      async function* () {
        again.resolve()
        yield* new MemoryDirectory().watch({ signal: new AbortController().signal })
      },
    )
    const { server, host } = await directoryHost(directory)
    await turn()
    assert.deepEqual(server.changes, [ALL])
    await again.promise
    await turn()
    assert.deepEqual(since, [undefined, undefined])
    assert.deepEqual(server.changes, [ALL, ALL], 'what changed between the watches is told')
    await host.close()
  })

  it('that fails for ever is asked less and less often', () => {
    assert.deepEqual([1, 2, 3, 7, 8, 2000].map(retryDelay), [1000, 2000, 4000, 60000, 60000, 60000])
  })

  it('that does not look at its signal is left when the host closes', async () => {
    const source = new EventEmitter()
    const directory = new MemoryDirectory()
    directory.watch = () => on(source, 'change') as never
    const { host } = await directoryHost(directory)
    await turn()
    assert.equal(source.listenerCount('change'), 1)
    await host.close()
    await turn()
    assert.equal(source.listenerCount('change'), 0)
  })

  it('ends with the host', async () => {
    let isEnded = false
    const directory = new MemoryDirectory()
    const watch = directory.watch.bind(directory)
    directory.watch = async function* (options) {
      yield* watch(options)
      isEnded = true
    }
    const { host } = await directoryHost(directory)
    await host.close()
    await turn()
    assert.equal(isEnded, true)
  })
})
