// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The demo's registrations: one program registers a service, the other finds and deletes it, and a Node
// program, which watches the name through winsock-nsp/client, is told of both.
import { ServiceClass } from 'winsock-nsp'
import { Asker } from './asker-process.ts'
import type { Report } from './report.ts'
import type { Session } from './session.ts'
import type { Entries } from './steps-lookup.ts'

const REGISTER = 0
const DELETE = 2
const SERVICE_MULTIPLE = 1
const WSASERVICE_NOT_FOUND = 10108

/** Below what examples/zone.ts owns, and in no zone file. */
const NAME = 'scanner.guest.zone.example'
const FOREIGN = 'scanner.guest.elsewhere.example'
const PORT = 9100
const ADDRESSES = ['10.77.8.1', '10.77.8.2'] as const
const CLASS = ServiceClass.tcp(PORT).id

export interface Registrations {
  readonly report: Report
  readonly sessions: readonly Session[]
  readonly entries: Entries
  readonly patienceMs: number
  /** A planted fault. */
  readonly guestLeaves: boolean
}

interface Told {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly deleted: readonly string[]
}

async function told(
  { report, patienceMs }: Registrations,
  watching: Asker,
  name: string,
  expected: Partial<Told>,
): Promise<void> {
  await report.step({
    name,
    arch: 'node',
    call: 'watch',
    subject: NAME,
    expected: { added: [], changed: [], deleted: [], ...expected },
    run: async () => {
      const actual = await watching.next(patienceMs)
      return { actual, reported: { told: actual }, text: Object.keys(expected)[0] ?? 'nothing yet' }
    },
  })
}

export async function registrations(demo: Registrations): Promise<void> {
  const [first, second = first] = demo.sessions
  if (first === undefined || second === undefined) throw new Error('there is no program')
  const { mesh, names } = demo.entries
  const service = (address: string) => ({
    name: NAME,
    class: CLASS,
    ns: mesh.namespace,
    addr: `${address}:${PORT}`,
  })
  const find = { name: NAME, class: CLASS, ns: mesh.namespace }
  await using watching = new Asker('watch', NAME, String(mesh.namespace))
  await told(demo, watching, 'watch begins', {})
  await first.code(
    { name: 'registers', call: 'WSASetService', subject: `${NAME}: ${ADDRESSES[0]}`, expected: 0 },
    () => first.client.setService(REGISTER, service(ADDRESSES[0])),
  )
  await told(demo, watching, 'watch is told of it', { added: [`${NAME} 1`] })
  await first.code(
    {
      name: 'registers another address',
      call: 'WSASetService',
      subject: `${ADDRESSES[1]}, SERVICE_MULTIPLE`,
      expected: 0,
    },
    () => first.client.setService(REGISTER, { ...service(ADDRESSES[1]), flags: SERVICE_MULTIPLE }),
  )
  await told(demo, watching, 'watch is told of both', { changed: [`${NAME} 2`] })
  if (demo.guestLeaves) await first.client.setService(DELETE, find)
  await second.addresses({ name: 'finds the service', subject: NAME }, find, ADDRESSES)
  await second.code(
    {
      name: 'registers a foreign name',
      call: 'WSASetService',
      subject: FOREIGN,
      expected: WSASERVICE_NOT_FOUND,
    },
    () =>
      second.client.setService(REGISTER, {
        ...service(ADDRESSES[0]),
        name: FOREIGN,
        ns: names.namespace,
        provider: names.id,
      }),
  )
  const remove = { name: NAME, class: CLASS, ns: mesh.namespace }
  await second.code(
    { name: 'deletes the service', call: 'WSASetService', subject: NAME, expected: 0 },
    () => second.client.setService(DELETE, remove),
  )
  await told(demo, watching, 'watch is told of its end', { deleted: [`${NAME} 2`] })
  await first.code(
    {
      name: 'finds it no more',
      call: 'WSALookupService...',
      subject: NAME,
      expected: WSASERVICE_NOT_FOUND,
    },
    async () => (await first.lookup(find)).reported,
  )
  await first.code(
    {
      name: 'deletes what is not there',
      call: 'WSASetService',
      subject: NAME,
      expected: WSASERVICE_NOT_FOUND,
    },
    () => first.client.setService(DELETE, remove),
  )
}
