// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Rows INST: the catalog. Every row puts it back as it was.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'mocha'
import { type Client, NULL, programFolder } from '../helpers/client.ts'
import type { CatalogEntry } from '../helpers/client-types.ts'
import { SOON_MS } from '../helpers/notify.ts'
import {
  type EnumData,
  listAnew,
  PROBE_NAMESPACE,
  ProbeCatalog,
  probeId,
  probePath,
} from '../helpers/probe.ts'
import { type Row, row } from '../helpers/row.ts'
import { until } from '../helpers/until.ts'
import { ERR, STATUS_PENDING } from '../helpers/winsock.ts'

const WSANO_RECOVERY = 11003
const NAME = 'any.probe.invalid'
const UNKNOWN = probeId(0x7fff)

const ids = (entries: readonly CatalogEntry[]) => entries.map(({ id }) => id)
const find = (entries: readonly CatalogEntry[], id: string) =>
  entries.find((entry) => entry.id === id)

function installArgs(t: Row, number: number) {
  const path = probePath(t.arch)
  return { id: `Probe ${number}`, path, ns: PROBE_NAMESPACE, version: 7, guid: probeId(number) }
}

const ask = (client: Client, more: object = {}) =>
  client.begin({ h: 'h1', name: NAME, ns: PROBE_NAMESPACE, ...more })

