// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The catalog on the machine: order, changes, many providers in one process, two versions of the package, and removal
// while the DLL is in use and nobody serves.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'mocha'
import type { CatalogEntry } from '../../lib/catalog.ts'
import { list } from '../../lib/catalog.ts'
import { defineProvider, type Host, Namespace, type Provider, serve } from '../../lib/index.ts'
import { packageVersion } from '../../lib/install/layout.ts'
import { ARCHS, Client } from '../helpers/client.ts'
import type { BeginOptions } from '../helpers/client-types.ts'
import { Command, command, PackageCopy, ProviderFolder, providerText } from '../helpers/command.ts'
import { until } from '../helpers/until.ts'

const guid = (number: number) =>
  `8f6c1d10-5b1e-4c53-9a52-4e53504ec1${String(number).padStart(2, '0')}`
const ID = guid(1)
const WSAENETDOWN = 10050
const FLAGS = 0xff0

const idsOf = (entries: readonly CatalogEntry[], catalog: 'native' | 'x86') =>
  entries.filter((entry) => entry.catalog === catalog).map(({ id }) => id)

/** What each provider that answers says: comment and provider id; or the code. */
async function ask(client: Client, query: BeginOptions): Promise<readonly string[] | number> {
  const begun = await client.begin({ h: 'q', flags: FLAGS, ...query })
  if (begun.ret !== 0) return begun.err
  const { data } = await client.drain('q')
  await client.end('q')
  return data.results.map(({ comment, provider }) => `${comment} ${provider}`)
}

async function started(arch: (typeof ARCHS)[number]): Promise<Client> {
  const client = await Client.start(arch)
  await client.send('wsastartup')
  return client
}

/** What a test that fails leaves running. */
const running: { kill(): Promise<void> }[] = []
let catalogBefore: readonly CatalogEntry[]

/** First of all in each suite. */
function beginClean(): void {
  before(async () => {
    await command(['uninstall', '--all'])
    catalogBefore = await list()
  })
  afterEach(async () => {
    for (const one of running.splice(0)) await one.kill()
  })
}

describe('the catalog, by the command line', () => {
  beginClean()
  let folder: ProviderFolder
  let file: string
  before(() => {
    folder = new ProviderFolder()
    const text = providerText(ID, '10.4.0.1').replace(
      'namespace: 1042',
      "namespace: 12, owns: ['*']",
    )
    file = folder.write('ordered.ts', text)
  })
  afterEach(async () => {
    assert.equal((await command(['uninstall', ID])).code, 0)
    assert.deepEqual(await list(), catalogBefore)
  })
  after(() => folder[Symbol.dispose]())

  it('install warns of the order, and order changes it in both catalogs', async () => {
    const dry = await command(['install', '--dry-run', file])
    const { out } = await command(['install', file])
    for (const text of [dry.out, out]) {
      assert.match(
        text,
        /^warning: "command test" \(NS_DNS\) is asked after "[^"]+".*order .* first$/m,
      )
    }
    const others = idsOf(catalogBefore, 'native')
    const [anchor = '', ...rest] = others
    const places: readonly (readonly [readonly string[], readonly string[]])[] = [
      [['first'], [ID, ...others]],
      [
        ['--after', anchor],
        [anchor, ID, ...rest],
      ],
      [
        ['--before', `{${anchor.toUpperCase()}}`],
        [ID, ...others],
      ],
      [['last'], [...others, ID]],
    ]
    for (const [args, expected] of places) {
      const outcome = await command(['order', file, ...args])
      assert.deepEqual([outcome.code, outcome.out], [0, 'Ordered.\n'], outcome.err)
      const entries = await list()
      for (const catalog of ['native', 'x86'] as const) {
        assert.deepEqual(idsOf(entries, catalog), expected, `${catalog} ${args.join(' ')}`)
      }
    }
  })

  it('install --order first puts it there and warns of that', async () => {
    const { out } = await command(['install', '--order', 'first', file])
    assert.match(out, /^warning: .* is asked before .*order .* last$/m)
    const entries = await list()
    for (const catalog of ['native', 'x86'] as const) assert.equal(idsOf(entries, catalog)[0], ID)
  })

  it('order that is wrongly called, or cannot be', async () => {
    for (const args of [
      [],
      ['middle'],
      ['first', '--after', guid(98)],
      ['--before', ID, '--after', ID],
    ]) {
      const { code, err } = await command(['order', file, ...args])
      assert.equal(code, 2, args.join(' '))
      assert.match(err, /error: (say one of first, last|command-argument)/)
    }
    const missing = await command(['order', file, 'first'])
    assert.equal(missing.code, 1)
    assert.match(missing.err, /ERR_NSP_NOT_INSTALLED[\s\S]*npx winsock-nsp install/)
    await command(['install', file])
    const wrong = await command(['order', file, '--after', 'DNS'])
    assert.equal(wrong.code, 1)
    assert.match(wrong.err, /^ERR_INVALID_ARG_VALUE: position\.after: "DNS" is not a GUID; /)
    assert.doesNotMatch(wrong.err, /^ +at /m, 'no stack')
    const unknown = await command(['order', file, '--before', guid(99)])
    assert.match(unknown.err, /ERR_NSP_NOT_INSTALLED: .*\n *position\.before: there is no entry/)
  })

  it('list --watch tells of what others change', async () => {
    const watch = new Command(['list', '--watch', '--json', '--ours'])
    running.push(watch)
    await watch.until(/^\[\]$/m)
    await command(['install', file])
    await watch.until(new RegExp(`^\\[.*${ID}.*"native".*${ID}.*"x86".*\\]$`, 'm'))
    await command(['disable', file])
    await watch.until(/^\[.*"enabled":false.*"enabled":false.*\]$/m)
    await command(['uninstall', ID])
    await watch.until(/"enabled":false[\s\S]*^\[\]$/m)
    await watch.kill()
  })

  it('uninstall, with nobody serving and the DLL in use, twice; and install again', async () => {
    const query = { name: 'one.command.test', ns: 12, provider: ID }
    await command(['install', file])
    const host = new Command(['serve', file])
    running.push(host)
    await host.until(/serving/)
    const clients = await Promise.all(ARCHS.map(started))
    running.push(...clients)
    for (const client of clients) {
      assert.deepEqual(await ask(client, query), [`null ${ID}`])
      await client.begin({ h: 'open', flags: FLAGS, ...query })
    }
    await host.kill()
    assert.equal((await command(['uninstall', file])).code, 0)
    assert.deepEqual(await list(), catalogBefore)
    assert.match((await command(['uninstall', file])).out, /Nothing is installed/)
    for (const client of clients) assert.equal((await client.next('open')).err, WSAENETDOWN)

    await command(['install', file])
    const again = new Command(['serve', file])
    running.push(again)
    await again.until(/serving/)
    for (const arch of ARCHS) {
      await using client = await started(arch)
      assert.deepEqual(await ask(client, query), [`null ${ID}`], 'a new process')
    }
    await again.kill()
    for (const client of clients) {
      await client.end('open')
      assert.equal(await client.close(), 0, 'nothing has crashed')
    }
  })
})

