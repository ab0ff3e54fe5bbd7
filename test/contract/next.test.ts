// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Rows NEXT: results one by one, buffers that are too small, flags, and what interrupts a call.
// A buffer "too small" is given room for the bare structure, except where the row asks otherwise.
import { describe } from 'mocha'
import { type Client, NULL } from '../helpers/client.ts'
import type {
  BeginOptions,
  DrainData,
  NextData,
  NextOptions,
  ResultSet,
} from '../helpers/client-types.ts'
import { type Row, row } from '../helpers/row.ts'
import {
  AF_INET,
  BARE,
  ERR,
  LUP,
  MANY,
  MANY_COUNT,
  manyName,
  ONE,
  QUERY,
  RESULT_IS,
  V6_ONLY,
} from '../helpers/winsock.ts'

const CLASS = '9a8b7c6d-0019-4000-8000-000000000001'

/** The fields of a result that LUP_RETURN bits ask for, and whether each is there. */
function present(result: ResultSet | undefined): string[] {
  if (!result) return []
  const fields: [string, boolean][] = [
    ['name', result.name !== null],
    ['class', result.class !== null],
    ['version', result.version !== null],
    ['comment', result.comment !== null],
    ['addresses', result.addressCount > 0],
    ['blob', result.blob !== null],
    ['queryString', result.queryString !== null],
  ]
  return fields.filter(([, there]) => there).map(([field]) => field)
}

/** Asks with room for the bare structure only; gives the length that is needed. */
async function need(t: Row, client: Client, more: NextOptions = {}): Promise<number> {
  const step = await client.next('h1', { size: t.setSize, ...more })
  t.check.fails(step, ERR.FAULT, 'Next with a small buffer')
  return step.data.length
}

async function nameOf(t: Row, client: Client, more: NextOptions = {}): Promise<string | null> {
  const step = await client.next('h1', more)
  t.check.succeeds(step, 'Next')
  return step.data.result?.name ?? null
}

/** A host whose deadlines are further away than any watchdog of the row, with `name` held. */
async function blockNext(t: Row, client: Client): Promise<string> {
  await t.restartHost({ lookupMs: 20_000 })
  const name = t.name()
  await t.set(name)
  await t.hold(name)
  await t.begin(client, name)
  await client.launch('blocked', 'next', { h: 'h1' })
  await t.held(name)
  return name
}