describe('INST', () => {
  row('INST-01', 'a new entry comes last and is active', async (t) => {
    await ProbeCatalog.open(t)
    const client = await t.ws2()
    t.check.succeeds(await client.send('install', installArgs(t, 1)))
    const entry = (await listAnew(t)).at(-1)
    t.check.equal(entry?.id, probeId(1), 'the last one')
    t.check.equal(entry?.active, true, 'active')
    t.check.equal(entry?.namespace, PROBE_NAMESPACE, 'namespace')
    t.check.equal(entry?.version, 7, 'version')
  })

  row('INST-02', 'a GUID can be installed once', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    await catalog.add(1)
    const client = await t.ws2()
    const again = { ...installArgs(t, 1), version: 9, ns: PROBE_NAMESPACE + 1 }
    t.check.fails(await client.send('install', again), WSANO_RECOVERY)
    const entry = find(await listAnew(t), probeId(1))
    t.check.equal(entry?.version, 1, 'the first one stays: version')
    t.check.equal(entry?.namespace, PROBE_NAMESPACE, 'the first one stays: namespace')
  })

  row('INST-03', 'nobody but an elevated administrator can install', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    const client = await t.ws2()
    // The thread goes on without the rights of an administrator.
    t.check.succeeds(await client.send('restrict', { thread: 'R' }), 'giving up rights')
    const step = await client.send('install', { ...installArgs(t, 1), thread: 'R' })
    t.check.fails(step, [ERR.ACCES, WSANO_RECOVERY])
    t.check.deepEqual(ids(await listAnew(t)), ids(catalog.before), 'the catalog')
  })

  row('INST-04', 'variables in the path are expanded where it is loaded', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    const root = process.env.SystemRoot ?? 'C:\\Windows'
    const folder = mkdtempSync(join(root, 'Temp', 'winsock-nsp-'))
    t.defer(() => rmSync(folder, { recursive: true, force: true }))
    copyFileSync(probePath(t.arch), join(folder, 'probe.dll'))
    const installer = await t.ws2({ env: { NSP_PROBE_FOLDER: 'C:\\no-such-folder' } })
    const paths = [
      folder.replace(root, '%SystemRoot%').concat('\\probe.dll'),
      // Expanded by the installer, it would lead nowhere.
      '%NSP_PROBE_FOLDER%\\probe.dll',
    ]
    for (const [i, path] of paths.entries()) {
      const ns = PROBE_NAMESPACE + i
      const args = { ...installArgs(t, i + 1), path, ns }
      t.check.succeeds(await installer.send('install', args), path)
      const env = { ...catalog.env, NSP_PROBE_FOLDER: programFolder(t.arch) }
      const client = await t.ws2({ env })
      t.check.succeeds(await ask(client, { ns }), `Begin, ${path}`)
      // Before the folder goes.
      await client.close()
    }
    t.check.deepEqual(catalog.numbers('NSPStartup'), [1, 2], 'started')
  })

  row('INST-05', 'uninstalling what is not there, or NULL', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    const client = await t.ws2()
    t.check.fails(await client.send('uninstall', { guid: UNKNOWN }), ERR.INVAL, 'unknown')
    t.check.fails(await client.send('uninstall', { guid: NULL }), ERR.FAULT, 'NULL')
    t.check.deepEqual(ids(await listAnew(t)), ids(catalog.before), 'the catalog')
  })

  row('INST-06', 'a disabled entry is listed, and new processes do not ask it', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    const guid = await catalog.add(1)
    const installer = await t.ws2()
    t.check.succeeds(await installer.send('enable', { guid, on: false }), 'disabling')
    t.check.equal(find(await listAnew(t), guid)?.active, false, 'active')
    const client = await t.ws2({ env: catalog.env })
    t.check.fails(await ask(client), ERR.SERVICE_NOT_FOUND, 'Begin in its namespace')
    t.check.equal((await ask(client, { provider: guid })).ret, -1, 'Begin that names it')
    t.check.deepEqual(catalog.calls(), [], 'calls')
    t.check.succeeds(await installer.send('enable', { guid, on: true }), 'enabling')
    const later = await t.ws2({ env: catalog.env })
    t.check.succeeds(await ask(later), 'Begin afterwards')
  })

  row('INST-07', 'a running process goes on asking what was disabled', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    const guid = await catalog.add(1)
    const client = await t.ws2({ env: catalog.env })
    t.check.succeeds(await ask(client), 'before')
    await catalog.send('enable', { guid, on: false })
    t.check.succeeds(await ask(client, { h: 'h2' }), 'after')
    t.check.equal((await client.drain('h2')).data.results.length, 2, 'results')
    t.check.deepEqual(catalog.numbers('NSPCleanup'), [], 'cleaned up')
  })

  row('INST-08', 'an incomplete order is refused and changes nothing', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    await catalog.add(1)
    await catalog.add(2)
    const all = ids(await listAnew(t))
    const reversed = all.toReversed()
    const client = await t.ws2()
    const lists = {
      'one missing': reversed.slice(1),
      'one twice': [...reversed.slice(1), ...reversed.slice(-1)],
      'one unknown': [...reversed.slice(1), UNKNOWN],
      'one too many': [...reversed, UNKNOWN],
    }
    for (const [what, guids] of Object.entries(lists)) {
      const step = await client.send('order', { guids: guids.join() })
      // The code itself, not SOCKET_ERROR.
      t.check.equal(step.ret, ERR.INVAL, what)
    }
    t.check.equal((await client.send('order', { guids: NULL })).ret, ERR.FAULT, 'NULL')
    t.check.ok(ids(await listAnew(t)).join() === all.join(), 'the order is unchanged')
  })

  row('INST-09', 'a reversed order is that of lists and of calls', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    await catalog.add(1)
    await catalog.add(2)
    const reversed = ids(await listAnew(t)).toReversed()
    const client = await t.ws2()
    t.check.equal((await client.send('order', { guids: reversed.join() })).ret, 0, 'result')
    t.check.ok(ids(await listAnew(t)).join() === reversed.join(), 'the list is reversed')
    const asking = await t.ws2({ env: catalog.env })
    t.check.succeeds(await ask(asking), 'Begin')
    t.check.deepEqual(catalog.numbers('NSPLookupServiceBegin'), [2, 1], 'asked')
  })

  row('INST-10', 'each width has a catalog of its own', async (t) => {
    await ProbeCatalog.open(t, 'x64')
    const catalog = await ProbeCatalog.open(t, 'x86')
    // Only the 64-bit ws2_32 can reach both.
    const x64 = t.is64 ? await t.ws2() : await other64(t)
    const forms = [
      { number: 1, bits: 32, path: probePath('x86') },
      { number: 2, bits: 64, path: probePath('x64') },
    ]
    for (const { number, bits, path } of forms) {
      const ns = PROBE_NAMESPACE + number
      const step = await x64.send('install', { ...installArgs(t, number), ns, path, bits })
      t.check.succeeds(step, `${bits}-bit`)
    }
    const seen = (await listAnew(t)).filter(({ id }) => forms.some((f) => probeId(f.number) === id))
    t.check.deepEqual(ids(seen), [probeId(t.is64 ? 2 : 1)], 'listed')
    const client = await t.ws2({ env: catalog.env })
    for (const { number, bits } of forms) {
      const step = await ask(client, { ns: PROBE_NAMESPACE + number })
      if (bits === (t.is64 ? 64 : 32)) t.check.succeeds(step, 'its own')
      else t.check.fails(step, ERR.SERVICE_NOT_FOUND, "the other width's")
    }
    const gone = await x64.send('uninstall', { guid: probeId(1), bits: 32 })
    t.check.succeeds(gone, 'uninstalling')
  })

  row('INST-11', 'the list tells the size it needs', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    await catalog.add(1)
    const client = await t.ws2()
    const count = catalog.before.length + 1
    for (const ansi of [false, true]) {
      const what = ansi ? 'A' : 'W'
      const list = (args: object) => client.send<EnumData>('enum', { ansi, ...args })
      const none = await list({ size: 0 })
      t.check.ok(none.ret === -1 && none.err === ERR.FAULT, `length 0, ${what}: ${none.err}`)
      const { length } = none.data
      const least = count * (t.is64 ? 40 : 32)
      t.check.ok(length > least, `the size told is more than ${least}, ${what}: ${length}`)
      const unset = await list({ size: length, buffer: NULL })
      t.check.ok(unset.ret === -1 && unset.err === ERR.FAULT, `no buffer, ${what}`)
      const short = await list({ size: length - 1 })
      t.check.ok(short.ret === -1 && short.err === ERR.FAULT, `one byte less, ${what}`)
      const all = await list({ size: length })
      t.check.ok(all.ret === count, `the count, ${what}: ${all.ret}`)
      t.check.equal(all.data.guardsIntact, true, `guard bytes, ${what}`)
    }
  })

  row('INST-12', 'the list has structures first and strings behind', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    await catalog.add(1)
    await catalog.add(2)
    const client = await t.ws2()
    for (const ansi of [false, true]) {
      const { data } = await client.send<EnumData>('enum', { ansi })
      t.check.equal(data.structuresFirst, true, ansi ? 'A' : 'W')
      t.check.equal(data.guardsIntact, true, 'guard bytes')
      t.check.equal(find(data.providers, probeId(2))?.name, 'Probe 2', 'a string')
    }
  })

  row('INST-13', 'WSAProviderConfigChange tells of the next change', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    await catalog.add(1)
    const client = await t.ws2()
    const open = await client.send<{ given: boolean }>('config-open', { name: 'n' })
    t.check.succeeds(open, 'the first call')
    t.check.equal(open.data.given, true, 'a handle is given')
    await byEvent(t, client, catalog)
    await byRoutine(t, client, catalog)
    await blocking(t, client, catalog)
    t.check.succeeds(await client.send('config-close', { name: 'n' }), 'closing')
  })
})

