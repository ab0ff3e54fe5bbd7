// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What is told to people and tools: failure lines, call lines, diagnostics channels, statistics, printed errors.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import { describe, it } from 'mocha'
import { watchCalls } from '../../lib/cli/call-lines.ts'
import { printError, printTable } from '../../lib/cli/output.ts'
import { describeFailure, FailureLog } from '../../lib/host/failure-log.ts'
import { CallStats } from '../../lib/host/stats.ts'
import {
  codec,
  controlCode,
  defineIoctl,
  NspError,
  onIoctl,
  WinsockError,
} from '../../lib/index.ts'
import { runAllSteps, runSteps, StepFailed } from '../../lib/install/steps.ts'
import type { CallContext, HandlerFailure, Service } from '../../lib/types.ts'
import { fakeHost, turn } from '../helpers/fake-host.ts'
import { query } from '../helpers/fake-server.ts'
import { registration } from '../helpers/services.ts'

const ONE = { addresses: ['10.0.0.1'] }

function collect(): {
  out: (text: string) => void
  err: (text: string) => void
  text: { out: string; err: string }
} {
  const text = { out: '', err: '' }
  return {
    text,
    out: (more) => {
      text.out += more
    },
    err: (more) => {
      text.err += more
    },
  }
}

describe('failures nobody listens to', () => {
  it('are one line, at most once a minute, with the number of the others', () => {
    const lines: string[] = []
    let now = 0
    const log = new FailureLog(
      (line) => lines.push(line),
      () => now,
    )
    const failure = {
      operation: 'lookup',
      error: new Error('broken\n  in two'),
      context: { client: { processId: 7 }, handle: { query: { name: 'a' } } },
    } as unknown as HandlerFailure
    for (now of [0, 1, 59_999, 60_000]) log.write('Mesh', failure)
    assert.deepEqual(lines, [
      'winsock-nsp: Mesh: lookup of "a" for process 7: Error: broken; in two\n',
      'winsock-nsp: Mesh: lookup of "a" for process 7: Error: broken; in two (and 2 more since the last line)\n',
    ])
  })
})

describe('a failure without a lookup', () => {
  it('is told without a name', () => {
    const context = { client: { processId: 7 }, handle: undefined } as unknown as CallContext
    const failure = { operation: 'register', error: new Error('broken'), context } as const
    assert.equal(describeFailure(failure), 'register for process 7: Error: broken')
  })
})

describe('diagnostics channels', () => {
  it('tell each call once, with its outcome, and handlers run inside', async () => {
    const store = new AsyncLocalStorage<string>()
    const events: string[] = []
    const seen: unknown[] = []
    const channel = tracingChannel<string, { id: string; results?: unknown; error?: unknown }>(
      'winsock-nsp:lookup',
    )
    const note = (name: string) => (message: { error?: unknown }) =>
      void events.push(message.error ? `${name}!` : name)
    const subscribers = {
      start: note('start'),
      end: note('end'),
      asyncStart: note('asyncStart'),
      asyncEnd: note('asyncEnd'),
      error: note('error'),
    }
    channel.start.bindStore(store, ({ id }) => id)
    channel.subscribe(subscribers)
    const { server } = await fakeHost({
      async *lookup({ name }) {
        seen.push(store.getStore())
        yield ONE
        await turn()
        await turn()
        seen.push(store.getStore())
        if (name === 'bad') throw new Error('broken')
      },
    })
    await server.next(1, query()).answer
    await server.next(1).answer
    assert.deepEqual(events.splice(0), ['start', 'end', 'asyncStart', 'asyncEnd'])
    assert.deepEqual(seen, ['4711.1.1', '4711.1.1'])
    await server.next(2, query({ name: 'bad' })).answer
    await server.next(2).answer
    assert.deepEqual(events, ['start', 'end', 'error!', 'asyncStart!', 'asyncEnd!'])
    channel.unsubscribe(subscribers)
    channel.start.unbindStore(store)
  })

  it('make one readable line a call', async () => {
    const lines: string[] = []
    const stop = watchCalls((line) => lines.push(line.replace(/[\d.]+ ms/, 'N ms')))
    const Size = defineIoctl({
      code: controlCode('out', 1),
      input: codec.none,
      output: codec.uint32,
    })
    const { server } = await fakeHost({
      lookup: ({ name }) =>
        name === 'no' ? Promise.reject(new WinsockError('WSAEACCES')) : [ONE, {}],
      ioctl: [onIoctl(Size, () => 1)],
      stillValid: () => false,
    })
    await server.next(1, query({ serviceClass: '00090050-0000-0000-c000-000000000046' })).answer
    await server.next(2, query({ name: 'no' })).answer
    await server.ioctl(2, { code: Size.code }).answer
    await server.stillValid(2).answer
    stop()
    await server.next(3, query()).answer
    const who = '[mesh] for client.exe 4711 (x64)'
    assert.deepEqual(lines, [
      `lookup one.nsp.test tcp/80 ${who}: 1 results of 2, N ms`,
      `lookup no ${who}: WSAEACCES, N ms`,
      `ioctl no ${who}: 4 bytes, N ms`,
      `stillValid no ${who}: no longer valid, N ms`,
    ])
  })

  it('make one readable line a registration and a call on classes', async () => {
    const lines: string[] = []
    const stop = watchCalls((line) => lines.push(line.replace(/[\d.]+ ms/, 'N ms')))
    const { server } = await fakeHost({
      register: () => undefined,
      remove: () => undefined,
      classInfo: () => undefined,
      allow: { register: ({ processId }) => processId === 4711 },
    })
    server.connect(2, { processId: 99 })
    await server.setService(0, registration(['10.0.0.1'])).answer
    await server.setService(2, registration([]), { client: 2 }).answer
    await server.classInfo('00090050-0000-0000-c000-000000000046').answer
    stop()
    assert.deepEqual(lines, [
      'register Printer.reg.test tcp/80 [mesh] for client.exe 4711 (x64): done, N ms',
      'remove Printer.reg.test tcp/80 [mesh] for client.exe 99 (x64): WSAEACCES, N ms',
      'classInfo tcp/80 [mesh] for client.exe 4711 (x64): WSATYPE_NOT_FOUND, N ms',
    ])
  })

  it('carry the service of a registration', async () => {
    const channel = tracingChannel<string, Record<string, unknown>>('winsock-nsp:register')
    const messages: Record<string, unknown>[] = []
    const ignore = () => undefined
    const subscribers = {
      start: (message: Record<string, unknown>) => void messages.push(message),
      end: ignore,
      asyncStart: ignore,
      asyncEnd: ignore,
      error: ignore,
    }
    channel.subscribe(subscribers)
    const { server } = await fakeHost({ register: () => undefined })
    const { call, answer } = server.setService(0, registration(['10.0.0.1']))
    await answer
    channel.unsubscribe(subscribers)
    const [{ id, query: none, service } = {}] = messages
    assert.deepEqual([id, none], [`4711.1.0.${call}`, undefined])
    assert.equal((service as Service).name, 'Printer.reg.test')
  })
})

