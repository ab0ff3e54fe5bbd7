// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The host of the benchmark: serves the provider and obeys the lines of the one who measures.
import { createInterface } from 'node:readline'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { list } from '../../lib/catalog.ts'
import { forEachFrame } from '../../lib/host/frames.ts'
import { checkServeOptions } from '../../lib/host/options.ts'
import type { Host, InvalidateScope } from '../../lib/index.ts'
import { loadNative } from '../../lib/internal/binding.ts'
import type { Native, NativeServer } from '../../lib/internal/native.ts'
import { serveWith } from '../../lib/serve.ts'
import { programFolder } from '../helpers/client.ts'
import { parseCommandLine } from '../helpers/percent-line.ts'
import { ENTRIES, FEW, few, makeProvider, PUBLISHED_SUFFIX, publishedNames } from './provider.ts'
import { listenTcp } from './tcp-server.ts'

type Args = Readonly<Record<string, string>>
type Result = Record<string, unknown>

interface Hop {
  hop(times: number, call: () => void): Promise<number>
  pipeHop(pipe: string, bytesIn: number, bytesOut: number, call: () => void): void
  countImports(module: string): boolean
  counts(): Record<string, number>
  handles(): number
}

const HEADER_BYTES = 16
const ADDON = 'winsock-nsp.node'
/** What the baselines send must be as long as what ours sends: the longest frame since the last look. */
const longest = { in: 0, out: 0 }
let server: NativeServer | undefined

const size = (body: unknown) => HEADER_BYTES + (body instanceof Uint8Array ? body.byteLength : 0)

let isMeasuring = false

/** The server itself, with an eye on the length of what goes out. */
function watched(native: NativeServer): NativeServer {
  const answer = native.answer.bind(native)
  const value: NativeServer['answer'] = (...args) => {
    if (isMeasuring) longest.out = Math.max(longest.out, size(args.at(-1)))
    return answer(...args)
  }
  return Object.defineProperty(native, 'answer', { value })
}

function watchedNative(): Native {
  const native = loadNative()
  const serve: Native['serve'] = (options, onEvent, onFrames) => {
    server = native.serve(options, onEvent, (bytes, used) => {
      if (isMeasuring)
        forEachFrame(bytes, used, ({ body }) => {
          longest.in = Math.max(longest.in, size(body))
        })
      onFrames(bytes, used)
    })
    return watched(server)
  }
  return Object.create(native, { serve: { value: serve } }) as Native
}

const collect = (globalThis as { gc?: () => void }).gc
function loadHop(): Hop {
  const module = { exports: {} as Hop }
  process.dlopen(module, `${programFolder('x64')}bench-hop.node`)
  return module.exports
}
const hop = loadHop()

let host: Host

/** Hosts that publish have this; without it, those cases say that they are not built. */
interface Publication {
  readonly size: number
  replace(services: Iterable<{ name: string }>): void
}
type Publishing = Host & { publish?(services: Iterable<{ name: string }>): Publication }

const publications = new Map<Host, Publication>()
let fewHost: Host | undefined

/** These names and no others. */
function publishOn(publisher: Publishing, count: number): Result {
  const published = publications.get(publisher) ?? publisher.publish?.([])
  if (published === undefined) return { built: false }
  publications.set(publisher, published)
  published.replace(publishedNames(count))
  return { built: true, size: published.size }
}

/** The same by a host that has no other names; gives its DLL. */
async function publishFew(count: number): Promise<Result> {
  fewHost ??= await serveWith(
    loadNative(),
    few,
    checkServeOptions({ install: 'temporary', limits: { clients: 1000 } }),
  )
  const dll = (await list()).find(({ id }) => id === FEW.id)?.path
  return { ...publishOn(fewHost, count), dll }
}

async function memory(): Promise<Result> {
  for (let i = 0; i < 3; i++) {
    collect?.()
    await nextTurn()
  }
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
  return { rss, heapUsed, external, arrayBuffers, handles: hop.handles() }
}

function scopeOf({ name, suffix }: Args): InvalidateScope | undefined {
  return name !== undefined ? { name } : suffix !== undefined ? { suffix } : undefined
}

async function run(verb: string, args: Args): Promise<Result> {
  switch (verb) {
    case 'where':
      return { dll: (await list()).find(({ id }) => id === ENTRIES.mesh.id)?.path }
    case 'invalidate': {
      const scope = scopeOf(args)
      const from = process.hrtime.bigint()
      host.invalidate(scope)
      return { from: Number(from) }
    }
    case 'stats':
      return { ...server?.stats() }
    case 'sizes': {
      // From one look to the next: it is not to cost what is timed anything.
      const sizes = { ...longest }
      longest.in = longest.out = 0
      isMeasuring = !isMeasuring
      return sizes
    }
    case 'hop':
      return { us: await hop.hop(Number(args['times']), () => undefined) }
    case 'pipe-hop':
      hop.pipeHop(String(args['name']), Number(args['in']), Number(args['out']), () => undefined)
      return {}
    case 'tcp':
      return { port: await listenTcp() }
    case 'publish':
      return publishOn(host, Number(args['count']))
    case 'publish-few':
      return publishFew(Number(args['count']))
    case 'memory':
      return memory()
    case 'cpu': {
      const { user, system } = process.cpuUsage()
      return { us: user + system }
    }
    case 'count-imports':
      return { counted: hop.countImports(ADDON) }
    case 'counts':
      return { counts: hop.counts() }
    default:
      throw new Error(`unknown verb ${verb}`)
  }
}

const say = (answer: Result) =>
  new Promise<void>((done) => process.stdout.write(`${JSON.stringify(answer)}\n`, () => done()))

// The catalog's own handler of `start` gets the host before `serve` returns it.
const provider = makeProvider((serving) => {
  host = serving
})
host = await serveWith(
  watchedNative(),
  provider,
  checkServeOptions({ install: 'temporary', limits: { clients: 1000 } }),
)
await say({ ready: true, pid: process.pid, suffix: PUBLISHED_SUFFIX })
for await (const line of createInterface({ input: process.stdin })) {
  const { verb, args } = parseCommandLine(line)
  if (verb === 'quit') break
  try {
    await say({ ok: true, ...(await run(verb, args)) })
  } catch (error) {
    await say({ ok: false, error: error instanceof Error ? error.message : String(error) })
  }
}
await fewHost?.close()
await host.close()
await say({ ok: true })
process.exit(0)
