// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The command line on the machine: install, list, serve, dev, uninstall; with foreign programs asking.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'mocha'
import { ARCHS, Client } from '../helpers/client.ts'
import { Command, command, ProviderFolder, providerText, spawned } from '../helpers/command.ts'

const ID = '8f6c1d10-5b1e-4c53-9a52-4e53504ec001'
const QUERY = { h: 'h', name: 'one.command.test', ns: 1042, flags: 0xff0 }

interface Listed {
  readonly id: string
  readonly catalog: string
  readonly enabled: boolean
  readonly ours?: string
}

async function listed(): Promise<Listed[]> {
  const { code, out } = await command(['list', '--json'])
  assert.equal(code, 0)
  return JSON.parse(out) as Listed[]
}
const ours = async () => (await listed()).filter(({ id }) => id === ID)

/** The IPv4 address that a new foreign process is told, or the code. */
async function ask(arch: (typeof ARCHS)[number] = 'x64'): Promise<string | number> {
  await using client = await Client.start(arch)
  await client.send('wsastartup')
  const begun = await client.begin(QUERY)
  if (begun.ret !== 0) return begun.err
  const next = await client.next('h')
  if (next.ret !== 0) return next.err
  return next.data.result?.addresses[0]?.remote?.address ?? 'nothing'
}

describe('the command line', () => {
  let folder: ProviderFolder
  let file: string
  let catalogBefore: Listed[]

  before(async () => {
    // What a run that was stopped has left behind.
    await command(['uninstall', '--all'])
    folder = new ProviderFolder()
    file = folder.write('provider.ts', providerText(ID, '10.3.0.1'))
    catalogBefore = await listed()
  })
  afterEach(async () => {
    assert.equal((await command(['uninstall', ID])).code, 0)
    assert.deepEqual(await listed(), catalogBefore)
  })
  after(() => folder[Symbol.dispose]())

  for (const args of [
    [],
    ['no-such-command'],
    ['install'],
    ['uninstall'],
    ['uninstall', ID, '--all'],
    ['list', '--jason'],
    ['install', '--order', 'middle', 'x.ts'],
  ]) {
    it(`wrongly called exits with 2: ${args.join(' ') || '(nothing)'}`, async () => {
      const { code, err, out } = await command(args)
      assert.equal(code, 2, out)
      assert.match(err, /error|Usage/)
    })
  }

  it('says its version and its commands', async () => {
    assert.match((await command(['--version'])).out, /^\d+\.\d+\.\d+/)
    const { code, out } = await spawned(['--help'])
    assert.equal(code, 0)
    for (const name of 'install uninstall list enable disable serve dev query watch ioctl'.split(
      ' ',
    )) {
      assert.match(out, new RegExp(`^ {2}${name}`, 'm'))
    }
  })

  it('--dry-run lists steps and does nothing', async () => {
    const { code, out } = await command(['install', '--dry-run', file])
    assert.equal(code, 0)
    assert.match(out, /WSCInstallNameSpace32/)
    assert.doesNotMatch(out, /done/)
    assert.deepEqual(await listed(), catalogBefore)
  })

  it('installs for both widths, disables, enables, and uninstalls', async () => {
    assert.equal((await command(['install', file])).code, 0)
    assert.deepEqual((await ours()).map(({ catalog }) => catalog).toSorted(), ['native', 'x86'])
    assert.equal((await command(['disable', file])).code, 0)
    assert.deepEqual(
      (await ours()).map(({ enabled }) => enabled),
      [false, false],
    )
    assert.equal((await command(['enable', ID])).code, 0)
    assert.deepEqual(
      (await ours()).map(({ enabled }) => enabled),
      [true, true],
    )
    assert.match((await command(['list', '--ours'])).out, /command test +winsock-nsp \d/)
    assert.equal((await command(['install', file])).code, 0, 'again')
    assert.equal((await command(['uninstall', file])).code, 0)
    assert.deepEqual(await ours(), [])
    assert.match((await command(['uninstall', ID])).out, /Nothing is installed/)
  })

  it('uninstall --all finds it without the file', async () => {
    await command(['install', file])
    const { code, out } = await command(['uninstall', '--all'])
    assert.equal(code, 0)
    assert.match(out, /WSCUnInstallNameSpace32/)
    assert.deepEqual(await ours(), [])
  })

  it('serves foreign programs, and a second host names the first', async () => {
    await command(['install', file])
    const host = new Command(['serve', file])
    await host.until(/serving command test/)
    for (const arch of ARCHS) assert.equal(await ask(arch), '10.3.0.1')
    const second = await command(['serve', file])
    assert.equal(second.code, 1)
    assert.match(second.err, /ERR_NSP_ALREADY_SERVED/)
    assert.match(second.err, new RegExp(`process ${host.pid}`))
    await host.kill()
    assert.equal(await ask(), 10050, 'host gone')
  })

  it('serve closes when the provider is uninstalled', async () => {
    await command(['install', file])
    const host = new Command(['serve', file])
    await host.until(/serving/)
    await command(['uninstall', ID])
    const { code, out } = await host.done
    assert.equal(code, 0)
    assert.match(out, /stopped/)
  })

  it('dev prints calls, reloads on save, keeps the last good version, and is cleaned up after a crash', async () => {
    const edited = folder.write('edited.ts', providerText(ID, '10.3.0.1'))
    const dev = new Command(['dev', edited])
    await dev.until(/Save the file/)
    assert.equal(await ask(), '10.3.0.1')
    await dev.until(/lookup one\.command\.test \[mesh\] for client\.exe \d+ \(x64\): 1 results, /)
    folder.write('edited.ts', 'export default defineProvider(')
    await dev.until(/last good version/)
    assert.equal(await ask(), '10.3.0.1')
    folder.write('edited.ts', providerText(ID, '10.3.0.2'))
    await dev.until(/serving[\s\S]*serving/)
    assert.equal(await ask('x86'), '10.3.0.2')
    await dev.kill()
    assert.equal((await ours()).length, 2, 'left behind')
    const again = new Command(['dev', edited])
    await again.until(new RegExp(`found command test, left behind by process ${dev.pid}`))
    await again.until(/Save the file/)
    await again.kill()
  })

  it('dev uninstalls when its console says so', async () => {
    const running = command(['dev', file])
    while ((await ask()) !== '10.3.0.1') await new Promise((resolve) => setImmediate(resolve))
    // What Windows sends when the console is closed; a Ctrl+C would end the test's own process as well.
    process.emit('SIGHUP')
    const { code, out } = await running
    assert.equal(code, 0)
    assert.match(out, /installed for now: 2 catalog entries[\s\S]*uninstalled: \d+ steps\n$/)
    assert.deepEqual(await ours(), [])
  })
})
