// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The demo's registrations: one program registers, the other finds and deletes, a third one watches.
import { AF_INET } from '../helpers/names.ts'
import { DELETE, DEREGISTER, REGISTER, SERVICE_MULTIPLE } from '../helpers/winsock.ts'
import type { Report } from './report.ts'
import { LOOKUP, type Session } from './session.ts'
import type { Entries } from './steps-lookup.ts'
import { resolved } from './steps-names.ts'
import type { Watcher, WatchLine } from './watcher.ts'
import type { ZoneCopy } from './zone-copy.ts'

const WSASERVICE_NOT_FOUND = 10108
/** SVCID_TCP(9100) */
const CLASS = '0009238c-0000-0000-c000-000000000046'
const [FIRST, SECOND] = ['10.78.0.1', '10.78.0.2'] as const
const PORT = 9100
const OPERATIONS = ['REGISTER', 'DEREGISTER', 'DELETE'] as const

export interface Registering {
  readonly report: Report
  /** Registers. */
  readonly first: Session
  /** Finds, and deletes. */
  readonly second: Session
  readonly watcher: Watcher
  readonly entries: Entries
  readonly zone: ZoneCopy
  /** How long the watch may take to tell of a change. */
  readonly patienceMs: number
}

interface Change {
  /** The step's. */
  readonly name: string
  readonly op: number
  readonly address?: string
  readonly multiple?: boolean
  /** Default: the one that may be registered, in the private namespace. */
  readonly service?: { readonly name: string; readonly ns: number }
  readonly expected?: number
}

class Registrations {
  readonly #given: Registering

  constructor(given: Registering) {
    this.#given = given
  }

  get #service(): { readonly name: string; readonly ns: number } {
    return { name: this.#given.zone.guest, ns: this.#given.entries.mesh.namespace }
  }

  /** WSASetService. */
  async set(session: Session, change: Change): Promise<void> {
    const { name, op, address, multiple, service = this.#service, expected = 0 } = change
    const set = {
      ...service,
      class: CLASS,
      ...(address ? { addr: `${address}:${PORT}` } : {}),
      flags: multiple ? SERVICE_MULTIPLE : 0,
    }
    const call = `WSASetService ${OPERATIONS[op]}`
    const every = service.ns === 0 ? ' in all namespaces' : ''
    const subject = multiple ? `${address}, SERVICE_MULTIPLE` : `${service.name}${every}`
    await session.code({ name, call, subject, expected }, () => session.client.setService(op, set))
  }

  async found(session: Session, name: string, addresses: readonly string[]): Promise<void> {
    const query = { ...this.#service, class: CLASS }
    await session.addresses({ name, subject: query.name }, query, addresses)
  }

  async absent(session: Session, name: string): Promise<void> {
    const query = { ...this.#service, class: CLASS }
    const plan = { name, call: LOOKUP, subject: query.name, expected: WSASERVICE_NOT_FOUND }
    await session.code(plan, async () => (await session.lookup(query)).reported)
  }

  /** What the watch tells next; each service as its name and addresses. */
  async told(name: string, given: Partial<Record<keyof WatchLine, string>>): Promise<void> {
    const { report, watcher, patienceMs } = this.#given
    const service = this.#service.name
    const list = (addresses: string | undefined) =>
      addresses === undefined ? [] : [`${service} ${addresses}`]
    const expected = {
      added: list(given.added),
      changed: list(given.changed),
      deleted: list(given.deleted),
    }
    const run = async () => {
      const reported = await watcher.next(patienceMs)
      const { added, changed, deleted } = reported
      const [what, addresses] = Object.entries(given)[0] ?? []
      const text = what ? `${what}: ${addresses?.replaceAll(' ', ', ')}` : 'nobody yet'
      return { actual: { added, changed, deleted }, reported, text }
    }
    await report.step({ name, arch: 'node', call: 'watch', subject: service, expected, run })
  }

  /** The life of a service, and all the while somebody watches. */
  async life(): Promise<void> {
    const { first, second, zone } = this.#given
    const both = [FIRST, SECOND]
    await this.told('watch begins', {})
    await this.set(first, { name: 'registration', op: REGISTER, address: FIRST })
    await this.found(second, 'lookup of a registration', [FIRST])
    await this.told('watch shows a registration', { added: FIRST })
    const added = { name: 'registration of one more', op: REGISTER, multiple: true }
    await this.set(first, { ...added, address: SECOND })
    await this.found(second, 'lookup of both addresses', both)
    await this.told('watch shows one more', { changed: both.join(' ') })
    const asked = { host: zone.guest, family: AF_INET, expected: both } as const
    await resolved(second, { name: 'getaddrinfo of a registration', ...asked })
    const taken = { name: 'deregistration of one', op: DEREGISTER, multiple: true }
    await this.set(second, { ...taken, address: FIRST })
    await this.told('watch shows one less', { changed: SECOND })
    await this.set(second, { name: 'deletion', op: DELETE })
    await this.absent(first, 'lookup of what is deleted')
    await this.told('watch shows the deletion', { deleted: SECOND })
  }

  /** What is not there, and what is not for programs to register. */
  async refused(session: Session): Promise<void> {
    const { entries, zone } = this.#given
    const expected = WSASERVICE_NOT_FOUND
    await this.set(session, { name: 'deletion of what is absent', op: DELETE, expected })
    const refusal = { op: REGISTER, address: FIRST, expected }
    await this.set(session, {
      ...refusal,
      name: "registration of the file's name",
      service: { name: zone.owned.name, ns: entries.names.namespace },
    })
    await this.set(session, {
      ...refusal,
      name: "registration of somebody else's name",
      service: { name: 'scanner.example.org', ns: 0 },
    })
  }
}

export async function registrations(given: Registering): Promise<void> {
  const steps = new Registrations(given)
  await steps.life()
  for (const session of [given.first, given.second]) await steps.refused(session)
}
