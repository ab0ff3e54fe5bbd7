// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Rows RES: how a result lies in the caller's buffer.
import { describe } from 'mocha'
import type { Client } from '../helpers/client.ts'
import type { NextData, NextOptions, Step } from '../helpers/client-types.ts'
import { type Row, row } from '../helpers/row.ts'
import { AF_INET, AF_INET6, ERR, MANY, ONE, QUERY, TWO, V6_ONLY } from '../helpers/winsock.ts'

const NAMES = [ONE, TWO, V6_ONLY, QUERY, MANY]

/** The first result of a lookup, and the length that was needed for it. */
async function first(
  t: Row,
  client: Client,
  name: string,
  room: (need: number) => NextOptions,
): Promise<{ step: Step<NextData>; need: number }> {
  await t.begin(client, name)
  const short = await client.next('h1', { size: t.setSize })
  if (short.err !== ERR.FAULT) throw new Error(`${name}: no need was told (${short.err})`)
  const need = short.data.length
  const step = await client.next('h1', room(need))
  t.check.succeeds(step, name)
  await client.end('h1')
  return { step, need }
}

describe('RES', () => {
  row('RES-01', 'points nowhere but into the buffer', async (t) => {
    const client = await t.table()
    for (const name of NAMES) {
      const { step } = await first(t, client, name, () => ({}))
      t.check.equal(step.data.result?.inside, true, `${name}: ${step.data.result?.problems}`)
    }
  })

  row('RES-02', 'writes nothing past the need', async (t) => {
    const client = await t.table()
    for (const name of NAMES) {
      for (const spare of [0, 1, 64, 4096]) {
        const room = (need: number) => ({ size: need + spare })
        const { step, need } = await first(t, client, name, room)
        t.check.ok(step.data.written <= need, `${name}: ${step.data.written} of ${need} bytes`)
        t.check.equal(step.data.guardsIntact, true, `${name}: guard bytes`)
      }
    }
  })

  row('RES-03', 'has the structure of its width', async (t) => {
    const client = await t.table()
    const { step } = await first(t, client, ONE, () => ({}))
    const { result } = step.data
    t.check.equal(result?.dwSize, t.setSize, 'dwSize')
    t.check.equal(result?.name, ONE, 'name')
    t.check.equal(result?.version, 7, 'version')
    t.check.equal(result?.comment, 'the first', 'comment')
    t.check.equal(result?.blob, '0102030405', 'blob')
    t.check.equal(result?.addressCount, 2, 'addresses')
    const query = await first(t, client, QUERY, () => ({}))
    t.check.equal(query.step.data.result?.queryString, 'rest', 'query string')
    t.check.equal(query.step.data.result?.context, '\\top', 'context')
  })

  row('RES-04', 'is aligned wherever the buffer begins', async (t) => {
    const client = await t.table()
    for (let misalign = 0; misalign < 8; misalign++) {
      const room = (need: number) => ({ size: need, misalign })
      const { step, need } = await first(t, client, ONE, room)
      const { result } = step.data
      t.check.equal(result?.aligned, true, `base + ${misalign}: ${result?.problems}`)
      // Seven bytes to spare whatever the base: a result at an aligned base leaves them unused.
      if (misalign === 0) t.check.ok((result?.used ?? need) + 7 <= need, `${result?.used} + 7`)
    }
  })

  row('RES-05', 'has addresses of both kinds', async (t) => {
    const client = await t.table()
    const { step } = await first(t, client, ONE, () => ({}))
    const sides = step.data.result?.addresses.map(({ local, remote }) => ({
      remote: `${remote.family} ${remote.address} (${remote.length})`,
      local: `${local.family} ${local.address} (${local.length})`,
    }))
    t.check.deepEqual(
      sides,
      [
        { remote: `${AF_INET} 10.1.0.1 (16)`, local: `${AF_INET} 0.0.0.0 (16)` },
        {
          remote: `${AF_INET6} fd00:0:0:0:0:0:0:1 (28)`,
          local: `${AF_INET6} 0:0:0:0:0:0:0:0 (28)`,
        },
      ],
      'addresses',
    )
  })

  row('RES-06', 'leaves absent fields empty and says where it comes from', async (t) => {
    const client = await t.table()
    const { step } = await first(t, client, TWO, () => ({}))
    const { result } = step.data
    t.check.deepEqual(
      [result?.version, result?.comment, result?.context, result?.queryString, result?.blob],
      [null, null, null, null, null],
      'absent fields',
    )
    t.check.equal(result?.outputFlags, 0, 'output flags')
    t.check.equal(result?.namespace, t.entry().namespace, 'name space')
    t.check.equal(result?.provider, t.entry().id, 'provider')
  })
})
