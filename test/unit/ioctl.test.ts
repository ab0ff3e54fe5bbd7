// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Control codes: definitions, codecs, and handlers over a fake pipe.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import {
  codec,
  controlCode,
  defineIoctl,
  type NspError,
  onIoctl,
  type StandardSchema,
  WinsockError,
} from '../../lib/index.ts'
import { badCodec } from '../helpers/bad-input.ts'
import { fakeHost, turn } from '../helpers/fake-host.ts'
import { query } from '../helpers/fake-server.ts'

const CODE = controlCode('inout', 1)
const Echo = defineIoctl({ code: CODE })
const Double = defineIoctl({ code: CODE, input: codec.uint32, output: codec.uint32 })

const positive: StandardSchema<{ count: number }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'object' &&
      value !== null &&
      Number((value as { count?: unknown }).count) > 0
        ? { value: value as { count: number } }
        : { issues: [{ message: 'count must be positive' }] },
  },
}

describe('control codes', () => {
  it('are those of winsock2.h', () => {
    assert.equal(controlCode('none', 1), 0x38000001)
    assert.equal(controlCode('out', 1), 0x58000001)
    assert.equal(controlCode('in', 2), 0x98000002)
    assert.equal(controlCode('inout', 0xffff), 0xd800ffff)
    for (const [direction, number] of [
      ['both', 1],
      ['in', -1],
      ['in', 65536],
      ['in', 0.5],
    ]) {
      assert.throws(() => controlCode(direction as 'in', number as number), {
        code: 'ERR_OUT_OF_RANGE',
      })
    }
  })

  it('the notification code cannot be defined', () => {
    assert.throws(() => defineIoctl({ code: 0x88000019 }), /stillValid/)
    assert.throws(() => defineIoctl({ code: -1 }), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => onIoctl(Echo, undefined as never), { code: 'ERR_INVALID_ARG_TYPE' })
  })
})

describe('codecs', () => {
  it('turn values into bytes and back', async () => {
    assert.deepEqual(codec.uint32.encode(0xff000001), Uint8Array.of(1, 0, 0, 255))
    assert.equal(codec.uint32.decode(Uint8Array.of(1, 0, 0, 255)), 0xff000001)
    assert.equal(codec.utf16.decode(codec.utf16.encode('Zürich')), 'Zürich')
    assert.equal(codec.utf16.decode(Uint8Array.of(0x41, 0, 0, 0)), 'A')
    assert.equal(codec.none.encode().length, 0)
    const json = codec.json(positive)
    assert.deepEqual(await json.decode(json.encode({ count: 3 })), { count: 3 })
  })

  it('refuse what is none', async () => {
    assert.throws(() => codec.uint32.decode(new Uint8Array(3)))
    assert.throws(() => codec.uint32.encode(-1))
    assert.throws(() => codec.utf16.decode(new Uint8Array(3)))
    assert.throws(() => codec.none.decode(new Uint8Array(1)))
    await assert.rejects(
      async () => codec.json(positive).decode(codec.json(positive).encode({ count: 0 })),
      /positive/,
    )
    await assert.rejects(async () => codec.json(positive).decode(Uint8Array.of(0xff)))
  })
})

