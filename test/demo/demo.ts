// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The order of the demo's steps, the faults planted among them, and the way back whatever happens.
import { install, uninstall } from 'winsock-nsp/catalog'
import provider from '../../examples/zone.ts'
import { ARCHS, Client } from '../helpers/client.ts'
import type { Fault } from './faults.ts'
import { type HostLine, ZoneHost } from './host.ts'
import { catalogState, DEMO_FOLDER, filesLeft, makeFolder, removeLeftovers } from './machine.ts'
import { Report, StepFailed } from './report.ts'
import { Session } from './session.ts'
import { catalogSteps } from './steps-catalog.ts'
import { controlCodes } from './steps-ioctl.ts'
import { type Entries, lookups, strangers } from './steps-lookup.ts'
import { names, namesInNode } from './steps-names.ts'
import { cancellation, notifications } from './steps-notify.ts'
import { registrations } from './steps-register.ts'
import { Watcher } from './watcher.ts'
import type { ZoneCopy } from './zone-copy.ts'

/** How long a completion may take; a planted fault makes us wait for one that never comes. */
const PATIENCE_MS = 20_000
const PATIENCE_WITH_FAULT_MS = 3_000

function entriesOf(): Entries {
  const { names, mesh } = provider.entries
  if (!names || !mesh) throw new Error('examples/zone.ts has no entries "names" and "mesh"')
  return { names, mesh }
}

/** Why the host does not serve; the message names each fault and its place. */
function hostFault({ code, message = '', remedy }: HostLine, zone: ZoneCopy): string {
  const text = [`${code ?? 'failed'}: ${message}`, ...(remedy ? [remedy] : [])].join('\n     ')
  return text.replaceAll(zone.path, zone.title)
}

export class Demo {
  readonly report = new Report()
  readonly #zone: ZoneCopy
  readonly #fault: Fault | undefined
  readonly #entries = entriesOf()
  #sessions: Session[] = []
  #host: ZoneHost | undefined
  #watcher: Watcher | undefined

  constructor(zone: ZoneCopy, fault: Fault | undefined) {
    this.#zone = zone
    this.#fault = fault
  }

  /** True if everything went as expected and the machine is as it was. */
  async run(): Promise<boolean> {
    const { report } = this
    let failure: unknown
    try {
      await this.#before()
      await this.#installed()
      await this.#serving()
      await this.#after()
    } catch (error) {
      failure = error
    }
    const left = await this.#wayBack()
    if (failure !== undefined) this.#tell(failure)
    if (left.length > 0) report.say(`✖ could not be removed: ${left.join(', ')}`)
    return report.ok && failure === undefined && left.length === 0
  }

