// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What is published is answered from memory: without a call of the host, and when there is no host any more.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { install } from '../../lib/catalog.ts'
import { defineProvider, serve, WinsockError } from '../../lib/index.ts'
import { type Arch, Client } from '../helpers/client.ts'
import { ERR } from '../helpers/winsock.ts'

const ID = '8f6c1d10-5b1e-4c53-9a52-4e53504e0b02'
const NAMESPACE = 1202

const provider = defineProvider({
  name: 'publish without a host',
  entries: { mesh: { id: ID, namespace: NAMESPACE } },
  lookup({ key }) {
    if (key === 'no.publish') throw new WinsockError('WSANO_DATA', { ttl: 600 })
    return key === 'kept.publish' ? { addresses: ['10.8.3.1'], ttl: 600 } : undefined
  },
})

async function program(arch: Arch): Promise<Client> {
  const client = await Client.start(arch)
  assert.equal((await client.send('wsastartup')).ret, 0)
  return client
}

async function found(client: Client, name: string): Promise<string> {
  const query = { name, ns: NAMESPACE, provider: ID, flags: 0x110 }
  assert.equal((await client.begin({ h: 'h', ...query })).ret, 0)
  const { ret, err, data } = await client.next('h', { flags: 0 })
  await client.end('h')
  if (ret !== 0) return `${err}`
  return (data.result?.addresses ?? []).map(({ remote }) => `${remote.address}`).join(' ')
}

describe('what is published', () => {
  it('is answered without the host, whatever has become of it', async () => {
    await using _installation = await install(provider)
    const host = await serve(provider)
    host.publish([{ name: 'a.publish', addresses: ['10.8.3.2'] }])
    const clients = [await program('x64'), await program('x86')] as const
    const answers = async (client: Client) => [
      await found(client, 'a.publish'),
      await found(client, 'kept.publish'),
      await found(client, 'no.publish'),
    ]
    const expected = ['10.8.3.2', '10.8.3.1', `${ERR.NO_DATA}`]
    assert.deepEqual(await answers(clients[0]), expected)
    // The second program's queries are the same, byte for byte.
    assert.equal(host.stats().calls.lookup.count, 2)
    assert.deepEqual(await answers(clients[1]), expected)
    assert.equal(host.stats().calls.lookup.count, 2)
    assert.equal(host.stats().published, 3)
    await host.close()
    for (const client of clients) {
      assert.deepEqual(await answers(client), expected)
      assert.equal(await found(client, 'other.publish'), `${ERR.NETDOWN}`)
      await client.close()
    }
    const late = await program('x64')
    assert.deepEqual(await answers(late), expected, 'a program that started afterwards')
    await late.close()
  })
})
