// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Rows SET: NSPSetService, and what lookups see of it.
import { describe } from 'mocha'
import { type Client, NULL, READONLY, UNMAPPED } from '../helpers/client.ts'
import type { ServiceOptions } from '../helpers/client-types.ts'
import { ABSENT, CLASS, listed, register, seen, tidy } from '../helpers/registry.ts'
import { type Row, row } from '../helpers/row.ts'
import {
  AF_IPX,
  DELETE,
  DEREGISTER,
  ERR,
  LUP,
  REGISTER,
  SERVICE_MULTIPLE,
} from '../helpers/winsock.ts'

const A = '10.7.0.1:80'
const B = '10.7.0.2:81'
const C = '10.7.0.3:82'
const BOTH = `${A},${B}`
/** A Bluetooth address: 30 bytes of a family that nothing here knows. */
const RAW = `2000${'0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c'}`
const STRANGER = '11111111-2222-3333-4444-555555555555'
const ALWAYS_REFUSED = [REGISTER, DEREGISTER, DELETE] as const

const multiple = { flags: SERVICE_MULTIPLE }
const object = (name: string, more: ServiceOptions = {}) => ({ name, class: CLASS, ...more })

/** Everything that a lookup tells of an object. */
async function whole(t: Row, client: Client, name: string, entry: 'mesh' | 'names') {
  await t.begin(client, name, { class: CLASS }, entry)
  const step = await client.next('h1', { flags: 0 })
  await client.end('h1')
  t.check.succeeds(step, `a lookup under ${entry}`)
  const { result } = step.data
  const sides = result?.addresses.map(
    ({ remote, local, socketType, protocol }) =>
      `${remote.bytes} from ${local.bytes}, type ${socketType}, protocol ${protocol}`,
  )
  return { ...result, sides }
}

/** Bad values for one field each, with the code they must be refused with. */
const BAD: readonly [what: string, code: number | readonly number[], args: ServiceOptions][] = [
  ['NULL service', ERR.INVAL, { q: NULL }],
  ['NULL provider id', ERR.INVAL, { guid: NULL }],
  ['no name', ERR.INVAL, { name: NULL }],
  ['no class', ERR.INVAL, { class: NULL }],
  ['no addresses', ERR.INVAL, { addr: NULL, naddr: 0 }],
  ['service in no memory', ERR.FAULT, { q: UNMAPPED }],
  ['service of zeros', ERR.FAULT, { q: READONLY }],
  ['provider id in no memory', ERR.FAULT, { guid: UNMAPPED }],
  ['dwSize 0', ERR.FAULT, { dwsize: 0 }],
  ['dwSize 59', ERR.FAULT, { dwsize: 59 }],
  ['name in no memory', ERR.FAULT, { name: UNMAPPED }],
  ['class in no memory', ERR.FAULT, { class: UNMAPPED }],
  ['version in no memory', ERR.FAULT, { version: UNMAPPED }],
  ['comment in no memory', ERR.FAULT, { comment: UNMAPPED }],
  ['context in no memory', ERR.FAULT, { context: UNMAPPED }],
  ['addresses in no memory', ERR.FAULT, { addr: UNMAPPED, naddr: 1 }],
  ['more addresses than NULL has', ERR.FAULT, { addr: NULL, naddr: 2 }],
  ['address in no memory', ERR.FAULT, { remote: UNMAPPED }],
  ['address of NULL', [ERR.FAULT, ERR.INVAL], { remote: NULL }],
  ['address of negative length', [ERR.FAULT, ERR.INVAL], { remotelength: 0xffffffff }],
  ['address of 2 GiB', [ERR.FAULT, ERR.INVAL], { remotelength: 0x7fffffff }],
  ['4,000,000,000 addresses', [ERR.FAULT, ERR.INVAL], { naddr: 4_000_000_000 }],
  ['local address in no memory', ERR.FAULT, { local: UNMAPPED }],
  ['blob in no memory', ERR.FAULT, { blob: UNMAPPED }],
  ['blob of no memory', ERR.FAULT, { blob: '0102', blobdata: UNMAPPED }],
  ['blob of 4 GiB', [ERR.FAULT, ERR.INVAL], { blob: '0102', blobsize: 0xffffffff }],
  ["another provider's id", ERR.INVALIDPROVIDER, { guid: STRANGER }],
]

/** What a service may be refused with that changes from good to bad while it is read. */
const CHURNED: readonly number[] = [ERR.FAULT, ERR.INVAL, ERR.SERVICE_NOT_FOUND]

