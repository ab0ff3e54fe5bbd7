// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The functions on service classes over a fake pipe, and the block that carries a class.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import {
  type NspError,
  type ProviderInit,
  type ServiceClassInfo,
  WinsockCode,
  WinsockError,
} from '../../lib/index.ts'
import { MalformedFrame } from '../../lib/wire/bytes.ts'
import { FRAME_CLASS_INFO, FRAME_INSTALL_CLASS } from '../../lib/wire/constants.ts'
import { readClassBlock, writeClassBlock } from '../../lib/wire/wire-class.ts'
import { fakeHost } from '../helpers/fake-host.ts'
import { CLASS_ID, classInfo } from '../helpers/services.ts'

const OTHER = '9a8b7c6d-0002-4000-8000-000000000002'

describe('a class block', () => {
  it('comes back as it was written, with values of every type', () => {
    const block = writeClassBlock(classInfo)
    assert.equal(block.length % 4, 0)
    assert.deepEqual(readClassBlock(block), classInfo)
  })

  it('cut anywhere is malformed', () => {
    const block = writeClassBlock(classInfo)
    for (let size = 0; size < block.length; size++)
      assert.throws(() => readClassBlock(block.slice(0, size)), MalformedFrame, `${size} bytes`)
  })

  it('with any bytes is read or malformed, never anything else', () => {
    const block = writeClassBlock(classInfo)
    for (let at = 0; at < block.length; at++) {
      for (const value of [0, 0xff, 0x7f]) {
        const broken = block.slice()
        broken[at] = value
        try {
          readClassBlock(broken)
        } catch (error) {
          assert.ok(error instanceof MalformedFrame, String(error))
        }
      }
    }
  })
})

