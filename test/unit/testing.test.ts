// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What winsock-nsp/testing adds to the calls of a client: other processes, their end, and a clock that tests move.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { buildFilter } from '../../lib/host/filter.ts'
import { defineProvider, type NspError, type ProviderInit, ServiceClass } from '../../lib/index.ts'
import { definitionOf } from '../../lib/internal/definition.ts'
import { CounterSample } from '../../lib/simulation/counters.ts'
import { ownsQuery } from '../../lib/simulation/ownership.ts'
import { type Simulation, simulate } from '../../lib/testing.ts'
import { sampledCounters } from '../../lib/wire/counters.ts'

const ID = '8f6c1d10-5b1e-4c53-9a52-4e53504e00fe'
const QUERY = { name: 'one.test', namespace: 1001 }

const define = (init: Partial<ProviderInit> = {}) =>
  defineProvider({
    name: 'simulated',
    entries: { mesh: { id: ID, namespace: 1001 } },
    lookup: (query) => (query.key === 'one.test' ? { addresses: ['10.0.0.1'] } : undefined),
    ...init,
  })

async function count(machine: Pick<Simulation, 'query'>): Promise<number> {
  let found = 0
  for await (const _service of machine.query(QUERY)) found++
  return found
}

const code = (expected: string) => ({ code: expected })

describe('simulate', () => {
  it('tells the handler who asks', async () => {
    const seen: unknown[] = []
    await using machine = await simulate(
      define({
        lookup(_query, { client, entry }) {
          seen.push([client.processId, client.architecture, client.elevated, entry.key])
          return { addresses: ['10.0.0.1'] }
        },
      }),
    )
    await count(machine)
    await count(machine.as({ processId: 8, architecture: 'x86', elevated: true }))
    assert.deepEqual(seen, [
      [4711, 'x64', false, 'mesh'],
      [8, 'x86', true, 'mesh'],
    ])
    assert.equal(machine.host.clients.size, 2)
  })

  it('a killed process is gone for the handler and for its own calls', async () => {
    const asked = Promise.withResolvers<AbortSignal>()
    await using machine = await simulate(
      define({
        async lookup(_query, { signal, client }) {
          asked.resolve(client.signal)
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
          return undefined
        },
      }),
    )
    const client = machine.as({ imagePath: 'C:\\doomed.exe' })
    const lookup = await client.open(QUERY)
    const next = lookup.next()
    const rejected = assert.rejects(next)
    const gone = await asked.promise
    client.kill()
    await rejected
    assert.equal(gone.aborted, true)
    assert.equal((gone.reason as NspError).code, 'ERR_NSP_CLIENT_GONE')
    await assert.rejects(client.open(QUERY), code('WSANOTINITIALISED'))
    assert.equal(machine.host.clients.size, 0)
  })

  it('deadlines move with a manual clock, and not without it', async () => {
    const failures: unknown[] = []
    await using machine = await simulate(
      define({
        lookup: () => new Promise<undefined>(() => undefined),
        deadlines: { lookupMs: 60_000 },
        onFailure: 'WSAEREFUSED',
      }),
      { clock: 'manual' },
    )
    machine.host.on('handlerError', ({ error }) => failures.push((error as NspError).code))
    const outcome = assert.rejects(count(machine), code('WSAEREFUSED'))
    await machine.advance(59_000)
    assert.deepEqual(failures, [])
    await machine.advance(1_000)
    await outcome
    assert.deepEqual(failures, ['ERR_NSP_CALL_TIMEOUT'])
    await assert.rejects(machine.advance(-1), code('ERR_OUT_OF_RANGE'))
  })

  it('a handler may abort the call that it answers', async () => {
    const controller = new AbortController()
    await using machine = await simulate(
      define({
        lookup() {
          controller.abort(new Error('as the test wants'))
          return new Promise<undefined>(() => undefined)
        },
      }),
      { clock: 'manual' },
    )
    const lookup = await machine.open(QUERY)
    await assert.rejects(lookup.next({ signal: controller.signal }), /as the test wants/)
  })

  it('a real clock cannot be moved', async () => {
    await using machine = await simulate(define())
    await assert.rejects(machine.advance(1), code('ERR_INVALID_STATE'))
  })

  it('lets in whom the rules let in', async () => {
    await using machine = await simulate(define({ allow: { connect: 'administrators' } }))
    await assert.rejects(count(machine), code('WSAENETDOWN'))
    assert.equal(await count(machine.as({ elevated: true })), 1)
    await using open = await simulate(define({ allow: { connect: ({ elevated }) => elevated } }))
    await assert.rejects(count(open), code('WSAENETDOWN'))
    assert.equal(await count(open.as({ elevated: true })), 1)
    const sandboxed = { appContainerSid: 'S-1-15-2-1-2-3' }
    await using closed = await simulate(define())
    await assert.rejects(count(closed.as(sandboxed)), code('WSAENETDOWN'))
    await using box = await simulate(define({ allow: { sandboxed: true } }))
    assert.equal(await count(box.as(sandboxed)), 1)
  })

  it('a closed host is down for everybody', async () => {
    const machine = await simulate(define())
    await using lookup = await machine.open(QUERY)
    await machine.host.close()
    await assert.rejects(lookup.next(), code('WSAENETDOWN'))
    await machine[Symbol.asyncDispose]()
  })

  it('takes no provider for one, and no option that does not exist', async () => {
    await assert.rejects(simulate({} as never), code('ERR_NSP_INVALID_PROVIDER'))
    await assert.rejects(simulate(define(), { clok: 'manual' } as never), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /clok: there is no such option/,
    })
    await assert.rejects(simulate(define(), { clock: 'atomic' } as never), /clock/)
    await using machine = await simulate(define())
    for (const [client, message] of [
      [{ pid: 4 }, /pid: there is no such option/],
      [{ processId: 'x' }, /processId: "x" is not an integer/],
      [{ elevated: 1 }, /elevated: neither true nor false/],
      [{ architecture: 'ia64' }, /architecture: "ia64" is not one of x86, x64, arm64/],
      [{ integrity: 'none' }, /integrity: "none" is not one of/],
      [{ userSid: 500 }, /userSid: not a text/],
      [7, /client: not an object: 7/],
    ] as const) {
      assert.throws(() => machine.as(client as never), {
        code: 'ERR_INVALID_ARG_VALUE',
        message,
      })
    }
    await assert.rejects(simulate(define(), null as never), /options: not an object: null/)
  })

  it('names every bad field of a call', async () => {
    await using machine = await simulate(define())
    for (const [query, message] of [
      [{ nam: 'x' }, /nam: there is no such option/],
      [{ name: 7 }, /name: not a text/],
      [{ name: 'x', serviceClass: 'tcp' }, /serviceClass: not a service class/],
      [{ namespace: -1 }, /namespace: -1 is not an integer/],
      [{ providerId: 'x' }, /providerId: not a GUID/],
      [{ blob: 'x' }, /blob: not a Uint8Array/],
      [7, /query: neither a name nor an object/],
    ] as const) {
      const bad = { code: 'ERR_INVALID_ARG_VALUE', message }
      await assert.rejects(machine.open(query as never), bad)
    }
    const bad = machine.register({ name: '', addresses: ['10.0.0.300'] } as never)
    await assert.rejects(bad, /name: missing; serviceClass: missing; addresses\[0\]/)
    await assert.rejects(machine.classInfo('x', ID), /providerId: not a GUID/)
    await assert.rejects(machine.installClass({ id: ID } as never), /name: missing/)
  })

  it('what the provider does not do is WSAEOPNOTSUPP', async () => {
    await using machine = await simulate(define())
    const serviceClass = ServiceClass.tcp(1)
    const service = { name: 'one.test', serviceClass, addresses: ['10.0.0.1'] }
    await assert.rejects(machine.register(service), code('WSAEOPNOTSUPP'))
    await assert.rejects(machine.removeClass(ID), code('WSAEOPNOTSUPP'))
    await assert.rejects(machine.classInfo(ID, ID), code('WSAEOPNOTSUPP'))
  })
})

