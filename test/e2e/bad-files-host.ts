// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The provider of bad-files.test.ts; run as a program, a host that writes into its data file without a pause.
import { pathToFileURL } from 'node:url'
import { defineProvider, type Provider, serve } from '../../lib/index.ts'

export const ID = '8f6c1d10-5b1e-4c53-9a52-4e53504e0b03'
export const NAMESPACE = 1203
export const NAME = 'stable.files'
export const ADDRESS = '10.8.5.1'

export const provider: Provider = defineProvider({
  name: 'bad files',
  entries: { mesh: { id: ID, namespace: NAMESPACE } },
  revision: () => 'the same data',
  start: (host) => void host.publish([{ name: NAME, addresses: [ADDRESS] }]),
  lookup: ({ key }) => (key === NAME ? { addresses: [ADDRESS] } : undefined),
})

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const host = await serve(provider)
  const others = host.publish([])
  process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid })}\n`)
  let round = 0
  const churn = () => {
    for (let i = 0; i < 50; i++) {
      const name = `other-${i}.files`
      others.set({ name, comment: 'x'.repeat(round++ % 400), addresses: ['10.8.5.9'] })
    }
    setImmediate(churn)
  }
  churn()
}
