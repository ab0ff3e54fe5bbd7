// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A process that serves a provider and asks itself through the client: client-self.ts prints what came of it as JSON.
import { query } from '../../lib/client.ts'
import { defineProvider, type Query, ServiceClass, serve } from '../../lib/index.ts'

const NAMESPACE = 1043
const gate = Promise.withResolvers<void>()
const full = Promise.withResolvers<void>()
let waiting = 0
let inside = 'nothing'
const otherType: string[] = []
// What getaddrinfo asks for, one after the other.
const A = ServiceClass.dns('A')
const AAAA = ServiceClass.dns('AAAA')

async function ask(name: string, serviceClass?: ServiceClass): Promise<string> {
  try {
    const found: string[] = []
    for await (const service of query({ name, namespace: NAMESPACE, serviceClass })) {
      found.push(...service.addresses.map(({ address }) => address ?? ''))
    }
    return found.join()
  } catch (error) {
    return (error as { code: string }).code
  }
}

async function lookup({ key }: Query): Promise<{ addresses: string[] }> {
  if (key === 'again.self.test') inside = await ask('again.self.test')
  if (key === 'types.self.test') otherType.push(await ask('types.self.test', AAAA))
  if (key?.startsWith('held')) {
    if (++waiting === 2) full.resolve()
    await gate.promise
  }
  return { addresses: ['10.4.0.1'] }
}

const provider = defineProvider({
  name: 'asks itself',
  entries: { self: { id: '8f6c1d10-5b1e-4c53-9a52-4e53504ec102', namespace: NAMESPACE } },
  deadlines: { lookupMs: 60_000 },
  lookup,
})

const host = await serve(provider, { install: 'temporary' })
const plain = await ask('plain.self.test')
const again = await ask('again.self.test')
const types = await ask('types.self.test', A)
// Four threads of libuv: two calls may wait in this process.
const two = [ask('held1.self.test'), ask('held2.self.test')]
await full.promise
const third = await ask('third.self.test')
gate.resolve()
const held = await Promise.all(two)
await host.close()
process.stdout.write(`${JSON.stringify({ plain, again, inside, types, otherType, third, held })}\n`)
