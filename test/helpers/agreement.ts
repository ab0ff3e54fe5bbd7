// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One test body for the simulation and the real thing: whatever a client of Winsock sees must be the same on both.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'mocha'
import { LookupFlag, Namespace, ServiceClass, WinsockError } from '../../lib/index.ts'
import type { Service, ServiceClassInfo } from '../../lib/types.ts'
import type { QueryInit, Winsock } from '../../lib/winsock.ts'
import {
  CHANGING,
  CLASS_ID,
  Echo,
  Fail,
  FEED_ID,
  FEED_NAMESPACE,
  MESH_ID,
  MESH_NAMESPACE,
  Move,
  NAMES_ID,
  PUBLISHED,
  Publish,
  Unknown,
} from './agreement-provider.ts'

export interface Side {
  /** A client of the provider of snapshots and the entry `names`. */
  readonly snapshots: Winsock
  /** A client of the feed. */
  readonly feed: Winsock
  /** Names of this run that nobody else registers. */
  readonly suffix: string
  close(): Promise<void>
}

const mesh = (name?: string, more: QueryInit = {}): QueryInit => ({
  name,
  namespace: MESH_NAMESPACE,
  providerId: MESH_ID,
  ...more,
})

async function all(services: AsyncIterable<Service>): Promise<Service[]> {
  const found: Service[] = []
  for await (const service of services) found.push(service)
  return found
}

/** Rejects with this Winsock code, as a WinsockError with the function that said so. */
function fails(promise: Promise<unknown>, code: string): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof WinsockError, String(error))
    assert.equal(error.code, code)
    assert.match(error.syscall ?? '', /^WSA/)
    return true
  })
}

const texts = (service: Service | undefined) =>
  service?.addresses.map(({ address, port }) => `${address} ${port}`)

