// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A Node program that asks: dns.lookup of a name, or a watch of it through winsock-nsp/client; a JSON line for each
// answer. A process of its own, so that the provider's DLL is loaded in none that outlives it.
//   asker.ts dns NAME | asker.ts watch NAME NAMESPACE
import { lookup } from 'node:dns/promises'
import type { Service } from 'winsock-nsp'
import { watch } from 'winsock-nsp/client'

const [what, name = '', namespace] = process.argv.slice(2)
const say = (answer: unknown) => process.stdout.write(`${JSON.stringify(answer)}\n`)
const told = (services: readonly Service[]) =>
  services.map((service) => `${service.name} ${service.addresses.length}`)

if (what === 'dns') {
  const found = await lookup(name, { all: true, family: 4 })
  say(found.map(({ address }) => address).sort())
} else {
  const controller = new AbortController()
  process.stdin.once('end', () => controller.abort()).resume()
  try {
    const query = { name, namespace: Number(namespace) }
    for await (const { added, changed, deleted } of watch(query, { signal: controller.signal })) {
      say({ added: told(added), changed: told(changed), deleted: told(deleted) })
    }
  } catch (error) {
    if (!controller.signal.aborted) throw error
  }
  process.exit(0)
}
