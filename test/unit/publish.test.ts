// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// host.publish over a fake server: what is written, whose names are whose, which counters are bumped, what is answered.
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, it } from 'mocha'
import { type Host, type NamedServiceInit, ServiceClass } from '../../lib/index.ts'
import { changedCounters } from '../../lib/wire/counters.ts'
import { keyBytes, readRecord } from '../../lib/wire/records.ts'
import type { WireQuerySet } from '../../lib/wire/wire.ts'
import { type FakeHost, fakeHost } from '../helpers/fake-host.ts'
import { type FakeServer, query } from '../helpers/fake-server.ts'

const named = (name: string, address = '10.0.0.1'): NamedServiceInit => ({
  name,
  addresses: [address],
})

const sets = (server: FakeServer, key: string): WireQuerySet[] | undefined =>
  readRecord(server.records.record(keyBytes(key)))

let nextLookup = 1
async function ask(server: FakeServer, init: Partial<WireQuerySet>) {
  const { answer } = server.next(nextLookup++, query(init))
  const { status, items } = await answer
  return { status, names: items.map(({ name }) => name) }
}

/** What is thrown, as the user reads it. */
function faultOf(run: () => unknown): { code?: string; paths: string[]; remedy?: string } {
  try {
    run()
  } catch (error) {
    const {
      code,
      issues = [],
      remedy,
    } = error as {
      code?: string
      issues?: { path: string }[]
      remedy?: string
    }
    return {
      ...(code === undefined ? {} : { code }),
      paths: issues.map(({ path }) => path),
      ...(remedy === undefined ? {} : { remedy }),
    }
  }
  throw new Error('nothing was thrown')
}

/** A host over what another one has left. */
async function restarted(before: FakeHost, start: (host: Host) => void): Promise<FakeHost> {
  const { records } = before.server
  await before.host.close()
  const next = await fakeHost(
    {
      start(host) {
        start(host)
      },
    },
    {},
    records,
  )
  return next
}

describe('publishing', () => {
  it('writes one record for each name, whatever the order', async () => {
    const { host, server } = await fakeHost()
    const publication = host.publish([
      { ...named('One.example.'), serviceClass: ServiceClass.tcp(80), version: 3 },
      { ...named('two.example'), aliases: ['2.example'], comment: 'second' },
      named('ONE.example', '10.0.0.9'),
    ])
    assert.equal(publication.size, 2)
    assert.equal(host.stats().published, 2)
    const [first, second, ...more] = sets(server, 'one.example') ?? []
    assert.deepEqual(more, [])
    assert.equal(first?.name, 'One.example.')
    assert.equal(first?.serviceClass, ServiceClass.tcp(80).id)
    assert.deepEqual(first?.version, { value: 3, compare: 0 })
    assert.deepEqual([first?.entry, first?.namespace, first?.flags], [0, 0, 0])
    assert.equal(second?.serviceClass, undefined)
    assert.deepEqual(sets(server, 'two.example')?.[0]?.aliases, ['2.example'])
    await host.close()
  })

  it('bumps the counters of what has really changed, and no others', async () => {
    const { host, server } = await fakeHost()
    const publication = host.publish([named('a.test'), named('b.test')])
    const counters = (...keys: string[]) => [
      ...new Set(keys.flatMap((key) => changedCounters({ kind: 'name', key }))),
    ]
    assert.deepEqual(server.changes.splice(0), [counters('a.test', 'b.test')])
    publication.replace([named('a.test'), named('b.test', '10.0.0.2'), named('c.test')])
    assert.deepEqual(server.changes.splice(0), [counters('b.test', 'c.test')])
    publication.set(named('A.test'))
    assert.deepEqual(server.changes.splice(0), [counters('a.test')], 'another spelling')
    publication.set(named('A.test'))
    assert.deepEqual(server.changes.splice(0), [])
    assert.equal(publication.delete('C.TEST.'), true)
    assert.equal(publication.delete('c.test'), false)
    assert.deepEqual(server.changes.splice(0), [counters('c.test')])
    publication[Symbol.dispose]()
    assert.deepEqual(server.changes.splice(0), [counters('b.test', 'a.test')], 'the oldest first')
    assert.equal(host.stats().published, 0)
    await host.close()
  })

  it('bumps the global counter for more than a thousand at once', async () => {
    const { host, server } = await fakeHost()
    const many = Array.from({ length: 1001 }, (_, at) => named(`${at}.test`))
    const publication = host.publish(many.slice(1))
    assert.equal(server.changes[0]?.includes(0), false)
    publication.replace([])
    publication.replace(many)
    assert.deepEqual(server.changes.at(-1), [0, 1])
    await host.close()
  })

  it('tells its channel', async () => {
    const told: unknown[] = []
    const listen = (message: unknown) => void told.push(message)
    subscribe('winsock-nsp:publish', listen)
    const { host } = await fakeHost()
    host.publish([named('a.test')])[Symbol.dispose]()
    unsubscribe('winsock-nsp:publish', listen)
    assert.deepEqual(told, [
      { published: 1, withdrawn: 0, unchanged: 0, answer: undefined },
      { published: 0, withdrawn: 1, unchanged: 0, answer: undefined },
    ])
    await host.close()
  })

  it('leaves a name to the publication that has it', async () => {
    const { host, server } = await fakeHost()
    const first = host.publish([named('a.test'), named('b.test')])
    server.changes.length = 0
    const fault = faultOf(() => host.publish([named('c.test'), named('B.test.', '10.0.0.2')]))
    assert.deepEqual(fault.code, 'ERR_INVALID_ARG_VALUE')
    assert.deepEqual(fault.paths, ['services[1].name'])
    assert.match(fault.remedy ?? '', /delete it there/)
    assert.equal(sets(server, 'c.test'), undefined, 'nothing was changed')
    assert.deepEqual(server.changes, [])
    const second = host.publish([named('c.test')])
    assert.deepEqual(faultOf(() => second.set(named('a.test'))).paths, ['name'])
    assert.equal(second.delete('a.test'), false)
    first.delete('a.test')
    second.set(named('a.test'))
    assert.deepEqual([first.size, second.size], [1, 2])
    await host.close()
  })

  it('after disposal, and after the host, is refused', async () => {
    const { host, server } = await fakeHost()
    const gone = host.publish([named('a.test')])
    gone[Symbol.dispose]()
    gone[Symbol.dispose]()
    assert.equal(faultOf(() => gone.set(named('a.test'))).code, 'ERR_INVALID_STATE')
    const stays = host.publish([named('b.test')])
    await host.close()
    assert.equal(faultOf(() => stays.set(named('c.test'))).code, 'ERR_NSP_HOST_CLOSED')
    assert.equal(faultOf(() => host.publish([])).code, 'ERR_NSP_HOST_CLOSED')
    stays[Symbol.dispose]()
    assert.equal(sets(server, 'b.test')?.length, 1, 'for the next host')
  })

  it('says what Windows said if there is no room', async () => {
    const { host, server } = await fakeHost()
    server.writeFailure = Object.assign(new Error('full'), { errno: 112, syscall: 'CreateFile' })
    assert.throws(() => host.publish([named('a.test')]), { errno: 112, syscall: 'CreateFile' })
    server.writeFailure = Object.assign(new Error('gone'), { errno: 3, syscall: 'CreateFile' })
    const fault = faultOf(() => host.publish([named('a.test')]))
    assert.equal(fault.code, 'ERR_NSP_VERSION_MISMATCH')
    assert.match(fault.remedy ?? '', /install/)
    server.writeFailure = undefined
    assert.equal(host.publish([named('a.test')]).size, 1)
    await host.close()
  })
})

