// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The host that is tortured: host.ts CONFIG (JSON). Obeys the runner's lines on standard input; with `worker` it
// serves in a worker thread, which the line `terminate` ends.
import { lookup } from 'node:dns/promises'
import { createInterface } from 'node:readline'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { type Host, serve } from '../../lib/index.ts'
import { programFolder } from '../helpers/client.ts'
import { parseCommandLine } from '../helpers/percent-line.ts'
import { type Behaviour, makeProvider, type Variant } from './provider.ts'
import { Rounds } from './rounds.ts'

export interface HostConfig {
  readonly variant: Variant
  readonly revision?: string
  readonly graceMs?: number
  readonly clients?: number
  readonly worker?: boolean
  readonly temporary?: boolean
  /** Protections that are off in this process. */
  readonly off?: string
}

type Args = Readonly<Record<string, string>>

const config = JSON.parse(
  isMainThread ? (process.argv[2] ?? '{}') : (workerData as string),
) as HostConfig
if (config.off !== undefined) process.env['NSP_TORTURE_OFF'] = config.off

let host: Host
const behaviour: Behaviour = {
  exitAfter: undefined,
  wild: false,
  rounds: new Rounds((name) => host.invalidate({ name })),
}

async function start(): Promise<void> {
  const provider = makeProvider(config.variant, behaviour, {
    revision: config.revision,
    host: () => host,
  })
  host = await serve(provider, {
    restartGraceMs: config.graceMs ?? 30_000,
    ...(config.temporary ? { install: 'temporary' } : {}),
    ...(config.clients === undefined ? {} : { limits: { clients: config.clients } }),
  })
  host.on('handlerError', () => undefined)
}

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** A call of ws2_32 on this very thread, through a small addon of the tests. */
function callSelf(op: string): Record<string, number> | undefined {
  const module = { exports: {} as { call?: (op: string) => Record<string, number> } }
  process.dlopen(module, `${programFolder('x64')}self-call.node`)
  const from = performance.now()
  const result = module.exports.call?.(op)
  return { ...result, ms: Math.round(performance.now() - from) }
}

async function resolveAll(names: readonly string[]): Promise<Record<string, unknown>> {
  const from = performance.now()
  const results = await Promise.all(
    names.map((name) =>
      lookup(name).then(
        ({ address }) => address,
        ({ code }: { code: string }) => code,
      ),
    ),
  )
  return { results, ms: Math.round(performance.now() - from) }
}

function stats(): Record<string, unknown> {
  const { clients, handles, pendingNotifications, refusedClients, rejectedFrames } = host.stats()
  const memory = process.memoryUsage().rss
  return { clients, handles, pendingNotifications, refusedClients, rejectedFrames, memory }
}

async function obey(verb: string, args: Args): Promise<Record<string, unknown> | undefined> {
  switch (verb) {
    case 'invalidate':
      host.invalidate(args['name'] === undefined ? undefined : { name: args['name'] })
      return {}
    case 'block':
      // The answer goes out first.
      setTimeout(block, 20, Number(args['ms']))
      return {}
    case 'exit-after':
      behaviour.exitAfter = Number(args['items'])
      return {}
    case 'wild':
      behaviour.wild = true
      return {}
    case 'stats':
      return stats()
    case 'rounds': {
      const names = (args['names'] ?? '').split(',')
      return {
        ...(await behaviour.rounds.run(names, Number(args['rounds']), Number(args['watchdog']))),
      }
    }
    case 'self':
      return callSelf(args['op'] ?? '')
    case 'resolve':
      return resolveAll((args['names'] ?? '').split(','))
    case 'quit':
      await host.close()
      return {}
    default:
      return undefined
  }
}

async function answerTo(line: string): Promise<Record<string, unknown>> {
  const { verb, args } = parseCommandLine(line)
  try {
    const result = await obey(verb, args)
    return result === undefined ? { ok: false, error: `no verb ${verb}` } : { ok: true, ...result }
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) }
  }
}

function say(answer: Record<string, unknown>): Promise<void> {
  return new Promise((resolve) =>
    process.stdout.write(`${JSON.stringify(answer)}\n`, () => resolve()),
  )
}

async function inWorker(): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: process.argv[2] })
  let last = false
  worker.on('message', (message: Record<string, unknown>) => {
    void say(message).then(() => last && process.exit(0))
  })
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'terminate') await say({ ok: true, code: await worker.terminate() })
    else {
      last = line === 'quit'
      worker.postMessage(line)
    }
  }
}

async function inMain(): Promise<void> {
  await start()
  await say({ ready: true, pid: process.pid })
  for await (const line of createInterface({ input: process.stdin })) {
    await say(await answerTo(line))
    if (line === 'quit') break
  }
}

if (!isMainThread) {
  await start()
  parentPort?.on('message', (line: string) => {
    void answerTo(line).then((answer) => parentPort?.postMessage(answer))
  })
  parentPort?.postMessage({ ready: true, pid: process.pid })
} else {
  await (config.worker ? inWorker() : inMain())
  process.exit(0)
}
