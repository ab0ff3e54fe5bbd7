// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// winsock-nsp/client asks the machine's own ws2_32: the stand-ins of the default catalog, a plain provider, and a
// provider in TypeScript that another process serves.
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { after, afterEach, before, describe, it } from 'mocha'
import { open, query } from '../../lib/client.ts'
import {
  codec,
  controlCode,
  defineIoctl,
  LookupFlag,
  Namespace,
  type Service,
  ServiceClass,
} from '../../lib/index.ts'
import { MANY, MANY_COUNT, ONE, TWO } from '../helpers/winsock.ts'
import { native, quiet, Served } from './client-served.ts'

const PLAIN = '8f6c1d10-5b1e-4c53-9a52-4e53504ec101'
const TCPIP = '22059d40-7e9e-11cf-ae5a-00aa00a7112b'
const Echo = defineIoctl({ code: controlCode('inout', 1) })
const Whoami = defineIoctl({
  code: controlCode('inout', 3),
  input: codec.none,
  output: codec.utf16,
})
const Fail = defineIoctl({ code: controlCode('inout', 4), input: codec.uint32, output: codec.none })
const Many = defineIoctl({
  code: controlCode('inout', 6),
  input: codec.uint32,
  output: codec.bytes,
})

async function all(from: AsyncIterable<Service>): Promise<Service[]> {
  const found: Service[] = []
  for await (const one of from) found.push(one)
  return found
}

const addressesOf = (services: readonly Service[]) =>
  services.flatMap(({ addresses }) => addresses.map(({ address }) => address))

