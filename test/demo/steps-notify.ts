// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The demo's notifications: each completion type, in both programs at once, after one edit of the file.
import type { BeginOptions, IoctlOptions, Step } from '../helpers/client-types.ts'
import type { ZoneHost } from './host.ts'
import type { Outcome } from './report.ts'
import type { Session } from './session.ts'

const WSA_IO_PENDING = 997
const WSAEWOULDBLOCK = 10035
const WM_APP_CHANGED = 0x8005

interface Kind {
  readonly type: 'event' | 'port' | 'hwnd' | 'apc'
  readonly title: string
  readonly call: string
  /** How the completion shows itself, if all is well. */
  readonly expected: unknown
  prepare(session: Session): Promise<unknown>
  readonly register: IoctlOptions
  /** Waits for the completion. */
  wait(session: Session, ms: number): Promise<Step<unknown>>
  seen(data: never): unknown
}

const KINDS: readonly Kind[] = [
  {
    type: 'event',
    title: 'NSP_NOTIFY_EVENT',
    call: 'WaitForSingleObject',
    expected: { signalled: true },
    async prepare({ client }) {
      await client.event('event')
      await client.overlapped('event', { event: 'event' })
    },
    register: { type: 'event', ov: 'event' },
    wait: ({ client }, ms) => client.send('event-wait', { name: 'event', ms }),
    seen: ({ signalled }: { signalled: boolean }) => ({ signalled }),
  },
  {
    type: 'port',
    title: 'NSP_NOTIFY_PORT',
    call: 'GetQueuedCompletionStatus',
    expected: { got: true, bytes: 0, key: 0x5eed, ov: 'port' },
    async prepare({ client }) {
      await client.send('port', { name: 'port' })
      await client.overlapped('port')
    },
    register: { type: 'port', ov: 'port', port: 'port', key: 0x5eed },
    wait: ({ client }, ms) => client.packet('port', ms),
    seen: ({ got, bytes, key, ov }: Record<string, unknown>) => ({ got, bytes, key, ov }),
  },
  {
    type: 'hwnd',
    title: 'NSP_NOTIFY_HWND',
    call: 'PeekMessage',
    expected: { messages: [{ msg: WM_APP_CHANGED, wParam: 0x51a7, lParam: 0 }] },
    prepare: ({ client }) => client.send('window', { name: 'window' }),
    register: { type: 'hwnd', hwnd: 'window', msg: WM_APP_CHANGED, context: 0x51a7 },
    wait: ({ client }, ms) => client.send('window-pump', { name: 'window', count: 1, ms }),
    seen: ({ messages }: { messages: unknown }) => ({ messages }),
  },
  {
    type: 'apc',
    title: 'NSP_NOTIFY_APC',
    call: 'SleepEx',
    expected: { ran: 1 },
    prepare: ({ client }) => client.overlapped('apc'),
    register: { type: 'apc', ov: 'apc', thread: 'apc' },
    wait: ({ client }, ms) => client.send('alertable', { thread: 'apc', ms, count: 1 }),
    seen: ({ ran }: { ran: number }) => ({ ran }),
  },
]

export interface Watching {
  readonly sessions: readonly Session[]
  readonly host: ZoneHost
  /** The query whose answer changes. */
  readonly query: BeginOptions & { name: string }
  /** Changes the answer in the file. */
  edit(): void
  /** How long a completion may take before the demo gives up. */
  readonly patienceMs: number
}

async function register(session: Session, kind: Kind, watching: Watching): Promise<void> {
  await kind.prepare(session)
  await session.openAndRead(kind.type, watching.query)
  await session.code(
    {
      name: `${kind.type} requested`,
      call: 'WSANSPIoctl',
      subject: `${kind.title}, requested`,
      expected: WSA_IO_PENDING,
    },
    () => session.client.ioctl(kind.type, kind.register),
  )
}

