// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Inputs that are wrong on any machine: each with the code, the path of the field and words of the remedy that the
// user must get.
import {
  codec,
  controlCode,
  defineIoctl,
  defineProvider,
  onIoctl,
  type ProviderInit,
} from '../../lib/index.ts'

export interface BadInput {
  readonly what: string
  readonly code: string
  readonly paths: readonly string[]
  readonly remedy: RegExp
  readonly run: () => unknown
}

const ID = '8f6c1d10-5b1e-4c53-9a52-4e53504e00fe'
const OTHER = '8f6c1d10-5b1e-4c53-9a52-4e53504e00fd'
const echo = onIoctl(defineIoctl({ code: controlCode('inout', 1) }), ({ input }) => input)

type Wild = { [field: string]: unknown }

/** A valid provider but for `change`, given to defineProvider as plain JavaScript would. */
function definition(change: Wild, entry: Wild = {}): () => unknown {
  const init = {
    name: 'bad input',
    entries: { mesh: { id: ID, namespace: 1001, ...entry } },
    lookup: () => undefined,
    ...change,
  }
  return () => defineProvider(init as unknown as ProviderInit)
}

function bad(what: string, paths: readonly string[], run: () => unknown): BadInput {
  return {
    what,
    code: 'ERR_NSP_INVALID_PROVIDER',
    paths,
    remedy: /fields named above.*defineProvider/,
    run,
  }
}

const DNS = { namespace: 12 }
const many = (count: number, make: (at: number) => unknown) =>
  Array.from({ length: count }, (_, at) => make(at))

export const badProviders: readonly BadInput[] = [
  bad('a directory that is none', ['directory'], definition({ directory: 'zone.json' })),
  bad(
    'a directory without its members',
    ['directory.find', 'directory.watch', 'directory.classes.put'],
    definition({
      directory: { apply: () => 1, classes: { get: () => 1, delete: () => 1 } },
      lookup: undefined,
    }),
  ),
  bad(
    'a directory that is not awaited',
    ['directory'],
    definition({ directory: Promise.resolve() }),
  ),
  bad('changes of another kind', ['changes'], definition({ changes: 'feeds' })),
  bad(
    'a lease that nothing ends',
    ['leaseByProcess'],
    definition({ leaseByProcess: true, register: () => undefined }),
  ),
  bad('no object', ['', 'name', 'entries', 'lookup'], () => defineProvider(null as never)),
  bad('no name', ['name'], definition({ name: undefined })),
  bad('an empty name', ['name'], definition({ name: '' })),
  bad('a name with a zero', ['name'], definition({ name: 'a\0b' })),
  bad('no entries', ['entries'], definition({ entries: undefined })),
  bad('empty entries', ['entries'], definition({ entries: {} })),
  bad('an entry that is no object', ['entries.mesh'], definition({ entries: { mesh: 7 } })),
  bad(
    '17 entries',
    ['entries'],
    definition({
      entries: Object.fromEntries(
        many(17, (at) => [
          `e${at}`,
          { id: ID.slice(0, -2) + String(10 + at), namespace: 1001 },
        ]) as [string, unknown][],
      ),
    }),
  ),
  bad('no id', ['entries.mesh.id'], definition({}, { id: undefined })),
  bad('a malformed GUID', ['entries.mesh.id'], definition({}, { id: '{6b1f0c6e' })),
  bad(
    'a GUID twice',
    ['entries.b.id'],
    definition({
      entries: { a: { id: ID, namespace: 1001 }, b: { id: ID.toUpperCase(), namespace: 1002 } },
    }),
  ),
  bad('no namespace', ['entries.mesh.namespace'], definition({}, { namespace: undefined })),
  bad('namespace 0, which is NS_ALL', ['entries.mesh.namespace'], definition({}, { namespace: 0 })),
  bad(
    'a namespace out of range',
    ['entries.mesh.namespace'],
    definition({}, { namespace: 2 ** 32 }),
  ),
  bad(
    'a namespace that is a text',
    ['entries.mesh.namespace'],
    definition({}, { namespace: '12' }),
  ),
  bad('DNS without owns', ['entries.mesh.owns'], definition({}, DNS)),
  bad('owns that is no list', ['entries.mesh.owns'], definition({}, { owns: '*.example' })),
  bad('a star in the middle', ['entries.mesh.owns[1]'], definition({}, { owns: ['a', 'b.*.c'] })),
  bad('an empty label', ['entries.mesh.owns[0]'], definition({}, { owns: ['*..example'] })),
  bad(
    'a block that is none',
    ['entries.mesh.ownsAddresses[0]'],
    definition({}, { ownsAddresses: ['10.1.0.0/33'] }),
  ),
  bad(
    'bits behind the prefix',
    ['entries.mesh.ownsAddresses[0]'],
    definition({}, { ownsAddresses: ['10.1.2.3/16'] }),
  ),
  bad(
    'a class that is none',
    ['entries.mesh.serviceClasses[0]'],
    definition({}, { serviceClasses: ['http'] }),
  ),
  bad('an unknown option', ['lookups'], definition({ lookups: () => undefined })),
  bad('an unknown option of an entry', ['entries.mesh.own'], definition({}, { own: ['*'] })),
  bad('a lookup that is no function', ['lookup'], definition({ lookup: 'yes' })),
  bad('neither lookup nor ioctl', ['lookup'], definition({ lookup: undefined })),
  bad('an ioctl that onIoctl did not make', ['ioctl[0]'], definition({ ioctl: [{ code: 1 }] })),
  bad('a control code twice', ['ioctl[1]'], definition({ ioctl: [echo, echo] })),
  bad(
    'a deadline under 50 ms',
    ['deadlines.lookupMs'],
    definition({ deadlines: { lookupMs: 10 } }),
  ),
  bad('an unknown deadline', ['deadlines.lookup'], definition({ deadlines: { lookup: 100 } })),
  bad('an onFailure that is no code', ['onFailure'], definition({ onFailure: 'EAGAIN' })),
  bad(
    'an onFailure that clients misread',
    ['onFailure'],
    definition({ onFailure: 'WSA_IO_PENDING' }),
  ),
  bad('an access rule that is none', ['allow.connect'], definition({ allow: { connect: 'all' } })),
  bad(
    'too many patterns',
    ['entries.*.owns'],
    definition({}, { owns: many(257, (at) => `n${at}`) }),
  ),
  bad(
    'patterns too long in all',
    ['entries.*.owns'],
    definition(
      {},
      {
        owns: many(200, (at) => `${at}${'x'.repeat(50)}`),
      },
    ),
  ),
  bad(
    'too many classes',
    ['entries.*.serviceClasses'],
    definition(
      {},
      {
        serviceClasses: many(65, (at) => `${OTHER.slice(0, -3)}${100 + Number(at)}`),
      },
    ),
  ),
  bad(
    'everything at once',
    ['name', 'entries.mesh.id', 'entries.mesh.namespace', 'deadlines.ioctlMs', 'onFailure'],
    definition(
      { name: 7, deadlines: { ioctlMs: 'x' }, onFailure: 'no' },
      { id: 'x', namespace: -1 },
    ),
  ),
]

