// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Row IOCTL-40: a handle that was read to its end goes on with what has changed since.
import { describe } from 'mocha'
import type { Client } from '../helpers/client.ts'
import type { NextData } from '../helpers/client-types.ts'
import {
  eventTarget,
  registerEvent,
  SOON_MS,
  WSA_IO_PENDING,
  WSAEWOULDBLOCK,
} from '../helpers/notify.ts'
import { type Row, row } from '../helpers/row.ts'
import { ERR, LUP, RESULT_IS } from '../helpers/winsock.ts'

const FLAGS = LUP.NAME | LUP.ADDR

const HOW = new Map<number, string>([
  [RESULT_IS.ADDED, 'added'],
  [RESULT_IS.CHANGED, 'changed'],
  [RESULT_IS.DELETED, 'deleted'],
])

/** What one result says: its name, how it has changed, its addresses. */
function say(result: NextData['result']): string {
  const flags = result?.outputFlags ?? 0
  const how = flags === 0 ? 'there' : (HOW.get(flags) ?? `flags ${flags}`)
  const addresses = result?.addresses.map(({ remote }) => remote.address) ?? []
  return `${result?.name} ${how} ${addresses.join(' ')}`.trimEnd()
}

/** Reads on to WSA_E_NO_MORE; what came, in alphabetical order. */
async function readOn(t: Row, client: Client, what: string): Promise<string[]> {
  const step = await client.drain('h1', { flags: FLAGS })
  t.check.fails(step, ERR.NO_MORE, what)
  return step.data.results.map(say).sort()
}

/** A request that completes, because something has changed. */
async function hears(t: Row, client: Client, change: () => Promise<unknown>): Promise<void> {
  t.check.fails(await registerEvent(client), WSA_IO_PENDING, 'a request')
  await change()
  t.check.ok(await client.signalled('e', SOON_MS), 'the request completes')
}

async function watchAll(t: Row, client: Client): Promise<void> {
  const [stays, moves, goes, comes] = ['a', 'b', 'c', 'd'].map((label) => t.name(label))
  for (const name of [stays, moves, goes]) await t.set(name as string)
  await eventTarget(client)
  await t.begin(client, undefined, { flags: FLAGS }, 'feed')
  const whole = await readOn(t, client, 'the end of the whole set')
  for (const name of [stays, moves, goes]) {
    t.check.ok(whole.includes(`${name} there 10.9.0.1`), `${name} is in the whole set`)
  }
  t.check.deepEqual(await readOn(t, client, 'nothing new'), [], 'nothing new')
  t.check.fails(await client.ioctl('h1'), WSAEWOULDBLOCK, 'a poll, nothing new')

  await hears(t, client, () => t.set(moves as string, { addr: '10.9.0.2' }))
  const changed = [`${moves} changed 10.9.0.2`]
  t.check.deepEqual(await readOn(t, client, 'the end of one change'), changed, 'one change')
  t.check.deepEqual(await readOn(t, client, 'after it'), [], 'after it')
  t.check.fails(await client.ioctl('h1'), WSAEWOULDBLOCK, 'a poll after it')

  await hears(t, client, async () => {
    await t.set(moves as string, { addr: '10.9.0.3' })
    await t.driver.send('delete', { name: goes as string })
    await t.set(comes as string)
  })
  const several = [
    `${moves} changed 10.9.0.3`,
    `${goes} deleted 10.9.0.1`,
    `${comes} added 10.9.0.1`,
  ]
  t.check.deepEqual(await readOn(t, client, 'the end of several'), several, 'several changes')
  t.check.deepEqual(await readOn(t, client, 'after them'), [], 'after them')

  await t.driver.send('invalidate', {})
  t.check.deepEqual(await readOn(t, client, 'a needless notice'), [], 'a needless notice')
  await client.end('h1')
}

/** A change while the handler works on the answer: this answer or the next one has it. */
async function changeInFlight(t: Row, client: Client): Promise<void> {
  const name = t.name('held')
  await t.set(name)
  await t.begin(client, name, { flags: FLAGS }, 'feed')
  const address = (n: number) => `10.9.0.${n}`
  for (const [n, how] of [
    [1, 'there'],
    [3, 'changed'],
  ] as const) {
    await t.set(name, { addr: address(n) })
    await t.hold(name)
    await client.launch('waits', 'next', { h: 'h1', flags: FLAGS })
    await t.held(name)
    await t.set(name, { addr: address(n + 1) })
    await t.driver.send('release', { name })
    const first = await client.join<NextData>('waits')
    t.check.equal(say(first.data.result), `${name} ${how} ${address(n)}`, 'what was read before')
    t.check.deepEqual(await readOn(t, client, 'its end'), [], 'its end')
    const later = [`${name} changed ${address(n + 1)}`]
    t.check.deepEqual(await readOn(t, client, 'and later'), later, 'the change meanwhile')
  }
  await client.end('h1')
}

async function shortBuffer(t: Row, client: Client): Promise<void> {
  const name = t.name('short')
  await t.set(name)
  await t.begin(client, name, { flags: FLAGS }, 'feed')
  await readOn(t, client, 'the end')
  await t.driver.send('delete', { name })
  const short = await client.next('h1', { flags: FLAGS, size: t.setSize })
  t.check.fails(short, ERR.FAULT, 'a buffer that is too small')
  const step = await client.next('h1', { flags: FLAGS, size: short.data.length })
  t.check.equal(say(step.data.result), `${name} deleted 10.9.0.1`, 'with the size told')
  t.check.fails(await client.next('h1', { flags: FLAGS }), ERR.NO_MORE, 'then')
  await client.end('h1')
}

describe('IOCTL (feeds)', () => {
  row('IOCTL-40', 'Next gives only what has changed', async (t) => {
    const client = await t.table({ entry: 'feed' })
    await watchAll(t, client)
    await changeInFlight(t, client)
    await shortBuffer(t, client)
    await watchAll(t, await t.ws2())
  })
})