  #tell(failure: unknown): void {
    const { report } = this
    if (!(failure instanceof StepFailed)) {
      const message =
        failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)
      report.failedStep ??= 'outside the steps'
      report.say(`\n✖ ${message}`)
      return
    }
    report.say(`\n✖ ${failure.message}`)
    if (!this.#fault) return
    const right = failure.step === this.#fault.step
    report.say(
      `  the fault ${this.#fault.name} must fail at: ${this.#fault.step}: ${right ? 'right' : 'WRONG STEP'}`,
    )
  }

  #planted(name: string): boolean {
    if (this.#fault?.name !== name) return false
    this.report.say(`     planted: ${this.#fault.what}`)
    return true
  }

  #heading(title: string): void {
    this.report.say(`\n${title}`)
  }

  async #catalogs(when: string, installed: boolean): Promise<void> {
    for (const arch of ARCHS) {
      await catalogSteps(this.report, arch, provider, { when, installed })
    }
  }

  /** What a killed run left goes first; then the machine is what it must be again in the end. */
  async #before(): Promise<void> {
    const { report } = this
    report.found.push(...(await removeLeftovers(provider)))
    for (const item of report.found) report.say(`found from an earlier run, and removed: ${item}`)
    this.#heading('Before')
    await this.#catalogs('before', false)
    const state = await catalogState()
    report.catalogBefore = state.hash
    report.say(
      `     ${state.native} entries for 64-bit, ${state.x86} for 32-bit programs; hash ${state.hash.slice(0, 16)}`,
    )
  }

  async #installed(): Promise<void> {
    this.#heading('Install, as administrator')
    const ids = Object.values(provider.entries).map(({ id }) => id)
    const expected = ['native', 'x86']
      .flatMap((catalog) => ids.map((id) => `${catalog} ${id}`))
      .sort()
    await this.report.step({
      name: 'install',
      arch: 'node',
      call: 'WSCInstallNameSpace(32)',
      subject: `${provider.name}: ${ids.length} entries`,
      expected,
      run: async () => {
        const { steps, entries } = await install(provider)
        const actual = entries.map(({ catalog, id }) => `${catalog} ${id}`).sort()
        return { actual, reported: { steps, entries }, text: `${steps.length} steps done` }
      },
    })
    if (this.#planted('no-install')) await this.#remove(ids, 32)
    await this.#catalogs('while installed', true)
  }

  /** As a program would that knows only ws2_32. */
  async #remove(ids: readonly string[], bits: 32 | 64): Promise<void> {
    const client = await Client.start('x64')
    await client.send('wsastartup')
    for (const guid of ids) await client.send('uninstall', { guid, bits })
    await client.close()
  }

  async #serving(): Promise<void> {
    this.#heading('The host, and programs that know only ws2_32')
    makeFolder()
    if (this.#planted('wrong-zone')) this.#zone.omit(this.#zone.service.name)
    this.#zone.writeInto(DEMO_FOLDER)
    if (!this.#planted('no-host')) await this.#startHost()
    await this.#addNames()
    for (const arch of ARCHS) await this.#startClient(arch)
    for (const session of this.#sessions) await lookups(session, this.#entries, this.#zone)
    await this.#names()
    this.#heading('NSPIoctl')
    for (const session of this.#sessions) await strangers(session, this.#entries, this.#zone)
    if (this.#planted('host-dies')) await this.#host?.kill()
    for (const session of this.#sessions) await controlCodes(session, this.#entries, this.#zone)
    this.#heading('SIO_NSP_NOTIFY_CHANGE, while a copy of the zone file is edited')
    await this.#changes()
    this.#heading(
      'WSASetService: one program registers, another finds and deletes, a third one watches',
    )
    await this.#registrations()
    await this.#endClients()
    await this.#endHost()
  }

  #hostFaults(): NodeJS.ProcessEnv {
    if (this.#planted('deaf')) return { DEMO_DEAF: 'all' }
    if (this.#planted('deaf-watch')) return { DEMO_DEAF: 'guests' }
    return this.#planted('forgets') ? { DEMO_FORGETS: '1' } : {}
  }

  async #startHost(): Promise<void> {
    const host = new ZoneHost(this.#zone.path, this.#hostFaults())
    this.#host = host
    await this.report.step({
      name: 'host serves',
      arch: 'node',
      call: 'serve',
      subject: `examples/zone.ts over ${this.#zone.title}`,
      expected: 'serving',
      run: async () => {
        const reported = await host.ready()
        const actual = reported.ready === true ? 'serving' : hostFault(reported, this.#zone)
        return { actual, reported, text: `process ${reported.pid}` }
      },
    })
  }

  /** A file that lacks something the demo shows gets it, in the copy. */
  async #addNames(): Promise<void> {
    const { added, title } = this.#zone
    if (added.length === 0) return
    for (const name of added) this.report.say(`     added to the copy of ${title}: ${name}`)
    const before = process.hrtime.bigint()
    if (this.#fault?.name === 'wrong-zone') return // it has been written whole
    this.#zone.writeRecords()
    await this.#host?.invalidatedAfter(before)
  }

  async #startClient(arch: (typeof ARCHS)[number]): Promise<void> {
    await this.report.step({
      name: `${arch} program starts`,
      arch,
      call: 'WSAStartup',
      subject: 'client.exe',
      expected: 0,
      run: async () => {
        const session = await Session.start(this.report, arch)
        this.#sessions.push(session)
        const reported = await session.client.send('wsastartup')
        return { actual: reported.ret, reported, text: `0, process ${session.client.pid}` }
      },
    })
  }

  /** By programs that start now: others may keep a catalog that they have read before. */
  async #names(): Promise<void> {
    this.#heading('Names under NS_DNS, as every program asks for them')
    if (this.#planted('no-names')) await this.#remove([this.#entries.names.id], 64)
    for (const arch of ARCHS) {
      const session = await Session.start(this.report, arch)
      try {
        await names(session, this.#zone)
      } finally {
        await session.close()
      }
    }
    await namesInNode(this.report, this.#zone)
  }

  get #patienceMs(): number {
    return this.#fault ? PATIENCE_WITH_FAULT_MS : PATIENCE_MS
  }

  async #registrations(): Promise<void> {
    const [first, second] = this.#sessions
    if (!first || !second) throw new Error('there are no programs')
    const watcher = new Watcher(this.#zone.guest, this.#entries.mesh.namespace)
    this.#watcher = watcher
    await registrations({
      report: this.report,
      first,
      second,
      watcher,
      entries: this.#entries,
      zone: this.#zone,
      patienceMs: this.#patienceMs,
    })
    await this.report.step({
      name: 'watch ends',
      arch: 'node',
      call: 'watch',
      subject: 'its exit code',
      expected: 0,
      run: async () => {
        const actual = await watcher.close()
        return { actual, reported: { exitCode: actual } }
      },
    })
  }

  async #changes(): Promise<void> {
    const host = this.#host
    if (!host) throw new Error('there is no host')
    const { mesh } = this.#entries
    const query = { name: this.#zone.named.name, ns: mesh.namespace }
    const patienceMs = this.#patienceMs
    const edit = () => this.#zone.edit()
    await notifications({ sessions: this.#sessions, host, query, edit, patienceMs })
    for (const session of this.#sessions) {
      const { v4, v6 } = this.#zone.named
      await session.addresses({ name: 'lookup of the new address', subject: query.name }, query, [
        ...v4,
        ...v6,
      ])
    }
    for (const session of this.#sessions) await cancellation(session, query)
  }

  async #endClients(): Promise<void> {
    for (const session of this.#sessions) {
      const { client } = session
      await session.code(
        { name: 'program ends', call: 'WSACleanup', subject: 'client.exe', expected: 0 },
        () => client.send('wsacleanup'),
      )
    }
    await this.#closeClients()
  }

  async #closeClients(): Promise<void> {
    for (const session of this.#sessions.splice(0)) await session.close()
  }

  async #endHost(): Promise<void> {
    const host = this.#host
    this.#host = undefined
    await this.report.step({
      name: 'host closes',
      arch: 'node',
      call: 'host.close',
      subject: 'its exit code',
      expected: 0,
      run: async () => {
        const actual = (await host?.close()) ?? null
        return { actual, reported: { exitCode: actual } }
      },
    })
  }

  async #after(): Promise<void> {
    const { report } = this
    this.#heading('Uninstall')
    if (!this.#planted('left-behind')) {
      await report.step({
        name: 'uninstall',
        arch: 'node',
        call: 'WSCUnInstallNameSpace(32)',
        subject: provider.name,
        expected: true,
        run: async () => {
          const reported = await uninstall(provider)
          const actual = reported.length > 0 && reported.every(({ done }) => done)
          return { actual, reported, text: `${reported.length} steps done` }
        },
      })
    }
    await this.#catalogs('afterwards', false)
    await report.step({
      name: 'catalog is as it was',
      arch: 'node',
      call: 'both catalogs',
      subject: 'hash of all entries',
      expected: report.catalogBefore,
      run: async () => {
        const reported = await catalogState()
        report.catalogAfter = reported.hash
        return { actual: reported.hash, reported, text: `${reported.hash.slice(0, 16)}, as before` }
      },
    })
  }

  /** Whatever became of the steps: nothing may stay. What could not be removed. */
  async #wayBack(): Promise<string[]> {
    await this.#closeClients()
    await this.#watcher?.kill()
    await this.#host?.kill()
    await removeLeftovers(provider)
    return filesLeft(provider)
  }
}