/** Answers of a handler that nobody can use: the client gets onFailure, the host an event with the path. */
export const badAnswers: readonly {
  readonly what: string
  readonly path: string
  readonly answer: unknown
}[] = [
  { what: 'a text', path: '', answer: 'one' },
  { what: 'a number', path: '', answer: 7 },
  { what: 'null', path: '', answer: null },
  { what: 'a list of texts', path: '', answer: ['10.0.0.1'] },
  {
    what: 'a bad address',
    path: 'addresses[1]',
    answer: { addresses: ['10.0.0.1', '10.0.0.300'] },
  },
  { what: 'a bad port', path: 'addresses[0]', answer: { addresses: ['10.0.0.1:70000'] } },
  { what: 'a bad zone', path: 'addresses[0]', answer: { addresses: ['fe80::1%eth0'] } },
  {
    what: 'a bad port field',
    path: 'addresses[0].port',
    answer: { addresses: [{ address: '10.0.0.1', port: -1 }] },
  },
  {
    what: 'a bad transport',
    path: 'addresses[0].transport',
    answer: { addresses: [{ address: '::1', transport: 'sctp' }] },
  },
  {
    what: 'a local address of another family',
    path: 'addresses[0].local',
    answer: { addresses: [{ address: '::1', local: '1.2.3.4' }] },
  },
  {
    what: 'raw bytes of another family',
    path: 'addresses[0].remote',
    answer: { addresses: [{ family: 32, remote: new Uint8Array(30), socketType: 1, protocol: 3 }] },
  },
  {
    what: 'raw bytes that are too long',
    path: 'addresses[0].remote',
    answer: {
      addresses: [{ family: 32, remote: new Uint8Array(129), socketType: 1, protocol: 3 }],
    },
  },
  { what: 'addresses that are a text', path: 'addresses', answer: { addresses: '10.0.0.1' } },
  { what: 'a name that is a number', path: 'name', answer: { name: 7 } },
  { what: 'a comment with a zero', path: 'comment', answer: { comment: 'a\0b' } },
  { what: 'a comment that is too long', path: 'comment', answer: { comment: 'x'.repeat(8193) } },
  { what: 'a class that is none', path: 'serviceClass', answer: { serviceClass: 'http' } },
  { what: 'a version that is negative', path: 'version', answer: { version: -1 } },
  { what: 'a blob that is a text', path: 'blob', answer: { blob: 'abc' } },
  { what: 'a blob that is too long', path: 'blob', answer: { blob: new Uint8Array(600_000) } },
  { what: 'a negative ttl', path: 'ttl', answer: { ttl: -1 } },
  { what: 'an alias that is no name', path: 'aliases[0]', answer: { aliases: [7] } },
]

/** Used by tests that need a code of their own. */
export const badCodec = { ...codec.bytes, encode: () => 'no bytes' as unknown as Uint8Array }