function lookups(side: () => Side): void {
  it('a name with everything there is to know', async () => {
    const [one, ...more] = await all(side().snapshots.query(mesh('one.agree.test')))
    assert.deepEqual(more, [])
    assert.equal(one?.name, 'one.agree.test')
    assert.deepEqual(texts(one), ['10.7.0.1 0', 'fd00:7::1 443'])
    assert.deepEqual(
      one?.addresses.map(({ family, socketType, protocol, scopeId }) => ({
        family,
        socketType,
        protocol,
        scopeId,
      })),
      [
        { family: 2, socketType: 2, protocol: 17, scopeId: undefined },
        { family: 23, socketType: 2, protocol: 17, scopeId: 0 },
      ],
    )
    assert.equal(one?.addresses[0]?.local?.length, 16)
    assert.equal(one?.version, 7)
    assert.equal(one?.comment, 'the first')
    assert.equal(one?.context, '\\top')
    assert.equal(one?.queryString, 'rest')
    assert.deepEqual(one?.blob, Uint8Array.of(1, 2, 3))
    assert.equal(one?.namespace, MESH_NAMESPACE)
    assert.equal(one?.providerId, MESH_ID)
    assert.equal(one?.alias, false)
    assert.equal(one?.change, undefined)
  })

  it('only what was asked for', async () => {
    const flags = LookupFlag.RETURN_NAME
    const [one] = await all(side().snapshots.query(mesh('one.agree.test', { flags })))
    assert.equal(one?.name, 'one.agree.test')
    assert.deepEqual(one?.addresses, [])
    assert.equal(one?.comment, undefined)
    assert.equal(one?.blob, undefined)
  })

  it('one name in the case and with the dot that the client likes', async () => {
    const [one] = await all(side().snapshots.query(mesh('ONE.agree.test.')))
    assert.deepEqual(texts(one), ['10.7.0.1 0', 'fd00:7::1 443'])
  })

  it('a class cuts the addresses and lends its port', async () => {
    const serviceClass = ServiceClass.tcp(8080)
    const [one] = await all(side().snapshots.query(mesh('one.agree.test', { serviceClass })))
    assert.deepEqual(texts(one), ['10.7.0.1 8080', 'fd00:7::1 443'])
    assert.deepEqual(one?.serviceClass, serviceClass)
    const aaaa = { serviceClass: ServiceClass.dns('AAAA'), flags: LookupFlag.RETURN_ADDR }
    const [v6] = await all(side().snapshots.query(mesh('one.agree.test', aaaa)))
    assert.deepEqual(texts(v6), ['fd00:7::1 443'])
  })

  it('other families and scopes come through', async () => {
    const [raw] = await all(side().snapshots.query(mesh('raw.agree.test')))
    assert.deepEqual(raw?.addresses[0]?.remote, Uint8Array.of(30, 0, 1, 2, 3, 4))
    assert.equal(raw?.addresses[0]?.family, 30)
    assert.equal(raw?.addresses[0]?.address, undefined)
    const [v6] = await all(side().snapshots.query(mesh('v6.agree.test')))
    assert.equal(v6?.addresses[0]?.scopeId, 4)
    assert.equal(v6?.addresses[0]?.port, 70)
  })

  it('aliases follow their name, for those who ask', async () => {
    const asked = await all(side().snapshots.query(mesh('alias.agree.test')))
    assert.deepEqual(
      asked.map(({ name, alias }) => [name, alias]),
      [
        ['alias.agree.test', false],
        ['a1.agree.test', true],
        ['a2.agree.test', true],
      ],
    )
    const flags = LookupFlag.RETURN_NAME | LookupFlag.RETURN_ADDR
    const plain = await all(side().snapshots.query(mesh('alias.agree.test', { flags })))
    assert.deepEqual(
      plain.map(({ name }) => name),
      ['alias.agree.test'],
    )
  })

  it('gethostbyname has its blob, laid out for the client', async () => {
    const serviceClass = ServiceClass.of('0002a803-0000-0000-c000-000000000046')
    const flags = LookupFlag.RETURN_NAME | LookupFlag.RETURN_BLOB
    const [found] = await all(
      side().snapshots.query(mesh('alias.agree.test', { serviceClass, flags })),
    )
    const blob = found?.blob ?? new Uint8Array(32)
    const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
    const text = (at: number) => {
      const bytes = blob.subarray(at)
      return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)))
    }
    const offset = (at: number) => Number(view.getBigUint64(at, true))
    assert.equal(text(offset(0)), 'alias.agree.test')
    assert.equal(text(offset(offset(8))), 'a1.agree.test')
    assert.equal(text(offset(offset(8) + 8)), 'a2.agree.test')
    assert.equal(offset(offset(8) + 16), 0)
    assert.deepEqual([view.getInt16(16, true), view.getInt16(18, true)], [2, 4])
    const address = offset(offset(24))
    assert.deepEqual([...blob.subarray(address, address + 4)], [10, 7, 0, 2])
    assert.equal(offset(offset(24) + 8), 0)
  })

  it('an enumeration lists all', async () => {
    const flags = LookupFlag.RETURN_NAME
    const found = await all(side().snapshots.query(mesh(undefined, { flags })))
    const names = found.map(({ name }) => name)
    assert.deepEqual(
      names.filter((name) => name !== CHANGING),
      ['one', 'raw', 'v6', 'bare', 'alias'].map((name) => `${name}.agree.test`),
    )
  })

  it('says what is wrong in Winsock codes', async () => {
    const { snapshots } = side()
    const ask = (name: string, more: QueryInit = {}) => all(snapshots.query(mesh(name, more)))
    await fails(ask('nobody.agree.test'), 'WSASERVICE_NOT_FOUND')
    await fails(ask('bare.agree.test', { flags: LookupFlag.RETURN_ADDR }), 'WSANO_DATA')
    await fails(ask('denied.agree.test'), 'WSAEACCES')
    await fails(ask('broken.agree.test'), 'WSATRY_AGAIN')
    await fails(ask('nonsense.agree.test'), 'WSATRY_AGAIN')
    await fails(ask('late.agree.test'), 'WSATRY_AGAIN')
    await fails(ask('one.agree.test', { context: 'a\\b' }), 'WSANO_DATA')
    await fails(ask('one.agree.test', { flags: 0x12 }), 'WSANO_DATA')
    await fails(ask('one.agree.test', { flags: 0x16 }), 'WSA_INVALID_PARAMETER')
  })

  it('refuses names that are not ours', async () => {
    const names = { providerId: NAMES_ID, namespace: Namespace.DNS }
    const { snapshots } = side()
    await fails(all(snapshots.query({ name: 'foreign.test', ...names })), 'WSASERVICE_NOT_FOUND')
    await fails(all(snapshots.query({ ...names })), 'WSASERVICE_NOT_FOUND')
    const serviceClass = ServiceClass.dns('A')
    const [own] = await all(snapshots.query({ name: 'one.agree.test', serviceClass, ...names }))
    assert.deepEqual(texts(own), ['10.7.0.1 0'])
  })
}

