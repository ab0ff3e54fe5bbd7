// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The real host that hostile clients come to: hostile-server.ts CONFIG (JSON). Obeys lines on standard input.
import { createInterface } from 'node:readline'
import { type Host, type Limits, serve } from '../../lib/index.ts'
import { parseCommandLine } from '../helpers/percent-line.ts'
import { makeProvider, type Variant } from './provider.ts'
import { Rounds } from './rounds.ts'

export interface HostileConfig {
  readonly variant: Variant
  readonly limits?: Limits | undefined
  /** So many names, p0.load and so on, answered as the handler would. */
  readonly publish?: number | undefined
  /** Protections that are off in the addon. */
  readonly off?: string | undefined
}

const config = JSON.parse(process.argv[2] ?? '{}') as HostileConfig
if (config.off !== undefined) process.env['NSP_TORTURE_OFF'] = config.off

let host: Host
const behaviour = { exitAfter: undefined, wild: false, rounds: new Rounds(() => undefined) }
const provider = makeProvider(config.variant, behaviour, {
  revision: 'one',
  host: () => host,
})
host = await serve(provider, { limits: config.limits ?? {} })
host.on('handlerError', () => undefined)
const published = Array.from({ length: config.publish ?? 0 }, (_, at) => ({
  name: `p${at}.load`,
  comment: '0',
  addresses: ['10.9.0.1'],
}))
if (published.length > 0) host.publish(published)

/** The most that the process had in memory since it was asked last. */
let peak = 0
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss())
}, 50).unref()

function stats(): Record<string, unknown> {
  const { clients, handles, pendingNotifications, refusedClients, rejectedFrames, calls } =
    host.stats()
  const most = Math.max(peak, process.memoryUsage.rss())
  peak = 0
  const lookups = calls.lookup.count
  return { clients, handles, pendingNotifications, refusedClients, rejectedFrames, lookups, most }
}

function say(answer: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

say({ ready: true, pid: process.pid })
for await (const line of createInterface({ input: process.stdin })) {
  const { verb } = parseCommandLine(line)
  if (verb === 'stats') say({ ok: true, ...stats() })
  else if (verb === 'collect') {
    globalThis.gc?.()
    say({ ok: true })
  } else if (verb === 'quit') {
    await host.close()
    say({ ok: true })
    break
  } else say({ ok: false, error: `no verb ${verb}` })
}
process.exit(0)
