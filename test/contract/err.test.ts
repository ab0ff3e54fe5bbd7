// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Rows ERR: success leaves the thread's last error as it was.
import { describe } from 'mocha'
import type { Step } from '../helpers/client-types.ts'
import { row } from '../helpers/row.ts'
import { DELETE, ERR, REGISTER } from '../helpers/winsock.ts'

const MARK = 1234
const CLASS = '9a8b7c6d-0001-4000-8000-0000000000e1'
const ECHO = 0xd8000001

describe('ERR', () => {
  row('ERR-01', 'no entry that succeeds touches the last error', async (t) => {
    const client = await t.table({ started: false })
    const name = t.name()
    await t.set(name)
    const more = { lasterror: MARK }
    const untouched = (step: Step<unknown>) => {
      t.check.succeeds(step)
      t.check.equal(step.err, MARK, `last error after ${step.call}`)
    }
    untouched(await client.startup(t.entry().id, more))
    untouched(await client.begin(t.query(name, more)))
    untouched(await client.next('h1', more))
    untouched(await client.ioctl('h1', { code: ECHO, in: '01020304', outsize: 16, ...more }))
    const service = { name: t.registered(), class: CLASS, addr: '10.7.0.1', ...more }
    untouched(await client.setService(REGISTER, service))
    untouched(await client.setService(DELETE, service))
    untouched(await client.installClass({ class: CLASS, classname: 'a class', ...more }))
    untouched(await client.classInfo(CLASS, more))
    untouched(await client.removeClass(CLASS, more))
    await t.driver.send('invalidate', { name })
    untouched(await client.ioctl('h1', more))
    untouched(await client.end('h1', more))
    untouched(await client.cleanup(more))
  })

  row('ERR-02', 'the APC leaves it to the routine', async (t) => {
    const client = await t.table()
    const thread = 'T'
    const name = t.name()
    await t.set(name)
    await client.overlapped('o')
    await t.begin(client, name)
    const request = await client.ioctl('h1', { type: 'apc', ov: 'o', thread })
    t.check.fails(request, ERR.IO_PENDING, 'registration')
    await t.driver.send('invalidate', { name })
    const slept = await client.send<{ ran: number }>('alertable', { thread, lasterror: MARK })
    t.check.equal(slept.data.ran, 1, 'routines that ran')
    t.check.equal(slept.err, MARK, 'last error after the routine')
  })
})
