// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the programs of each width see in their catalog: before, while the provider is installed, afterwards.
import type { Provider } from 'winsock-nsp'
import type { Arch } from '../helpers/client.ts'
import type { CatalogEntry } from '../helpers/client-types.ts'
import type { Report } from './report.ts'
import { Session } from './session.ts'

/** When, and whether our entries must be there then. */
export interface Presence {
  readonly when: string
  readonly installed: boolean
}

/** A program of its own each time: one that runs already keeps the catalog it has read. */
export async function catalogSteps(
  report: Report,
  arch: Arch,
  provider: Provider,
  { when, installed }: Presence,
): Promise<void> {
  const ours = Object.values(provider.entries).map(({ id }) => id)
  const session = await Session.start(report, arch)
  try {
    await session.client.send('wsastartup')
    await session.step(
      {
        name: `catalog ${when}`,
        call: 'WSAEnumNameSpaceProviders',
        subject: `the ${arch === 'x64' ? '64-bit' : '32-bit'} catalog ${when}`,
        expected: { ours: installed ? [...ours].sort() : [], active: true },
      },
      async () => {
        const reported = await session.client.send<{ providers: CatalogEntry[] }>('enum')
        const { providers } = reported.data
        const found = providers.filter(({ id }) => ours.includes(id))
        return {
          actual: {
            ours: found.map(({ id }) => id).sort(),
            active: found.every((entry) => entry.active),
          },
          reported,
          text: providers.map(({ name, namespace }) => `${name} (${namespace})`).join(', '),
        }
      },
    )
  } finally {
    await session.close()
  }
}
