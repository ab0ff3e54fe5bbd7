// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Wrong input that needs the machine: provider files, missing binaries, handlers that fail while clients wait. What is
// wrong on any machine is tested in test/unit/provider.test.ts.
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, describe, it } from 'mocha'
import { OWN_FOLDER } from '../../lib/internal/binding.ts'
import { ARCHS, Client } from '../helpers/client.ts'
import { Command, command, ProviderFolder, providerText, spawned } from '../helpers/command.ts'
import { openDriver } from '../helpers/driver.ts'

const ID = '8f6c1d10-5b1e-4c53-9a52-4e53504ec002'
const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const files = [
  { what: 'does not parse', text: 'export default {', code: 'INVALID_FILE', says: /SyntaxError/ },
  {
    what: 'imports what is not there',
    text: "import './gone.js'",
    code: 'INVALID_FILE',
    says: /gone/,
  },
  { what: 'throws', text: "throw new Error('no data')", code: 'INVALID_FILE', says: /no data/ },
  {
    what: 'has no default export',
    text: 'export const a = 1',
    code: 'INVALID_FILE',
    says: /default: missing/,
  },
  {
    what: 'exports something else',
    text: 'export default { name: 1 }',
    code: 'INVALID_FILE',
    says: /default: not a provider/,
  },
  {
    what: 'has a provider without id',
    text: providerText('', '10.0.0.1'),
    code: 'INVALID_PROVIDER',
    says: /entries\.mesh\.id: not a GUID/,
  },
]

describe('bad input', () => {
  let folder: ProviderFolder
  let count = 0
  before(() => {
    folder = new ProviderFolder()
  })
  after(() => folder[Symbol.dispose]())

  for (const { what, text, code, says } of files) {
    for (const verb of ['install', 'serve', 'dev']) {
      it(`${verb} of a file that ${what}`, async () => {
        const file = folder.write(`bad-${++count}.ts`, text)
        const outcome = await command([verb, file])
        assert.equal(outcome.code, 1)
        assert.match(outcome.err, new RegExp(`^ERR_NSP_${code}: `))
        assert.match(outcome.err, says)
        assert.match(outcome.err, /defineProvider/, 'the remedy')
        assert.doesNotMatch(outcome.err, /^ +at /m, 'no stack')
      })
    }
  }

  it('serve of a file that is not there', async () => {
    const { code, err } = await command(['serve', 'no-such-file.ts'])
    assert.equal(code, 1)
    assert.match(err, /ERR_NSP_INVALID_FILE[\s\S]*no-such-file\.ts[\s\S]*there is no such file/)
  })

  it('serve of what is not installed', async () => {
    const { code, err } = await command([
      'serve',
      folder.write('good.ts', providerText(ID, '10.0.0.1')),
    ])
    assert.equal(code, 1)
    assert.match(
      err,
      /ERR_NSP_NOT_INSTALLED[\s\S]*entries\.mesh\.id: .*64-bit catalog[\s\S]*32-bit catalog[\s\S]*npx winsock-nsp install/,
    )
  })

  it('enable of what is not ours', async () => {
    const { code, err } = await command(['enable', '22059d40-7e9e-11cf-ae5a-00aa00a7112b'])
    assert.equal(code, 1)
    assert.match(err, /ERR_NSP_NOT_INSTALLED/)
  })

  it('an addon that is not there, or is none', async () => {
    const missing = await spawned(['list'], { WINSOCK_NSP_NATIVE: folder.path })
    assert.equal(missing.code, 1)
    assert.match(
      missing.err,
      /ERR_NSP_NATIVE_NOT_LOADED[\s\S]*winsock-nsp\.node: there is no such file/,
    )
    mkdirSync(join(folder.path, OWN_FOLDER), { recursive: true })
    folder.write(`${OWN_FOLDER}/winsock-nsp.node`, 'not a DLL')
    const broken = await spawned(['list'], { WINSOCK_NSP_NATIVE: folder.path })
    assert.equal(broken.code, 1)
    assert.match(broken.err, /ERR_NSP_NATIVE_NOT_LOADED[\s\S]*cannot be loaded/)
  })

  it('an installation without the 32-bit DLL', async () => {
    mkdirSync(join(folder.path, OWN_FOLDER), { recursive: true })
    for (const name of ['winsock-nsp.node', 'winsock-nsp.dll']) {
      copyFileSync(root(`prebuilds/${OWN_FOLDER}/${name}`), join(folder.path, OWN_FOLDER, name))
    }
    const file = folder.write('good.ts', providerText(ID, '10.0.0.1'))
    const { code, err } = await spawned(['install', file], { WINSOCK_NSP_NATIVE: folder.path })
    assert.equal(code, 1)
    assert.match(err, /ERR_NSP_INSTALL_REFUSED[\s\S]*win32-ia32[\s\S]*32-bit/)
    assert.doesNotMatch((await command(['list'])).out, new RegExp(ID))
  })
})

describe('a handler that fails', () => {
  const driver = openDriver()
  before(async () => {
    await driver.install()
    await driver.start({ lookupMs: 500 })
  })
  after(async () => {
    await driver.stop()
    await driver.uninstall()
  })

  for (const arch of ARCHS) {
    for (const verb of ['throw', 'nonsense', 'never']) {
      it(`${verb}, ${arch}: the client gets onFailure, the host goes on`, async () => {
        await using client = await Client.start(arch)
        await client.send('wsastartup')
        await driver.send(verb, { name: 'one.nsp.test' })
        const query = { ns: driver.mesh.namespace, flags: 0xff0 }
        await client.begin({ h: 'h1', name: 'one.nsp.test', ...query })
        const failed = await client.next('h1')
        assert.deepEqual([failed.ret, failed.err], [-1, 11002])
        await client.begin({ h: 'h2', name: 'two.nsp.test', ...query })
        assert.equal((await client.next('h2')).ret, 0, 'another name')
        await driver.send('clear', { name: 'one.nsp.test' })
        assert.equal((await client.next('h1')).ret, 0, 'tried again')
      })
    }
  }
})

describe('a zone file with errors', () => {
  it('is refused at the start, and later leaves the last good state', async () => {
    using folder = new ProviderFolder()
    const zone = folder.write('zone.json', readFileSync(root('examples/zone.json'), 'utf8'))
    const env = { ZONE_FILE: zone }
    assert.equal((await command(['install', root('examples/zone.ts')])).code, 0)
    try {
      folder.write(
        'zone.json',
        '{"records": [\n{"name": "a.zone.example", "addresses": ["10.0.0.300"]}\n]}',
      )
      const refused = await spawned(['serve', root('examples/zone.ts')], env)
      assert.equal(refused.code, 1)
      assert.match(
        refused.err,
        /ERR_NSP_INVALID_FILE[\s\S]*zone\.json:2 records\[0\]\.addresses\[0\]: "10\.0\.0\.300"/,
      )
      folder.write(
        'zone.json',
        '{"records": [{"name": "a.zone.example", "addresses": ["10.0.0.3"]}]}',
      )
      const host = new Command(['serve', root('examples/zone.ts')], env)
      await host.until(/serving/)
      folder.write('zone.json', '{"records": [\n{"name": 7}\n')
      await host.until(/zone\.json:\d+/)
      await using client = await Client.start('x64')
      await client.send('wsastartup')
      await client.begin({ h: 'h', name: 'a.zone.example', ns: 1010, flags: 0xff0 })
      assert.equal((await client.next('h')).ret, 0)
      await host.kill()
    } finally {
      assert.equal((await command(['uninstall', root('examples/zone.ts')])).code, 0)
    }
  })
})
