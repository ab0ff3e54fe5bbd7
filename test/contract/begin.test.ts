// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Rows BEGIN: what a query may say, and that asking costs nothing.
import { describe } from 'mocha'
import { NULL } from '../helpers/client.ts'
import type { BeginOptions } from '../helpers/client-types.ts'
import { noise } from '../helpers/quiet.ts'
import { row } from '../helpers/row.ts'
import { AF_INET, AF_IPX, DNS_TYPE_A, ERR, LUP, ONE } from '../helpers/winsock.ts'

const CLASS = '9a8b7c6d-0002-4000-8000-000000000002'

/** A query with every field that a restriction can have. */
const FULL: BeginOptions = {
  class: CLASS,
  version: 7,
  how: 1,
  comment: 'no provider reads this',
  context: '\\',
  protocols: '2:17,23:0',
  query: '(objectClass=*)',
  addr: '10.0.0.1,[fd00::1]:80',
  oflags: 0x70,
  blob: '0102030405060708',
}

describe('BEGIN', () => {
  row('BEGIN-01', 'gives a handle', async (t) => {
    const client = await t.table()
    const seen = new Set<string>()
    for (const h of ['h1', 'h2', 'h3']) {
      const step = await client.begin(t.query(ONE, { h }))
      t.check.succeeds(step)
      t.check.ok(!/^0x(0|f+)$/.test(step.data.handle), `handle ${step.data.handle}`)
      seen.add(step.data.handle)
    }
    t.check.equal(seen.size, 3, 'different handles')
  })

  row('BEGIN-02', 'does not wait for a hung host', async (t) => {
    const client = await t.table()
    await client.countImports(t.moduleName)
    await t.suspendHost()
    await client.counts()
    const step = await client.begin(t.query(ONE))
    t.check.deepEqual(await noise(client), [], 'pipe operations and waits of Begin')
    t.check.succeeds(step)
  })

  row('BEGIN-03', 'refuses a structure that is too small', async (t) => {
    const client = await t.table()
    for (const dwsize of [t.setSize - 1, 4, 0]) {
      const step = await client.begin(t.query(ONE, { dwsize }))
      t.check.fails(step, ERR.FAULT, `dwSize ${dwsize}`)
    }
  })

  row('BEGIN-04', 'refuses NULL', async (t) => {
    const client = await t.table()
    t.check.fails(await client.begin(t.query(ONE, { q: NULL })), ERR.INVAL, 'NULL restrictions')
    t.check.fails(await client.begin(t.query(ONE, { hout: NULL })), ERR.INVAL, 'NULL lphLookup')
  })

  row('BEGIN-05', 'refuses what is not its own, from memory', async (t) => {
    const client = await t.table({ entry: 'names' })
    await client.countImports(t.moduleName)
    await client.counts()
    for (const name of ['www.example.com', 'xnsp.test', 'nsp.test.example']) {
      const step = await client.begin(t.query(name, { class: DNS_TYPE_A }, 'names'))
      t.check.fails(step, ERR.SERVICE_NOT_FOUND, name)
      t.check.equal(step.data.handleTouched, false, `lphLookup touched for ${name}`)
    }
    t.check.deepEqual(await noise(client), [], 'pipe operations and waits')
  })

  row('BEGIN-06', 'has no containers', async (t) => {
    const client = await t.table()
    const flags = LUP.CONTAINERS | LUP.ALL
    t.check.fails(await client.begin(t.query(ONE, { flags })), ERR.NO_DATA)
  })

  row('BEGIN-07', 'refuses flags that contradict each other', async (t) => {
    const client = await t.table()
    const flags = LUP.CONTAINERS | LUP.NOCONTAINERS | LUP.ALL
    t.check.fails(await client.begin(t.query(ONE, { flags })), ERR.INVALID_PARAMETER)
  })

  row('BEGIN-08', 'takes the default and the top context', async (t) => {
    const client = await t.table()
    t.check.succeeds(await client.begin(t.query(ONE)), 'NULL')
    t.check.succeeds(await client.begin(t.query(ONE, { context: '' })), 'empty')
    t.check.succeeds(await client.begin(t.query(ONE, { context: '\\' })), 'top')
  })

  row('BEGIN-09', 'has no other context', async (t) => {
    const client = await t.table()
    t.check.fails(await client.begin(t.query(ONE, { context: '\\elsewhere' })), ERR.NO_DATA)
  })

  row('BEGIN-10', 'has nothing for protocols that it does not speak', async (t) => {
    const client = await t.table()
    const protocols = `${AF_IPX}:1000`
    t.check.fails(await client.begin(t.query(ONE, { protocols })), ERR.NO_DATA)
  })

  row('BEGIN-11', 'takes AF_UNSPEC as any protocol', async (t) => {
    const client = await t.table()
    for (const protocols of [`${AF_IPX}:1000,0:0`, '0:6', `0:0,${AF_INET}:17`]) {
      t.check.succeeds(await client.begin(t.query(ONE, { protocols })), protocols)
    }
  })

  row('BEGIN-12', 'does without the class schema', async (t) => {
    const client = await t.table()
    for (const kind of ['partial', 'full']) {
      const more = { class: CLASS, classinfo: kind }
      t.check.succeeds(await client.begin(t.query(ONE, more)), `${kind} schema`)
    }
    const more = { class: CLASS, classinfo: NULL }
    t.check.succeeds(await client.begin(t.query(ONE, more)), 'NULL schema')
  })

  row('BEGIN-13', 'ignores flags that it does not know', async (t) => {
    const client = await t.table()
    for (const high of [0x01100000, 0x00f30000, 0x80000000]) {
      const flags = (high | LUP.ALL) >>> 0
      t.check.succeeds(await client.begin(t.query(ONE, { flags })), `flags 0x${flags.toString(16)}`)
    }
  })

  row('BEGIN-14', 'copies the query', async (t) => {
    const client = await t.table()
    const fields = { context: '\\', protocols: '0:0', query: 'q', blob: 'ff', discard: true }
    const step = await client.begin(t.query(ONE, fields))
    t.check.succeeds(step)
    const next = await client.next('h1')
    t.check.succeeds(next, 'Next after the query is gone')
    t.check.equal(next.data.result?.name, ONE, 'name found')
  })

  row('BEGIN-15', 'leaves the query as it was', async (t) => {
    const client = await t.table()
    const writable = await client.begin(t.query(ONE, FULL))
    t.check.equal(writable.data.queryUnchanged, true, 'query unchanged')
    const step = await client.begin(t.query(ONE, { ...FULL, qro: true }))
    t.check.equal(step.ret, writable.ret, 'the same with a query that cannot be written')
    t.check.equal(step.data.queryUnchanged, true, 'query unchanged')
  })

  row('BEGIN-16', 'is refused by ws2_32 for NULL', async (t) => {
    const client = await t.ws2()
    t.check.fails(await client.begin(t.query(ONE, { q: NULL })), ERR.FAULT, 'NULL restrictions')
    t.check.fails(await client.begin(t.query(ONE, { hout: NULL })), ERR.FAULT, 'NULL lphLookup')
  })
})