function handles(side: () => Side): void {
  it('a handle that is closed is invalid', async () => {
    const lookup = await side().snapshots.open(mesh('one.agree.test'))
    await lookup.close()
    await lookup.close()
    await fails(lookup.next(), 'WSA_INVALID_HANDLE')
    await fails(lookup.changed(), 'WSA_INVALID_HANDLE')
  })

  it('leaving a loop ends its handle', async () => {
    for await (const { name } of side().snapshots.query(mesh())) {
      assert.equal(name, 'one.agree.test')
      break
    }
  })

  it('a lookup that nobody answers is given up by its signal', async () => {
    await using lookup = await side().snapshots.open(mesh('late.agree.test'))
    const reason = new Error('enough')
    const controller = new AbortController()
    const next = lookup.next({ signal: controller.signal })
    controller.abort(reason)
    await assert.rejects(next, reason)
    // Winsock cancels a call only by ending its handle.
    await fails(lookup.next(), 'WSA_INVALID_HANDLE')
  })
}

function ioctls(side: () => Side): void {
  it('a control code goes there and back', async () => {
    await using lookup = await side().snapshots.open(mesh('one.agree.test'))
    const bytes = Uint8Array.from({ length: 300 }, (_, at) => at & 0xff)
    assert.deepEqual(await lookup.ioctl(Echo, bytes, { outputSize: 300 }), bytes)
    assert.deepEqual(await lookup.ioctl(Echo, new Uint8Array(0)), new Uint8Array(0))
    await fails(lookup.ioctl(Fail, 10013), 'WSAEACCES')
    await fails(lookup.ioctl(Unknown, bytes), 'WSAEOPNOTSUPP')
  })

  it('a change is seen by polls, by waiters and by a new question', async () => {
    const { snapshots } = side()
    await using lookup = await snapshots.open(mesh(CHANGING, { flags: LookupFlag.RETURN_ADDR }))
    assert.equal(await lookup.changed(), false)
    const changed = lookup.nextChange()
    await lookup.ioctl(Move, '10.7.1.1')
    await changed
    assert.equal(await lookup.changed(), true)
    assert.deepEqual(texts(await lookup.next()), ['10.7.1.1 0'])
    assert.equal(await lookup.next(), undefined)
    assert.equal(await lookup.changed(), false)
    await lookup.ioctl(Move, '')
    assert.equal(await lookup.changed(), true)
  })

  it('a request ends with its handle, for all who wait for it', async () => {
    const lookup = await side().snapshots.open(mesh('one.agree.test'))
    const waits = [lookup.nextChange(), lookup.nextChange()]
    const ended = waits.map((wait) => fails(wait, 'WSA_OPERATION_ABORTED'))
    assert.equal(await lookup.changed(), false)
    await lookup.close()
    await Promise.all(ended)
  })

  it('watch gives the whole answer after each change, and what is different', async () => {
    const { snapshots } = side()
    await using lever = await snapshots.open(mesh('one.agree.test'))
    await lever.ioctl(Move, '10.7.2.1')
    const seen: unknown[] = []
    const controller = new AbortController()
    const flags = LookupFlag.RETURN_NAME | LookupFlag.RETURN_ADDR
    const watching = snapshots.watch(mesh(CHANGING, { flags }), { signal: controller.signal })
    await assert.rejects(async () => {
      for await (const { services, added, changed, deleted } of watching) {
        const now = [texts(services[0]), added.length, changed.length, deleted.length]
        // A needless notification is allowed: the same answer again.
        if (JSON.stringify(now.slice(1)) === '[0,0,0]' && seen.length > 0) continue
        seen.push(now)
        if (seen.length === 1) await lever.ioctl(Move, '10.7.2.2')
        else if (seen.length === 2) await lever.ioctl(Move, '')
        else controller.abort(new Error('seen enough'))
      }
    }, /seen enough/)
    assert.deepEqual(seen, [
      [['10.7.2.1 0'], 1, 0, 0],
      [['10.7.2.2 0'], 0, 1, 0],
      [undefined, 0, 0, 1],
    ])
  })
}

