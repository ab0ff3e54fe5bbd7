// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The client's calls while they block: aborted at each point, two hundred at once beside a free libuv pool, and nothing
// left of a thousand lookups.
import assert from 'node:assert/strict'
import { pbkdf2 } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { after, afterEach, before, describe, it } from 'mocha'
import { open, query } from '../../lib/client.ts'
import { controlCode, defineIoctl, type Service } from '../../lib/index.ts'
import type { Lookup } from '../../lib/winsock.ts'
import { until } from '../helpers/until.ts'
import { ONE } from '../helpers/winsock.ts'
import { native, quiet, Served } from './client-served.ts'

const SLOW = 'slow.nsp.test'
const Held = defineIoctl({ code: controlCode('inout', 1) })
const reason = new Error('as the test wants')
const served = new Served()
const { driver } = served
const mesh = { namespace: driver.mesh.namespace }

async function all(from: AsyncIterable<Service>): Promise<Service[]> {
  const found: Service[] = []
  for await (const one of from) found.push(one)
  return found
}

/** Of this process; by the small addon of the tests. */
function kernelHandles(): number {
  const path = fileURLToPath(new URL('../../build/test/x64/self-call.node', import.meta.url))
  const module = { exports: {} as { call?: (op: string) => { ret: number } } }
  process.dlopen(module, path)
  return module.exports.call?.('handles').ret ?? 0
}

describe('client: calls that block', () => {
  before(async () => {
    await served.begin()
    await driver.send('set', { name: SLOW, addr: '10.1.0.8' })
  })
  after(() => served.end())
  afterEach(async () => {
    await driver.send('release', { name: SLOW })
    await quiet()
  })

  async function blocked(count = 1): Promise<void> {
    await served.held(SLOW, count)
  }

  it('a query that waits is aborted, and the host hears of it', async () => {
    await driver.send('hold', { name: SLOW })
    const controller = new AbortController()
    const waiting = all(query({ ...mesh, name: SLOW }, { signal: controller.signal }))
    await blocked()
    controller.abort(reason)
    await assert.rejects(waiting, reason)
    await blocked(0)
  })

  it('a loop that waits is left', async () => {
    await driver.send('hold', { name: SLOW })
    const loop = query({ ...mesh, name: SLOW })[Symbol.asyncIterator]()
    const waiting = loop.next()
    await blocked()
    await loop.return?.()
    assert.equal((await waiting).done, true)
    await blocked(0)
  })

  it('closing makes next say WSA_E_CANCELLED; aborting it closes the lookup', async () => {
    await driver.send('hold', { name: SLOW })
    const closed = await open({ ...mesh, name: SLOW })
    const cancelled = assert.rejects(closed.next(), {
      code: 'WSA_E_CANCELLED',
      syscall: 'WSALookupServiceNextW',
    })
    await blocked()
    await closed.close()
    await cancelled
    const aborted = await open({ ...mesh, name: SLOW })
    const controller = new AbortController()
    const waiting = aborted.next({ signal: controller.signal })
    await blocked()
    controller.abort(reason)
    await assert.rejects(waiting, reason)
    await assert.rejects(aborted.next(), { code: 'WSA_INVALID_HANDLE' })
    await blocked(0)
  })

  it('a control code that waits is aborted', async () => {
    await driver.send('ioctl-hold', { code: Held.code })
    const lookup = await open({ ...mesh, name: ONE })
    const controller = new AbortController()
    const waiting = lookup.ioctl(Held, Uint8Array.of(1), { signal: controller.signal })
    await until('the handler has it', async () => {
      return (await driver.send('held', { code: Held.code }))['waiting'] === 1
    })
    controller.abort(reason)
    await assert.rejects(waiting, reason)
    await until('the handler is told', async () => {
      return (await driver.send('held', { code: Held.code }))['waiting'] === 0
    })
    await driver.send('ioctl-release', { code: Held.code })
  })

  it('waiting for a change is aborted without an end, and closing ends it', async () => {
    const lookup = await open({ ...mesh, name: ONE })
    const controller = new AbortController()
    const waiting = lookup.nextChange({ signal: controller.signal })
    controller.abort(reason)
    await assert.rejects(waiting, reason)
    assert.equal((await lookup.next())?.name, ONE)
    const again = assert.rejects(lookup.nextChange(), { code: 'WSA_OPERATION_ABORTED' })
    await lookup.close()
    await again
  })

  it('what is aborted before it begins asks nothing', async () => {
    const signal = AbortSignal.abort(reason)
    await assert.rejects(all(query({ ...mesh, name: SLOW }, { signal })), reason)
    await assert.rejects(open({ ...mesh, name: SLOW }, { signal }), reason)
    await using lookup = await open({ ...mesh, name: ONE })
    await assert.rejects(lookup.next({ signal }), reason)
    assert.equal((await lookup.next())?.name, ONE, 'the lookup is as it was')
  })

  it('two hundred wait at once, and the pool of libuv is free', async () => {
    await driver.send('hold', { name: SLOW })
    let settled = 0
    const waiting = Array.from({ length: 200 }, () =>
      all(query({ ...mesh, name: SLOW })).finally(() => settled++),
    )
    await blocked(200)
    // More than libuv has threads, so each of them takes its turn.
    const work = Array.from({ length: 16 }, (_, at) => [
      readFile(fileURLToPath(import.meta.url)),
      promisify(pbkdf2)('secret', `${at}`, 10, 16, 'sha256'),
    ]).flat()
    await Promise.all(work)
    assert.equal(settled, 0)
    assert.ok(native.client.stats().calls >= 200)
    await driver.send('release', { name: SLOW })
    for (const [found] of await Promise.all(waiting)) {
      assert.equal(found?.addresses[0]?.address, '10.1.0.8')
    }
  })

  it('an abort gets through while every thread is blocked', async () => {
    await driver.send('hold', { name: SLOW })
    const controller = new AbortController()
    const { signal } = controller
    // The host takes 256 calls of one client, the pool as many threads; the rest stands in line.
    const waiting = Array.from({ length: 300 }, () =>
      assert.rejects(all(query({ ...mesh, name: SLOW }, { signal })), reason),
    )
    await until('the pool is full', () => native.client.stats().calls >= 256)
    controller.abort(reason)
    await Promise.all(waiting)
    await blocked(0)
  })
})

describe('client: many lookups', () => {
  before(() => served.begin())
  after(() => served.end())
  afterEach(quiet)

  async function thousand(): Promise<void> {
    const lookups: Lookup[] = []
    for (let batch = 0; batch < 10; batch++) {
      const opened = Array.from({ length: 100 }, () => open({ ...mesh, name: ONE }))
      lookups.push(...(await Promise.all(opened)))
    }
    assert.equal(native.client.stats().lookups, 1000)
    await lookups[500]?.next()
    for (const lookup of lookups.slice(0, 100)) {
      lookup.nextChange().catch(() => {})
    }
    await Promise.all(lookups.map((lookup) => lookup.close()))
    await quiet()
  }

  it('a thousand leave no handle behind', async () => {
    await thousand() // makes the threads
    const before = kernelHandles()
    assert.ok(before > 0)
    await thousand()
    const left = kernelHandles() - before
    assert.ok(left < 500, `${left} handles more`)
  })

  it('a lookup that is forgotten is ended by the collector', async () => {
    const { setFlagsFromString } = await import('node:v8')
    const { runInNewContext } = await import('node:vm')
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    await (async () => {
      await open({ ...mesh, name: ONE })
    })()
    assert.equal(native.client.stats().lookups, 1)
    await until('it is collected', () => {
      gc()
      return native.client.stats().lookups === 0
    })
  })
})