describe('a host that starts again', () => {
  it('keeps what it publishes again, and withdraws the rest when start has finished', async () => {
    const before = await fakeHost()
    before.host.publish([named('same.test'), named('other.test'), named('gone.test')])
    let duringStart: unknown
    const { host, server } = await restarted(before, (starting) => {
      starting.publish([named('same.test'), named('other.test', '10.0.0.9')])
      duringStart = starting.stats().published
    })
    assert.equal(duringStart, 3)
    assert.equal(host.stats().published, 2)
    assert.equal(sets(server, 'gone.test'), undefined)
    assert.deepEqual(server.changes, [
      changedCounters({ kind: 'name', key: 'other.test' }),
      changedCounters({ kind: 'name', key: 'gone.test' }),
    ])
    await host.close()
  })
})

describe('a published name', () => {
  const PTR = ServiceClass.dns('PTR').id
  const handled: string[] = []
  const lookup = ({ key, serviceClass }: { key: string | undefined; serviceClass: unknown }) => {
    handled.push(`${key} ${(serviceClass as { kind?: string } | undefined)?.kind}`)
    return key === undefined
      ? [{ name: 'Own.test', addresses: ['10.0.0.7'] }, { name: 'b.test' }]
      : undefined
  }

  it('is answered by its record, whatever else is asked', async () => {
    const { host, server } = await fakeHost({ lookup })
    host.publish([
      { ...named('a.test'), version: 2 },
      { ...named('a.test'), serviceClass: ServiceClass.tcp(80), context: 'there' },
    ])
    handled.length = 0
    assert.deepEqual((await ask(server, { name: 'A.test.' })).names, ['a.test', 'a.test'])
    const asked = async (init: Partial<WireQuerySet>) =>
      (await ask(server, { name: 'a.test', ...init })).names.length
    assert.equal(await asked({ serviceClass: ServiceClass.tcp(80).id }), 2)
    assert.equal(await asked({ serviceClass: ServiceClass.tcp(81).id }), 1)
    assert.equal(await asked({ serviceClass: ServiceClass.dns('A').id }), 2)
    assert.equal(await asked({ version: { value: 3, compare: 0 } }), 1)
    assert.equal(await asked({ version: { value: 2, compare: 1 } }), 2)
    assert.equal(await asked({ context: 'there' }), 1)
    assert.equal(await asked({ queryString: 'x', blob: Uint8Array.of(1) }), 2)
    assert.deepEqual(handled, [])
    await host.close()
  })

  it('follows the rules for handlers', async () => {
    const { host, server } = await fakeHost({ lookup })
    host.publish([
      { name: 'six.test', addresses: ['fd00::1'], aliases: ['vi.test'] },
      { ...named('tcp.test'), serviceClass: ServiceClass.tcp(80) },
    ])
    const a = ServiceClass.dns('A').id
    assert.deepEqual(await ask(server, { name: 'six.test', serviceClass: a }), {
      status: 11004,
      names: [],
    })
    assert.deepEqual((await ask(server, { name: 'six.test' })).names, ['six.test', 'vi.test'])
    const udp = ServiceClass.udp(53).id
    assert.equal((await ask(server, { name: 'tcp.test', serviceClass: udp })).status, 10108)
    await host.close()
  })

  it('goes to the handler for what is not asked by name', async () => {
    const { host, server } = await fakeHost({ lookup })
    const byName = '0002a801-0000-0000-c000-000000000046'
    const byAddress = '0002a802-0000-0000-c000-000000000046'
    host.publish([named('http/tcp'), named('10.0.0.1'), named('1.0.0.10.in-addr.arpa')])
    handled.length = 0
    await ask(server, { name: 'http/tcp', serviceClass: ServiceClass.of(byName).id })
    await ask(server, { name: '10.0.0.1', serviceClass: ServiceClass.of(byAddress).id })
    await ask(server, { name: '1.0.0.10.in-addr.arpa', serviceClass: PTR })
    assert.equal(handled.length, 3, String(handled))
    await host.close()
  })

  it('comes in an enumeration once, behind what the handler says', async () => {
    const { host, server } = await fakeHost({ lookup })
    host.publish([named('a.test'), named('B.test'), named('c.test')])
    const { names } = await ask(server, { name: undefined })
    assert.deepEqual(names, ['Own.test', 'b.test', 'a.test', 'c.test'])
    await host.close()
  })
})

