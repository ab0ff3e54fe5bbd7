// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The wire codecs: what is written is read back, and nothing malformed gets through.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import {
  ByteReader,
  ByteWriter,
  decodeUtf16,
  encodeUtf16,
  MalformedFrame,
} from '../../lib/wire/bytes.ts'
import {
  readIoctl,
  readNext,
  readQuerySet,
  readStillValid,
  type WireQuerySet,
  writeBatch,
  writeQuerySet,
  writeReply,
  writeReplyTooSmall,
} from '../../lib/wire/wire.ts'
import { query } from '../helpers/fake-server.ts'

const uint32 = fc.integer({ min: 0, max: 0xffffffff })
const int32 = fc.integer({ min: -0x80000000, max: 0x7fffffff })
// Any UTF-16 units, lone surrogates and zeros among them.
const text = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units))
const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const plain = { noNullPrototype: true } as const
const address = fc.record(
  { socketType: int32, protocol: int32, local: bytes(128), remote: bytes(128) },
  plain,
)

const querySet: fc.Arbitrary<WireQuerySet> = fc.record(
  {
    namespace: uint32,
    flags: uint32,
    entry: uint32,
    serviceClass: optional(fc.uuid()),
    version: optional(fc.record({ value: uint32, compare: uint32 }, plain)),
    name: optional(text),
    comment: optional(text),
    context: optional(text),
    queryString: optional(text),
    blob: optional(bytes(300)),
    protocols: fc.array(fc.record({ family: int32, protocol: int32 }, plain), { maxLength: 64 }),
    addresses: fc.array(address, { maxLength: 5 }),
  },
  plain,
)

describe('query-set blocks', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(querySet, (set) => assert.deepEqual(readQuerySet(writeQuerySet(set)), set)),
    )
  })

  it('are multiples of 4 with their size in front', () => {
    fc.assert(
      fc.property(querySet, (set) => {
        const block = writeQuerySet(set)
        assert.equal(block.length % 4, 0)
        assert.equal(new DataView(block.buffer).getUint32(0, true), block.length)
      }),
    )
  })

  it('cut anywhere are malformed', () => {
    fc.assert(
      fc.property(querySet, fc.double({ min: 0, max: 0.999, noNaN: true }), (set, part) => {
        const block = writeQuerySet(set)
        assert.throws(
          () => readQuerySet(block.slice(0, Math.floor(block.length * part))),
          MalformedFrame,
        )
      }),
    )
  })

  it('with any bytes are read or malformed, never anything else', () => {
    fc.assert(
      fc.property(querySet, fc.nat(), fc.nat(255), (set, at, value) => {
        const block = writeQuerySet(set)
        block[at % block.length] = value
        try {
          readQuerySet(block)
        } catch (error) {
          assert.ok(error instanceof MalformedFrame, String(error))
        }
      }),
    )
  })

  it('lie as native/common/wire.h says', () => {
    const id = '00112233-4455-6677-8899-aabbccddeeff'
    const block = writeQuerySet(query({ name: 'aß', serviceClass: id, entry: 2, flags: 0xff0 }))
    const expected =
      '40000000 03000000 e9030000 f00f0000 02000000 00000000 00000000 33221100554477668899aabbccddeeff' +
      '00000000 00000000 00000000 04000000 6100df00'
    assert.equal(Buffer.from(block).toString('hex'), expected.replaceAll(' ', ''))
  })

  const limits: { what: string; set: Partial<WireQuerySet> }[] = [
    { what: 'a name', set: { name: 'n'.repeat(8193) } },
    { what: 'a blob', set: { blob: new Uint8Array(524_289) } },
    {
      what: 'protocols',
      set: { protocols: Array.from({ length: 65 }, () => ({ family: 2, protocol: 6 })) },
    },
    {
      what: 'a socket address',
      set: {
        addresses: [
          { socketType: 1, protocol: 6, local: new Uint8Array(129), remote: new Uint8Array(0) },
        ],
      },
    },
  ]
  for (const { what, set } of limits) {
    it(`with too large ${what} are malformed`, () => {
      assert.throws(() => readQuerySet(writeQuerySet(query(set))), MalformedFrame)
    })
  }
})

