// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// examples/directory.ts: programs of both widths find what another one registers, for as long as that one lives.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import provider from '../../examples/directory.ts'
import { serve } from '../../lib/index.ts'
import { type Arch, Client } from '../helpers/client.ts'
import { until } from '../helpers/until.ts'
import { ERR, REGISTER, SERVICE_MULTIPLE } from '../helpers/winsock.ts'

const { id, namespace } = Object.values(provider.entries)[0] ?? assert.fail()
const CLASS = '00090050-0000-0000-c000-000000000046'
const NAME = 'Printer in the hall'

async function program(arch: Arch): Promise<Client> {
  const client = await Client.start(arch)
  assert.equal((await client.send('wsastartup')).ret, 0)
  return client
}

async function found(client: Client): Promise<string> {
  const query = { name: NAME, class: CLASS, ns: namespace, provider: id, flags: 0x110 }
  const begun = await client.begin({ h: 'h', ...query })
  assert.equal(begun.ret, 0, `Begin: ${begun.err}`)
  const { ret, err, data } = await client.next('h', { flags: 0 })
  await client.end('h')
  if (ret !== 0)
    return err === ERR.SERVICE_NOT_FOUND ? 'absent' : err === ERR.NO_DATA ? '' : `${err}`
  return (data.result?.addresses ?? []).map(({ remote }) => `${remote.address}`).join(' ')
}

describe('examples/directory.ts', () => {
  it('a registration is found by others, and ends with the process that made it', async () => {
    await using host = await serve(provider, { install: 'temporary' })
    const [first, second, looking] = [
      await program('x86'),
      await program('x64'),
      await program('x64'),
    ]
    assert.equal(await found(looking), 'absent')
    const service = { name: NAME, class: CLASS, ns: namespace, provider: id }
    for (const [client, addr] of [
      [first, '10.7.0.1:80'],
      [second, '10.7.0.2:80'],
    ] as const) {
      const step = await client.setService(REGISTER, { ...service, addr, flags: SERVICE_MULTIPLE })
      assert.equal(step.ret, 0, `WSASetService: ${step.err}`)
    }
    assert.equal(await found(looking), '10.7.0.1 10.7.0.2')
    await first.kill()
    await until('the killed one is gone', async () => (await found(looking)) === '10.7.0.2')
    await second.close()
    await until('the other one is gone', async () => (await found(looking)) === '')
    await looking.close()
    assert.equal(host.stats().calls.register.count, 2)
  })
})
