// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// How a server of the addon begins and ends: in this process, in others, and in worker threads.
import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { until } from '../helpers/until.ts'
import { END, frame, next, subscribe } from './addon-peer.ts'
import { TestServer } from './addon-server.ts'

const HOST = fileURLToPath(new URL('./addon-host.ts', import.meta.url))
const NEVER = 3_600_000

type Message = Record<string, unknown>

/** Another process that serves; its messages as they come. */
class Host {
  readonly child: ChildProcessWithoutNullStreams
  readonly messages: Message[] = []
  readonly exited: Promise<number | null>

  constructor(test: TestServer, mode: string) {
    this.child = spawn(process.execPath, ['--no-warnings', HOST, test.controlPath, mode])
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.messages.push(JSON.parse(line) as Message)
    })
    this.exited = once(this.child, 'close').then(([code]) => code as number | null)
  }

  async told(key: string): Promise<unknown> {
    const find = () => this.messages.find((message) => key in message)
    await until(`the host tells ${key}`, () => find() !== undefined)
    return find()?.[key]
  }

  async serving(): Promise<string> {
    return String(await this.told('pipeName'))
  }
}

describe('addon: one server', () => {
  it('says in the control file who serves', async () => {
    await using test = new TestServer()
    assert.equal(test.native.readControlFile(test.controlPath)?.hostPid, 0)
    test.start()
    const state = test.native.readControlFile(test.controlPath)
    assert.deepEqual(state, {
      retired: false,
      epoch: test.server.epoch,
      hostPid: process.pid,
      pipeName: test.server.pipeName,
    })
  })

  it('has another pipe and the next epoch at each start', async () => {
    await using test = new TestServer().start()
    const { pipeName, epoch } = test.server
    await test.server.close()
    test.start()
    assert.equal(test.server.epoch, epoch + 1)
    assert.notEqual(test.server.pipeName, pipeName)
  })

  it('closes with clients and calls in the middle of things', async () => {
    await using test = new TestServer().start()
    const { peer, client } = await test.client()
    await peer.send(next(1, NEVER))
    await peer.send(subscribe(1, [[400, 0]]))
    await test.told('frame')
    await Promise.all([test.server.close(), test.server.close()])
    assert.equal(await peer.read(), undefined)
    assert.equal((await test.told('disconnect')).reason, 'closed')
    assert.equal(test.server.answer(client, 129, 1, 1, 1, new Uint8Array(8)), false)
    test.server.change([1])
    test.server.disconnect(client)
    test.server.stopAccepting()
    test.server.ref()
    test.server.unref()
    assert.equal(test.server.stats().clients, 0)
    await test.server.close()
    assert.equal((await test.peer().ask(`open ${test.server.pipeName}`)).ok, false)
  })

  it('tells once that the provider was uninstalled, and lets its clients go', async () => {
    await using test = new TestServer().start()
    const { peer } = await test.client()
    test.native.retireControlFile(test.controlPath)
    await test.told('retired')
    assert.equal(await peer.read(), undefined)
    await test.told('disconnect')
    assert.equal((await test.peer().ask(`open ${test.server.pipeName}`)).ok, false)
    assert.equal(test.all('retired').length, 1)
  })

  it('refuses a second server of the provider and names the first', async () => {
    await using test = new TestServer().start()
    assert.throws(
      () =>
        new TestServer().native.serve(
          test.options(),
          () => {},
          () => {},
        ),
      {
        code: 'EALREADY',
        hostPid: process.pid,
        syscall: 'LockFileEx',
      },
    )
    const host = new Host(test, 'serve')
    assert.equal(await host.told('hostPid'), process.pid)
    assert.deepEqual(host.messages, [{ code: 'EALREADY', hostPid: process.pid }])
    assert.equal(await host.exited, 0)
    await test.client()
  })

  it('serves several providers beside each other', async () => {
    await using one = new TestServer().start()
    await using two = new TestServer().start()
    assert.notEqual(one.server.pipeName, two.server.pipeName)
    const first = await one.client()
    await two.client()
    await first.peer.send(next(1, NEVER))
    await one.told('frame')
    assert.equal(two.all('frame').length, 0)
  })

  it('reports what it cannot serve', async () => {
    await using test = new TestServer()
    const serve = (change: object) => () =>
      test.native.serve(
        { ...test.options(), ...change },
        () => {},
        () => {},
      )
    assert.throws(serve({ controlPath: `${test.controlPath}-absent` }), {
      syscall: 'CreateFileW',
      errno: 2,
    })
    assert.throws(serve({ pipeSddl: 'nonsense' }), { name: 'Error' })
    assert.throws(serve({ filter: { ...test.options().filter, entries: [] } }), RangeError)
    assert.throws(serve({ maxClients: '16' }), TypeError)
    assert.throws(serve({ filter: undefined }), TypeError)
    test.start() // nothing of it is left
  })
})