describe('SET', () => {
  row('SET-01', 'a new name is found as it was registered', async (t) => {
    const client = await t.table()
    const name = t.registered('New')
    const addr = `${A}~10.7.9.9:1,[fd00::7%3]:443,raw:${RAW}~none`
    const more = { version: 9, comment: 'registered', context: '\\', blob: 'c0ffee' }
    const args = object(name, { addr, socktype: 1, protocol: 6, ...more })
    t.check.equal(await seen(t, client, name), ABSENT, 'before')
    const step = await client.setService(REGISTER, { ...args, qro: true })
    t.check.succeeds(step, 'from memory that cannot be written')
    t.check.equal(step.data.queryUnchanged, true, 'the service was left alone')
    tidy(t, client, name)
    for (const entry of ['mesh', 'names'] as const) {
      const looking = entry === 'mesh' ? client : await t.table({ entry })
      const result = await whole(t, looking, name, entry)
      const { version, comment, context, blob, outputFlags } = result
      t.check.equal(result.name, name, 'name')
      t.check.equal(result.class, CLASS, 'class')
      t.check.deepEqual({ version, comment, context, blob }, more, 'the rest')
      t.check.equal(outputFlags, 0, 'output flags')
      t.check.equal(result.sides?.length, 3, 'addresses')
      t.check.equal(
        result.sides?.[0],
        '020000500a0700010000000000000000 from 020000010a0709090000000000000000, type 1, protocol 6',
        'IPv4',
      )
      const [v6] = result.addresses?.slice(1) ?? []
      const { address, port, scope } = v6?.remote ?? {}
      t.check.equal(`${address} ${port} ${scope}`, 'fd00:0:0:0:0:0:0:7 443 3', 'IPv6')
      t.check.ok(result.sides?.[2]?.startsWith(`${RAW} `) === true, `raw: ${result.sides?.[2]}`)
    }
    // Another bitness or compiler may put a structure anywhere.
    const odd = t.registered('odd')
    await register(t, client, odd, { addr: BOTH, odd: 3, comment: 'odd', blob: '01' })
    t.check.equal(await seen(t, client, odd), `${A} ${B}`, 'a service at odd addresses')
    t.check.equal(await seen(t, client, odd.toUpperCase()), `${A} ${B}`, 'in other case')
  })

  row('SET-02', 'the same name again: other addresses', async (t) => {
    const client = await t.table()
    const name = t.registered()
    await register(t, client, name, { addr: BOTH })
    t.check.succeeds(await client.setService(REGISTER, object(name, { addr: C })), 'again')
    t.check.equal(await seen(t, client, name), C, 'replaced')
  })

  row('SET-03', 'the same name with SERVICE_MULTIPLE: more addresses', async (t) => {
    const client = await t.table()
    const name = t.registered()
    await register(t, client, name, { addr: A })
    const step = await client.setService(REGISTER, object(name, { addr: B, ...multiple }))
    t.check.succeeds(step, 'the second')
    t.check.equal(await seen(t, client, name), `${A} ${B}`, 'added')
    const fresh = t.registered('fresh')
    await register(t, client, fresh, { addr: C, ...multiple })
    t.check.equal(await seen(t, client, fresh), C, 'a name that was not there')
  })

  row('SET-04', 'DEREGISTER leaves the object without addresses', async (t) => {
    const client = await t.table()
    const name = t.registered()
    await register(t, client, name, { addr: BOTH })
    t.check.succeeds(await client.setService(DEREGISTER, object(name)), 'DEREGISTER')
    t.check.equal(await seen(t, client, name), '', 'no addresses')
    t.check.equal(await listed(t, client, name), true, 'still listed')
    t.check.succeeds(await client.setService(DEREGISTER, object(name)), 'once more')
    await register(t, client, name, { addr: C })
    t.check.equal(await seen(t, client, name), C, 'registered again')
  })

  row('SET-05', 'DEREGISTER with SERVICE_MULTIPLE takes what is given', async (t) => {
    const client = await t.table()
    const name = t.registered()
    await register(t, client, name, { addr: BOTH, socktype: 1, protocol: 6 })
    const take = (more: ServiceOptions) =>
      client.setService(
        DEREGISTER,
        object(name, { ...multiple, socktype: 1, protocol: 6, ...more }),
      )
    // The whole CSADDR_INFO has to be the same.
    await take({ addr: `10.7.0.1:8080,${C}` })
    await take({ addr: A, protocol: 17 })
    await take({ addr: A, socktype: 2 })
    await take({ addr: `${A}~10.7.9.9` })
    t.check.equal(await seen(t, client, name), `${A} ${B}`, 'similar ones')
    t.check.succeeds(await take({ addr: A }), 'one of two')
    t.check.equal(await seen(t, client, name), B, 'one left')
    t.check.succeeds(await take({ addr: B }), 'the last')
    t.check.equal(await seen(t, client, name), '', 'none left')
    t.check.equal(await listed(t, client, name), true, 'still listed')
  })

  row('SET-06', 'DELETE takes the object away', async (t) => {
    const client = await t.table()
    const name = t.registered()
    await register(t, client, name, { addr: BOTH })
    const other = t.registered('other')
    await register(t, client, other, { addr: C })
    t.check.succeeds(await client.setService(DELETE, object(name)), 'DELETE')
    t.check.equal(await seen(t, client, name), ABSENT, 'gone')
    t.check.equal(await listed(t, client, name), false, 'not listed')
    t.check.equal(await seen(t, client, other), C, 'another object')
  })

  row('SET-07', 'DELETE with SERVICE_MULTIPLE ends with the last address', async (t) => {
    const client = await t.table()
    const name = t.registered()
    await register(t, client, name, { addr: BOTH })
    const take = (addr: string) => client.setService(DELETE, object(name, { addr, ...multiple }))
    t.check.succeeds(await take(A), 'one of two')
    t.check.equal(await seen(t, client, name), B, 'one left')
    t.check.succeeds(await take(B), 'the last')
    t.check.equal(await seen(t, client, name), ABSENT, 'gone')
    t.check.equal(await listed(t, client, name), false, 'not listed')
  })

  row('SET-08', 'what is not there can not be taken away', async (t) => {
    const client = await t.table()
    const name = t.registered()
    for (const op of [DEREGISTER, DELETE]) {
      for (const more of [{}, multiple, { addr: A }, { addr: A, ...multiple }]) {
        const step = await client.setService(op, object(name, more))
        t.check.fails(step, ERR.SERVICE_NOT_FOUND, `${op} ${JSON.stringify(more)}`)
      }
    }
    t.check.equal(await seen(t, client, name), ABSENT, 'and nothing is made of it')
  })

  row('SET-09', 'refuses other operations and bad arguments', async (t) => {
    const client = await t.table()
    const name = t.registered()
    for (const op of [3, 4, 0x7fffffff, 0xffffffff]) {
      const step = await client.setService(op, object(name, { addr: A }))
      t.check.fails(step, ERR.INVAL, `operation ${op}`)
    }
    for (const [what, code, args] of BAD) {
      const step = await client.setService(REGISTER, object(name, { addr: A, ...args }))
      t.check.fails(step, code, what)
    }
    t.check.equal(await seen(t, client, name), ABSENT, 'nothing was registered')
    const names = await t.table({ entry: 'names' })
    const foreign = object('www.example.com', { addr: A })
    for (const op of ALWAYS_REFUSED) {
      const step = await names.setService(op, foreign)
      t.check.fails(step, ERR.SERVICE_NOT_FOUND, `operation ${op} on a foreign name`)
    }
    // Refused without the host, so that many rounds are quick.
    const { codes } = (await names.churnService(REGISTER, foreign)).data
    const others = codes.filter((code) => !CHURNED.includes(code))
    t.check.deepEqual(others, [], 'a service that changes while it is read')
  })

  row('SET-10', 'says what the handler says', async (t) => {
    const client = await t.table()
    const denied = object('denied.reg.nsp.test', { addr: A })
    t.check.fails(await client.setService(REGISTER, denied), ERR.ACCES, 'denied')
    const none = await t.table({ entry: 'vouch' })
    for (const op of ALWAYS_REFUSED) {
      const step = await none.setService(op, object(t.registered(), { addr: A }))
      t.check.fails(step, ERR.OPNOTSUPP, `operation ${op} without a handler`)
    }
    await t.stopHost()
    for (const op of ALWAYS_REFUSED) {
      const step = await client.setService(op, object(t.registered(), { addr: A }))
      t.check.fails(step, ERR.NETDOWN, `operation ${op} without a host`)
    }
  })

  row('SET-11', 'ignores protocols, query string and output flags', async (t) => {
    const client = await t.table()
    const name = t.registered()
    const ignored = { protocols: `${AF_IPX}:0`, query: 'ignored', oflags: 0x71 }
    await register(t, client, name, { addr: BOTH, ...ignored })
    t.check.equal(await seen(t, client, name), `${A} ${B}`, 'addresses')
    const result = await whole(t, client, name, 'mesh')
    t.check.equal(result.queryString, null, 'query string')
    t.check.equal(result.outputFlags, 0, 'output flags')
    t.check.equal(result.protocols, 0, 'protocols')
    // Not even looked at.
    const nowhere = { protocols: UNMAPPED, nprotocols: 3, query: UNMAPPED, provider: UNMAPPED }
    await register(t, client, t.registered(), { addr: A, ...nowhere, ns: 0x7777 })
    await register(t, client, t.registered(), { addr: A, info: UNMAPPED })
    t.check.succeeds(await client.setService(DELETE, object(name, nowhere)), 'DELETE')
    t.check.equal(await seen(t, client, name, 'mesh'), ABSENT, 'gone')
    const flags = LUP.NAME
    await t.begin(client, name, { class: CLASS, flags })
    t.check.fails(await client.next('h1', { flags }), ERR.SERVICE_NOT_FOUND, 'a lookup')
  })
})
