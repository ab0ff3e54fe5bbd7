// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Providers of feeds: a Next after the end asks the handler again, and tells what is different.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { type ProviderInit, ServiceClass, type ServiceInit, WinsockCode } from '../../lib/index.ts'
import { makeService } from '../../lib/internal/service.ts'
import { ENTRY_FEED } from '../../lib/wire/constants.ts'
import { fakeHost, turn } from '../helpers/fake-host.ts'
import { type Batch, query } from '../helpers/fake-server.ts'
import { CLASS_ID } from '../helpers/services.ts'

const FEED = { changes: 'feed' } as const
const ALL = query({ name: undefined })

function told({ items }: Batch): string[] {
  return items.map((item) => {
    const { name, change, alias, addresses } = makeService(item, 1001, CLASS_ID)
    const what = [change ?? 'now', name, ...addresses.map(({ address }) => address)]
    return `${what.join(' ')}${alias ? ' alias' : ''}`
  })
}

/** A feed whose services the test replaces. */
async function feed(init: Partial<ProviderInit> = {}) {
  const data: { services: ServiceInit[]; runs: number } = { services: [], runs: 0 }
  const { server, failures, host } = await fakeHost({
    ...FEED,
    lookup() {
      data.runs++
      return data.services
    },
    ...init,
  })
  return { data, server, failures, host }
}

const one = { name: 'one', addresses: ['10.0.0.1'] }
const two = { name: 'two', addresses: ['10.0.0.2'] }

describe('a feed', () => {
  it('says so in every entry, a snapshot does not', async () => {
    const { server } = await feed()
    assert.equal((server.options?.filter.entries[0]?.flags ?? 0) & ENTRY_FEED, ENTRY_FEED)
    const snapshot = await fakeHost({ changes: 'snapshot' })
    assert.equal((snapshot.server.options?.filter.entries[0]?.flags ?? 0) & ENTRY_FEED, 0)
  })

  it('tells added, changed and deleted services, each once', async () => {
    const { data, server } = await feed()
    data.services = [one, two]
    const first = await server.next(1, ALL).answer
    assert.deepEqual(told(first), ['now one 10.0.0.1', 'now two 10.0.0.2'])
    assert.deepEqual([first.status, first.last], [0, true])
    data.services = [
      { ...two, comment: 'new' },
      { name: 'three', addresses: ['10.0.0.3'] },
    ]
    const second = await server.next(1).answer
    assert.deepEqual(told(second), [
      'changed two 10.0.0.2',
      'added three 10.0.0.3',
      'deleted one 10.0.0.1',
    ])
    assert.deepEqual([second.status, second.last], [0, true])
    const third = await server.next(1).answer
    assert.deepEqual([told(third), third.status, third.last], [[], 0, true])
    data.services = [one]
    assert.deepEqual(told(await server.next(1).answer), [
      'added one 10.0.0.1',
      'deleted two 10.0.0.2',
      'deleted three 10.0.0.3',
    ])
    assert.equal(data.runs, 4)
  })

  it('tells the same name apart by class and alias', async () => {
    const { data, server } = await feed()
    const web = (port: number) => ({ ...one, serviceClass: ServiceClass.tcp(port) })
    data.services = [web(80), web(443), { ...two, aliases: ['zwei'] }]
    await server.next(1, ALL).answer
    data.services = [web(443), { ...two, aliases: ['deux'] }]
    assert.deepEqual(told(await server.next(1).answer), [
      'added deux 10.0.0.2 alias',
      'deleted one 10.0.0.1',
      'deleted zwei 10.0.0.2 alias',
    ])
  })

  it('counts services that are alike', async () => {
    const { data, server } = await feed()
    data.services = [one, one, one]
    await server.next(1, ALL).answer
    data.services = [one]
    const gone = 'deleted one 10.0.0.1'
    assert.deepEqual(told(await server.next(1).answer), [gone, gone])
  })

  it('begins with nothing as well', async () => {
    const { data, server } = await feed()
    const first = await server.next(1, query({ name: 'one' })).answer
    assert.equal(first.status, WinsockCode.WSASERVICE_NOT_FOUND)
    data.services = [one]
    assert.deepEqual(told(await server.next(1).answer), ['added one 10.0.0.1'])
    data.services = []
    const last = await server.next(1).answer
    assert.deepEqual([told(last), last.status], [['deleted one 10.0.0.1'], 0])
  })

  it('goes on after a failure with what the client knows', async () => {
    let services: ServiceInit[] | Error = [one]
    const { server, failures } = await feed({
      async *lookup() {
        if (!(services instanceof Error)) yield* services
        else {
          yield two
          throw services
        }
      },
    })
    await server.next(1, ALL).answer
    services = new Error('broken')
    const failed = await server.next(1).answer
    assert.deepEqual(told(failed), ['added two 10.0.0.2'])
    assert.deepEqual([failed.status, failed.last], [WinsockCode.WSATRY_AGAIN, true])
    assert.equal(failures.length, 1)
    services = [two]
    assert.deepEqual(told(await server.next(1).answer), ['deleted one 10.0.0.1'])
  })

  it('goes on after a late handler, which changes nothing any more', async () => {
    const gates: (() => void)[] = []
    let wait = false
    const { server } = await feed({
      async *lookup() {
        if (wait) await new Promise<void>((resolve) => gates.push(resolve))
        yield wait ? two : one
      },
    })
    await server.next(1, ALL).answer
    wait = true
    const { call } = server.next(1)
    await turn()
    server.late(call)
    wait = false
    const next = server.next(1)
    for (const open of gates) open()
    assert.deepEqual(told(await next.answer), [])
    assert.deepEqual(server.unexpected, [])
  })

  it('cuts differences into batches', async () => {
    const { data, server } = await feed()
    await server.next(1, ALL).answer
    const blob = new Uint8Array(3000)
    data.services = Array.from({ length: 30 }, (_, at) => ({ name: `n${at}`, blob }))
    const names: (string | undefined)[] = []
    let batch: Batch
    do {
      batch = await server.next(1).answer
      names.push(...batch.items.map(({ name }) => name))
    } while (!batch.last)
    assert.equal(names.length, 30)
    assert.equal(data.runs, 2)
  })

  it('asks nothing after End, and keeps handles apart', async () => {
    const { data, server } = await feed()
    data.services = [one]
    await server.next(1, ALL).answer
    data.services = [one, two]
    await server.next(2, ALL).answer
    server.end(1)
    assert.deepEqual(told(await server.next(2).answer), [])
    assert.equal(data.runs, 3)
  })
})

describe('a snapshot', () => {
  it('is asked once: its end stays', async () => {
    let runs = 0
    const { server } = await fakeHost({
      lookup() {
        runs++
        return [one]
      },
    })
    await server.next(1, ALL).answer
    const again = await server.next(1).answer
    assert.deepEqual([again.items.length, again.status, again.last, runs], [0, 0, true, 1])
  })
})
