// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Published names: programs of both widths resolve them, hear of changes, and find them again under the next host.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'mocha'
import { install } from '../../lib/catalog.ts'
import { defineProvider, type Host, type NamedServiceInit, serve } from '../../lib/index.ts'
import { locate } from '../../lib/install/locate.ts'
import { loadNative } from '../../lib/internal/binding.ts'
import { definitionOf } from '../../lib/internal/definition.ts'
import { type Arch, Client } from '../helpers/client.ts'
import { ERR } from '../helpers/winsock.ts'

const ID = '8f6c1d10-5b1e-4c53-9a52-4e53504e0b01'
const NAMESPACE = 1201

let handled = 0
let starting: (host: Host) => void = () => undefined
const provider = defineProvider({
  name: 'publish test',
  entries: { mesh: { id: ID, namespace: NAMESPACE } },
  start: (host) => starting(host),
  revision: () => 'the same data',
  lookup() {
    handled++
    return undefined
  },
})

const named = (name: string, address: string): NamedServiceInit => ({ name, addresses: [address] })

async function program(arch: Arch): Promise<Client> {
  const client = await Client.start(arch)
  assert.equal((await client.send('wsastartup')).ret, 0)
  return client
}

async function found(client: Client, name: string): Promise<string> {
  const query = { name, ns: NAMESPACE, provider: ID, flags: 0x110 }
  const begun = await client.begin({ h: 'h', ...query })
  assert.equal(begun.ret, 0, `Begin: ${begun.err}`)
  const { ret, err, data } = await client.next('h', { flags: 0 })
  await client.end('h')
  if (ret !== 0) return err === ERR.SERVICE_NOT_FOUND ? 'absent' : `${err}`
  return (data.result?.addresses ?? []).map(({ remote }) => `${remote.address}`).join(' ')
}

describe('published names', () => {
  it('are found by programs of both widths, as they change', async () => {
    handled = 0
    await using host = await serve(provider, { install: 'temporary' })
    const publication = host.publish([
      named('a.publish', '10.8.0.1'),
      named('A.PUBLISH.', '10.8.0.2'),
      named('b.publish', '10.8.0.3'),
    ])
    for (const arch of ['x64', 'x86'] as const) {
      const client = await program(arch)
      assert.equal(await found(client, 'a.publish'), '10.8.0.1')
      assert.equal(await found(client, 'B.publish.'), '10.8.0.3')
      publication.set(named('b.publish', '10.8.0.4'))
      assert.equal(await found(client, 'b.publish'), '10.8.0.4')
      publication.delete('b.publish')
      assert.equal(handled, arch === 'x64' ? 0 : 1, 'the handler is not asked')
      assert.equal(await found(client, 'b.publish'), 'absent')
      publication.set(named('b.publish', '10.8.0.3'))
      await client.close()
    }
    assert.equal(host.stats().published, 2)
  })

  it('outlive their host until the next one has started', async () => {
    await using _installation = await install(provider)
    const { controlPath } = locate(loadNative(), definitionOf(provider)).sidecar
    const data = join(dirname(controlPath), 'data')
    const first = await serve(provider)
    first.publish([named('same.publish', '10.8.1.1'), named('gone.publish', '10.8.1.2')])
    assert.ok(existsSync(join(data, 'control-1.bin.1')))
    await first.close()
    let during = 0
    starting = (host) => {
      during = host.stats().published
      host.publish([named('same.publish', '10.8.1.1')])
    }
    const second = await serve(provider)
    starting = () => undefined
    assert.equal(during, 2)
    assert.equal(second.stats().published, 1)
    const client = await program('x64')
    assert.equal(await found(client, 'same.publish'), '10.8.1.1')
    assert.equal(await found(client, 'gone.publish'), 'absent')
    await client.close()
    await second.close()
  })

  it('many of them move to larger files, and nothing is left after uninstalling', async () => {
    let data = ''
    {
      await using host = await serve(provider, { install: 'temporary' })
      const { controlPath } = locate(loadNative(), definitionOf(provider)).sidecar
      data = join(dirname(controlPath), 'data')
      const publication = host.publish([])
      const client = await program('x64')
      for (let at = 0; at < 1_000; at++)
        publication.set(named(`${at}.publish`, `10.9.${at >> 8}.${at & 255}`))
      assert.equal(await found(client, '999.publish'), '10.9.3.231')
      publication.replace(
        Array.from({ length: 20_000 }, (_, at) =>
          named(`${at}.publish`, `10.9.${at >> 8}.${at & 255}`),
        ),
      )
      assert.equal(await found(client, '19999.publish'), '10.9.78.31')
      assert.equal(await found(client, '7.publish'), '10.9.0.7')
      assert.equal(host.stats().published, 20_000)
      publication[Symbol.dispose]()
      assert.equal(await found(client, '7.publish'), 'absent')
      await client.close()
    }
    assert.ok(!existsSync(data), data)
  })
})
