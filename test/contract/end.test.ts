// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Rows END: NSPLookupServiceEnd.
import { describe } from 'mocha'
import { NULL } from '../helpers/client.ts'
import type { NextData } from '../helpers/client-types.ts'
import { row } from '../helpers/row.ts'
import { ERR, ONE } from '../helpers/winsock.ts'

describe('END', () => {
  row('END-01', 'ends a handle once', async (t) => {
    const client = await t.table()
    await t.begin(client, ONE)
    await client.next('h1')
    t.check.succeeds(await client.end('h1'), 'first End')
    t.check.fails(await client.end('h1'), ERR.INVALID_HANDLE, 'second End')
    // The slot is taken again: the old handle must not fit the new lookup.
    await t.begin(client, ONE, { h: 'h2' })
    t.check.fails(await client.end('h1'), ERR.INVALID_HANDLE, 'End of the old handle')
  })

  row('END-02', 'ends a query that was never read', async (t) => {
    const client = await t.table()
    await t.begin(client, ONE)
    t.check.succeeds(await client.end('h1'))
  })

  row('END-03', 'refuses junk handles', async (t) => {
    const client = await t.table()
    const wide = t.is64 ? ['0xdeadbeefdeadbeef', '0x7fffffff0000'] : []
    for (const h of ['0x1', '0x1234', '0xdeadbeef', '0xfffffffe', ...wide]) {
      t.check.fails(await client.end(h), ERR.INVALID_HANDLE, h)
    }
    t.check.fails(await client.end(NULL), ERR.INVALID_HANDLE, 'NULL')
  })

  row('END-04', 'does not wait for the host', async (t) => {
    const client = await t.table()
    await t.restartHost({ lookupMs: 20_000 })
    const name = t.name()
    await t.set(name)
    await t.hold(name)
    await t.begin(client, name)
    await client.launch('blocked', 'next', { h: 'h1' })
    await t.held(name)
    t.check.succeeds(await client.end('h1'), 'End')
    // Had End waited, the host's deadline would have ended Next with one of these.
    const next = await client.join<NextData>('blocked')
    t.check.equal(next.ret, -1, 'result of Next')
    t.check.ok(![ERR.TRY_AGAIN, ERR.NETDOWN].some((code) => code === next.err), `Next: ${next.err}`)
  })

  row('END-05', 'is refused by ws2_32 for NULL', async (t) => {
    const client = await t.ws2()
    t.check.fails(await client.end(NULL), ERR.INVALID_HANDLE)
  })
})
