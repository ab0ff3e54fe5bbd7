// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Frames as the addon packs them; and the writer of blocks, whose memory is used again.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { forEachFrame, keepFrame } from '../../lib/host/frames.ts'
import type { NativeFrame } from '../../lib/internal/native.ts'
import { ByteWriter, pad4 } from '../../lib/wire/bytes.ts'

/** As native/addon/event.h says: client, header, body, zeros. */
function pack(frames: readonly Omit<NativeFrame, 'type'>[]): Uint8Array {
  return Buffer.concat(
    frames.map(({ client, kind, flags, call, lookup, body }) => {
      const record = Buffer.alloc(pad4(20 + body.length))
      record.writeUInt32LE(client, 0)
      record.writeUInt32LE(16 + body.length, 4)
      record.writeUInt16LE(kind, 8)
      record.writeUInt16LE(flags, 10)
      record.writeUInt32LE(call, 12)
      record.writeUInt32LE(lookup, 16)
      record.set(body, 20)
      return record
    }),
  )
}

const FRAMES = [0, 1, 2, 3, 4, 5].map((length) => ({
  client: 0xfffffff0 + length,
  kind: 2 + length,
  flags: 0x8000 + length,
  call: 0x80000000 + length,
  lookup: length,
  body: new Uint8Array(length).fill(length),
}))

describe('packed frames', () => {
  it('are told in order, with bodies of any length', () => {
    const packed = pack(FRAMES)
    const buffer = new Uint8Array(packed.length + 100).fill(0xff)
    buffer.set(packed)
    const told: NativeFrame[] = []
    forEachFrame(buffer, packed.length, (frame) => told.push(frame))
    assert.deepEqual(
      told.map((frame) => ({ ...frame, body: [...frame.body] })),
      FRAMES.map((frame) => ({ type: 'frame', ...frame, body: [...frame.body] })),
    )
  })

  it('outlive their array if they are kept', () => {
    const packed = pack(FRAMES)
    const kept: NativeFrame[] = []
    forEachFrame(packed, packed.length, (frame) => kept.push(keepFrame(frame)))
    packed.fill(0xff)
    assert.deepEqual(
      kept.map(({ body }) => [...body]),
      FRAMES.map(({ body }) => [...body]),
    )
  })
})

describe('blocks', () => {
  it('are padded with zeros, whatever the block before had there', () => {
    new ByteWriter().bytes(new Uint8Array(64).fill(0xff)).finish()
    const block = new ByteWriter()
      .bytes(Uint8Array.of(1))
      .text('a')
      .sized(Uint8Array.of(2, 3, 4))
    assert.equal(
      Buffer.from(block.finish()).toString('hex'),
      '0100000002000000610000000300000002030400',
    )
  })

  it('may be written while another one is', () => {
    const outer = new ByteWriter().u32(1)
    const inner = new ByteWriter().u32(2).finish()
    assert.deepEqual([...outer.bytes(inner).finish()], [1, 0, 0, 0, 2, 0, 0, 0])
  })

  it('grow as they must', () => {
    const long = new Uint8Array(10_000).map((_, at) => at)
    const block = new ByteWriter().u32(7).bytes(long).i32(-1).u32At(0, 9).finish()
    assert.deepEqual([...block], [9, 0, 0, 0, ...long, 255, 255, 255, 255])
  })
})
