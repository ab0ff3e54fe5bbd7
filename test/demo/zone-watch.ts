// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Watches a name with winsock-nsp/client, and says each answer and what is different in it, until its standard input
// ends. Arguments: NAME NAMESPACE.
import { type Service, watch } from 'winsock-nsp/client'

const [name = '', namespace] = process.argv.slice(2)
const ended = new AbortController()
process.stdin.resume().on('end', () => ended.abort())

/** `NAME ADDRESS ADDRESS...` */
function texts(services: readonly Service[]): string[] {
  return services.map((service) =>
    [service.name, ...service.addresses.map(({ address }) => address).sort()].join(' '),
  )
}

let number = 0
try {
  const query = { name, namespace: Number(namespace) }
  for await (const { services, added, changed, deleted } of watch(query, ended)) {
    const line = {
      number: ++number,
      services: texts(services),
      added: texts(added),
      changed: texts(changed),
      deleted: texts(deleted),
    }
    process.stdout.write(`${JSON.stringify(line)}\n`)
  }
} catch (error) {
  if (!ended.signal.aborted) throw error
}