describe('statistics', () => {
  it('have percentiles of the latest calls', () => {
    const stats = new CallStats()
    for (let at = 1; at <= 1000; at++) {
      stats.begin('lookup')
      stats.end('lookup', at / 1000, at % 10 === 0)
    }
    stats.late('ioctl')
    const { lookup, ioctl } = stats.snapshot()
    assert.deepEqual([lookup.count, lookup.failed, lookup.timedOut], [1000, 100, 0])
    // The ring keeps 489 to 1000.
    assert.equal(lookup.p50Us, 745)
    assert.equal(lookup.p99Us, 995)
    assert.deepEqual([ioctl.failed, ioctl.timedOut, ioctl.p50Us], [1, 1, 0])
  })
})

describe('steps', () => {
  const log: string[] = []
  const step = (name: string, fails = false, undoFails = false) => ({
    call: name,
    target: name,
    run() {
      log.push(`run ${name}`)
      if (fails) throw new Error(name)
    },
    undo() {
      log.push(`undo ${name}`)
      if (undoFails) throw new Error(`undo ${name}`)
    },
  })

  it('are taken back in reverse when one fails, whatever else fails', () => {
    log.length = 0
    assert.throws(
      () => runSteps([step('a'), step('b', false, true), step('c', true)]),
      (error: unknown) => {
        assert.ok(error instanceof StepFailed)
        assert.deepEqual(
          error.left.map((one) => one.step.call),
          ['b'],
        )
        return true
      },
    )
    assert.deepEqual(log, ['run a', 'run b', 'run c', 'undo b', 'undo a'])
  })

  it('of a removal all run', () => {
    const { steps, faults } = runAllSteps([step('a', true), step('b')])
    assert.deepEqual(
      steps.map(({ done }) => done),
      [false, true],
    )
    assert.equal(faults.length, 1)
  })
})

describe('printing', () => {
  it('an error has code, fields, remedy and no stack', () => {
    const output = collect()
    const issues = [{ path: 'entries.a.id', message: 'missing' }]
    printError(
      output,
      new NspError('ERR_NSP_INVALID_PROVIDER', 'not valid', { issues, remedy: 'Add it.' }),
    )
    printError(output, new AggregateError([new WinsockError('WSAEACCES'), new WinsockError(10022)]))
    assert.equal(
      output.text.err,
      'ERR_NSP_INVALID_PROVIDER: not valid\n  entries.a.id: missing\nAdd it.\n' +
        'WSAEACCES: WSAEACCES (10013)\nWSAEINVAL: WSAEINVAL (10022)\n',
    )
  })

  it('a table is aligned', () => {
    const output = collect()
    printTable(output, [
      ['a', 'bb'],
      ['ccc', ''],
    ])
    assert.equal(output.text.out, 'a    bb\nccc\n')
  })
})