function feeds(side: () => Side): void {
  it('IOCTL-40 a feed goes on with what is different', async () => {
    const { feed } = side()
    const flags = LookupFlag.RETURN_NAME | LookupFlag.RETURN_ADDR
    const query = { name: CHANGING, namespace: FEED_NAMESPACE, providerId: FEED_ID, flags }
    await using lever = await feed.open({ ...query, name: 'one.agree.test' })
    await lever.ioctl(Move, '10.7.3.1')
    await using lookup = await feed.open(query)
    const first = await lookup.next()
    assert.deepEqual([texts(first), first?.change], [['10.7.3.1 0'], undefined])
    assert.equal(await lookup.next(), undefined)
    assert.equal(await lookup.next(), undefined)
    for (const [address, change] of [
      ['10.7.3.2', 'changed'],
      ['', 'deleted'],
      ['10.7.3.3', 'added'],
    ] as const) {
      await lever.ioctl(Move, address)
      const service = await lookup.next()
      assert.equal(service?.change, change)
      assert.equal(service?.name, CHANGING)
      assert.equal(await lookup.next(), undefined)
    }
    await lever.ioctl(Move, '')
  })
}

function registrations(side: () => Side): void {
  const serviceClass = ServiceClass.tcp(7100)
  const own = (label: string) => `${label}-${side().suffix}.reg.agree.test`
  const where = { namespace: MESH_NAMESPACE, providerId: MESH_ID }

  async function addresses(name: string): Promise<string[]> {
    const flags = LookupFlag.RETURN_NAME | LookupFlag.RETURN_ADDR
    const found = await all(side().snapshots.query(mesh(name, { flags, serviceClass })))
    return found.flatMap((service) => service.addresses.map(({ address }) => address ?? ''))
  }

  it('SET-01 SET-04 a registration lasts until it is disposed', async () => {
    const { snapshots } = side()
    const name = own('a')
    const service = { name, serviceClass, addresses: ['10.7.5.1'] }
    const registration = await snapshots.register(service, where)
    assert.deepEqual(await addresses(name), ['10.7.5.1'])
    await registration[Symbol.asyncDispose]()
    await fails(addresses(name), 'WSANO_DATA')
    await snapshots.remove(name, serviceClass)
    await fails(addresses(name), 'WSASERVICE_NOT_FOUND')
  })

  it('SET-02 SET-03 SET-05 several addresses of one service', async () => {
    const { snapshots } = side()
    const name = own('b')
    const service = (address: string) => ({ name, serviceClass, addresses: [address] })
    await snapshots.register(service('10.7.5.1'), where)
    await snapshots.register(service('10.7.5.2'), where)
    assert.deepEqual(await addresses(name), ['10.7.5.2'])
    const second = await snapshots.register(service('10.7.5.3'), { ...where, multiple: true })
    assert.deepEqual(await addresses(name), ['10.7.5.2', '10.7.5.3'])
    await second[Symbol.asyncDispose]()
    assert.deepEqual(await addresses(name), ['10.7.5.2'])
    await snapshots.remove(name, serviceClass)
  })

  it('SET-08 what is not there cannot be removed', async () => {
    await fails(side().snapshots.remove(own('none'), serviceClass), 'WSASERVICE_NOT_FOUND')
  })

  it('a registration is heard by those who wait for its name', async () => {
    const { snapshots } = side()
    const name = own('c')
    await using lookup = await snapshots.open(mesh(name))
    const changed = lookup.nextChange()
    await using _registration = await snapshots.register(
      { name, serviceClass, addresses: ['10.7.5.9'] },
      where,
    )
    await changed
  })
}

