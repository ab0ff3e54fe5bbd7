// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// How processes and worker threads end that use the client, whatever is under way; and a host that asks itself.
import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { after, afterEach, before, describe, it } from 'mocha'
import { until } from '../helpers/until.ts'
import { native, quiet, Served } from './client-served.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const SLOW = 'slow.nsp.test'

/** Another process that uses the client; its messages as they come. */
class Asker {
  readonly child: ChildProcessWithoutNullStreams
  readonly messages: Record<string, unknown>[] = []
  readonly exited: Promise<number | null>
  stderr = ''

  constructor(file: string, ...args: string[]) {
    this.child = spawn(process.execPath, ['--no-warnings', here(file), ...args])
    this.child.stderr.on('data', (chunk) => (this.stderr += chunk))
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.messages.push(JSON.parse(line) as Record<string, unknown>)
    })
    this.exited = once(this.child, 'close').then(([code]) => code as number | null)
  }

  async told(key: string): Promise<unknown> {
    const find = () => this.messages.find((message) => key in message)
    await until(`the process tells ${key}`, () => find() !== undefined)
    return find()?.[key]
  }

  go(): void {
    this.child.stdin.write('go\n')
  }
}

describe('client: how it ends', () => {
  const served = new Served()
  const { driver } = served
  const namespace = String(driver.mesh.namespace)

  before(async () => {
    await served.begin()
    await driver.send('set', { name: SLOW, addr: '10.1.0.8' })
  })
  after(() => served.end())
  afterEach(async () => {
    await driver.send('release', { name: SLOW })
    await quiet()
  })

  /** Its eight queries are with the host. */
  async function busy(mode: string): Promise<Asker> {
    await driver.send('hold', { name: SLOW })
    const asker = new Asker('client-end.ts', mode, namespace)
    await asker.told('busy')
    await served.held(SLOW, 8)
    return asker
  }

  it('process.exit with calls under way', async () => {
    const asker = await busy('exit')
    asker.go()
    assert.equal(await asker.exited, 7, asker.stderr)
    await served.held(SLOW, 0)
  })

  it('an uncaught exception with calls under way', async () => {
    const asker = await busy('throw')
    asker.go()
    assert.equal(await asker.exited, 1)
    assert.match(asker.stderr, /as the test wants/)
    await served.held(SLOW, 0)
  })

  it('a worker thread that is terminated with calls under way, in a process that goes on', async () => {
    const asker = await busy('worker')
    asker.go()
    assert.equal(await asker.told('terminated'), 1)
    // The process lives until its input ends; its calls were ended before.
    await served.held(SLOW, 0)
    assert.equal(await asker.exited, 0, asker.stderr)
    assert.ok(!asker.messages.some((message) => 'failed' in message || 'answered' in message))
  })

  it('worker threads of this process, again and again', async () => {
    for (let round = 0; round < 4; round++) {
      await driver.send('hold', { name: SLOW })
      const workers = Array.from({ length: 2 }, () => {
        return new Worker(here('client-end.ts'), { workerData: ['busy', namespace] })
      })
      await Promise.all(workers.map((worker) => once(worker, 'message')))
      await served.held(SLOW, 16)
      assert.ok(native.client.stats().lookups >= 16)
      await Promise.all(workers.map((worker) => worker.terminate()))
      await served.held(SLOW, 0)
      await quiet()
    }
  })

  it('a process that waits for nothing ends by itself, with lookups open', async () => {
    const asker = new Asker('client-end.ts', 'leave', namespace)
    assert.equal(await asker.exited, 0, asker.stderr)
    assert.deepEqual(asker.messages, [{ aborted: 'enough' }])
  })
})

describe('client: a host that asks itself', () => {
  it('is answered from pool threads, as many as may wait, and never about what it is asked', async () => {
    const asker = new Asker('client-self.ts')
    assert.equal(await asker.exited, 0, asker.stderr)
    assert.deepEqual(asker.messages, [
      {
        plain: '10.4.0.1',
        again: '10.4.0.1',
        inside: 'WSASERVICE_NOT_FOUND',
        types: '10.4.0.1',
        otherType: ['WSASERVICE_NOT_FOUND'],
        third: 'WSATRY_AGAIN',
        held: ['10.4.0.1', '10.4.0.1'],
      },
    ])
  })
})
