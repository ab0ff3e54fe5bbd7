// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// How ws2_32 loads providers, asks several, and reads them: DISP, START-12, BEGIN-17 and BEGIN-18. The providers are
// entries of the probe, so nothing here depends on ours.
import { describe } from 'mocha'
import type { Client } from '../helpers/client.ts'
import type { BeginOptions } from '../helpers/client-types.ts'
import { PROBE, PROBE_NAMESPACE, ProbeCatalog } from '../helpers/probe.ts'
import { type Row, row } from '../helpers/row.ts'
import { ERR, LUP } from '../helpers/winsock.ts'

/** No resolver asks anybody for it. */
const NAME = 'any.probe.invalid'
const NO_SUCH_NAMESPACE = 2999

const query = (more: BeginOptions = {}): BeginOptions => ({
  h: 'h1',
  name: NAME,
  ns: PROBE_NAMESPACE,
  ...more,
})

async function begin(client: Client, more: BeginOptions = {}): Promise<void> {
  const step = await client.begin(query(more))
  if (step.ret !== 0) throw new Error(`Begin was refused with ${step.err}`)
}

/** The names of all results, read to the end. */
async function names(client: Client, h = 'h1'): Promise<readonly (string | null)[]> {
  const { data } = await client.drain(h)
  return data.results.map(({ name }) => name)
}

describe('DISP', () => {
  row('DISP-01', 'every call needs WSAStartup', async (t) => {
    const client = await t.ws2({ started: false })
    for (const ansi of [false, true]) {
      const what = ansi ? 'A' : 'W'
      t.check.fails(await client.begin(query({ ansi })), ERR.NOTINITIALISED, `Begin${what}`)
      t.check.fails(await client.next('0x1234', { ansi }), ERR.NOTINITIALISED, `Next${what}`)
    }
    t.check.fails(await client.end('0x1234'), ERR.NOTINITIALISED, 'End')
  })

  row('DISP-02', 'NS_ALL asks all providers in catalog order', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    // The order is neither that of the numbers nor that of the namespaces.
    await catalog.add(2, { ns: PROBE_NAMESPACE + 1 })
    await catalog.add(3, { ns: PROBE_NAMESPACE })
    await catalog.add(1, { ns: PROBE_NAMESPACE + 2 })
    const client = await t.ws2({ env: catalog.env })
    t.check.succeeds(await client.begin(query({ ns: 0 })), 'Begin')
    const asked = catalog.numbers('NSPLookupServiceBegin')
    t.check.deepEqual(asked, [2, 3, 1], 'asked')
  })

  row('DISP-03', 'one that accepts is enough, whoever refuses after it', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    await catalog.add(1)
    await catalog.add(2, { behaviour: PROBE.REFUSES })
    const client = await t.ws2({ env: catalog.env })
    t.check.succeeds(await client.begin(query()), 'Begin')
    t.check.deepEqual(catalog.numbers('NSPLookupServiceBegin'), [1, 2], 'asked')
    t.check.deepEqual(await names(client), ['probe-1-1', 'probe-1-2'], 'results')
  })

  row('DISP-04', "if all refuse, the last one's error is told", async (t) => {
    const catalog = await ProbeCatalog.open(t)
    await catalog.add(1, { behaviour: PROBE.REFUSES })
    await catalog.add(2, { behaviour: PROBE.REFUSES_NO_DATA })
    await catalog.add(3, { behaviour: PROBE.REFUSES_NO_DATA, ns: PROBE_NAMESPACE + 1 })
    await catalog.add(4, { behaviour: PROBE.REFUSES, ns: PROBE_NAMESPACE + 1 })
    const client = await t.ws2()
    t.check.fails(await client.begin(query()), ERR.NO_DATA, 'no data last')
    const step = await client.begin(query({ ns: PROBE_NAMESPACE + 1 }))
    t.check.fails(step, ERR.SERVICE_NOT_FOUND, 'not found last')
  })

  row('DISP-05', 'a namespace without an entry', async (t) => {
    const client = await t.ws2()
    const step = await client.begin(query({ ns: NO_SUCH_NAMESPACE }))
    t.check.fails(step, ERR.SERVICE_NOT_FOUND)
    t.check.equal(step.data.handleTouched, false, 'the handle is written')
  })

  row('DISP-06', 'a provider that does not load or start is skipped', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    await catalog.add(1, { path: 'C:\\winsock-nsp-no-such-folder\\provider.dll' })
    await catalog.add(2, { behaviour: PROBE.START_FAILS })
    await catalog.add(3)
    const client = await t.ws2({ env: catalog.env })
    t.check.succeeds(await client.begin(query()), 'Begin')
    t.check.deepEqual(await names(client), ['probe-3-1', 'probe-3-2'], 'results')
    t.check.deepEqual(catalog.numbers('NSPLookupServiceBegin'), [3], 'asked')
  })

  row('DISP-07', 'when the first has ended the second goes on', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    await catalog.add(1)
    await catalog.add(2)
    const client = await t.ws2()
    await begin(client)
    for (const expected of ['probe-1-1', 'probe-1-2', 'probe-2-1', 'probe-2-2']) {
      const step = await client.next('h1')
      t.check.succeeds(step, expected)
      t.check.equal(step.data.result?.name, expected, 'name')
    }
    t.check.fails(await client.next('h1'), [ERR.NO_MORE, ERR.NO_MORE_OLD], 'the end')
  })

  row('DISP-08', 'WSAEFAULT is passed up, and nobody skipped', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    await catalog.add(1)
    await catalog.add(2)
    const client = await t.ws2()
    await begin(client)
    const short = await client.next('h1', { size: t.setSize })
    t.check.fails(short, ERR.FAULT, 'a buffer of one structure')
    t.check.ok(short.data.length > t.setSize, 'the size needed is told')
    const step = await client.next('h1', { size: short.data.length })
    t.check.succeeds(step, 'with that size')
    t.check.equal(step.data.result?.name, 'probe-1-1', 'name')
  })

  row('DISP-09', 'NSPStartup once for each GUID and process', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    await catalog.add(1)
    await catalog.add(2, { ns: PROBE_NAMESPACE + 1 })
    const client = await t.ws2({ env: catalog.env })
    await client.send('wsastartup')
    for (const h of ['a', 'b', 'c', 'd']) {
      await begin(client, { h })
      await begin(client, { h: `${h}2`, ns: PROBE_NAMESPACE + 1 })
      await client.end(h)
    }
    await client.send('wsacleanup')
    await begin(client, { h: 'e' })
    t.check.deepEqual(catalog.numbers('NSPStartup'), [1, 2], 'started')
    t.check.deepEqual(catalog.numbers('NSPCleanup'), [], 'cleaned up')
    t.check.equal(catalog.numbers('NSPLookupServiceBegin').length, 9, 'queries')
  })

  row('DISP-10', 'the final WSACleanup ends and unloads a provider', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    await catalog.add(1)
    const client = await t.ws2({ env: catalog.env })
    await client.send('wsastartup')
    const isLoaded = async () => {
      const { data } = await client.process()
      return data.modules.some((name) => name.toLowerCase() === 'probe.dll')
    }
    t.check.equal(await isLoaded(), false, 'loaded before the first query')
    await begin(client)
    t.check.equal(await isLoaded(), true, 'loaded by the query')
    t.check.succeeds(await client.send('wsacleanup'), 'first WSACleanup')
    t.check.deepEqual(catalog.numbers('NSPCleanup'), [], 'cleaned up after the first')
    t.check.succeeds(await client.send('wsacleanup'), 'final WSACleanup')
    t.check.deepEqual(catalog.numbers('NSPCleanup'), [1], 'cleaned up after the last')
    t.check.equal(await isLoaded(), false, 'loaded after the last')
  })
})