describe('several providers in one process', () => {
  beginClean()
  const make = (number: number, own: string, entries: Record<string, number>): Provider =>
    defineProvider({
      name: own,
      entries: Object.fromEntries(
        Object.entries(entries).map(([key, namespace], i) => [
          key,
          {
            id: guid(number + i),
            namespace,
            displayName: `${own} ${key}`,
            ...(namespace === Namespace.DNS ? { owns: [`*.${own}.test`] } : {}),
          },
        ]),
      ),
      lookup: (_query, { entry }) => ({ addresses: ['10.5.0.1'], comment: `${own}.${entry.key}` }),
    })
  const { DNS, NLA, BTH } = Namespace
  const providers = [
    make(10, 'red', { names: DNS, mesh: 1051, alone: 1052, places: NLA, devices: BTH }),
    make(20, 'blue', { names: DNS, mesh: 1051, places: NLA }),
  ]
  const hosts: Host[] = []
  before(async () => {
    for (const provider of providers) hosts.push(await serve(provider, { install: 'temporary' }))
  })
  after(async () => {
    for (const host of hosts) await host.close()
    assert.deepEqual(await list(), catalogBefore)
  })

  it('each entry is in both catalogs', async () => {
    const entries = await list()
    for (const provider of providers) {
      for (const { id, key, namespace } of Object.values(provider.entries)) {
        const found = entries.filter((entry) => entry.id === id)
        assert.deepEqual(
          found.map(({ catalog, name, ours, enabled }) => [catalog, name, ours, enabled]),
          ['native', 'x86'].map((catalog) => [
            catalog,
            `${provider.name} ${key}`,
            packageVersion(),
            true,
          ]),
        )
        assert.ok(found.every((entry) => entry.namespace === namespace))
      }
    }
  })

  for (const arch of ARCHS) {
    it(`${arch}: each entry answers for itself, under private numbers and well-known ones`, async () => {
      await using client = await started(arch)
      for (const { name: own, entries } of providers) {
        for (const { id, key, namespace } of Object.values(entries)) {
          const query = { name: `x.${own}.test`, ns: namespace, provider: id }
          assert.deepEqual(await ask(client, query), [`${own}.${key} ${id}`], `${own} ${key}`)
        }
      }
    })

    it(`${arch}: a namespace that several share asks all of them, in order`, async () => {
      await using client = await started(arch)
      const both = await ask(client, { name: 'x.red.test', ns: 1051 })
      assert.deepEqual(both, [`red.mesh ${guid(11)}`, `blue.mesh ${guid(21)}`])
      assert.deepEqual(await ask(client, { name: 'x.red.test', ns: 1052 }), [
        `red.alone ${guid(12)}`,
      ])
    })

    it(`${arch}: under NS_DNS each gets the names that it owns`, async () => {
      await using client = await started(arch)
      for (const [own, id] of [
        ['red', guid(10)],
        ['blue', guid(20)],
      ] as const) {
        const answers = await ask(client, { name: `x.${own}.test`, ns: DNS })
        assert.deepEqual(answers, [`${own}.names ${id}`])
      }
    })
  }

  it('one host closes and takes its entries; the other goes on', async () => {
    const blue = hosts.pop()
    await blue?.close()
    const ours = (await list()).filter(({ ours }) => ours !== undefined)
    assert.equal(ours.length, 10)
    await using client = await started('x64')
    assert.deepEqual(await ask(client, { name: 'x', ns: 1051 }), [`red.mesh ${guid(11)}`])
  })
})

