// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Serves the providers of the comparison until its standard input ends; says `ready` when it does.
import { type Host, serve } from '../../lib/index.ts'
import { agreementProviders } from './agreement-provider.ts'

const hosts: Host[] = []
for (const provider of agreementProviders()) {
  hosts.push(await serve(provider, { install: 'temporary' }))
}
process.stdout.write('ready\n')
process.stdin.resume()
process.stdin.once('end', async () => {
  for (const host of hosts) await host.close()
  process.exit(0)
})