describe('addon: other processes', () => {
  it('lets a process end that has let go of its server', async () => {
    await using test = new TestServer()
    const host = new Host(test, 'unref')
    await host.serving()
    assert.equal(await host.exited, 0)
    test.start()
  })

  it('takes over from a host that was killed', async () => {
    await using test = new TestServer()
    const host = new Host(test, 'serve')
    const pipeName = await host.serving()
    const peer = await test.peer().greet(pipeName)
    host.child.kill('SIGKILL')
    await host.exited
    assert.equal(await peer.read(), undefined)
    test.start()
    assert.equal(test.server.epoch, 2)
    await test.client()
  })

  for (const mode of ['exit', 'forget']) {
    it(`survives process.exit (${mode}) with clients and calls`, async () => {
      await using test = new TestServer()
      const host = new Host(test, mode)
      if (mode === 'exit') {
        const peer = await test.peer().greet(await host.serving())
        await peer.send(next(1, NEVER))
        assert.equal(await host.exited, 7)
        assert.equal(await peer.read(), undefined)
      } else {
        assert.equal(await host.exited, 0)
      }
      test.start()
    })
  }

  it('closes from inside of an event and then ends by itself', async () => {
    await using test = new TestServer()
    const host = new Host(test, 'close')
    const peer = await test.peer().greet(await host.serving())
    await peer.send(next(1, NEVER))
    assert.equal(await host.told('closed'), true)
    assert.equal(await host.exited, 0)
  })

  it('makes an exception in the handler an uncaught one, and goes on', async () => {
    await using test = new TestServer()
    const host = new Host(test, 'throw')
    const peer = await test.peer().greet(await host.serving())
    await peer.send(next(1, NEVER))
    assert.equal(await host.told('uncaught'), 'thrown by the handler of events')
    await peer.send(next(2, NEVER))
    await until('it throws again', () => host.messages.filter((m) => 'uncaught' in m).length === 2)
    host.child.kill('SIGKILL')
    await host.exited
  })

  it('ends with its worker thread, calls and clients or not', async () => {
    await using test = new TestServer()
    const host = new Host(test, 'worker')
    const peer = await test.peer().greet(await host.serving())
    await peer.send(next(1, NEVER))
    assert.equal(await host.told('terminated'), 1)
    assert.equal(await peer.read(), undefined)
    assert.equal(await host.exited, 0)
    test.start()
  })
})

describe('addon: worker threads', () => {
  it('is loaded by several threads, each with its own servers', async () => {
    await using main = new TestServer().start()
    const tests = [new TestServer(), new TestServer(), new TestServer()]
    const workers = tests.map(
      (test) =>
        new Worker(new URL('./addon-host.ts', import.meta.url), {
          workerData: [test.controlPath, 'serve'],
          execArgv: ['--no-warnings'],
        }),
    )
    const started = workers.map((worker) => once(worker, 'message'))
    for (const [i, worker] of workers.entries()) {
      const [{ pipeName }] = (await started[i]) as [{ pipeName: string }]
      const peer = await (tests[i] as TestServer).peer().greet(pipeName)
      const told = once(worker, 'message')
      await peer.send(next(i + 1, NEVER))
      assert.deepEqual(await told, [{ frame: i + 1 }])
    }
    await Promise.all(workers.map((worker) => worker.terminate()))
    for (const test of tests) {
      assert.equal(await test.peers[0]?.read(), undefined)
      test.start() // the thread took its lock with it
      await test.client()
      await test[Symbol.asyncDispose]()
    }
    await main.client()
  })

  it('may be terminated while events pour in', async () => {
    await using test = new TestServer()
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(new URL('./addon-host.ts', import.meta.url), {
        workerData: [test.controlPath, 'serve'],
        execArgv: ['--no-warnings'],
      })
      const [{ pipeName }] = (await once(worker, 'message')) as [{ pipeName: string }]
      const peer = await test.peer().greet(pipeName)
      const flood = peer.ask(
        `flood 300 ${frame(END, Buffer.alloc(0), { lookup: 1 }).toString('hex')}`,
      )
      await once(worker, 'message')
      await worker.terminate()
      await flood
    }
    test.start()
    await test.client()
  })
})
