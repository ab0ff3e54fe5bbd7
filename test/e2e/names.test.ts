// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A name that exists only in this file leads to a server on this machine: from another Node, from
// this very Node, which is the provider's host, and from a program that somebody else has made.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { createServer, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { after, afterEach, before, describe, it } from 'mocha'
import { install, uninstall } from '../../lib/catalog.ts'
import { defineProvider, type Host, Namespace, ServiceClass, serve } from '../../lib/index.ts'
import { ARCHS, Client } from '../helpers/client.ts'
import { askServer, checkForeignProgram } from '../helpers/foreign-program.ts'

const ID = '8f6c1d10-5b1e-4c53-9a52-4e53504ec011'
const OURS = 'web.only-here.test'
/** Known to Microsoft's DNS provider, or to what stands in for it. */
const FOREIGN = 'localhost'
const NOBODYS = 'web.nowhere.test'
const ADDRESS = '10.77.0.1'
const REVERSE = '1.0.77.10.in-addr.arpa'

const provider = defineProvider({
  name: 'names test',
  entries: {
    names: {
      id: ID,
      namespace: Namespace.DNS,
      owns: ['*.only-here.test', 'onlyhere/tcp', '7118/tcp'],
      ownsAddresses: ['10.77.0.0/16'],
    },
  },
  deadlines: { lookupMs: 20_000 },
  async *lookup({ key, serviceClass }) {
    // Handlers take their time: this one at least a turn of the event loop.
    await new Promise((resolve) => setTimeout(resolve, 20))
    if (key?.startsWith('missing')) return
    if (serviceClass?.kind === 'serviceByName') {
      yield { name: 'onlyhere', serviceClass: ServiceClass.tcp(7118), aliases: ['only-here'] }
      return
    }
    if (key === ADDRESS || key === REVERSE) {
      yield { name: OURS, addresses: [ADDRESS] }
      return
    }
    yield { name: key ?? OURS, addresses: ['127.0.0.1'] }
  },
})

/** Runs in a process that knows nothing of us: looks the name up, and gets the page. */
const ELSEWHERE = `
const dns = require('node:dns'), http = require('node:http')
const [name, port] = process.argv.slice(1)
dns.lookup(name, { all: true }, (error, found) => {
  if (error) return console.log(JSON.stringify({ code: error.code }))
  http.get('http://' + name + ':' + port + '/', async (answer) => {
    let body = ''
    for await (const chunk of answer) body += chunk
    console.log(JSON.stringify({ addresses: found.map((one) => one.address), body }))
  })
})`

interface Elsewhere {
  readonly code?: string
  readonly addresses?: string[]
  readonly body?: string
}

async function elsewhere(name: string, port: number): Promise<Elsewhere> {
  const args = ['-e', ELSEWHERE, name, String(port)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 })
  return JSON.parse(stdout) as Elsewhere
}

function page(name: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ host: name, port, path: '/', agent: false }, async (answer) => {
      let body = ''
      for await (const chunk of answer) body += String(chunk)
      resolve(body)
    })
    request.once('error', reject)
  })
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error)