describe('frames', () => {
  const block = writeQuerySet(query())

  it('Next carries its query if the flag says so', () => {
    const body = new ByteWriter().u32(500).u32(0).bytes(block).finish()
    assert.deepEqual(readNext(body, true, 1), { deadlineMs: 500, query: query() })
    assert.deepEqual(readNext(body.slice(0, 8), false, 1), { deadlineMs: 500, query: undefined })
    assert.throws(() => readNext(body, false, 1), MalformedFrame)
    assert.throws(() => readNext(body.slice(0, 8), true, 1), MalformedFrame)
  })

  it('an entry that is not there is malformed', () => {
    const body = new ByteWriter()
      .u32(500)
      .u32(0)
      .bytes(writeQuerySet(query({ entry: 1 })))
      .finish()
    assert.throws(() => readNext(body, true, 1), MalformedFrame)
    assert.equal(readNext(body, true, 2).query?.entry, 1)
  })

  for (const [number, completion] of [
    [0, 'sync'],
    [2, 'event'],
    [3, 'port'],
    [4, 'apc'],
  ] as const) {
    it(`Ioctl with completion ${completion}`, () => {
      const body = new ByteWriter()
        .u32(7)
        .u32(0xd8000001)
        .u32(64)
        .u32(number)
        .u32(block.length)
        .u32(3)
      const frame = readIoctl(
        body
          .bytes(block)
          .bytes(Uint8Array.of(1, 2, 3), false)
          .finish(),
        1,
      )
      assert.equal(frame.completion, completion)
      assert.deepEqual(frame.input, Uint8Array.of(1, 2, 3))
      assert.deepEqual([frame.deadlineMs, frame.code, frame.outputBytes], [7, 0xd8000001, 64])
      assert.deepEqual(frame.query, query())
    })
  }

  it('Ioctl with a window as completion is malformed: it is refused in the client', () => {
    const body = new ByteWriter().u32(7).u32(1).u32(64).u32(1).u32(0).u32(0).finish()
    assert.throws(() => readIoctl(body, 1), MalformedFrame)
  })

  it('StillValid', () => {
    const body = new ByteWriter().u32(7).u32(1).u32(0).u32(4).u32(5).bytes(block).finish()
    assert.deepEqual(readStillValid(body, 1), {
      deadlineMs: 7,
      counters: [{ index: 0, atBegin: 4, atNext: 5 }],
      query: query(),
    })
  })

  it('answers lie as they must', () => {
    const hex = (body: Uint8Array) => Buffer.from(body).toString('hex')
    assert.equal(hex(writeBatch(10108, [])), '7c27000000000000')
    assert.equal(hex(writeReply(0, Uint8Array.of(9, 8, 7))), '0000000003000000090807')
    assert.equal(hex(writeReplyTooSmall(10014, 500)), '1e270000f4010000')
    assert.equal(writeBatch(0, [block, block]).length, 8 + 2 * block.length)
  })
})

describe('bytes', () => {
  it('UTF-16 goes through unchanged', () => {
    fc.assert(fc.property(text, (one) => assert.equal(decodeUtf16(encodeUtf16(one)), one)))
  })

  it('a reader gives out nothing beyond its end', () => {
    const reader = new ByteReader(Uint8Array.of(1, 0, 0, 0, 5))
    assert.equal(reader.u32(), 1)
    assert.throws(() => reader.u32(), MalformedFrame)
    assert.throws(() => reader.end(), MalformedFrame)
    assert.deepEqual(reader.bytes(1, false), Uint8Array.of(5))
    reader.end()
  })
})