/** Two entries alone in a namespace: one with `behaviour`, one that is whole. */
async function besideWhole(t: Row, behaviour: number): Promise<readonly (string | null)[]> {
  const catalog = await ProbeCatalog.open(t)
  await catalog.add(1, { behaviour })
  await catalog.add(2)
  const client = await t.ws2()
  await begin(client)
  return names(client)
}

describe('START and BEGIN, of ws2_32', () => {
  row('START-12', 'a table with a NULL entry counts as failed, but for NSPIoctl', async (t) => {
    const whole = ['probe-2-1', 'probe-2-2']
    t.check.deepEqual(await besideWhole(t, PROBE.NULL_SET_SERVICE), whole, 'NULL NSPSetService')
    await t.cleanUp()
    const both = ['probe-1-1', 'probe-1-2', ...whole]
    t.check.deepEqual(await besideWhole(t, PROBE.NO_IOCTL), both, 'NULL NSPIoctl')
  })

  row('BEGIN-17', 'dwSize 0 is refused by ws2_32', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    await catalog.add(1)
    const client = await t.ws2({ env: catalog.env })
    // One release of Windows says that nothing was found.
    const step = await client.begin(query({ dwsize: 0 }))
    t.check.fails(step, [ERR.INVALID_PARAMETER, ERR.SERVICE_NOT_FOUND])
    t.check.deepEqual(catalog.numbers('NSPLookupServiceBegin'), [], 'asked')
  })

  row('BEGIN-18', 'a query without a class is passed on', async (t) => {
    const catalog = await ProbeCatalog.open(t)
    await catalog.add(1)
    const client = await t.ws2({ env: catalog.env })
    const step = await client.begin(query({ flags: LUP.ALL | LUP.DEEP }))
    t.check.succeeds(step, 'Begin')
    t.check.deepEqual(catalog.numbers('NSPLookupServiceBegin'), [1], 'asked')
  })
})