describe('client: providers of others', () => {
  before(() => {
    native.catalogInstall('native', {
      id: PLAIN,
      name: 'plain',
      namespace: 2001,
      version: 1,
      path: fileURLToPath(new URL('../../build/test/x64/plain.dll', import.meta.url)),
    })
  })
  after(() => native.catalogUninstall('native', PLAIN))
  afterEach(quiet)

  it('reads the network of NLA', async () => {
    const [found, ...more] = await all(query({ namespace: Namespace.NLA }))
    assert.equal(found?.name, 'Network')
    assert.equal(found?.comment, 'the one network of the rig')
    assert.equal(found?.namespace, Namespace.NLA)
    assert.deepEqual(more, [])
  })

  it('resolves a name by DNS', async () => {
    const serviceClass = ServiceClass.dns('A')
    const found = await all(query({ name: 'localhost', serviceClass, namespace: Namespace.DNS }))
    assert.deepEqual(addressesOf(found), ['127.0.0.1'])
    assert.equal(found[0]?.providerId, TCPIP)
    await assert.rejects(all(query({ name: 'nobody.test', serviceClass, providerId: TCPIP })), {
      code: 'WSASERVICE_NOT_FOUND',
      syscall: 'WSALookupServiceNextW',
    })
  })

  it('enumerates a plain provider, with the fields that were asked', async () => {
    const found = await all(query({ namespace: 2001 }))
    assert.deepEqual(
      found.map(({ name }) => name),
      ['alpha.plain', 'beta.plain', 'gamma.plain'],
    )
    assert.equal(found[1]?.comment, 'with an umlaut: \u00e4')
    assert.deepEqual(addressesOf(found), ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
    assert.equal(Buffer.from(found[0]?.blob ?? []).toString(), '192.0.2.1')
    const bare = await all(query({ namespace: 2001, flags: LookupFlag.RETURN_NAME }))
    assert.equal(bare[0]?.name, 'alpha.plain')
    assert.deepEqual(
      [bare[0]?.comment, bare[0]?.blob, bare[0]?.addresses],
      [undefined, undefined, []],
    )
  })

  it('asks all of them for NS_ALL, and says what Begin says of an unknown one', async () => {
    const found = await all(query({ name: 'alpha.plain' }))
    assert.ok(found.some(({ namespace }) => namespace === 2001))
    assert.ok(found.some(({ namespace }) => namespace === Namespace.NLA))
    await assert.rejects(all(query({ name: 'a', namespace: 4711 })), {
      code: 'WSASERVICE_NOT_FOUND',
      syscall: 'WSALookupServiceBeginW',
    })
    await assert.rejects(all(query({ name: 'a', providerId: ServiceClass.tcp(1).id })), {
      code: 'WSAEINVAL',
    })
  })

  it('takes nothing for a lookup that begin did not give', () => {
    const { next, end, ioctl, poll, notify } = native.client
    for (const lookup of [{}, null, undefined, 7, native]) {
      const wrong = lookup as never
      for (const call of [
        () => next(wrong, 0),
        () => end(wrong),
        () => ioctl(wrong, 1, new Uint8Array(1), 1),
        () => poll(wrong),
        () => notify(wrong),
      ]) {
        assert.throws(call, TypeError)
      }
    }
    assert.throws(() => native.client.begin({ namespace: 15 } as never, 0), TypeError)
  })

  it('polls a provider that never changes, and is told that it cannot notify', async () => {
    await using lookup = await open({ namespace: 2001 })
    assert.equal(await lookup.changed(), false)
    await assert.rejects(lookup.nextChange(), { code: 'WSAEOPNOTSUPP', syscall: 'WSANSPIoctl' })
    await assert.rejects(lookup.ioctl(Echo, Uint8Array.of(1)), { code: 'WSAEOPNOTSUPP' })
  })
})

describe('client: a provider in TypeScript', () => {
  const served = new Served()
  const { driver } = served
  const mesh = { namespace: driver.mesh.namespace }

  before(() => served.begin())
  after(() => served.end())
  afterEach(quiet)

  it('reads every field', async () => {
    const [one] = await all(query({ ...mesh, name: ONE, serviceClass: ServiceClass.tcp(8080) }))
    assert.equal(one?.name, ONE)
    assert.deepEqual(one?.serviceClass, { id: ServiceClass.tcp(8080).id, kind: 'tcp', port: 8080 })
    assert.deepEqual(
      one?.addresses.map(({ address, port, family }) => [address, port, family]),
      [
        ['10.1.0.1', 8080, 2],
        ['fd00::1', 8080, 23],
      ],
    )
    assert.deepEqual([one?.version, one?.comment], [7, 'the first'])
    assert.deepEqual(one?.blob, Uint8Array.of(1, 2, 3, 4, 5))
    assert.deepEqual([one?.namespace, one?.providerId], [driver.mesh.namespace, driver.mesh.id])
    assert.deepEqual([one?.alias, one?.change], [false, undefined])
  })

  it('sends every restriction', async () => {
    const serviceClass = '9a8b7c6d-0001-4000-8000-000000000001'
    await all(query({ ...mesh, name: TWO, serviceClass, flags: LookupFlag.RETURN_ALL | 0x1000 }))
    const { calls } = (await driver.send('calls')) as { calls: Record<string, unknown>[] }
    const call = calls.at(-1)
    assert.equal(call?.['name'], TWO)
    assert.equal(call?.['class'], serviceClass)
    assert.equal(call?.['flags'], LookupFlag.RETURN_ALL | 0x1000)
    assert.equal(call?.['pid'], process.pid)
  })

  it('reads many results, and results that need a larger buffer', async () => {
    assert.equal((await all(query({ ...mesh, name: MANY }))).length, MANY_COUNT)
    const blob = Buffer.alloc(100_000, 'abc')
    await driver.send('set', { name: 'big.nsp.test', addr: '10.1.0.9', blob: blob.toString('hex') })
    const [big] = await all(query({ ...mesh, name: 'big.nsp.test' }))
    assert.deepEqual(Buffer.from(big?.blob ?? []), blob)
    await driver.send('delete', { name: 'big.nsp.test' })
  })

  it('says what the handler says', async () => {
    await driver.send('fail', { name: 'denied.nsp.test', errno: 10013 })
    await assert.rejects(all(query({ ...mesh, name: 'denied.nsp.test' })), { code: 'WSAEACCES' })
    await driver.send('clear', { name: 'denied.nsp.test' })
    await assert.rejects(all(query({ ...mesh, name: 'unknown.nsp.test' })), {
      code: 'WSASERVICE_NOT_FOUND',
    })
  })

  it('passes control codes both ways', async () => {
    await using lookup = await open({ ...mesh, name: ONE })
    assert.deepEqual(await lookup.ioctl(Echo, Uint8Array.of(1, 2, 3)), Uint8Array.of(1, 2, 3))
    assert.deepEqual(await lookup.ioctl(Echo, new Uint8Array(0)), new Uint8Array(0))
    assert.equal(await lookup.ioctl(Whoami, undefined), `${ONE}|${process.pid}`)
    await assert.rejects(lookup.ioctl(Fail, 10061), { code: 'WSAECONNREFUSED' })
    assert.equal((await lookup.ioctl(Many, 60_000)).length, 60_000)
    await assert.rejects(lookup.ioctl(Many, 60_000, { outputSize: 1000 }), {
      code: 'WSAEFAULT',
      message: /60000 bytes; give that as outputSize/,
    })
    const undeclared = defineIoctl({ code: controlCode('inout', 99) })
    await assert.rejects(lookup.ioctl(undeclared, Uint8Array.of(1)), { code: 'WSAEOPNOTSUPP' })
  })

  it('goes under NS_DNS only to the provider that is named', async () => {
    const { id, namespace } = driver.names
    await using both = await open({ name: ONE, namespace, serviceClass: ServiceClass.dns('A') })
    await assert.rejects(both.ioctl(Echo, Uint8Array.of(1)), {
      code: 'WSAEINVAL',
      message: /namespace 12 has 2 active providers; name one by providerId/,
    })
    assert.deepEqual(addressesOf([(await both.next()) ?? assert.fail()]), ['10.1.0.1'])
    await using one = await open({ name: ONE, namespace, providerId: id })
    assert.deepEqual(await one.ioctl(Echo, Uint8Array.of(7)), Uint8Array.of(7))
  })

  it('polls and is notified', async () => {
    await using lookup = await open({ ...mesh, name: TWO })
    await all(lookup)
    assert.equal(await lookup.changed(), false)
    const told = lookup.nextChange()
    await driver.send('set', { name: TWO, addr: '10.1.0.7' })
    await told
    assert.equal(await lookup.changed(), true)
    await driver.send('set', { name: TWO, addr: '10.1.0.2,10.1.0.3' })
  })

  it('answers several handles at once, each its own', async () => {
    const found = await Promise.all(
      [ONE, TWO, ONE, TWO].map((name) => all(query({ ...mesh, name }))),
    )
    assert.deepEqual(
      found.map(([first]) => first?.name),
      [ONE, TWO, ONE, TWO],
    )
  })
})