function published(side: () => Side): void {
  async function publish(addresses: string): Promise<void> {
    await using lookup = await side().snapshots.open(mesh('one.agree.test'))
    await lookup.ioctl(Publish, addresses)
  }
  const ask = (more: QueryInit = {}) => all(side().snapshots.query(mesh(PUBLISHED, more)))
  const flags = LookupFlag.RETURN_NAME | LookupFlag.RETURN_ADDR

  it('a published name is answered as a handler would answer it', async () => {
    await publish('10.7.8.1 [fd00:7::8]:80')
    const [one] = await ask()
    assert.equal(one?.name, 'Published.agree.test')
    assert.equal(one?.comment, 'published')
    assert.deepEqual(texts(one), ['10.7.8.1 0', 'fd00:7::8 80'])
    const names = (await ask({ flags: flags | LookupFlag.RETURN_ALIASES })).map(({ name }) => name)
    assert.deepEqual(names, ['Published.agree.test', 'said.agree.test'])
    const a = ServiceClass.dns('A')
    assert.deepEqual((await ask({ serviceClass: a, flags })).map(texts), [['10.7.8.1 0']])
    assert.deepEqual((await ask({ version: 3, flags })).map(texts), [texts(one)])
    await publish('')
    await fails(ask(), 'WSASERVICE_NOT_FOUND')
  })

  it('what a published name does not have is no data', async () => {
    await publish('fd00:7::8')
    await fails(ask({ serviceClass: ServiceClass.dns('A'), flags }), 'WSANO_DATA')
    await publish('')
  })

  it('a publication is heard by those who wait for its name', async () => {
    const { snapshots } = side()
    await using lookup = await snapshots.open(mesh(PUBLISHED))
    const changed = lookup.nextChange()
    await publish('10.7.8.2')
    await changed
    await publish('')
  })

  it('an enumeration has a published name once', async () => {
    await publish('10.7.8.3')
    const names = (await all(side().snapshots.query(mesh(undefined, { flags })))).map(
      ({ name }) => name,
    )
    assert.equal(names.filter((name) => name === 'Published.agree.test').length, 1)
    assert.equal(names.at(-1), 'Published.agree.test')
    await publish('')
  })
}

function classes(side: () => Side): void {
  const info: ServiceClassInfo = {
    id: CLASS_ID,
    name: 'Agreement',
    properties: [
      { name: 'TcpPort', namespace: MESH_NAMESPACE, type: 4, value: Uint8Array.of(0x50, 0, 0, 0) },
      { name: 'Note', namespace: 0, type: 3, value: new Uint8Array(0) },
    ],
  }

  it('CLASS-01 CLASS-03 CLASS-04 CLASS-06 classes come, are told and go', async () => {
    const { snapshots } = side()
    await fails(snapshots.classInfo(MESH_ID, CLASS_ID), 'WSATYPE_NOT_FOUND')
    await snapshots.installClass(info)
    assert.deepEqual(await snapshots.classInfo(MESH_ID, CLASS_ID), info)
    await fails(snapshots.installClass(info), 'WSAEALREADY')
    await snapshots.removeClass(CLASS_ID)
    await fails(snapshots.removeClass(CLASS_ID), 'WSATYPE_NOT_FOUND')
  })
}

/** Registers the body; `open` starts a side before its tests. */
export function agreementSuite(title: string, open: () => Promise<Side>): void {
  describe(title, function () {
    this.timeout(120_000)
    let opened: Side | undefined
    before(async () => {
      opened = await open()
    })
    after(() => opened?.close())
    const side = () => {
      if (opened === undefined) throw new Error('the side is not open')
      return opened
    }
    lookups(side)
    handles(side)
    ioctls(side)
    feeds(side)
    registrations(side)
    published(side)
    classes(side)
  })
}
