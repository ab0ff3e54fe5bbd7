// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Row RES-07: the blobs that gethostbyname and its relatives look for.
import { describe } from 'mocha'
import type { Client } from '../helpers/client.ts'
import type { BeginOptions, NextOptions, ResultSet } from '../helpers/client-types.ts'
import { readHostent, readServent } from '../helpers/made-blob.ts'
import { type Row, row } from '../helpers/row.ts'
import {
  AF_INET,
  ERR,
  HOST_BY_ADDRESS,
  HOST_BY_NAME,
  LUP,
  ONE,
  SERVICE_BY_NAME,
  TWO,
  V6_ONLY,
} from '../helpers/winsock.ts'

/** SVCID_TCP(7007) */
const TCP_7007 = '00091b5f-0000-0000-c000-000000000046'

const asked: BeginOptions = { flags: LUP.NAME | LUP.BLOB }

/** The one result, got with the first of all sizes that suffices. */
async function only(
  t: Row,
  client: Client,
  name: string,
  query: BeginOptions,
  room: NextOptions = {},
): Promise<ResultSet> {
  await t.begin(client, name, { ...asked, ...query }, 'names')
  const step = await client.sweepNext('h1', { flags: 0, ...room })
  await client.end('h1')
  t.check.succeeds(step, name)
  t.check.deepEqual(step.data.needs, [step.data.size], `${name}: the size told and what sufficed`)
  t.check.equal(step.data.untouched, true, `${name}: buffers that were too small`)
  t.check.equal(step.data.guardsIntact, true, `${name}: guard bytes`)
  const { result } = step.data
  if (!result) throw new Error(`${name}: no result`)
  t.check.equal(result.inside, true, `${name}: ${result.problems}`)
  t.check.equal(result.aligned, true, `${name}: ${result.problems}`)
  return result
}

async function hostent(
  t: Row,
  client: Client,
  name: string,
  query: BeginOptions = {},
  room: NextOptions = {},
) {
  const result = await only(t, client, name, { class: HOST_BY_NAME, ...query }, room)
  const { spare, family, length, ...rest } = readHostent(result.blob ?? '', t.is64)
  t.check.equal(family, AF_INET, `${name}: h_addrtype`)
  t.check.equal(length, 4, `${name}: h_length`)
  t.check.ok(spare < 8, `${name}: cbSize is ${spare} bytes larger than the blob`)
  return rest
}

async function servent(t: Row, client: Client, name: string) {
  const query = { class: SERVICE_BY_NAME, flags: LUP.NAME | LUP.TYPE | LUP.BLOB }
  const result = await only(t, client, name, query)
  t.check.equal(result.name, 'nspecho', `${name}: name`)
  t.check.equal(result.class, TCP_7007, `${name}: class`)
  const { spare, ...rest } = readServent(result.blob ?? '', t.is64)
  t.check.ok(spare < 8, `${name}: cbSize is ${spare} bytes larger than the blob`)
  return rest
}

describe('RES', () => {
  row('RES-07', 'makes hostent and servent blobs for the width of the client', async (t) => {
    const client = await t.table({ entry: 'names' })
    const name = t.name('host')
    const aliases = [t.name('first'), t.name('second')]
    await t.set(name, { addr: '10.9.1.1,[fd00::9],10.9.1.2', alias: aliases.join(',') })
    const whole = { name, aliases, addresses: ['0a090101', '0a090102'] }
    t.check.deepEqual(await hostent(t, client, name), whole, 'name, aliases, addresses')
    for (let misalign = 1; misalign < 8; misalign++) {
      const again = await hostent(t, client, name, {}, { misalign })
      t.check.deepEqual(again, whole, `in a buffer at base + ${misalign}`)
    }
    t.check.deepEqual(await hostent(t, client, name, {}, { edge: true }), whole, 'at an edge')
    t.check.deepEqual(
      await hostent(t, client, TWO),
      { name: TWO, aliases: [], addresses: ['0a010002', '0a010003'] },
      'without aliases',
    )
    t.check.deepEqual(
      await hostent(t, client, '10.1.0.1', { class: HOST_BY_ADDRESS }),
      { name: ONE, aliases: [], addresses: ['0a010001'] },
      'by address',
    )
    t.check.deepEqual(
      await hostent(t, client, ONE),
      { name: ONE, aliases: [], addresses: ['0a010001'] },
      'of a record that has a blob of its own',
    )
    await t.begin(client, V6_ONLY, { ...asked, class: HOST_BY_NAME }, 'names')
    t.check.fails(await client.next('h1', { flags: 0 }), ERR.NO_DATA, 'a hostent has no IPv6')
    const echo = { name: 'nspecho', aliases: ['nsp-echo'], port: 7007, protocol: 'tcp' }
    for (const service of ['nspecho/tcp', '7007/tcp']) {
      t.check.deepEqual(await servent(t, client, service), echo, service)
    }
  })
})
