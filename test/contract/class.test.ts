// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Rows CLASS: the schemas of service classes, stored by the provider.
import { describe } from 'mocha'
import { type Client, NULL, READONLY, type Special, UNMAPPED } from '../helpers/client.ts'
import type { ClassInfoOptions, ClassOptions } from '../helpers/client-types.ts'
import { type Row, row } from '../helpers/row.ts'
import { ERR } from '../helpers/winsock.ts'

const STRANGER = '11111111-2222-3333-4444-555555555555'
const text = (value: string) => Buffer.from(value, 'utf16le').toString('hex')

/** One property of each registry type that has a name: REG_NONE to REG_QWORD. */
const PROPERTIES = [
  ['Nothing', 12, 0, ''],
  ['ObjectId', 12, 1, text('1.2.840\0')],
  ['Path', 0, 2, text('%SystemRoot%\0')],
  ['IpxSocket', 6, 3, '4551ff0001'],
  ['TcpPort', 12, 4, '501b0000'],
  ['BigEndian', 12, 5, '00001b50'],
  ['Names', 12, 7, text('one\0two\0\0')],
  ['SapId', 1, 3, '1234'],
  ['Serial', 32, 11, '0102030405060708'],
] as const
const PROPS = PROPERTIES.map((property) => property.join(':')).join(',')

let numbers = 0

/** The id of a class that no other row uses. */
function classId(t: Row): string {
  const group = t.id.slice(-2) + (t.is64 ? '64' : '86')
  return `9a8b7c6d-${group}-4000-8000-${String(++numbers).padStart(12, '0')}`
}

/** Installs a class, which must succeed, and takes it away after the row. */
async function install(t: Row, client: Client, more: ClassOptions = {}): Promise<string> {
  const id = classId(t)
  const step = await client.installClass({ class: id, classname: 'a class', ...more })
  t.check.succeeds(step, 'InstallServiceClass')
  t.check.equal(step.data.infoUnchanged, true, 'what was given is left alone')
  t.defer(async () => {
    if (!client.failed) await client.removeClass(id)
  })
  return id
}

const BAD_INSTALL: readonly [string, number | readonly number[], ClassOptions][] = [
  ['NULL', ERR.INVAL, { info: NULL }],
  ['NULL provider id', ERR.INVAL, { guid: NULL }],
  ['NULL class id', ERR.INVAL, { class: NULL }],
  ['no memory', ERR.FAULT, { info: UNMAPPED }],
  ['provider id in no memory', ERR.FAULT, { guid: UNMAPPED }],
  ['class id in no memory', ERR.FAULT, { class: UNMAPPED }],
  ['name in no memory', ERR.FAULT, { classname: UNMAPPED }],
  ['properties in no memory', ERR.FAULT, { props: UNMAPPED, count: 1 }],
  ['more properties than NULL has', ERR.FAULT, { props: NULL, count: 3 }],
  ['4,000,000,000 properties', [ERR.FAULT, ERR.INVAL], { count: 4_000_000_000 }],
  ['property name in no memory', ERR.FAULT, { propname: UNMAPPED }],
  ['property value in no memory', ERR.FAULT, { propvalue: UNMAPPED }],
  ['property value of NULL', ERR.FAULT, { propvalue: NULL }],
  ['property value of 4 GiB', [ERR.FAULT, ERR.INVAL], { propsize: 0xffffffff }],
  ["another provider's id", ERR.INVALIDPROVIDER, { guid: STRANGER }],
]

const BAD_INFO: readonly [string, number, ClassInfoOptions, Special?][] = [
  ['NULL provider id', ERR.INVAL, { guid: NULL }],
  ['NULL length', ERR.INVAL, { length: NULL }],
  ['NULL buffer', ERR.INVAL, { buffer: NULL }],
  ['NULL class id', ERR.INVAL, {}, NULL],
  ['provider id in no memory', ERR.FAULT, { guid: UNMAPPED }],
  ['length in no memory', ERR.FAULT, { length: UNMAPPED }],
  ['buffer in no memory', ERR.FAULT, { buffer: UNMAPPED }],
  ['class id in no memory', ERR.FAULT, {}, UNMAPPED],
  ["another provider's id", ERR.INVALIDPROVIDER, { guid: STRANGER }],
]

