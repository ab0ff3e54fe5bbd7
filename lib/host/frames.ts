// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Frames as the addon hands them over: packed one behind the other in an array that is used again (native/addon/event.h).
import type { NativeFrame } from '../internal/native.ts'
import { pad4 } from '../wire/bytes.ts'
import { FRAME_HEADER_BYTES } from '../wire/constants.ts'

// The client's number stands before the frame's header.
const CLIENT_BYTES = 4

/** Calls `take` with each frame. Their bodies lie in `bytes`: whoever keeps a frame makes a copy. */
export function forEachFrame(
  bytes: Uint8Array,
  size: number,
  take: (frame: NativeFrame) => void,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, size)
  for (let at = 0; at < size; ) {
    const header = at + CLIENT_BYTES
    const end = header + view.getUint32(header, true)
    take({
      type: 'frame',
      client: view.getUint32(at, true),
      kind: view.getUint16(header + 4, true),
      flags: view.getUint16(header + 6, true),
      call: view.getUint32(header + 8, true),
      lookup: view.getUint32(header + 12, true),
      body: bytes.subarray(header + FRAME_HEADER_BYTES, end),
    })
    at = pad4(end)
  }
}

/** A frame that outlives the call it came with. */
export function keepFrame(frame: NativeFrame): NativeFrame {
  return { ...frame, body: new Uint8Array(frame.body) }
}
