// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The client over a port that is not Windows: what it asks, what it makes of the answers, and what it gives back.
import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'mocha'
import { createWinsock } from '../../lib/ask/winsock-client.ts'
import {
  codec,
  controlCode,
  defineIoctl,
  type Service,
  ServiceClass,
  WinsockError,
} from '../../lib/index.ts'
import type { Winsock } from '../../lib/winsock.ts'
import { turn } from '../helpers/fake-host.ts'
import { FakePort, failure, MESH_ID, result } from '../helpers/fake-port.ts'

const QUERY = { name: 'a.test', namespace: 1001 }
const Double = defineIoctl({
  code: controlCode('inout', 1),
  input: codec.uint32,
  output: codec.uint32,
})
const reason = new Error('as the test wants')

let port: FakePort
let winsock: Winsock

beforeEach(() => {
  port = new FakePort()
  winsock = createWinsock(() => port)
})

async function all<T>(from: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const one of from) found.push(one)
  return found
}

const names = (services: readonly Service[]) => services.map(({ name }) => name)

describe('client: query', () => {
  it('asks every provider, reads to the end and ends the handle', async () => {
    port.answer = [result('a.test', { version: 7 }), result('b.test')]
    const found = await all(winsock.query('a.test'))
    assert.deepEqual(names(found), ['a.test', 'b.test'])
    assert.equal(found[0]?.version, 7)
    assert.equal(found[0]?.providerId, MESH_ID)
    assert.deepEqual(port.log, ['begin a.test 0 - 4080', 'next 0', 'next 0', 'next 0', 'end'])
    assert.equal(port.open, 0)
  })

  it('passes on every field', async () => {
    const serviceClass = ServiceClass.tcp(80)
    await all(winsock.query({ ...QUERY, serviceClass, providerId: `{${MESH_ID}}`, flags: 0x110 }))
    assert.equal(port.log[0], `begin a.test 1001 ${MESH_ID} 272`)
  })

  it('keeps the bytes that it was given, whatever becomes of the array', async () => {
    const blob = Uint8Array.of(1)
    const service = { name: 'a.test', serviceClass: ServiceClass.tcp(80), blob }
    const registered = await winsock.register(service)
    blob[0] = 2
    await registered[Symbol.asyncDispose]()
    assert.deepEqual(
      port.sets.map(({ set }) => set.blob),
      [Uint8Array.of(1), Uint8Array.of(1)],
    )
  })

  it('rejects with a WinsockError if the catalog cannot be read', async () => {
    port.providers = () => {
      throw failure(10055, 'WSCEnumNameSpaceProvidersEx')
    }
    const said = {
      name: 'WinsockError',
      code: 'WSAENOBUFS',
      syscall: 'WSCEnumNameSpaceProvidersEx',
    }
    await assert.rejects(winsock.open(QUERY), said)
    await assert.rejects(all(winsock.watch(QUERY)), said)
  })

  it('starts anew with each loop, and not before', async () => {
    const asked = winsock.query(QUERY)
    assert.equal(port.log.length, 0)
    await all(asked)
    await all(asked)
    assert.equal(port.log.filter((line) => line.startsWith('begin')).length, 2)
  })

  it('rejects with what Winsock says, and ends the handle', async () => {
    port.endCode = 10108
    await assert.rejects(all(winsock.query(QUERY)), (error) => {
      assert.ok(error instanceof WinsockError)
      assert.equal(error.code, 'WSASERVICE_NOT_FOUND')
      assert.equal(error.syscall, 'WSALookupServiceNextW')
      return true
    })
    assert.equal(port.open, 0)
  })

  it('ends the handle when the loop is left, or throws', async () => {
    port.answer = [result('a.test'), result('b.test')]
    for await (const _ of winsock.query(QUERY)) break
    assert.equal(port.open, 0)
    await assert.rejects(async () => {
      for await (const _ of winsock.query(QUERY)) throw reason
    }, reason)
    assert.equal(port.open, 0)
  })

  it('ends a loop that waits', async () => {
    port.gate = new Promise(() => {})
    const loop = winsock.query(QUERY)[Symbol.asyncIterator]()
    const waiting = loop.next()
    await turn()
    assert.deepEqual(await loop.return?.(), { done: true, value: undefined })
    assert.deepEqual(await waiting, { done: true, value: undefined })
    assert.equal(port.open, 0)
  })

  it('aborts before, while and after it waits', async () => {
    await assert.rejects(all(winsock.query(QUERY, { signal: AbortSignal.abort(reason) })), reason)
    assert.deepEqual(port.log, [])
    port.gate = new Promise(() => {})
    const controller = new AbortController()
    const waiting = all(winsock.query(QUERY, { signal: controller.signal }))
    await turn()
    controller.abort(reason)
    await assert.rejects(waiting, reason)
    assert.equal(port.open, 0)
  })

  it('ends a handle that comes after the abort', async () => {
    const gate = Promise.withResolvers<void>()
    port.beginGate = gate.promise
    const controller = new AbortController()
    const waiting = winsock.open(QUERY, { signal: controller.signal })
    await turn()
    controller.abort(reason)
    await assert.rejects(waiting, reason)
    gate.resolve()
    await turn()
    await turn()
    assert.deepEqual(port.log.at(-1), 'end')
    assert.equal(port.open, 0)
  })

  it('keeps the process alive exactly while somebody waits', async () => {
    const lookup = await winsock.open(QUERY)
    assert.deepEqual(port.held, [true, false])
    port.gate = new Promise(() => {})
    const one = lookup.next()
    const two = lookup.nextChange()
    assert.deepEqual(port.held, [true, false, true])
    const closed = lookup.close()
    await assert.rejects(one, { code: 'WSA_E_CANCELLED' })
    await assert.rejects(two, { code: 'WSA_OPERATION_ABORTED' })
    await closed
    assert.deepEqual(port.held, [true, false, true, false])
  })
})

