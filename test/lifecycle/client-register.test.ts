// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Registrations, classes and feeds from the client's side, with a provider that another process serves.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'mocha'
import {
  classInfo,
  installClass,
  open,
  query,
  register,
  remove,
  removeClass,
  watch,
} from '../../lib/client.ts'
import { type Service, ServiceClass } from '../../lib/index.ts'
import { ONE } from '../helpers/winsock.ts'
import { quiet, Served } from './client-served.ts'

const NAME = 'printer.reg.nsp.test'
const WEB = ServiceClass.tcp(80)
const CLASS = '8f6c1d10-5b1e-4c53-9a52-4e53504ec201'
const FEED_NAMESPACE = 1003
const served = new Served()
const { driver } = served
const mesh = { namespace: driver.mesh.namespace }
const asked = { ...mesh, name: NAME, serviceClass: WEB }
const service = (...addresses: string[]) => ({ name: NAME, serviceClass: WEB, addresses })

async function all(from: AsyncIterable<Service>): Promise<Service[]> {
  const found: Service[] = []
  for await (const one of from) found.push(one)
  return found
}

/** What is registered now, or the code. */
async function addresses(): Promise<unknown> {
  try {
    const found = await all(query(asked))
    return found.flatMap((one) => one.addresses.map(({ address, port }) => `${address}:${port}`))
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('client: registrations', () => {
  before(() => served.begin())
  after(() => served.end())
  afterEach(async () => {
    await remove(NAME, WEB, mesh).catch(() => {})
    await quiet()
  })

  it('what is registered is found, with all of its fields', async () => {
    await register(
      { ...service('10.0.0.7', '[fd00::7]:8080'), version: 3, comment: 'first floor' },
      mesh,
    )
    const [found, ...more] = await all(query(asked))
    assert.deepEqual(more, [])
    assert.equal(found?.name, NAME)
    assert.deepEqual([found?.version, found?.comment], [3, 'first floor'])
    assert.deepEqual(found?.serviceClass, WEB)
    assert.deepEqual(
      found?.addresses.map(({ address, port, protocol }) => [address, port, protocol]),
      [
        ['10.0.0.7', 80, 6],
        ['fd00::7', 8080, 6],
      ],
    )
  })

  it('disposing of it takes the addresses away, removing it the name', async () => {
    {
      await using _entry = await register(service('10.0.0.7'), mesh)
      assert.deepEqual(await addresses(), ['10.0.0.7:80'])
    }
    assert.equal(await addresses(), 'WSANO_DATA')
    await remove(NAME, WEB, mesh)
    assert.equal(await addresses(), 'WSASERVICE_NOT_FOUND')
    await assert.rejects(remove(NAME, WEB, mesh), {
      code: 'WSASERVICE_NOT_FOUND',
      syscall: 'WSASetServiceW',
    })
  })

  it('with multiple each registration has addresses of its own', async () => {
    const one = await register(service('10.0.0.7'), { ...mesh, multiple: true })
    const two = await register(service('10.0.0.8'), { ...mesh, multiple: true })
    assert.deepEqual(await addresses(), ['10.0.0.7:80', '10.0.0.8:80'])
    await one[Symbol.asyncDispose]()
    assert.deepEqual(await addresses(), ['10.0.0.8:80'])
    await two[Symbol.asyncDispose]()
    assert.equal(await addresses(), 'WSANO_DATA')
  })

  it('without multiple the last one counts, and disposing of a removed one is nothing', async () => {
    const one = await register(service('10.0.0.7'), mesh)
    await register(service('10.0.0.8'), { providerId: driver.mesh.id })
    assert.deepEqual(await addresses(), ['10.0.0.8:80'])
    await remove(NAME, WEB, mesh)
    await one[Symbol.asyncDispose]()
  })

  it('says what the provider says', async () => {
    const denied = { ...service('10.0.0.7'), name: 'denied.reg.nsp.test' }
    await assert.rejects(register(denied, mesh), { code: 'WSAEACCES', syscall: 'WSASetServiceW' })
    await assert.rejects(register({ name: NAME, serviceClass: WEB }, mesh), { code: 'WSAEINVAL' })
    const { namespace } = driver.vouch
    await assert.rejects(register(service('10.0.0.7'), { namespace }), { code: 'WSAEOPNOTSUPP' })
  })

  it('an aborted registration is taken back when it comes to be', async () => {
    await driver.send('hold', { name: NAME })
    const controller = new AbortController()
    const reason = new Error('as the test wants')
    const waiting = register(service('10.0.0.7'), { ...mesh, signal: controller.signal })
    await served.held(NAME, 1)
    controller.abort(reason)
    await assert.rejects(waiting, reason)
    await driver.send('release', { name: NAME })
    await quiet()
    assert.equal(await addresses(), 'WSANO_DATA')
  })

  it('watch sees registrations', async () => {
    const loop = watch(asked)[Symbol.asyncIterator]()
    assert.deepEqual((await loop.next()).value.services, [])
    const entry = await register(service('10.0.0.7'), mesh)
    assert.equal((await loop.next()).value.added[0]?.name, NAME)
    await entry[Symbol.asyncDispose]()
    assert.equal((await loop.next()).value.deleted[0]?.name, NAME)
    await loop.return?.()
  })
})

describe('client: classes', () => {
  before(() => served.begin())
  after(() => served.end())
  afterEach(quiet)

  it('are installed, told and removed, with properties of every type', async () => {
    const value = new TextEncoder().encode('text\0')
    const info = {
      id: CLASS,
      name: 'test class',
      properties: [
        { name: 'TcpPort', namespace: 12, type: 4, value: Uint8Array.of(80, 0, 0, 0) },
        { name: 'Note', namespace: 1001, type: 1, value },
        { name: 'Nothing', namespace: 0, type: 3, value: new Uint8Array(0) },
        { name: 'Much', namespace: 0, type: 3, value: new Uint8Array(20_000).fill(7) },
      ],
    }
    await installClass(info)
    assert.deepEqual(await classInfo(driver.mesh.id, CLASS), info)
    await removeClass(CLASS)
    await assert.rejects(classInfo(driver.mesh.id, CLASS), {
      code: 'WSATYPE_NOT_FOUND',
      syscall: 'WSAGetServiceClassInfoW',
    })
  })

  it('are not for every provider', async () => {
    await assert.rejects(classInfo(driver.vouch.id, CLASS), { code: 'WSAEOPNOTSUPP' })
  })
})

describe('client: a feed', () => {
  before(() => served.begin())
  after(() => served.end())
  afterEach(quiet)

  it('goes on with the differences on one handle', async () => {
    await using lookup = await open({ namespace: FEED_NAMESPACE, name: ONE })
    assert.equal((await all(lookup))[0]?.change, undefined)
    const told = lookup.nextChange()
    await driver.send('set', { name: ONE, addr: '10.1.0.77' })
    await told
    const [changed] = await all(lookup)
    assert.deepEqual([changed?.change, changed?.addresses[0]?.address], ['changed', '10.1.0.77'])
    await driver.send('delete', { name: ONE })
    const [deleted] = await all(lookup)
    assert.deepEqual([deleted?.change, deleted?.name], ['deleted', ONE])
    assert.deepEqual(await all(lookup), [])
  })
})