/** Registers in each program, edits once, and shows the completions. */
async function round(kind: Kind, watching: Watching): Promise<void> {
  const { sessions, host, patienceMs } = watching
  for (const session of sessions) await register(session, kind, watching)
  const waits = sessions.map((session) =>
    kind.wait(session, patienceMs).then((step) => ({ step, at: process.hrtime.bigint() })),
  )
  for (const wait of waits) wait.catch(() => {}) // reported below, by its step
  const edited = process.hrtime.bigint()
  watching.edit()
  for (const [index, session] of sessions.entries()) {
    await session.step(
      {
        name: `${kind.type} completes`,
        call: kind.call,
        subject: `${kind.title}, after an edit`,
        expected: kind.expected,
      },
      () => completion(kind, waits[index], edited, host),
    )
    await session.client.end(kind.type)
  }
}

async function completion(
  kind: Kind,
  wait: Promise<{ step: Step<unknown>; at: bigint }> | undefined,
  edited: bigint,
  host: ZoneHost,
): Promise<Outcome> {
  if (!wait) throw new Error('nothing waits')
  const { step, at } = await wait
  const actual = kind.seen(step.data as never)
  if (JSON.stringify(actual) !== JSON.stringify(kind.expected)) return { actual, reported: step }
  const told = await host.invalidatedAfter(edited)
  const microseconds = Number((at - told) / 1000n)
  const sinceEdit = Number((at - edited) / 1000n)
  return {
    actual,
    reported: step,
    text: `completed, ${microseconds} µs after invalidate, ${sinceEdit} µs after the edit`,
    microseconds,
    microsecondsSinceEdit: sinceEdit,
  }
}

/** Polls on handles of their own, before the edit and after it. */
async function polls(session: Session, expected: number, when: string): Promise<void> {
  const { client } = session
  await session.code(
    { name: `poll ${when}`, call: 'WSANSPIoctl', subject: `poll ${when}`, expected },
    () => client.ioctl('poll'),
  )
  await session.code(
    {
      name: `immediately ${when}`,
      call: 'WSANSPIoctl',
      subject: `NSP_NOTIFY_IMMEDIATELY ${when}`,
      expected,
    },
    () => client.ioctl('immediately', { type: 'immediate' }),
  )
}

export async function notifications(watching: Watching): Promise<void> {
  for (const session of watching.sessions) {
    await session.openAndRead('poll', watching.query)
    await session.openAndRead('immediately', watching.query)
    await polls(session, WSAEWOULDBLOCK, 'before an edit')
  }
  for (const [index, kind] of KINDS.entries()) {
    await round(kind, watching)
    if (index > 0) continue
    for (const session of watching.sessions) {
      await polls(session, 0, 'after it')
      for (const h of ['poll', 'immediately']) await session.client.end(h)
    }
  }
}

/** A request that is pending when its handle ends. */
export async function cancellation(session: Session, query: BeginOptions): Promise<void> {
  const { client } = session
  await client.event('cancel')
  await client.overlapped('cancel', { event: 'cancel' })
  await session.openAndRead('cancel', query)
  await session.code(
    {
      name: 'request to be cancelled',
      call: 'WSANSPIoctl',
      subject: 'NSP_NOTIFY_EVENT, requested',
      expected: WSA_IO_PENDING,
    },
    () => client.ioctl('cancel', { type: 'event', ov: 'cancel' }),
  )
  await session.code(
    {
      name: 'end cancels',
      call: 'WSALookupServiceEnd',
      subject: 'with that request pending',
      expected: 0,
    },
    () => client.end('cancel'),
  )
  const expected = { signalled: true, error: 995 }
  await session.step(
    {
      name: 'request was cancelled',
      call: 'GetOverlappedResult',
      subject: 'of that request',
      expected,
    },
    async () => {
      const signalled = await client.signalled('cancel')
      const reported = await client.readOverlapped('cancel')
      return {
        actual: { signalled, error: reported.err },
        reported,
        text: '995 WSA_OPERATION_ABORTED, event set',
      }
    },
  )
}