describe('CLASS', () => {
  row('CLASS-01', 'installs a class once', async (t) => {
    const client = await t.table()
    const id = await install(t, client)
    const again = { class: id, classname: 'another name' }
    t.check.fails(await client.installClass(again), ERR.ALREADY, 'again')
    t.check.equal((await client.classInfo(id)).data.info?.name, 'a class', 'the first one stays')
    t.check.succeeds(await client.removeClass(id), 'Remove')
    t.check.succeeds(await client.installClass(again), 'after Remove')
    t.check.equal((await client.classInfo(id)).data.info?.name, 'another name', 'name')
  })

  row('CLASS-02', 'refuses bad class information', async (t) => {
    const client = await t.table()
    for (const [what, code, args] of BAD_INSTALL) {
      const id = classId(t)
      const whole = { class: id, classname: 'bad', props: 'TcpPort:12:4:501b0000', ...args }
      t.check.fails(await client.installClass(whole), code, what)
      t.check.fails(await client.classInfo(id), ERR.TYPE_NOT_FOUND, `${what}: not installed`)
    }
    // Wherever it lies, as long as it can be read.
    await install(t, client, { odd: 1, props: PROPS })
  })

  row('CLASS-03', 'removes what is there', async (t) => {
    const client = await t.table()
    const id = await install(t, client)
    t.check.succeeds(await client.removeClass(id), 'known')
    t.check.fails(await client.removeClass(id), ERR.TYPE_NOT_FOUND, 'removed')
    t.check.fails(await client.classInfo(id), ERR.TYPE_NOT_FOUND, 'its information')
    t.check.fails(await client.removeClass(classId(t)), ERR.TYPE_NOT_FOUND, 'unknown')
    t.check.fails(await client.removeClass(NULL), ERR.INVAL, 'NULL')
    t.check.fails(await client.removeClass(UNMAPPED), ERR.FAULT, 'no memory')
    t.check.fails(await client.removeClass(id, { guid: NULL }), ERR.INVAL, 'NULL provider id')
  })

  row('CLASS-04', 'gives a class back as it was installed', async (t) => {
    const client = await t.table()
    const id = await install(t, client, { classname: 'Contoso Gerät', props: PROPS })
    for (let misalign = 0; misalign < 8; misalign++) {
      const step = await client.classInfo(id, { misalign })
      const what = `base + ${misalign}`
      t.check.succeeds(step, what)
      const { info } = step.data
      t.check.equal(info?.inside, true, `${what}: ${info?.problems}`)
      t.check.equal(info?.idInside, true, `${what}: the class id inside the buffer`)
      t.check.equal(info?.aligned, true, `${what}: ${info?.problems}`)
      t.check.equal(info?.class, id, `${what}: class id`)
      t.check.equal(info?.name, 'Contoso Gerät', `${what}: name`)
      t.check.deepEqual(
        info?.properties.map((one) => [one.name, one.namespace, one.type, one.value]),
        PROPERTIES,
        `${what}: properties`,
      )
      t.check.equal(step.data.guardsIntact, true, `${what}: guard bytes`)
    }
    const bare = await install(t, client, { classname: 'bare' })
    const { info } = (await client.classInfo(bare)).data
    t.check.deepEqual([info?.name, info?.count], ['bare', 0], 'without properties')
  })

  row('CLASS-05', 'says how large a buffer it needs', async (t) => {
    const client = await t.table()
    const least = t.is64 ? 32 : 16
    const id = await install(t, client, { props: 'TcpPort:12:4:501b0000,SapId:1:3:1234' })
    for (const room of [{}, { edge: true }]) {
      const what = JSON.stringify(room)
      const step = await client.sweepClassInfo(id, room)
      t.check.succeeds(step, `${what}: in the end`)
      t.check.deepEqual(step.data.needs, [step.data.size], `${what}: told and enough`)
      t.check.equal(step.data.untouched, true, `${what}: buffers that were too small`)
      t.check.equal(step.data.guardsIntact, true, `${what}: guard bytes`)
    }
    for (const size of [0, 1, least - 1]) {
      const step = await client.classInfo(id, { size })
      t.check.fails(step, ERR.FAULT, `${size} bytes`)
      t.check.ok(step.data.length >= least, `${size} bytes: ${step.data.length} are told`)
      t.check.equal(step.data.untouched, true, `${size} bytes: nothing written`)
    }
  })

  row('CLASS-06', 'knows no such class', async (t) => {
    const client = await t.table()
    t.check.fails(await client.classInfo(classId(t)), ERR.TYPE_NOT_FOUND, 'unknown')
    const id = await install(t, client)
    for (const [what, code, args, wanted] of BAD_INFO) {
      t.check.fails(await client.classInfo(wanted ?? id, args), code, what)
    }
    const readonly = await client.classInfo(id, { buffer: READONLY })
    t.check.fails(readonly, [ERR.FAULT, ERR.INVAL], 'a buffer that cannot be written')
  })

  row('CLASS-07', 'the name of a class, counted in characters', async (t) => {
    const client = await t.ws2()
    const classname = 'a class with a long name'
    const id = await install(t, client, { classname })
    const step = await client.className(id, 256)
    t.check.succeeds(step, 'a large buffer')
    t.check.equal(step.data.name, classname, 'name')
    t.check.equal(step.data.terminated, true, 'its end')
    for (const size of [0, 1, classname.length]) {
      const short = await client.className(id, size)
      const what = `${size} characters`
      t.check.fails(short, ERR.FAULT, what)
      t.check.equal(short.data.length, classname.length + 1, `${what}: told`)
      t.check.equal(short.data.guardsIntact, true, `${what}: guard bytes`)
    }
    const enough = await client.className(id, classname.length + 1)
    t.check.succeeds(enough, 'the length told')
    t.check.equal(enough.data.name, classname, 'the name in it')
    t.check.equal(enough.data.guardsIntact, true, 'guard bytes')
  })
})
