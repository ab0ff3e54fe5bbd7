// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The simulation does what the machine does (test/lifecycle/agreement.test.ts runs the same body there).
import { simulate } from '../../lib/testing.ts'
import { agreementSuite } from '../helpers/agreement.ts'
import { agreementProviders } from '../helpers/agreement-provider.ts'

agreementSuite('the simulation, as a client sees it', async () => {
  const [feed, snapshots] = agreementProviders()
  const machines = [await simulate(feed), await simulate(snapshots)] as const
  return {
    feed: machines[0],
    snapshots: machines[1],
    suffix: 'simulated',
    async close() {
      for (const machine of machines) await machine[Symbol.asyncDispose]()
    },
  }
})