describe('names that exist only in TypeScript', function () {
  this.timeout(120_000)
  let host: Host
  let server: Server
  let port: number
  const asked: string[] = []

  before(async () => {
    await install(provider)
    host = await serve(provider)
    server = createServer(({ headers, url }, answer) => {
      asked.push(`${headers.host} ${url}`)
      answer.setHeader('content-type', 'application/json')
      answer.end(JSON.stringify({ host: headers.host, version: '0', user: null, auth: null }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  })
  afterEach(() => asked.splice(0))
  after(async () => {
    server?.close()
    await host?.close()
    await uninstall(provider)
  })

  it('another Node resolves it and reaches the server by it', async () => {
    const found = await elsewhere(OURS, port)
    assert.deepEqual(found.addresses, ['127.0.0.1'])
    assert.equal(JSON.parse(found.body ?? '{}').host, `${OURS}:${port}`)
  })

  it('another Node is told that there is no such name', async () => {
    assert.deepEqual(await elsewhere('missing.only-here.test', port), { code: 'ENOTFOUND' })
    assert.deepEqual(await elsewhere(NOBODYS, port), { code: 'ENOTFOUND' })
  })

  it('the host itself resolves it', async () => {
    assert.deepEqual(await lookup(OURS), { address: '127.0.0.1', family: 4 })
    assert.deepEqual(await lookup(OURS, { all: true }), [{ address: '127.0.0.1', family: 4 }])
    await assert.rejects(lookup('missing.only-here.test'), { code: 'ENOTFOUND' })
    assert.equal((await lookup(FOREIGN, 4)).address, '127.0.0.1')
  })

  it('the host itself reaches the server by it', async () => {
    assert.equal(JSON.parse(await page(OURS, port)).host, `${OURS}:${port}`)
  })

  it('the host asks for eight names at once and does not lock up', async () => {
    const names = Array.from({ length: 8 }, (_, number) => `n${number}.only-here.test`)
    let ticks = 0
    const ticking = setInterval(() => ticks++, 1)
    const settled = await Promise.allSettled(names.map((name) => lookup(name, 4)))
    clearInterval(ticking)
    assert.ok(ticks > 0, 'the event loop went on')
    const found = settled.filter(({ status }) => status === 'fulfilled').length
    assert.ok(found > 0, 'some of them are answered at once')
    for (const result of settled) {
      // The rest of the pool is not made to wait for this very process.
      if (result.status === 'rejected') assert.equal(codeOf(result.reason), 'EAI_AGAIN')
      else assert.equal(result.value.address, '127.0.0.1')
    }
    for (const name of names) assert.equal((await lookup(name, 4)).address, '127.0.0.1')
  })

  for (const arch of ARCHS) {
    it(`the functions of old find hosts, addresses and services, ${arch}`, async () => {
      await using client = await Client.start(arch)
      await client.send('wsastartup')
      const call = async (verb: string, args: object) => {
        const { ret, data } = await client.send(verb, args)
        return ret === 0 ? data : ret
      }
      const host = { name: OURS, aliases: [], type: 2, length: 4 }
      const found = await call('gethostbyname', { name: OURS })
      assert.deepEqual(found, { ...host, addresses: ['7f000001'] })
      const named = await call('gethostbyaddr', { address: ADDRESS })
      assert.deepEqual(named, { ...host, addresses: ['0a4d0001'] })
      for (const ansi of [false, true]) {
        const info = await call('getnameinfo', { address: `${ADDRESS}:7118`, ansi })
        assert.deepEqual(info, { host: OURS, service: '7118' })
      }
      const service = { name: 'onlyhere', aliases: ['only-here'], port: 7118, protocol: 'tcp' }
      const byName = await call('getservbyname', { name: 'onlyhere', protocol: 'tcp' })
      assert.deepEqual(byName, service)
      const byPort = await call('getservbyport', { port: 7118, protocol: 'tcp' })
      assert.deepEqual(byPort, service)
      // What is not ours is found as if we were not there.
      const http = await call('getservbyname', { name: 'http', protocol: 'tcp' })
      assert.equal((http as { port: number }).port, 80)
      const local = await call('gethostbyaddr', { address: '127.0.0.1' })
      assert.equal((local as { name: string }).name, FOREIGN)
    })

    it(`a program of somebody else, ${arch}, resolves it, and a foreign name too`, async () => {
      await checkForeignProgram(arch)
      for (const name of [OURS, FOREIGN]) {
        const { out, err } = await askServer(arch, name, port)
        assert.deepEqual(asked.splice(0), [`${name}:${port} /api/0/`], `${out}\n${err}`)
      }
      const { code, out, err } = await askServer(arch, NOBODYS, port)
      assert.notEqual(code, 0)
      assert.match(out + err, /Could not resolve host/)
      assert.deepEqual(asked, [])
    })
  }
})