describe('whose query it is, in a simulation', () => {
  const provider = defineProvider({
    name: 'owner',
    entries: {
      names: {
        id: ID,
        namespace: 12,
        owns: ['*.mesh.test', 'exact'],
        ownsAddresses: ['10.1.0.0/16', 'fd00::/12'],
      },
      all: { id: ID.replace('fe', 'fd'), namespace: 1001, serviceClasses: [ServiceClass.tcp(80)] },
    },
    lookup: () => undefined,
  })
  const filter = buildFilter(definitionOf(provider), 0, undefined)
  const v6 = `${'0.'.repeat(30)}d.f.ip6.arpa`

  for (const [entry, namespace, key, expected] of [
    [0, 12, 'a.mesh.test', true],
    [0, 0, 'a.b.mesh.test', true],
    [0, 12, 'mesh.test', false],
    [0, 12, 'amesh.test', false],
    [0, 12, 'exact', true],
    [0, 12, 'x.exact', false],
    [0, 13, 'exact', false],
    [0, 12, undefined, false],
    [0, 12, '4.3.1.10.in-addr.arpa', true],
    [0, 12, '4.3.2.10.in-addr.arpa', false],
    [0, 12, '10.1.2.3', true],
    [0, 12, '10.2.2.3', false],
    [0, 12, v6, true],
    [0, 12, v6.replace('d.f', '0.f'), false],
    [1, 1001, 'anything', true],
    [1, 1001, undefined, true],
    [1, 0, 'anything', false],
    [2, 1001, 'anything', false],
  ] as const) {
    it(`entry ${entry}, namespace ${namespace}, ${key}: ${expected}`, () => {
      const question = { entry, namespace, namesUs: false, key, serviceClass: undefined }
      assert.equal(ownsQuery(filter, question), expected)
    })
  }

  it('a class that the entry does not have', () => {
    const question = { entry: 1, namespace: 1001, namesUs: false, key: 'x' }
    const owns = (port: number) =>
      ownsQuery(filter, { ...question, serviceClass: ServiceClass.tcp(port).id })
    assert.equal(owns(80), true)
    assert.equal(owns(81), false)
  })
})

describe('what a simulated handle has seen', () => {
  it('a change after a report stays to be told', () => {
    const counters = new Uint32Array(2000)
    const [index = 0] = sampledCounters('a.test', undefined, 0)
    const sample = new CounterSample(counters, 'a.test', undefined, 0)
    const bump = () => {
      counters[index] = (counters[index] ?? 0) + 1
    }
    bump()
    assert.equal(sample.isDirty, true)
    sample.acknowledge()
    assert.equal(sample.isDirty, true, 'what was not reported is not acknowledged')
    sample.report()
    bump()
    sample.acknowledge()
    assert.equal(sample.isDirty, true, 'what came after the report neither')
    sample.report()
    sample.acknowledge()
    assert.equal(sample.isDirty, false)
  })
})