describe('client: a lookup', () => {
  it('gives undefined at the end, and may come alive again', async () => {
    port.answer = [result('a.test', { flags: 0x10 })]
    await using lookup = await winsock.open(QUERY)
    assert.equal((await lookup.next({ flags: 0x10 }))?.change, 'added')
    assert.equal(await lookup.next(), undefined)
    assert.deepEqual(await all(lookup), [])
    assert.equal(port.open, 1, 'a loop over a lookup does not close it')
    assert.deepEqual(port.log.slice(0, 3), [
      `begin a.test 1001 ${MESH_ID} 4080`,
      'next 16',
      'next 0',
    ])
  })

  it('sends control codes through their codecs', async () => {
    port.output = Promise.resolve(codec.uint32.encode(42))
    await using lookup = await winsock.open(QUERY)
    assert.equal(await lookup.ioctl(Double, 21), 42)
    assert.equal(port.log.at(-1), `ioctl ${Double.code} 15000000 65536`)
    await assert.rejects(lookup.ioctl(Double, -1), RangeError)
    port.output = Promise.reject(failure(10014, 'WSANSPIoctl', { needed: 70_000 }))
    await assert.rejects(lookup.ioctl(Double, 1, { outputSize: 4 }), {
      code: 'WSAEFAULT',
      message: /the output has 70000 bytes; give that as outputSize/,
    })
  })

  it('is over once it is closed, and closes once', async () => {
    const lookup = await winsock.open(QUERY)
    await Promise.all([lookup.close(), lookup.close(), lookup[Symbol.asyncDispose]()])
    assert.equal(port.log.filter((line) => line === 'end').length, 1)
    for (const call of [
      () => lookup.next(),
      () => lookup.changed(),
      () => lookup.nextChange(),
      () => lookup.ioctl(Double, 1),
    ]) {
      await assert.rejects(call, { code: 'WSA_INVALID_HANDLE', errno: 6 })
    }
  })

  it('has no control codes if several providers are asked', async () => {
    port.activeProviders.push({ id: ServiceClass.tcp(1).id, name: 'other', namespace: 1001 })
    port.answer = [result('a.test')]
    await using lookup = await winsock.open(QUERY)
    assert.equal((await lookup.next())?.name, 'a.test')
    for (const call of [
      () => lookup.changed(),
      () => lookup.nextChange(),
      () => lookup.ioctl(Double, 1),
    ]) {
      await assert.rejects(call, {
        code: 'WSAEINVAL',
        syscall: 'WSANSPIoctl',
        message: /namespace 1001 has 2 active providers; name one by providerId \(mesh .*other/,
      })
    }
    await using aimed = await winsock.open({ ...QUERY, providerId: MESH_ID })
    assert.equal(await aimed.changed(), false)
  })

  it('loses no change to an aborted wait, and has one request at a time', async () => {
    await using lookup = await winsock.open(QUERY)
    const controller = new AbortController()
    const waiting = lookup.nextChange({ signal: controller.signal })
    controller.abort(reason)
    await assert.rejects(waiting, reason)
    port.changes[0]?.resolve()
    await lookup.nextChange()
    assert.equal(port.changes.length, 1)
    const again = [lookup.nextChange(), lookup.nextChange()]
    assert.equal(port.changes.length, 2)
    port.changes[1]?.resolve()
    await Promise.all(again)
    assert.equal(port.open, 1)
  })
})

describe('client: watch', () => {
  const differences = ({ added, changed, deleted }: Record<string, readonly Service[]>) =>
    [added, changed, deleted].map((services = []) => names(services).join())

  it('gives the whole answer again after each change, with the differences', async () => {
    port.answer = [result('a.test'), result('b.test')]
    const loop = winsock.watch({ namespace: 1001 })[Symbol.asyncIterator]()
    const first = (await loop.next()).value
    assert.deepEqual(names(first.services), ['a.test', 'b.test'])
    assert.deepEqual(differences(first), ['a.test,b.test', '', ''])
    // The request is there before anything is read.
    assert.deepEqual(port.log.slice(0, 3), [
      `begin undefined 1001 ${MESH_ID} 4080`,
      'notify',
      'next 0',
    ])
    port.answer = [result('b.test', { blob: Uint8Array.of(1) }), result('c.test')]
    const waiting = loop.next()
    port.changes[0]?.resolve()
    const second = (await waiting).value
    assert.deepEqual(differences(second), ['c.test', 'b.test', 'a.test'])
    assert.equal(port.open, 1, 'a new handle, and the old one ended')
    await loop.return?.()
    assert.equal(port.open, 0)
  })

  it('says nothing when nothing differs, and takes an unknown name for an empty answer', async () => {
    port.endCode = 10108
    const loop = winsock.watch(QUERY)[Symbol.asyncIterator]()
    assert.deepEqual((await loop.next()).value.services, [])
    const waiting = loop.next()
    port.changes[0]?.resolve()
    while (port.changes.length < 2) await turn()
    port.answer = [result('a.test')]
    port.changes[1]?.resolve()
    assert.deepEqual(names((await waiting).value.services), ['a.test'])
    await loop.return?.()
  })

  it('needs one provider', async () => {
    port.activeProviders.push({ id: ServiceClass.tcp(1).id, name: 'dns', namespace: 12 })
    await assert.rejects(all(winsock.watch('a.test')), { code: 'WSAEINVAL', message: /2 active/ })
    await assert.rejects(all(winsock.watch({ namespace: 7 })), { message: /no active provider/ })
    assert.deepEqual(port.log, [])
  })

  it('fails if the provider cannot notify or the answer fails, and ends the handle', async () => {
    port.endCode = 10050
    await assert.rejects(all(winsock.watch(QUERY)), { code: 'WSAENETDOWN' })
    const refused = failure(10045, 'WSANSPIoctl')
    port.notify = () => ({ accepted: Promise.reject(refused), changed: Promise.reject(refused) })
    await assert.rejects(all(winsock.watch(QUERY)), { code: 'WSAEOPNOTSUPP' })
    assert.equal(port.open, 0)
  })

  it('rejects with the reason, and ends the handle', async () => {
    const controller = new AbortController()
    const waiting = all(winsock.watch(QUERY, { signal: controller.signal }))
    while (port.changes.length === 0) await turn()
    controller.abort(reason)
    await assert.rejects(waiting, reason)
    assert.equal(port.open, 0)
  })
})
