// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// WSANSPIoctl: what the dispatcher does before a provider sees the call. IOCTL-42 to IOCTL-46.
import { describe } from 'mocha'
import type { Client } from '../helpers/client.ts'
import { WSAEINVAL, WSAEOPNOTSUPP, WSAEWOULDBLOCK } from '../helpers/notify.ts'
import { PROBE, PROBE_NAMESPACE, ProbeCatalog } from '../helpers/probe.ts'
import { type Row, row } from '../helpers/row.ts'

const WHO_CALLS = 0xd80000a0

/** Installs a catalog entry of the probe for the row's width, until the row ends. */
async function probe(t: Row, behaviour: number, ns: number): Promise<string> {
  return (await ProbeCatalog.open(t)).add(0x4201, { behaviour, ns })
}

async function beginAtProbe(client: Client, provider: string, ns: number): Promise<void> {
  const step = await client.begin({ h: 'h1', name: 'any', ns, provider })
  if (step.ret !== 0) throw new Error(`the probe refused with ${step.err}`)
}

describe('WSANSPIoctl', () => {
  row('IOCTL-42', 'a query that two providers serve is refused', async (t) => {
    const client = await t.ws2()
    const name = t.name()
    await t.set(name)
    // Microsoft's DNS provider, or its stand-in, joins every query of that namespace.
    const step = await client.begin({ h: 'h1', name, ns: t.entry('names').namespace })
    t.check.succeeds(step, 'Begin')
    t.check.fails(await client.ioctl('h1'), WSAEINVAL)
  })

  row('IOCTL-43', 'two providers matched and one refused: served', async (t) => {
    const { namespace } = t.entry('mesh')
    await probe(t, PROBE.REFUSES, namespace)
    const client = await t.ws2()
    const name = t.name()
    await t.set(name)
    t.check.succeeds(await client.begin({ h: 'h1', name, ns: namespace }), 'Begin')
    t.check.fails(await client.ioctl('h1'), WSAEWOULDBLOCK)
  })

  row('IOCTL-44', 'a provider without NSPIoctl', async (t) => {
    for (const [i, behaviour] of [PROBE.NO_IOCTL, PROBE.SHORT_TABLE].entries()) {
      // Each alone in its namespace: how many are in one is another row's matter.
      const ns = PROBE_NAMESPACE + i
      const guid = await probe(t, behaviour, ns)
      const client = await t.ws2()
      await beginAtProbe(client, guid, ns)
      t.check.fails(await client.ioctl('h1'), WSAEOPNOTSUPP, `behaviour ${behaviour}`)
    }
  })

  row('IOCTL-45', "the provider gets the calling thread's identity", async (t) => {
    const guid = await probe(t, PROBE.PLAIN, PROBE_NAMESPACE)
    const client = await t.ws2()
    await beginAtProbe(client, guid, PROBE_NAMESPACE)
    for (const thread of ['A', 'B']) {
      const step = await client.ioctl('h1', { code: WHO_CALLS, outsize: 12, thread })
      t.check.succeeds(step, thread)
      // given, a usable handle of that very thread, Reserved 0
      t.check.equal(step.data.out, '010000000100000000000000', `thread ${thread}`)
    }
  })

  row('IOCTL-46', 'NS_DNS with lpNSProviderId is served', async (t) => {
    const client = await t.ws2()
    const name = t.name()
    await t.set(name)
    await t.begin(client, name, {}, 'names')
    t.check.fails(await client.ioctl('h1'), WSAEWOULDBLOCK, 'clean')
    await t.driver.send('invalidate', { name })
    t.check.succeeds(await client.ioctl('h1'), 'changed')
  })
})
