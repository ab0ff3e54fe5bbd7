// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Control and data files that are cut short, zeroed, of another version or written over, and hosts that are killed in
// the middle of a write: programs get the right answer or none, and never crash.
import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { after, before, describe, it } from 'mocha'
import { install, uninstall } from '../../lib/catalog.ts'
import { serve } from '../../lib/index.ts'
import { locate } from '../../lib/install/locate.ts'
import { loadNative } from '../../lib/internal/binding.ts'
import { definitionOf } from '../../lib/internal/definition.ts'
import { ARCHS, type Arch, Client } from '../helpers/client.ts'
import { HostProcess } from '../helpers/driver-process.ts'
import { ERR } from '../helpers/winsock.ts'
import { ADDRESS, ID, NAME, NAMESPACE, provider } from './bad-files-host.ts'

const DATA_FILE_AT = 20
const HOST = fileURLToPath(new URL('./bad-files-host.ts', import.meta.url))

async function program(arch: Arch): Promise<Client> {
  const client = await Client.start(arch)
  assert.equal((await client.send('wsastartup')).ret, 0)
  return client
}

/** The address, or the code of what failed. */
async function found(client: Client): Promise<string> {
  const query = { name: NAME, ns: NAMESPACE, provider: ID, flags: 0x110 }
  const begun = await client.begin({ h: 'h', ...query })
  if (begun.ret !== 0) return `${begun.err}`
  const { ret, err, data } = await client.next('h', { flags: 0 })
  await client.end('h')
  if (ret !== 0) return `${err}`
  return (data.result?.addresses ?? []).map(({ remote }) => `${remote.address}`).join(' ')
}

async function foundByNew(arch: Arch): Promise<string> {
  const client = await program(arch)
  const answer = await found(client)
  assert.equal(await client.close(), 0)
  return answer
}

type Damage = (bytes: Buffer) => Buffer
const damages: Readonly<Record<string, Damage>> = {
  'cut short': (bytes) => bytes.subarray(0, bytes.length >> 1),
  empty: () => Buffer.alloc(0),
  zeroed: (bytes) => Buffer.alloc(bytes.length),
  'of another version': (bytes) => {
    const other = Buffer.from(bytes)
    other.writeUInt32LE(bytes.readUInt32LE(4) + 1, 4)
    return other
  },
  'full of random bytes': (bytes) => Buffer.from(bytes.map(() => Math.floor(Math.random() * 256))),
}

describe('files that are wrong', () => {
  let controlPath = ''
  const dataPath = () => {
    const number = readFileSync(controlPath).readUInt32LE(DATA_FILE_AT)
    return join(dirname(controlPath), 'data', `${basename(controlPath)}.${number}`)
  }
  const servedByNewHost = async () => {
    await using _host = await serve(provider)
    for (const arch of ARCHS) assert.equal(await foundByNew(arch), ADDRESS)
  }

  before(async () => {
    await install(provider)
    controlPath = locate(loadNative(), definitionOf(provider)).sidecar.controlPath
    await servedByNewHost()
  })
  after(() => uninstall(provider))

  for (const [what, damage] of Object.entries(damages)) {
    it(`a data file that is ${what}: the host is asked`, async () => {
      for (const arch of ARCHS) assert.equal(await foundByNew(arch), ADDRESS, 'from memory')
      writeFileSync(dataPath(), damage(readFileSync(dataPath())))
      for (const arch of ARCHS) {
        assert.equal(await foundByNew(arch), `${ERR.NETDOWN}`, 'there is no host to ask')
      }
      await servedByNewHost()
    })

    it(`a control file that is ${what}: nothing is ours`, async () => {
      const whole = readFileSync(controlPath)
      writeFileSync(controlPath, damage(whole))
      try {
        for (const arch of ARCHS) {
          assert.equal(await foundByNew(arch), `${ERR.SERVICE_NOT_FOUND}`)
        }
      } finally {
        writeFileSync(controlPath, whole)
      }
      await servedByNewHost()
    })
  }

  it('random bytes over the data file while programs and host read it: no wrong answer', async () => {
    await using _host = await serve(provider)
    const path = dataPath()
    const whole = readFileSync(path)
    const used = whole.readUInt32LE(24)
    const file = openSync(path, 'r+')
    const clients = await Promise.all(ARCHS.map(program))
    try {
      for (let round = 0; round < 150; round++) {
        const from = Math.floor(Math.random() * used)
        const length = Math.min(1 + Math.floor(Math.random() * 600), whole.length - from)
        const noise = Buffer.from(Array.from({ length }, () => Math.floor(Math.random() * 256)))
        writeSync(file, noise, 0, length, from)
        const answers = Promise.all(clients.map(found))
        if (round % 2 === 1) writeSync(file, whole, 0, used, 0)
        assert.deepEqual(await answers, [ADDRESS, ADDRESS])
      }
    } finally {
      writeSync(file, whole, 0, used, 0)
      closeSync(file)
    }
    for (const client of clients) assert.equal(await client.close(), 0)
  })

  it('random bytes over the filter while programs read it: no wrong answer, and then the right one', async () => {
    await using _host = await serve(provider)
    const whole = readFileSync(controlPath)
    const file = openSync(controlPath, 'r+')
    const clients = await Promise.all(ARCHS.map(program))
    try {
      for (let round = 0; round < 60; round++) {
        const from = 24 + Math.floor(Math.random() * 20_000)
        const noise = Buffer.from(
          Array.from({ length: 300 }, () => Math.floor(Math.random() * 256)),
        )
        writeSync(file, noise, 0, noise.length, from)
        const answers = Promise.all(clients.map(found))
        await delay(1)
        writeSync(file, whole, 24, whole.length - 24, 24)
        const right = [ADDRESS, `${ERR.SERVICE_NOT_FOUND}`, `${ERR.NETDOWN}`]
        for (const answer of await answers) assert.ok(right.includes(answer), answer)
      }
    } finally {
      // A new sequence, so that everybody reads it again.
      whole.writeUInt32LE(whole.readUInt32LE(16) + 2, 16)
      writeSync(file, whole, 16, whole.length - 16, 16)
      closeSync(file)
    }
    for (const client of clients) {
      assert.equal(await found(client), ADDRESS)
      assert.equal(await client.close(), 0)
    }
  })

  it('a host that is killed in the middle of a write: the next one goes on', async () => {
    const clients = await Promise.all(ARCHS.map(program))
    const args = ['--disable-warning=ExperimentalWarning', HOST]
    for (let round = 0; round < 4; round++) {
      const host = await HostProcess.start({ program: process.execPath, args })
      for (let i = 0; i < 20; i++) {
        assert.deepEqual(await Promise.all(clients.map(found)), [ADDRESS, ADDRESS])
      }
      const killed = host.kill()
      const meanwhile = await Promise.all(clients.map(found))
      await killed
      for (const answer of meanwhile) {
        assert.ok([ADDRESS, `${ERR.NETDOWN}`].includes(answer), answer)
      }
    }
    for (const client of clients) assert.equal(await client.close(), 0)
    await servedByNewHost()
  })
})