describe('service classes', () => {
  it('are installed, asked for and removed', async () => {
    const seen: unknown[] = []
    const { server, host } = await fakeHost({
      installClass: (info, { handle, entry }) => void seen.push(info, handle, entry.key),
      removeClass: (id) => void seen.push(id),
      classInfo: () => ({ ...classInfo, id: `{${CLASS_ID.toUpperCase()}}` }),
    })
    assert.equal((await server.installClass(classInfo).answer).status, 0)
    assert.equal((await server.removeClass(CLASS_ID).answer).status, 0)
    const { status, output } = await server.classInfo(CLASS_ID).answer
    assert.equal(status, 0)
    assert.deepEqual(readClassBlock(output), classInfo)
    assert.deepEqual(seen, [classInfo, undefined, 'mesh', CLASS_ID])
    const { installClass, removeClass, classInfo: asked } = host.stats().calls
    assert.deepEqual([installClass.count, removeClass.count, asked.count], [1, 1, 1])
  })

  const say = (code: 'WSAEALREADY' | 'WSATYPE_NOT_FOUND') => () => {
    throw new WinsockError(code)
  }
  type Call = 'installClass' | 'removeClass' | 'classInfo'
  const codes: {
    what: string
    call: Call
    init?: Partial<ProviderInit>
    info?: ServiceClassInfo
    status: number
  }[] = [
    { what: 'no handler', call: 'installClass', status: WinsockCode.WSAEOPNOTSUPP },
    { what: 'no handler', call: 'removeClass', status: WinsockCode.WSAEOPNOTSUPP },
    { what: 'no handler', call: 'classInfo', status: WinsockCode.WSAEOPNOTSUPP },
    {
      what: 'no name',
      call: 'installClass',
      info: { ...classInfo, name: '' },
      status: WinsockCode.WSAEINVAL,
    },
    {
      what: 'a property without a name',
      call: 'installClass',
      init: { installClass: () => undefined },
      info: { ...classInfo, properties: classInfo.properties.map((one) => ({ ...one, name: '' })) },
      status: WinsockCode.WSAEINVAL,
    },
    {
      what: 'a class that is known',
      call: 'installClass',
      init: { installClass: say('WSAEALREADY') },
      status: WinsockCode.WSAEALREADY,
    },
    {
      what: 'a class that is not known',
      call: 'removeClass',
      init: { removeClass: say('WSATYPE_NOT_FOUND') },
      status: WinsockCode.WSATYPE_NOT_FOUND,
    },
    {
      what: 'a class that is not known',
      call: 'classInfo',
      init: { classInfo: async () => undefined },
      status: WinsockCode.WSATYPE_NOT_FOUND,
    },
    {
      what: 'a client who may not',
      call: 'installClass',
      init: { installClass: () => undefined, allow: { register: 'administrators' } },
      status: WinsockCode.WSAEACCES,
    },
    {
      what: 'a client who may not',
      call: 'removeClass',
      init: { removeClass: () => undefined, allow: { register: 'administrators' } },
      status: WinsockCode.WSAEACCES,
    },
    {
      what: 'a client who may only look',
      call: 'classInfo',
      init: { classInfo: () => classInfo, allow: { register: 'administrators' } },
      status: 0,
    },
  ]
  for (const { what, call, init = {}, info = classInfo, status } of codes) {
    it(`${call}, ${what}: ${status}`, async () => {
      const { server, failures } = await fakeHost(init)
      const reply = call === 'installClass' ? server.installClass(info) : server[call](CLASS_ID)
      assert.equal((await reply.answer).status, status)
      assert.deepEqual(failures, [])
    })
  }

  const property = classInfo.properties[0] ?? assert.fail()
  const nonsense: { answer: unknown; issue: [path: string, message: RegExp] }[] = [
    { answer: null, issue: ['', /not an object: null/] },
    { answer: { ...classInfo, id: 'x' }, issue: ['id', /not a GUID: "x"/] },
    { answer: { ...classInfo, id: OTHER }, issue: ['id', /not what was asked/] },
    { answer: { ...classInfo, name: undefined }, issue: ['name', /missing/] },
    { answer: { ...classInfo, properties: undefined }, issue: ['properties', /missing/] },
    { answer: { ...classInfo, properties: [7] }, issue: ['properties[0]', /not an object: 7/] },
    {
      answer: { ...classInfo, properties: [property, { ...property, value: 'x' }] },
      issue: ['properties[1].value', /not a Uint8Array: "x"/],
    },
    {
      answer: { ...classInfo, properties: [{ ...property, type: -1 }] },
      issue: ['properties[0].type', /not an integer/],
    },
    {
      answer: { ...classInfo, properties: Array(257).fill(property) },
      issue: ['properties', /more than 256/],
    },
    {
      answer: {
        ...classInfo,
        properties: Array(3).fill({ ...property, value: new Uint8Array(500_000) }),
      },
      issue: ['', /at most \d+ fit/],
    },
  ]
  for (const { answer, issue } of nonsense) {
    it(`an answer with a bad ${issue[0] || 'whole'} (${issue[1].source}) is ERR_NSP_INVALID_ANSWER`, async () => {
      const { server, failures } = await fakeHost({ classInfo: () => answer as never })
      assert.equal((await server.classInfo(CLASS_ID).answer).status, WinsockCode.WSATRY_AGAIN)
      const error = failures[0]?.error as NspError | undefined
      assert.equal(error?.code, 'ERR_NSP_INVALID_ANSWER')
      assert.equal(error.issues[0]?.path, issue[0])
      assert.match(error.issues[0]?.message ?? '', issue[1])
    })
  }

  it('of an entry that is not there are a malformed frame', async () => {
    for (const kind of [FRAME_CLASS_INFO, FRAME_INSTALL_CLASS]) {
      const { server } = await fakeHost({ classInfo: () => classInfo })
      const body = new Uint8Array(24)
      body[4] = 1
      server.frame(kind, { call: 1, body })
      assert.deepEqual(server.disconnected, [1])
    }
  })
})
