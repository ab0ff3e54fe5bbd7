// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a frame that wants an answer asks for: which handler, with what, about which lookup or entry.

import type { DefinedEntry } from '../internal/definition.ts'
import type { NativeFrame } from '../internal/native.ts'
import type { Operation } from '../types.ts'
import { MalformedFrame } from '../wire/bytes.ts'
import {
  FRAME_CLASS_INFO,
  FRAME_HAS_QUERY,
  FRAME_INSTALL_CLASS,
  FRAME_IOCTL,
  FRAME_NEXT,
  FRAME_REMOVE_CLASS,
  FRAME_SET_SERVICE,
  FRAME_STILL_VALID,
} from '../wire/constants.ts'
import { nextBlock, readIoctl, readNext, readStillValid, type WireQuerySet } from '../wire/wire.ts'
import { readClass, readInstallClass, readSetService } from '../wire/wire-class.ts'
import type { Call } from './call.ts'
import { runClassInfo, runInstallClass, runRemoveClass } from './class-calls.ts'
import { runIoctl, runStillValid } from './handlers.ts'
import type { Lookup } from './lookup.ts'
import { runSetService } from './registration.ts'
import type { Handlers, Reply } from './reply.ts'

interface Common {
  readonly operation: Operation
  readonly deadlineMs: number
}

/** About a lookup; `query` comes with the lookup's first frame. */
export interface LookupRequest extends Common {
  readonly about: 'lookup'
  readonly query: WireQuerySet | undefined
  /** The query as it came with a Next; it lies in the frame. */
  readonly block?: Uint8Array | undefined
  /** undefined for the next results: the lookup itself answers them, in batches. */
  readonly run: ((handlers: Handlers, call: Call, lookup: Lookup) => Promise<Reply>) | undefined
}

/** About no lookup: a registration or a class. */
export interface EntryRequest extends Common {
  readonly about: 'entry'
  readonly entry: number
  readonly run: (handlers: Handlers, call: Call, entry: DefinedEntry) => Promise<Reply>
}

export type Request = LookupRequest | EntryRequest

type Reader = (frame: NativeFrame, entries: number) => Request

function aboutEntry(
  operation: Operation,
  { deadlineMs, entry }: { readonly deadlineMs: number; readonly entry: number },
  run: EntryRequest['run'],
): EntryRequest {
  return { about: 'entry', operation, deadlineMs, entry, run }
}

const READERS: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [
    FRAME_NEXT,
    ({ body, flags }, entries) => {
      const next = readNext(body, (flags & FRAME_HAS_QUERY) !== 0, entries)
      const block = next.query === undefined ? undefined : nextBlock(body)
      return { about: 'lookup', operation: 'lookup', ...next, block, run: undefined }
    },
  ],
  [
    FRAME_IOCTL,
    ({ body }, entries) => {
      const ioctl = readIoctl(body, entries)
      const { deadlineMs, query } = ioctl
      const run: LookupRequest['run'] = (handlers, call, { handle }) =>
        runIoctl(handlers, call, handle, ioctl)
      return { about: 'lookup', operation: 'ioctl', deadlineMs, query, run }
    },
  ],
  [
    FRAME_STILL_VALID,
    ({ body }, entries) => {
      const { deadlineMs, query } = readStillValid(body, entries)
      const run: LookupRequest['run'] = (handlers, call, { handle }) =>
        runStillValid(handlers, call, handle)
      return { about: 'lookup', operation: 'stillValid', deadlineMs, query, run }
    },
  ],
  [
    FRAME_SET_SERVICE,
    ({ body }, entries) => {
      const set = readSetService(body, entries)
      return aboutEntry(set.operation, set, (handlers, call, entry) =>
        runSetService(handlers, call, entry, set),
      )
    },
  ],
  [
    FRAME_INSTALL_CLASS,
    ({ body }, entries) => {
      const install = readInstallClass(body, entries)
      return aboutEntry('installClass', install, (handlers, call) =>
        runInstallClass(handlers, call, install),
      )
    },
  ],
  [
    FRAME_REMOVE_CLASS,
    ({ body }, entries) => {
      const remove = readClass(body, entries)
      return aboutEntry('removeClass', remove, (handlers, call) =>
        runRemoveClass(handlers, call, remove),
      )
    },
  ],
  [
    FRAME_CLASS_INFO,
    ({ body }, entries) => {
      const ask = readClass(body, entries)
      return aboutEntry('classInfo', ask, (handlers, call) => runClassInfo(handlers, call, ask))
    },
  ],
])

/** @throws MalformedFrame */
export function readRequest(frame: NativeFrame, entries: number): Request {
  const read = READERS.get(frame.kind)
  if (read === undefined) throw new MalformedFrame(`unknown kind ${frame.kind}`)
  if (frame.call === 0) throw new MalformedFrame('a call without a number')
  const request = read(frame, entries)
  if (request.about === 'entry' && frame.lookup !== 0)
    throw new MalformedFrame(`${request.operation} of a lookup`)
  return request
}
