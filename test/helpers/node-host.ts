// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The Node host of the tests: serves the test's providers and obeys the driver's lines on standard input.
import { createInterface } from 'node:readline'

import { type Host, type InvalidateScope, serve } from '../../lib/index.ts'
import { programFolder } from './client.ts'
import { graceMs, providers } from './node-provider.ts'
import { type Behaviour, ENTRY_KEYS, type EntryKey, state, type TestRecord } from './node-state.ts'
import { parseCommandLine } from './percent-line.ts'

type Args = Readonly<Record<string, string>>
type Result = Record<string, unknown> | undefined

function need(args: Args, key: string): string {
  const value = args[key]
  if (value === undefined) throw new Error(`${key}= is missing`)
  return value
}

function list(text: string | undefined): string[] | undefined {
  return text === undefined || text === '' ? undefined : text.split(',')
}

function recordOf(args: Args): TestRecord {
  return {
    name: need(args, 'name'),
    addresses: list(args['addr']),
    serviceClass: args['class'],
    comment: args['comment'],
    version: args['version'] === undefined ? undefined : Number(args['version']),
    context: args['context'],
    queryString: args['query'],
    blob:
      args['blob'] === undefined ? undefined : Uint8Array.from(Buffer.from(args['blob'], 'hex')),
    aliases: list(args['alias']),
  }
}

function entriesOf(args: Args): readonly EntryKey[] {
  const only = ENTRY_KEYS.filter((key) => key === args['entry'])
  return only.length === 0 ? ENTRY_KEYS : only
}

function scopeOf({ name, suffix, class: serviceClass, entry }: Args): InvalidateScope | undefined {
  if (name !== undefined) return { name }
  if (suffix !== undefined) return { suffix }
  if (serviceClass !== undefined) return { serviceClass }
  return entry === undefined ? undefined : { entry }
}

function invalidate(hosts: readonly Host[], args: Args): void {
  const scope = scopeOf(args)
  for (const host of hosts) {
    // An entry belongs to one of the providers.
    const knows = args['entry'] === undefined || args['entry'] in host.provider.entries
    if (scope === undefined || !('entry' in scope) || knows) host.invalidate(scope)
  }
}

/** The verbs that set how one handler behaves; undefined for other verbs. */
function behave(verb: string, behaviour: Behaviour, args: Args): Result {
  switch (verb) {
    case 'hold':
      behaviour.isHeld = true
      return {}
    case 'never':
      behaviour.isNever = true
      return {}
    case 'throw':
    case 'nonsense':
      behaviour.fault = verb
      return {}
    case 'fail':
      behaviour.code = Number(args['errno'] ?? args['code'])
      return {}
    case 'release':
      behaviour.release()
      return {}
    case 'clear':
      behaviour.clear()
      return {}
    case 'held':
      return { waiting: behaviour.waiting, aborted: behaviour.aborted }
    default:
      return undefined
  }
}

function behaviourOf(verb: string, args: Args): Behaviour {
  const isIoctl = verb.startsWith('ioctl-') || (verb === 'held' && args['code'] !== undefined)
  return isIoctl ? state.codes.of(Number(need(args, 'code'))) : state.behaviourOf(args['name'])
}

/** A call of ws2_32 on this very thread, through a small addon of the tests. */
function callSelf(op: string): Result {
  const path = `${programFolder('x64')}self-call.node`
  const module = { exports: {} as { call?: (op: string) => Record<string, number> } }
  process.dlopen(module, path)
  return module.exports.call?.(op)
}

async function run(hosts: readonly Host[], verb: string, args: Args): Promise<Result> {
  switch (verb) {
    case 'set':
    case 'quiet-set':
      state.set(recordOf(args), entriesOf(args))
      if (verb === 'set') invalidate(hosts, { name: need(args, 'name') })
      return {}
    case 'delete':
      state.delete(need(args, 'name'))
      invalidate(hosts, { name: need(args, 'name') })
      return {}
    case 'invalidate':
      invalidate(hosts, args)
      return {}
    case 'calls':
      return { calls: state.takeCalls() }
    case 'still-valid':
      state.stillValid = args['value'] !== 'false'
      return {}
    case 'stats':
      return { hosts: hosts.map((host) => host.stats()) }
    case 'self':
      return callSelf(need(args, 'op'))
    case 'quit':
      for (const host of hosts) await host.close()
      return {}
    default:
      return behave(verb.replace(/^ioctl-/, ''), behaviourOf(verb, args), args)
  }
}

function say(answer: Record<string, unknown>): Promise<void> {
  return new Promise((resolve) =>
    process.stdout.write(`${JSON.stringify(answer)}\n`, () => resolve()),
  )
}

const hosts: Host[] = []
for (const provider of providers) {
  const host = await serve(provider, { restartGraceMs: graceMs })
  // Handlers fail because tests ask them to: that is not news.
  host.on('handlerError', () => undefined)
  hosts.push(host)
}
await say({ ready: true, pid: process.pid })
for await (const line of createInterface({ input: process.stdin })) {
  const { verb, args } = parseCommandLine(line)
  try {
    const result = await run(hosts, verb, args)
    await say(
      result === undefined ? { ok: false, error: `unknown verb ${verb}` } : { ok: true, ...result },
    )
  } catch (error) {
    await say({ ok: false, error: error instanceof Error ? error.message : String(error) })
  }
  if (verb === 'quit') process.exit(0)
}
process.exit(0)
