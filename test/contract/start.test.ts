// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Rows START: NSPStartup and the table it fills.
import { describe } from 'mocha'
import { NULL } from '../helpers/client.ts'
import { noise } from '../helpers/quiet.ts'
import { row } from '../helpers/row.ts'
import { DELETE, DEREGISTER, ERR, ONE, REGISTER } from '../helpers/winsock.ts'

const STRANGER = '11111111-2222-3333-4444-555555555555'
/** The table's block is filled with this, so that every byte written shows. */
const FILL = 0xab

describe('START', () => {
  row('START-01', 'fills the whole table', async (t) => {
    const client = await t.table({ started: false })
    const step = await client.startup(t.entry().id, { fill: FILL })
    t.check.succeeds(step)
    t.check.equal(step.data.pointers, '111111111', 'all nine pointers')
    t.check.equal(step.data.cbSize, t.is64 ? 88 : 48, 'cbSize')
    t.check.equal(`${step.data.major}.${step.data.minor}`, '1.1', 'version')
  })

  row('START-02', 'leaves NSPIoctl out of the short table', async (t) => {
    const short = t.is64 ? 80 : 44
    const client = await t.table({ started: false })
    const step = await client.startup(t.entry().id, { fill: FILL, cbsize: short })
    t.check.succeeds(step)
    t.check.equal(step.data.pointers, '111111110', 'eight pointers')
    t.check.equal(step.data.cbSize, short, 'cbSize')
    t.check.equal(step.data.written, short, 'the last byte written')
  })

  row('START-03', 'writes nothing past the table it knows', async (t) => {
    const client = await t.table({ started: false })
    const step = await client.startup(t.entry().id, { fill: FILL, cbsize: 200 })
    t.check.succeeds(step)
    t.check.equal(step.data.written, t.is64 ? 88 : 48, 'the last byte written')
    t.check.equal(step.data.guardsIntact, true, 'guard bytes')
  })

  row('START-04', 'refuses a table that is too small', async (t) => {
    const client = await t.table({ started: false })
    for (const cbsize of [4, (t.is64 ? 80 : 44) - 1, 0]) {
      const step = await client.startup(t.entry().id, { fill: FILL, cbsize })
      t.check.fails(step, ERR.INVALIDPROCTABLE, `cbSize ${cbsize}`)
      t.check.equal(step.data.touched, false, `the table of cbSize ${cbsize} was touched`)
    }
  })

  row('START-05', 'refuses NULL', async (t) => {
    const client = await t.table({ started: false })
    t.check.fails(await client.startup(t.entry().id, { table: NULL }), ERR.INVAL, 'NULL table')
    t.check.fails(await client.startup(NULL), ERR.INVAL, 'NULL GUID')
    t.check.fails(await client.startup(NULL, { table: NULL }), ERR.INVAL, 'both NULL')
  })

  row('START-06', "refuses another provider's GUID", async (t) => {
    const client = await t.table({ started: false })
    t.check.fails(await client.startup(STRANGER), ERR.INVALIDPROVIDER)
  })

  row('START-07', 'fills the table again at the second call', async (t) => {
    const client = await t.table({ started: false })
    const first = await client.startup(t.entry().id, { name: 'first' })
    const second = await client.startup(t.entry().id, { name: 'second', fill: 0 })
    t.check.succeeds(second)
    t.check.equal(second.data.pointers, first.data.pointers, 'pointers of the second table')
    t.check.equal(second.data.cbSize, first.data.cbSize, 'cbSize of the second table')
  })

  row('START-08', 'counts each GUID of one DLL for itself', async (t) => {
    const client = await t.table({ started: false })
    await client.startup(t.entry('mesh').id, { name: 'mesh' })
    await client.startup(t.entry('names').id, { name: 'names' })
    const table = 'names'
    t.check.succeeds(await client.cleanup({ table: 'mesh' }), 'cleanup of the first')
    t.check.succeeds(await client.begin(t.query(ONE, { table }, 'names')), 'Begin of the second')
    t.check.succeeds(await client.next('h1'), 'Next of the second')
    t.check.fails(await client.cleanup({ table: 'mesh' }), ERR.INVAL, 'the first once more')
    t.check.succeeds(await client.cleanup({ table }), 'cleanup of the second')
  })

  row('START-09', 'has a stub for what it does not support', async (t) => {
    const client = await t.table({ entry: 'vouch' })
    const { id } = t.entry('vouch')
    const service = { ...t.query(t.registered(), {}, 'vouch'), class: id, addr: '10.0.0.1' }
    for (const op of [REGISTER, DEREGISTER, DELETE]) {
      t.check.fails(await client.setService(op, service), ERR.OPNOTSUPP, `SetService ${op}`)
    }
    const named = { class: id, classname: 'c' }
    t.check.fails(await client.installClass(named), ERR.OPNOTSUPP, 'InstallServiceClass')
    t.check.fails(await client.removeClass(id), ERR.OPNOTSUPP, 'RemoveServiceClass')
    t.check.fails(await client.classInfo(id), ERR.OPNOTSUPP, 'GetServiceClassInfo')
  })

  row('START-10', 'is exported under its plain name', async (t) => {
    const client = await t.table({ started: false })
    const { names } = (await client.send<{ names: string[] }>('exports')).data
    const startups = names.filter((name) => /nspstartup/i.test(name))
    t.check.deepEqual(startups, ['NSPStartup'], 'exports')
  })

  row('START-11', 'needs no host', async (t) => {
    await t.stopHost()
    const client = await t.table({ started: false })
    await client.countImports(t.moduleName)
    await client.counts()
    const step = await client.startup(t.entry().id)
    t.check.deepEqual(await noise(client), [], 'pipe operations and waits of NSPStartup')
    t.check.succeeds(step)
    t.check.succeeds(await client.begin(t.query(ONE)), 'Begin')
    t.check.fails(await client.next('h1'), ERR.NETDOWN, 'Next')
  })
})
