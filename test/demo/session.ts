// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One foreign program that the demo drives: client.exe of one width, and the steps it takes.
import { type Arch, Client } from '../helpers/client.ts'
import type { BeginOptions, DrainData, ResultSet, Step } from '../helpers/client-types.ts'
import { codeText, type Outcome, type Report } from './report.ts'
import { shortest } from './zone-copy.ts'

export interface EntryRef {
  readonly id: string
  readonly namespace: number
}

export interface Plan {
  /** Without the architecture, which is put in front. */
  readonly name: string
  readonly call: string
  readonly subject: string
  readonly expected: unknown
}

/** 0, or the last error: what a step of the client came to. */
export function codeOf(step: Step<unknown>): number {
  return step.ret === 0 ? 0 : step.err
}

export const LOOKUP = 'WSALookupService...'
const WSA_E_NO_MORE = 10110

export function addressesOf(results: readonly ResultSet[]): string[] {
  return results
    .flatMap(({ addresses }) => addresses.map(({ remote }) => shortest(remote.address ?? '?')))
    .sort()
}

export class Session {
  readonly arch: Arch
  readonly client: Client
  readonly #report: Report

  private constructor(report: Report, client: Client) {
    this.#report = report
    this.client = client
    this.arch = client.arch
  }

  static async start(report: Report, arch: Arch): Promise<Session> {
    return new Session(report, await Client.start(arch))
  }

  step(plan: Plan, run: () => Promise<Outcome>): Promise<Outcome> {
    return this.#report.step({ ...plan, name: `${this.arch} ${plan.name}`, arch: this.arch, run })
  }

  /** A step of which only the code counts. */
  code(plan: Plan, run: () => Promise<Step<unknown>>): Promise<Outcome> {
    return this.step(plan, async () => {
      const reported = await run()
      return { actual: codeOf(reported), reported, text: codeText(codeOf(reported)) }
    })
  }

  /** Begin, Next to the end, End: all results, and what ended them. */
  async lookup(
    query: BeginOptions,
  ): Promise<{ reported: Step<DrainData>; results: readonly ResultSet[] }> {
    const begun = await this.client.begin({ h: 'q', ...query })
    if (begun.ret !== 0) return { reported: begun as unknown as Step<DrainData>, results: [] }
    const reported = await this.client.drain('q')
    await this.client.end('q')
    return { reported, results: reported.data.results }
  }

  /** A lookup of which the addresses count; it must end as one that has told everything. */
  addresses(
    plan: Pick<Plan, 'name' | 'subject'>,
    query: BeginOptions,
    addresses: readonly string[],
  ): Promise<Outcome> {
    const expected = { addresses: [...addresses].sort(), end: WSA_E_NO_MORE }
    return this.step({ ...plan, call: LOOKUP, expected }, async () => {
      const { reported, results } = await this.lookup(query)
      const found = addressesOf(results)
      const text = found.join(', ')
      return { actual: { addresses: found, end: codeOf(reported) }, reported, text }
    })
  }

  /** Begins a query and reads it to its end, as a program that shows the answer would; keeps the handle. */
  async openAndRead(h: string, query: BeginOptions): Promise<void> {
    const begun = await this.client.begin({ ...query, h })
    if (begun.ret !== 0) throw new Error(`WSALookupServiceBegin failed with ${codeText(begun.err)}`)
    await this.client.drain(h)
  }

  /** Ends the program; its exit code. */
  close(): Promise<number | null> {
    return this.client.close()
  }
}
