// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Services of the directory suite, and which of them answer which question.
import type { NamedService } from '../../lib/directory.ts'
import { ServiceClass } from '../../lib/index.ts'
import type { WireQuerySet } from '../../lib/wire/wire.ts'
import { CLASS_ID, WEB } from './services.ts'

const A = '10.0.0.1'
const B = '10.0.0.2:81'

export const SERVICES: readonly NamedService[] = [
  { name: 'one.reg.test', addresses: [A, 'fd00::1'], aliases: ['uno.reg.test'] },
  { name: 'Web.reg.test', serviceClass: WEB, addresses: [A], version: 2 },
  { name: 'web.reg.test', serviceClass: ServiceClass.tcp(443), addresses: [B], version: 3 },
  { name: 'echo', serviceClass: ServiceClass.udp(7007), aliases: ['nsp-echo'] },
  { name: 'deep.reg.test', context: '\\a\\b', addresses: [B] },
]

/** What is asked of them, and the names that are found, in order. */
export const QUESTIONS: readonly { what: string; ask: Partial<WireQuerySet>; names: string[] }[] = [
  {
    what: 'all',
    ask: { name: undefined },
    names: SERVICES.map(({ name }) => name),
  },
  { what: 'a name', ask: { name: 'ONE.reg.test.' }, names: ['one.reg.test'] },
  { what: 'no such name', ask: { name: 'two.reg.test' }, names: [] },
  {
    what: 'a name of any class',
    ask: { name: 'web.reg.test' },
    names: ['Web.reg.test', 'web.reg.test'],
  },
  { what: 'a class', ask: { name: 'web.reg.test', serviceClass: WEB.id }, names: ['Web.reg.test'] },
  { what: 'another class', ask: { name: 'web.reg.test', serviceClass: CLASS_ID }, names: [] },
  {
    what: 'all of a class',
    ask: { name: undefined, serviceClass: WEB.id },
    names: ['one.reg.test', 'Web.reg.test', 'deep.reg.test'],
  },
  {
    what: 'addresses of a name (getaddrinfo)',
    ask: { name: 'web.reg.test', serviceClass: ServiceClass.dns('A').id },
    names: ['Web.reg.test', 'web.reg.test'],
  },
  {
    what: 'addresses of a name (gethostbyname)',
    ask: { name: 'web.reg.test', serviceClass: '0002a803-0000-0000-c000-000000000046' },
    names: ['Web.reg.test', 'web.reg.test'],
  },
  {
    what: 'mail exchangers',
    ask: { name: 'web.reg.test', serviceClass: ServiceClass.dns('MX').id },
    names: [],
  },
  {
    what: 'a version',
    ask: { name: 'web.reg.test', version: { value: 3, compare: 0 } },
    names: ['web.reg.test'],
  },
  {
    what: 'a version and later ones',
    ask: { name: 'web.reg.test', version: { value: 2, compare: 1 } },
    names: ['Web.reg.test', 'web.reg.test'],
  },
  { what: 'a context', ask: { name: undefined, context: '\\a\\b' }, names: ['deep.reg.test'] },
  { what: 'containers', ask: { name: undefined, flags: 0xff2 }, names: [] },
  {
    what: 'the name of an address (gethostbyaddr)',
    ask: { name: A, serviceClass: '0002a801-0000-0000-c000-000000000046' },
    names: ['one.reg.test', 'Web.reg.test'],
  },
  {
    what: 'the name of an address (getnameinfo)',
    ask: { name: '2.0.0.10.in-addr.arpa.', serviceClass: ServiceClass.dns('PTR').id },
    names: ['web.reg.test', 'deep.reg.test'],
  },
  {
    what: 'the name of an IPv6 address',
    ask: {
      name: '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa',
      serviceClass: ServiceClass.dns('PTR').id,
    },
    names: ['one.reg.test'],
  },
  {
    what: 'a port by name (getservbyname)',
    ask: { name: 'ECHO/udp', serviceClass: '0002a802-0000-0000-c000-000000000046' },
    names: ['echo'],
  },
  {
    what: 'a name by port (getservbyport)',
    ask: { name: '7007/udp', serviceClass: '0002a802-0000-0000-c000-000000000046' },
    names: ['echo'],
  },
  {
    what: 'a port by name over the other protocol',
    ask: { name: 'echo/tcp', serviceClass: '0002a802-0000-0000-c000-000000000046' },
    names: [],
  },
]