describe('two projects with different versions of the package', () => {
  beginClean()
  const OTHER = '9.9.9'
  const FIRST = guid(30)
  const SECOND = guid(31)
  const MOVED = guid(32)
  let copy: PackageCopy
  let folder: ProviderFolder
  before(() => {
    copy = new PackageCopy(OTHER)
    folder = new ProviderFolder()
  })
  after(async () => {
    await command(['uninstall', '--all'])
    copy[Symbol.dispose]()
    folder[Symbol.dispose]()
    assert.deepEqual(await list(), catalogBefore)
  })
  const versions = async () => {
    const ours = (await list()).filter(({ ours }) => ours !== undefined)
    return ours.map(({ id, catalog, ours }) => `${catalog} ${id} ${ours}`)
  }
  const other = (args: readonly string[]) => new Command(args, {}, copy.cli)

  it('live side by side; uninstalling one leaves the other', async () => {
    const first = folder.write('first.ts', providerText(FIRST, '10.6.0.1'))
    const text = providerText(SECOND, '10.6.0.2').replaceAll('1042', '1043')
    const second = copy.write('second.ts', text.replaceAll('one.command', 'two.command'))
    assert.equal((await command(['install', first])).code, 0)
    const installed = await other(['install', second]).done
    assert.equal(installed.code, 0, installed.err)
    const own = packageVersion()
    assert.deepEqual(await versions(), [
      `native ${FIRST} ${own}`,
      `native ${SECOND} ${OTHER}`,
      `x86 ${FIRST} ${own}`,
      `x86 ${SECOND} ${OTHER}`,
    ])
    const hosts = [new Command(['serve', first]), other(['serve', second])]
    running.push(...hosts)
    for (const host of hosts) await host.until(/serving/)
    const queries = [
      { name: 'one.command.test', ns: 1042 },
      { name: 'two.command.test', ns: 1043 },
    ]
    for (const arch of ARCHS) {
      await using client = await started(arch)
      for (const query of queries) assert.equal(((await ask(client, query)) as string[]).length, 1)
    }
    assert.equal((await command(['uninstall', first])).code, 0)
    assert.equal((await hosts[0]?.done)?.code, 0, 'its host has stopped')
    assert.deepEqual(await versions(), [`native ${SECOND} ${OTHER}`, `x86 ${SECOND} ${OTHER}`])
    for (const arch of ARCHS) {
      await using client = await started(arch)
      assert.deepEqual(await ask(client, queries[1] ?? {}), [`null ${SECOND}`])
    }
    // What one version has installed, another can order, disable and remove.
    assert.equal((await command(['order', SECOND, 'first'])).code, 0)
    assert.equal((await list())[0]?.id, SECOND)
    assert.equal((await other(['uninstall', FIRST]).done).out, 'Nothing is installed.\n')
    assert.equal((await command(['uninstall', SECOND])).code, 0)
    await until('the other host has stopped', async () => (await hosts[1]?.done)?.code === 0)
    assert.deepEqual(await versions(), [])
  })

  it('one provider moves from version to version in its place', async () => {
    const text = providerText(MOVED, '10.6.0.1')
    const [first, second] = [folder.write('moved.ts', text), copy.write('moved.ts', text)]
    await command(['install', first])
    await command(['order', first, 'first'])
    const updated = await other(['install', second]).done
    assert.equal(updated.code, 0, updated.err)
    assert.deepEqual(await versions(), [`native ${MOVED} ${OTHER}`, `x86 ${MOVED} ${OTHER}`])
    assert.equal((await list())[0]?.id, MOVED)
    const mismatch = await command(['serve', first])
    assert.match(mismatch.err, /ERR_NSP_VERSION_MISMATCH/)
    assert.equal((await command(['install', first])).code, 0)
    assert.deepEqual(await versions(), [
      `native ${MOVED} ${packageVersion()}`,
      `x86 ${MOVED} ${packageVersion()}`,
    ])
    assert.equal((await other(['uninstall', MOVED]).done).code, 0)
    assert.deepEqual(await list(), catalogBefore)
  })
})
