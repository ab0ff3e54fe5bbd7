// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// watch: the whole answer of a served provider after each change, whatever happens between two of them.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'mocha'
import { watch } from '../../lib/client.ts'
import { Namespace, type Service } from '../../lib/index.ts'
import type { Snapshot } from '../../lib/winsock.ts'
import { LONG_MS, native, quiet, Served } from './client-served.ts'

const NAME = 'watched.nsp.test'
const reason = new Error('as the test wants')

const names = (services: readonly Service[]) => services.map(({ name }) => name)
const addresses = ({ services }: Snapshot) =>
  services.flatMap((service) => service.addresses.map(({ address }) => address))

describe('client: watch', () => {
  const served = new Served()
  const { driver } = served
  const mesh = { namespace: driver.mesh.namespace }

  before(() => served.begin())
  after(() => served.end())
  afterEach(quiet)

  /** The next snapshot that fits: a needless notification is allowed, and several changes may come as one. */
  async function until(
    loop: AsyncIterator<Snapshot>,
    fits: (snapshot: Snapshot) => boolean,
  ): Promise<Snapshot> {
    for (;;) {
      const { value, done } = await loop.next()
      assert.ok(done !== true)
      if (fits(value)) return value
    }
  }

  it('tells what is added, changed and deleted', async () => {
    const loop = watch({ ...mesh, name: NAME })[Symbol.asyncIterator]()
    assert.deepEqual((await loop.next()).value.services, [])
    await driver.send('set', { name: NAME, addr: '10.5.0.1' })
    const added = (await loop.next()).value
    assert.deepEqual(names(added.added), [NAME])
    await driver.send('set', { name: NAME, addr: '10.5.0.2' })
    const changed = (await loop.next()).value
    assert.deepEqual([names(changed.changed), addresses(changed)], [[NAME], ['10.5.0.2']])
    await driver.send('delete', { name: NAME })
    const deleted = (await loop.next()).value
    assert.deepEqual([names(deleted.deleted), deleted.services], [[NAME], []])
    await loop.return?.()
  })

  it('misses no change, however fast they come', async () => {
    const loop = watch({ ...mesh, name: NAME })[Symbol.asyncIterator]()
    await loop.next()
    for (let i = 1; i <= 30; i++) await driver.send('set', { name: NAME, addr: `10.5.1.${i}` })
    await until(loop, (snapshot) => addresses(snapshot)[0] === '10.5.1.30')
    await driver.send('delete', { name: NAME })
    await until(loop, ({ services }) => services.length === 0)
    await loop.return?.()
  })

  it('sees a change while the answer is read', async () => {
    await driver.send('hold', { name: NAME })
    const loop = watch({ ...mesh, name: NAME })[Symbol.asyncIterator]()
    const first = loop.next()
    await served.held(NAME, 1)
    // The handler has read its data already.
    await driver.send('set', { name: NAME, addr: '10.5.2.1' })
    await driver.send('release', { name: NAME })
    assert.deepEqual((await first).value.services, [])
    assert.deepEqual(addresses((await loop.next()).value), ['10.5.2.1'])
    await driver.send('delete', { name: NAME })
    await loop.return?.()
  })

  it('goes on when the host is started again', async () => {
    const loop = watch({ ...mesh, name: 'one.nsp.test' })[Symbol.asyncIterator]()
    await loop.next()
    const waiting = loop.next()
    await driver.stop()
    await driver.start({ lookupMs: LONG_MS, ioctlMs: LONG_MS, graceMs: LONG_MS })
    await driver.send('set', { name: 'one.nsp.test', addr: '10.5.3.1' })
    assert.deepEqual(addresses((await waiting).value), ['10.5.3.1'])
    await loop.return?.()
  })

  it('is left or aborted while it waits', async () => {
    const left = watch({ ...mesh, name: NAME })[Symbol.asyncIterator]()
    await left.next()
    const last = left.next()
    await left.return?.()
    assert.equal((await last).done, true)
    const controller = new AbortController()
    const { signal } = controller
    const aborted = watch({ ...mesh, name: NAME }, { signal })[Symbol.asyncIterator]()
    await aborted.next()
    const waiting = aborted.next()
    controller.abort(reason)
    await assert.rejects(waiting, reason)
  })

  it('watches a provider of somebody else', async () => {
    const loop = watch({ namespace: Namespace.NLA })[Symbol.asyncIterator]()
    assert.deepEqual(names((await loop.next()).value.services), ['Network'])
    const waiting = loop.next()
    await loop.return?.()
    assert.equal((await waiting).done, true)
  })

  it('says that it needs one provider, and when that one is not there', async () => {
    const ask = async (query: Parameters<typeof watch>[0]) => {
      for await (const _ of watch(query)) return
    }
    await assert.rejects(ask('one.nsp.test'), {
      code: 'WSAEINVAL',
      message: /the catalog has \d active providers; name one by providerId/,
    })
    await assert.rejects(ask({ name: 'one.nsp.test', namespace: Namespace.DNS }), {
      code: 'WSAEINVAL',
      message: /namespace 12 has 2 active providers/,
    })
    await assert.rejects(ask({ namespace: 4711 }), { message: /no active provider/ })
    native.catalogEnable('native', driver.mesh.id, false)
    await assert.rejects(ask({ ...mesh }), { message: /no active provider/ })
    native.catalogEnable('native', driver.mesh.id, true)
  })

  it('fails when the host is away', async () => {
    await driver.stop()
    await assert.rejects(async () => {
      for await (const _ of watch({ ...mesh, name: NAME })) assert.fail()
    }, /WSAENETDOWN/)
    await driver.start({ lookupMs: LONG_MS, ioctlMs: LONG_MS, graceMs: LONG_MS })
  })
})