describe('an ioctl handler', () => {
  it('gets input, room, query and completion, and its output comes back', async () => {
    const seen: unknown[] = []
    const { server } = await fakeHost({
      ioctl: [
        onIoctl(Double, ({ input, outputSize, query: { name }, completion, code }) => {
          seen.push([input, outputSize, name, completion, code])
          return input * 2
        }),
      ],
    })
    const call = {
      code: CODE,
      input: codec.uint32.encode(21),
      room: 16,
      completion: 3,
      wire: query(),
    }
    const reply = await server.ioctl(1, call).answer
    assert.deepEqual([reply.status, reply.size, reply.output], [0, 4, codec.uint32.encode(42)])
    assert.deepEqual(seen, [[21, 16, 'one.nsp.test', 'port', CODE]])
  })

  it('overlaps a Next of the same lookup', async () => {
    const gate = Promise.withResolvers<void>()
    const { server } = await fakeHost({
      lookup: () => gate.promise.then(() => ({ addresses: ['10.0.0.1'] })),
      ioctl: [onIoctl(Echo, ({ input }) => input)],
    })
    const next = server.next(1, query()).answer
    assert.equal((await server.ioctl(1, { code: CODE, input: Uint8Array.of(5) }).answer).size, 1)
    gate.resolve()
    assert.equal((await next).items.length, 1)
  })

  const answers = [
    {
      what: 'an undeclared code is WSAEOPNOTSUPP',
      code: CODE + 1,
      input: 4,
      status: 10045,
      failures: 0,
    },
    {
      what: 'input that cannot be decoded is WSAEINVAL',
      code: CODE,
      input: 3,
      status: 10022,
      failures: 0,
    },
  ]
  for (const { what, code, input, status, failures: count } of answers) {
    it(what, async () => {
      const { server, failures } = await fakeHost({ ioctl: [onIoctl(Double, () => 1)] })
      const reply = await server.ioctl(1, { code, input: new Uint8Array(input), wire: query() })
        .answer
      assert.deepEqual([reply.status, reply.output.length, failures.length], [status, 0, count])
    })
  }

  it('too small an output buffer is WSAEFAULT with the size needed', async () => {
    const { server } = await fakeHost({ ioctl: [onIoctl(Echo, () => new Uint8Array(100))] })
    const reply = await server.ioctl(1, { code: CODE, room: 99, wire: query() }).answer
    assert.deepEqual([reply.status, reply.size, reply.output.length], [10014, 100, 0])
    assert.equal((await server.ioctl(1, { code: CODE, room: 100 }).answer).status, 0)
  })

  it('output larger than a frame is WSAENOBUFS', async () => {
    const { server } = await fakeHost({ ioctl: [onIoctl(Echo, () => new Uint8Array(1_048_576))] })
    const reply = await server.ioctl(1, { code: CODE, room: 2_000_000, wire: query() }).answer
    assert.equal(reply.status, 10055)
  })

  it('a WinsockError is the answer, other errors are failures', async () => {
    let error: Error = new WinsockError('WSAEACCES')
    const { server, failures, host } = await fakeHost({
      ioctl: [
        onIoctl(Echo, () => {
          throw error
        }),
      ],
    })
    assert.equal((await server.ioctl(1, { code: CODE, wire: query() }).answer).status, 10013)
    assert.equal(failures.length, 0)
    error = new Error('broken')
    assert.equal((await server.ioctl(1, { code: CODE }).answer).status, 11002)
    assert.deepEqual([failures[0]?.operation, failures[0]?.error], ['ioctl', error])
    assert.equal(host.stats().calls.ioctl.failed, 2)
  })

  it('output that is no bytes is ERR_NSP_INVALID_ANSWER', async () => {
    const Broken = defineIoctl({ code: CODE, input: codec.bytes, output: badCodec })
    const { server, failures } = await fakeHost({ ioctl: [onIoctl(Broken, ({ input }) => input)] })
    assert.equal((await server.ioctl(1, { code: CODE, wire: query() }).answer).status, 11002)
    assert.equal((failures[0]?.error as NspError | undefined)?.code, 'ERR_NSP_INVALID_ANSWER')
  })

  it('is aborted by Cancel, and by the end of its lookup', async () => {
    const reasons: unknown[] = []
    const { server } = await fakeHost({
      ioctl: [
        onIoctl(Echo, (_request, { signal }) => {
          signal.addEventListener('abort', () => reasons.push((signal.reason as NspError).code))
          return new Promise<Uint8Array>(() => undefined)
        }),
      ],
    })
    const first = server.ioctl(1, { code: CODE, wire: query() })
    server.ioctl(1, { code: CODE })
    await turn()
    server.cancel(first.call)
    server.end(1)
    assert.deepEqual(reasons, ['ERR_NSP_CALL_ENDED', 'ERR_NSP_CALL_ENDED'])
  })

  const rules = [
    { rule: 'everyone', allowed: true },
    { rule: 'users', allowed: true },
    { rule: 'administrators', allowed: false },
    { rule: { sid: 's-1-5-21-1-2-3-1001' }, allowed: true },
    { rule: { sid: 'S-1-5-18' }, allowed: false },
    { rule: async () => false, allowed: false },
  ] as const
  for (const { rule, allowed } of rules) {
    const name = typeof rule === 'function' ? 'a function that says no' : JSON.stringify(rule)
    it(`allow.ioctl ${name} ${allowed ? 'lets in' : 'answers WSAEACCES'}`, async () => {
      const { server } = await fakeHost({
        ioctl: [onIoctl(Echo, ({ input }) => input)],
        allow: { ioctl: rule },
      })
      const reply = await server.ioctl(1, { code: CODE, wire: query() }).answer
      assert.equal(reply.status, allowed ? 0 : 10013)
    })
  }
})

describe('stillValid', () => {
  it('is asked with the handle, and its answer is one uint32', async () => {
    let isValid = true
    const handles: unknown[] = []
    const { server, failures } = await fakeHost({
      stillValid(handle) {
        handles.push(handle)
        return isValid
      },
    })
    assert.deepEqual((await server.stillValid(1, query()).answer).output, Uint8Array.of(1, 0, 0, 0))
    isValid = false
    assert.deepEqual((await server.stillValid(1).answer).output, Uint8Array.of(0, 0, 0, 0))
    assert.equal(handles[0], handles[1], 'the same handle object')
    assert.equal(failures.length, 0)
  })

  it('that answers neither true nor false is a failure', async () => {
    const { server, failures } = await fakeHost({ stillValid: () => 'yes' as never })
    assert.equal((await server.stillValid(1, query()).answer).status, 11002)
    assert.equal((failures[0]?.error as NspError | undefined)?.code, 'ERR_NSP_INVALID_ANSWER')
  })
})