describe('bad services to publish', () => {
  const cases: readonly [what: string, services: unknown, paths: string[]][] = [
    ['nothing', undefined, ['services']],
    ['a service alone', named('a.test'), ['services']],
    ['a text', 'a.test', ['services']],
    ['what is no object', [named('a.test'), 7], ['services[1]']],
    ['no name', [{ addresses: ['10.0.0.1'] }], ['services[0].name']],
    ['an empty name', [{ name: '' }], ['services[0].name']],
    ['a name with an end in it', [{ name: 'a\0b' }], ['services[0].name']],
    [
      'bad addresses',
      [named('a.test'), { name: 'b.test', addresses: ['10.0.0.1', '10.0.0.300'] }],
      ['services[1].addresses[1]'],
    ],
    [
      'several faults',
      [{ name: 7, version: -1, ttl: 'x' }],
      ['services[0].name', 'services[0].version', 'services[0].ttl'],
    ],
    [
      'a blob that no answer carries',
      [{ name: 'a.test', blob: new Uint8Array(600_000) }],
      ['services[0].blob'],
    ],
    [
      'more under one name than an answer carries',
      Array.from({ length: 3 }, () => ({ name: 'a.test', blob: new Uint8Array(500_000) })),
      ['services[0]'],
    ],
  ]
  for (const [what, services, paths] of cases) {
    it(`${what}: refused, with nothing changed`, async () => {
      const { host, server } = await fakeHost()
      const publication = host.publish([named('kept.test')])
      server.changes.length = 0
      const all = services as readonly NamedServiceInit[]
      for (const run of [() => host.publish(all), () => publication.replace(all)]) {
        const fault = faultOf(run)
        assert.equal(fault.code, 'ERR_INVALID_ARG_VALUE')
        assert.deepEqual(fault.paths, paths)
      }
      assert.equal(publication.size, 1)
      assert.equal(host.stats().published, 1)
      assert.deepEqual(server.changes, [])
      await host.close()
    })
  }

  it('in set: refused by the field alone', async () => {
    const { host } = await fakeHost()
    const publication = host.publish([])
    const bad = { name: 'a.test', addresses: ['x'] }
    assert.deepEqual(faultOf(() => publication.set(bad)).paths, ['addresses[0]'])
    assert.deepEqual(faultOf(() => publication.set(undefined as never)).paths, [''])
    assert.deepEqual(faultOf(() => publication.delete(7 as never)).paths, ['name'])
    await host.close()
  })
})
