// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// How the name functions reach the provider under NS_DNS: NAME-01 to NAME-08.
import { describe } from 'mocha'
import {
  AF_INET,
  AF_INET6,
  AI_CANONNAME,
  type HostData,
  NOT_THERE,
  NS_DNS,
  ping,
  resolveName,
  resolveNameEx,
  WSAHOST_NOT_FOUND,
} from '../helpers/names.ts'
import { noise } from '../helpers/quiet.ts'
import { row } from '../helpers/row.ts'

const V6_ONLY = 'v6.nsp.test'
const FOREIGN = 'localhost'

describe('the name functions', () => {
  row('NAME-01', 'getaddrinfo gives the address of the handler', async (t) => {
    const client = await t.ws2()
    const name = t.name()
    await t.set(name, { addr: '10.9.1.1' })
    for (const ansi of [false, true]) {
      for (const asked of [name, name.toUpperCase(), `${name}.`]) {
        const step = await resolveName(client, { name: asked, family: AF_INET, ansi })
        t.check.succeeds(step, asked)
        t.check.deepEqual(step.data.addresses, ['10.9.1.1'], asked)
        t.check.equal(step.data.results[0]?.length, 16, 'ai_addrlen')
      }
    }
    const step = await resolveName(client, { name, family: AF_INET, service: '8080' })
    t.check.equal(step.data.results[0]?.port, 8080, 'the port is that of the service')
  })

  row('NAME-02', 'getaddrinfo without a family gives both', async (t) => {
    const client = await t.ws2()
    const name = t.name()
    await t.set(name, { addr: '10.9.1.2,fd00::9' })
    const step = await resolveName(client, { name })
    t.check.succeeds(step)
    const found = step.data.results.map(({ family, address }) => `${family} ${address}`)
    const both = [`${AF_INET} 10.9.1.2`, `${AF_INET6} fd00:0:0:0:0:0:0:9`]
    t.check.deepEqual(found.toSorted(), both, 'families and addresses')
  })

  row('NAME-03', 'a name without addresses of that family', async (t) => {
    const client = await t.ws2()
    const step = await resolveName(client, { name: V6_ONLY, family: AF_INET })
    t.check.ok(NOT_THERE.includes(step.ret), `IPv4 gives ${step.ret}`)
    const other = await resolveName(client, { name: V6_ONLY, family: AF_INET6 })
    t.check.succeeds(other, 'IPv6')
  })

  row('NAME-04', 'AI_CANONNAME gives the name of the result', async (t) => {
    const client = await t.ws2()
    const name = t.name('Canonical')
    await t.set(name)
    for (const ansi of [false, true]) {
      const asked = { name: name.toLowerCase(), ansi }
      const step = await resolveName(client, { ...asked, flags: AI_CANONNAME })
      t.check.succeeds(step)
      t.check.equal(step.data.canonical, name, 'as the handler spells it')
      t.check.equal((await resolveName(client, asked)).data.canonical, undefined, 'not asked for')
    }
  })

  row('NAME-05', 'GetAddrInfoExW asks the provider that it names, alone', async (t) => {
    const client = await t.ws2()
    const name = t.name()
    await t.set(name, { addr: '10.9.1.5' })
    const nsp = t.entry('names').id
    const own = await resolveNameEx(client, { name, ns: NS_DNS, nsp })
    t.check.succeeds(own, 'our name')
    t.check.deepEqual(own.data.addresses, ['10.9.1.5'], 'addresses')
    const foreign = await resolveNameEx(client, { name: FOREIGN, ns: NS_DNS, nsp })
    t.check.equal(foreign.ret, WSAHOST_NOT_FOUND, 'a name of another provider')
    const everybody = await resolveNameEx(client, { name: FOREIGN, ns: NS_DNS })
    t.check.succeeds(everybody, 'that name without a provider')
    for (const how of ['event', 'routine']) {
      const started = await client.send('getaddrinfoex', { name, nsp, how })
      t.check.equal(started.ret, 997, `overlapped, ${how}`)
      const done = await client.send<{ addresses: string[] }>('getaddrinfoex-result', {
        ms: 25_000,
      })
      t.check.succeeds(done, how)
      t.check.deepEqual(done.data.addresses, ['10.9.1.5'], how)
    }
  })

  row('NAME-06', 'gethostbyname gives a hostent of the own width', async (t) => {
    const client = await t.ws2()
    const name = t.name()
    const aliases = [t.name('nick'), t.name('other')]
    await t.set(name, { addr: '10.9.1.6,10.9.1.7,fd00::6', alias: aliases.join(',') })
    const step = await client.send<HostData>('gethostbyname', { name })
    t.check.succeeds(step)
    const expected = { name, aliases, type: 2, length: 4, addresses: ['0a090106', '0a090107'] }
    t.check.deepEqual(step.data, expected, 'hostent')
  })

  row('NAME-07', 'ping resolves the name', async (t) => {
    const name = t.name()
    await t.set(name, { addr: '127.0.0.77' })
    const text = await ping(t.arch, name)
    t.check.ok(text.includes('[127.0.0.77]'), `ping printed: ${text}`)
  })

  row('NAME-08', "a foreign name is no business of the provider's host", async (t) => {
    const client = await t.ws2()
    const name = t.name()
    await t.set(name)
    t.check.succeeds(await resolveName(client, { name }), 'our name, which loads the provider')
    await client.countImports(t.moduleName)
    await client.counts()
    t.check.succeeds(await resolveName(client, { name: FOREIGN }), FOREIGN)
    const nobody = await resolveName(client, { name: 'nobody.test' })
    t.check.equal(nobody.ret, WSAHOST_NOT_FOUND, 'nobody.test')
    t.check.deepEqual(await noise(client), [], 'pipe operations and waits')
    await resolveName(client, { name })
    t.check.ok((await noise(client)).length > 0, 'our name is counted')
  })
})
