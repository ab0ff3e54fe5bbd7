// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// leaseByProcess: registrations end with the connection of the process that made them.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import {
  type CallContext,
  type ProviderInit,
  type ServiceChange,
  WinsockError,
} from '../../lib/index.ts'
import { fakeHost, turn } from '../helpers/fake-host.ts'
import { query } from '../helpers/fake-server.ts'
import { registration } from '../helpers/services.ts'

async function leasing(init: Partial<ProviderInit> = {}) {
  const ended: string[] = []
  const contexts: CallContext[] = []
  const fake = await fakeHost({
    leaseByProcess: true,
    register: () => undefined,
    deregister({ service, multiple }: ServiceChange, context) {
      contexts.push(context)
      const addresses = service.addresses.map(({ address, port }) => `${address}:${port}`)
      ended.push([service.name, multiple ? 'these' : 'all', ...addresses].join(' '))
    },
    remove: () => undefined,
    ...init,
  })
  fake.server.connect(2, { processId: 99 })
  return { ...fake, ended, contexts }
}

const NAME = 'Printer.reg.test'

describe('leaseByProcess', () => {
  it('deregisters what a process has registered when it goes', async () => {
    const { server, ended, contexts } = await leasing()
    await server.setService(0, registration(['10.0.0.1'])).answer
    await server.setService(0, registration(['10.0.0.2']), { multiple: true }).answer
    await server.setService(0, registration(['10.0.0.9'], { name: 'other' }), { client: 2 }).answer
    server.gone()
    await turn()
    assert.deepEqual(ended, [`${NAME} these 10.0.0.1:80 10.0.0.2:80`])
    const [context] = contexts
    assert.equal(context?.client.processId, 4711)
    assert.equal(context.client.signal.aborted, true)
    assert.equal(context.signal.aborted, false)
    assert.deepEqual([context.handle, context.deadline], [undefined, Number.POSITIVE_INFINITY])
  })

  it('not what it has deregistered or removed itself', async () => {
    const { server, ended } = await leasing()
    await server.setService(0, registration(['10.0.0.1', '10.0.0.2'])).answer
    await server.setService(1, registration(['10.0.0.1']), { multiple: true }).answer
    await server.setService(0, registration(['10.0.0.3'], { name: 'b' })).answer
    await server.setService(2, registration([], { name: 'B.' })).answer
    ended.length = 0
    server.gone()
    await turn()
    assert.deepEqual(ended, [`${NAME} these 10.0.0.2:80`])
  })

  it('not what another process has registered as well, or in its place', async () => {
    const { server, ended } = await leasing()
    await server.setService(0, registration(['10.0.0.1', '10.0.0.2'])).answer
    await server.setService(0, registration(['10.0.0.1']), { multiple: true, client: 2 }).answer
    await server.setService(0, registration(['10.0.0.3'], { name: 'b' })).answer
    await server.setService(0, registration(['10.0.0.3'], { name: 'b' }), { client: 2 }).answer
    server.gone()
    await turn()
    assert.deepEqual(ended, [`${NAME} these 10.0.0.2:80`])
    server.gone(2)
    await turn()
    assert.deepEqual(ended.slice(1).toSorted(), [
      `${NAME} these 10.0.0.1:80`,
      'b these 10.0.0.3:80',
    ])
  })

  it('not what another process is just registering, if it succeeds', async () => {
    for (const outcome of [undefined, new WinsockError('WSAEACCES')]) {
      const gate = Promise.withResolvers<void>()
      const { server, ended } = await leasing({
        register: async (_change, { client }) => {
          if (client.processId === 99) await gate.promise
        },
      })
      await server.setService(0, registration(['10.0.0.1', '10.0.0.2'])).answer
      const other = server.setService(0, registration(['10.0.0.1']), { multiple: true, client: 2 })
      await turn()
      server.gone()
      await turn()
      assert.deepEqual(ended, [])
      if (outcome === undefined) gate.resolve()
      else gate.reject(outcome)
      await other.answer
      await turn()
      const left = outcome === undefined ? '' : ' 10.0.0.1:80'
      assert.deepEqual(ended, [`${NAME} these${left} 10.0.0.2:80`])
    }
  })

  it('waits for nobody who has given up', async () => {
    const { server, ended } = await leasing({
      register: async (_change, { client }) => {
        if (client.processId === 99) await new Promise(() => undefined)
      },
    })
    await server.setService(0, registration(['10.0.0.1'])).answer
    server.setService(0, registration(['10.0.0.1']), { multiple: true, client: 2 })
    await turn()
    server.gone()
    await turn()
    assert.deepEqual(ended, [])
    server.gone(2)
    await turn()
    assert.deepEqual(ended, [`${NAME} these 10.0.0.1:80`])
  })

  it('not what was refused', async () => {
    const { server, ended } = await leasing({
      register() {
        throw new WinsockError('WSAEACCES')
      },
    })
    assert.equal((await server.setService(0, registration(['10.0.0.1'])).answer).status, 10013)
    server.gone()
    await turn()
    assert.deepEqual(ended, [])
  })

  it('also what was under way when the process died', async () => {
    const gate = Promise.withResolvers<void>()
    const { server, ended } = await leasing({ register: () => gate.promise })
    server.setService(0, registration(['10.0.0.1']))
    server.gone()
    gate.resolve()
    await turn()
    assert.deepEqual(ended, [`${NAME} these 10.0.0.1:80`])
  })

  it('also when the host closes, which waits for it', async () => {
    const gate = Promise.withResolvers<void>()
    const { server, host, ended } = await leasing({
      async deregister() {
        await gate.promise
        ended.push('ended')
      },
    })
    await server.setService(0, registration(['10.0.0.1'])).answer
    const closing = host.close()
    await turn()
    gate.resolve()
    await closing
    assert.deepEqual(ended, ['ended'])
  })

  it('also when the host closes while another call hangs', async () => {
    const { server, host, ended } = await leasing({
      lookup: () => new Promise<undefined>(() => undefined),
    })
    await server.setService(0, registration(['10.0.0.1'])).answer
    server.next(1, query({ name: 'hangs' }))
    await host.close({ timeoutMs: 1 })
    assert.deepEqual(ended, [`${NAME} these 10.0.0.1:80`])
  })

  it('reports a deregistration that fails, unless there is nothing left to deregister', async () => {
    let error: Error = new Error('broken')
    const { server, failures } = await leasing({
      async deregister() {
        throw error
      },
    })
    await server.setService(0, registration(['10.0.0.1'])).answer
    server.gone()
    await turn()
    assert.deepEqual(
      failures.map(({ operation, error: fault }) => [operation, (fault as Error).message]),
      [['deregister', 'broken']],
    )
    error = new WinsockError('WSASERVICE_NOT_FOUND')
    await server.setService(0, registration(['10.0.0.1']), { client: 2 }).answer
    server.gone(2)
    await turn()
    assert.equal(failures.length, 1)
  })

  it('is off unless it is asked for', async () => {
    const { server, ended } = await leasing({ leaseByProcess: false })
    await server.setService(0, registration(['10.0.0.1'])).answer
    server.gone()
    await turn()
    assert.deepEqual(ended, [])
  })
})