describe('NEXT', () => {
  row('NEXT-01', 'gives one result, then the end for ever', async (t) => {
    const client = await t.table()
    await t.begin(client, ONE)
    t.check.equal(await nameOf(t, client), ONE, 'name')
    for (let i = 0; i < 3; i++) t.check.fails(await client.next('h1'), ERR.NO_MORE, 'the end')
  })

  row('NEXT-02', 'tells the need to an empty buffer', async (t) => {
    const client = await t.table()
    await t.begin(client, ONE)
    const empty = await client.next('h1', { size: 0, buffer: NULL })
    t.check.fails(empty, ERR.FAULT)
    t.check.equal(empty.data.length, await need(t, client), 'the need')
  })

  row('NEXT-03', 'refuses room for less than the structure', async (t) => {
    const client = await t.table()
    await t.begin(client, ONE)
    const step = await client.next('h1', { size: t.setSize - 1 })
    t.check.fails(step, ERR.FAULT)
    t.check.ok(step.data.length >= t.setSize, `need ${step.data.length}`)
    t.check.equal(step.data.written, 0, 'bytes written')
  })

  row('NEXT-04', 'delivers the same item into the reported length', async (t) => {
    const client = await t.table()
    await t.begin(client, MANY)
    for (const n of [0, 1]) {
      const size = await need(t, client)
      t.check.equal(await nameOf(t, client, { size }), manyName(n), `item ${n}`)
    }
  })

  row('NEXT-05', 'refuses one byte less than the need', async (t) => {
    const client = await t.table()
    await t.begin(client, ONE)
    const size = await need(t, client)
    for (let i = 0; i < 2; i++) {
      const step = await client.next('h1', { size: size - 1 })
      t.check.fails(step, ERR.FAULT, 'one byte less')
      t.check.equal(step.data.length, size, 'the need')
      t.check.equal(step.data.written, 0, 'bytes written')
    }
    // The seven bytes that a buffer at an odd address would cost are asked for at any address.
    const used = (await client.next('h1')).data.result?.used ?? size
    t.check.ok(used + 7 <= size, `${used} + 7 bytes in ${size}`)
  })

  row('NEXT-06', 'keeps an item as it was until it is taken', async (t) => {
    const client = await t.table()
    const name = t.name()
    await t.set(name, { comment: 'old' })
    await t.begin(client, name)
    const size = await need(t, client)
    await t.set(name, { comment: 'new and longer than the old one was' })
    t.check.equal(await need(t, client), size, 'the need after a change')
    const step = await client.next('h1')
    t.check.equal(step.data.result?.comment, 'old', 'comment')
  })

  row('NEXT-07', 'drops the item that did not fit', async (t) => {
    const client = await t.table()
    const flags = LUP.ALL | LUP.FLUSHPREVIOUS
    await t.begin(client, MANY, { flags })
    await need(t, client)
    t.check.equal(await nameOf(t, client, { flags }), manyName(1), 'item after the dropped one')
    t.check.equal(await nameOf(t, client), manyName(2), 'item after that')
    await need(t, client)
    await need(t, client, { flags })
    t.check.equal(await nameOf(t, client), manyName(4), 'item after a drop that did not fit either')
  })

  row('NEXT-08', 'takes LUP_FLUSHPREVIOUS although Begin did not say it', async (t) => {
    const client = await t.table()
    await t.begin(client, ONE)
    await need(t, client)
    const flags = LUP.ALL | LUP.FLUSHPREVIOUS
    t.check.fails(await client.next('h1', { flags }), ERR.NO_MORE, 'the only item dropped')
  })

  row('NEXT-09', 'gives less when asked for less', async (t) => {
    const client = await t.table()
    await t.begin(client, ONE)
    const step = await client.next('h1', { flags: LUP.NAME })
    t.check.succeeds(step)
    t.check.deepEqual(present(step.data.result), ['name'], 'fields')
  })

  row('NEXT-10', 'never gives more than Begin asked for', async (t) => {
    const client = await t.table()
    await t.begin(client, ONE, { flags: LUP.NAME })
    const step = await client.next('h1', { flags: LUP.ALL })
    t.check.succeeds(step)
    t.check.deepEqual(present(step.data.result), ['name'], 'fields')
  })

  row('NEXT-11', 'takes flags 0 as "like Begin"', async (t) => {
    const client = await t.table()
    await t.begin(client, ONE, {
      flags: LUP.NAME | LUP.VERSION | LUP.COMMENT | LUP.ADDR | LUP.BLOB,
    })
    const step = await client.next('h1', { flags: 0 })
    t.check.succeeds(step)
    t.check.deepEqual(
      present(step.data.result),
      ['name', 'version', 'comment', 'addresses', 'blob'],
      'fields',
    )
  })

  row('NEXT-12', 'forgets a restriction with the call', async (t) => {
    const client = await t.table()
    await t.begin(client, MANY)
    await client.next('h1', { flags: LUP.NAME })
    const step = await client.next('h1', { flags: LUP.ALL })
    t.check.succeeds(step)
    t.check.deepEqual(present(step.data.result), ['name', 'addresses', 'blob'], 'fields')
  })

  row('NEXT-13', 'knows no such name', async (t) => {
    const client = await t.table()
    await t.begin(client, t.name('nobody'))
    t.check.fails(await client.next('h1'), ERR.SERVICE_NOT_FOUND)
  })

  row('NEXT-14', 'knows the name, but no such data', async (t) => {
    const client = await t.table()
    await t.begin(client, BARE, { flags: LUP.ADDR })
    t.check.fails(await client.next('h1'), ERR.NO_DATA, 'a name without addresses')
    await t.begin(client, V6_ONLY, { flags: LUP.NAME | LUP.ADDR, protocols: `${AF_INET}:17` })
    t.check.fails(await client.next('h1'), ERR.NO_DATA, 'IPv4 of a name that has IPv6 only')
  })

  row('NEXT-15', 'refuses junk handles', async (t) => {
    const client = await t.table()
    const wide = t.is64 ? ['0xdeadbeefdeadbeef', '0x7fffffff0000'] : []
    for (const h of ['0x1', '0x1234', '0xdeadbeef', '0xfffffffe', ...wide]) {
      t.check.fails(await client.next(h), ERR.INVALID_HANDLE, h)
    }
    t.check.fails(await client.next(NULL), ERR.INVALID_HANDLE, 'NULL')
  })

  row('NEXT-16', 'is cancelled by End', async (t) => {
    const client = await t.table()
    await blockNext(t, client)
    await client.end('h1')
    t.check.fails(await client.join<NextData>('blocked'), ERR.CANCELLED)
  })

  row('NEXT-17', 'gives two threads each item once', async (t) => {
    const client = await t.table()
    await t.begin(client, MANY)
    await client.launch('a', 'drain', { h: 'h1' })
    await client.launch('b', 'drain', { h: 'h1' })
    const a = await client.join<DrainData>('a')
    const b = await client.join<DrainData>('b')
    t.check.fails(a, ERR.NO_MORE, 'end of the first')
    t.check.fails(b, ERR.NO_MORE, 'end of the second')
    const names = [...a.data.results, ...b.data.results].map((result) => result.name)
    t.check.equal(names.length, MANY_COUNT, 'items in all')
    t.check.equal(new Set(names).size, MANY_COUNT, 'different items')
  })

  row('NEXT-18', 'ends when the host dies', async (t) => {
    const client = await t.table()
    await blockNext(t, client)
    await t.driver.kill()
    t.check.fails(await client.join<NextData>('blocked'), ERR.NETDOWN)
    t.check.succeeds(await client.end('h1'), 'End afterwards')
  })

  row('NEXT-19', 'gives aliases as results of their own', async (t) => {
    const client = await t.table()
    const name = t.name('primary')
    const aliases = [t.name('first'), t.name('second')]
    await t.set(name, { addr: '10.9.2.1', alias: aliases.join(','), version: 3 })
    const item = (of: string | undefined, flags: number) => `${of} flags ${flags}`
    const said = async (begin: BeginOptions, flags: number) => {
      await t.begin(client, name, begin)
      const step = await client.drain('h1', { flags })
      t.check.fails(step, ERR.NO_MORE, 'the end')
      return step.data.results
    }
    const all = await said({ class: CLASS }, 0)
    const labels = all.map((result) => item(result.name ?? undefined, result.outputFlags))
    t.check.deepEqual(
      labels,
      [item(name, 0), ...aliases.map((alias) => item(alias, RESULT_IS.ALIAS))],
      'primary and aliases',
    )
    for (const { addresses, version, class: id } of all) {
      t.check.equal(addresses[0]?.remote.address, '10.9.2.1', 'address')
      t.check.equal(version, 3, 'version')
      t.check.equal(id, CLASS, 'class')
    }
    const without = LUP.ALL & ~LUP.ALIASES
    t.check.equal((await said({ flags: without }, 0)).length, 1, 'not asked for at Begin')
    t.check.equal((await said({ flags: without }, LUP.ALL)).length, 1, 'asked for at Next alone')
    t.check.equal((await said({}, LUP.NAME | LUP.ADDR)).length, 1, 'not asked for at Next')
    t.check.equal((await said({}, LUP.NAME | LUP.ALIASES)).length, 3, 'asked for at both')
  })

  row('NEXT-20', 'ends through ws2_32 when all providers are exhausted', async (t) => {
    const client = await t.ws2()
    await t.begin(client, QUERY)
    t.check.equal(await nameOf(t, client), QUERY, 'name')
    t.check.fails(await client.next('h1'), [ERR.NO_MORE, ERR.NO_MORE_OLD])
    // One provider's end passes through; of several, the dispatcher says that all have ended.
    await t.begin(client, QUERY, { h: 'all', provider: NULL }, 'names')
    const first = await client.next('all')
    t.check.equal(first.data.result?.name, QUERY, 'name, several providers')
    t.check.fails(await client.next('all'), [ERR.NO_MORE, ERR.NO_MORE_OLD], 'several providers')
  })

  row('NEXT-21', 'tells an ANSI client a length that suffices', async (t) => {
    const client = await t.ws2()
    await t.begin(client, ONE, { ansi: true })
    const short = await client.next('h1', { ansi: true, size: t.setSize })
    t.check.fails(short, ERR.FAULT)
    const step = await client.next('h1', { ansi: true, size: short.data.length })
    t.check.succeeds(step, 'retry with the length told')
    t.check.equal(step.data.result?.name, ONE, 'name')
    t.check.equal(step.data.result?.inside, true, 'everything inside the buffer')
    t.check.equal(step.data.guardsIntact, true, 'guard bytes')
  })
})