/** The 64-bit client of a row of the other width. */
async function other64(t: Row): Promise<Client> {
  const { Client: Clients } = await import('../helpers/client.ts')
  const client = await Clients.start('x64')
  t.defer(() => client.close())
  await client.send('wsastartup')
  return client
}

async function byEvent(t: Row, client: Client, catalog: ProbeCatalog): Promise<void> {
  for (const change of ['uninstall', 'install', 'enable', 'order']) {
    await client.event('e')
    await client.overlapped('o', { event: 'e' })
    const wait = await client.send('config-wait', { name: 'n', ov: 'o' })
    t.check.fails(wait, ERR.IO_PENDING, `waiting for ${change}`)
    t.check.equal(await client.signalled('e'), false, `signalled before ${change}`)
    t.check.equal((await client.readOverlapped('o')).data.internal, STATUS_PENDING, 'Internal')
    await changeCatalog(catalog, change)
    t.check.equal(await client.signalled('e', SOON_MS), true, `signalled by ${change}`)
    const { data } = await client.readOverlapped('o')
    t.check.equal(data.internal, '0x0', `Internal after ${change}`)
    t.check.equal(data.guardsIntact, true, 'guard bytes')
  }
}

async function byRoutine(t: Row, client: Client, catalog: ProbeCatalog): Promise<void> {
  await client.overlapped('a')
  const wait = await client.send('config-wait', { name: 'n', ov: 'a', apc: true, thread: 'T' })
  t.check.fails(wait, ERR.IO_PENDING, 'waiting with a routine')
  await changeCatalog(catalog, 'uninstall')
  const slept = await client.send<{ ran: number }>('alertable', { thread: 'T', ms: SOON_MS })
  t.check.equal(slept.data.ran, 1, 'the routine ran')
  const { data } = await client.send<{ calls: { error: number; ov: string }[] }>('apc-log')
  t.check.deepEqual(
    data.calls.map(({ error, ov }) => ({ error, ov })),
    [{ error: 0, ov: 'a' }],
    'its arguments',
  )
}

async function blocking(t: Row, client: Client, catalog: ProbeCatalog): Promise<void> {
  await client.launch('w', 'config-wait', { name: 'n' })
  // Whether the call has begun cannot be seen from outside: it ends at a change that comes after.
  let changes = 0
  await until('the blocking call returns', async () => {
    await changeCatalog(catalog, changes++ % 2 === 0 ? 'install' : 'uninstall')
    const step = await client.send<{ done?: boolean }>('join', { id: 'w', ms: 200 })
    if (step.data.done === false) return false
    t.check.succeeds(step, 'the blocking call')
    return true
  })
}

/** By another process; each time the catalog differs from what it was. */
async function changeCatalog(catalog: ProbeCatalog, change: string): Promise<void> {
  const guid = probeId(1)
  if (change === 'install') await catalog.add(1)
  if (change === 'uninstall') await catalog.send('uninstall', { guid })
  if (change === 'enable') await catalog.send('enable', { guid, on: false })
  if (change === 'order') {
    const guids = [guid, ...ids(catalog.before)].join()
    await catalog.send('order', { guids })
  }
}
