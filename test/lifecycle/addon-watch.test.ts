// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The addon's watch over the catalogs: no change is lost, and whatever ends first, nothing is left.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { watchCatalog } from '../../lib/catalog.ts'
import { loadNative } from '../../lib/internal/binding.ts'
import type { NativeCatalog, NativeFailure } from '../../lib/internal/native.ts'
import { Client } from '../helpers/client.ts'
import { until } from '../helpers/until.ts'

const WATCHER = fileURLToPath(new URL('./addon-watcher.ts', import.meta.url))
const ENTRY = {
  id: '8f6c1d10-5b1e-4c53-9a52-4e53504e00fc',
  name: 'addon watch test',
  namespace: 1098,
  version: 1,
  path: '%SystemRoot%\\no-such\\provider.dll',
}

describe('addon: watching the catalogs', () => {
  const native = loadNative()
  const watches: { close(): void }[] = []
  const watch = (onChange: (failure: NativeFailure | undefined) => void) => {
    const made = native.catalogWatch(onChange)
    watches.push(made)
    return made
  }
  const isThere = (catalog: NativeCatalog) =>
    native.catalogList(catalog).some(({ id }) => id === ENTRY.id)
  const remove = (catalog: NativeCatalog) => {
    if (isThere(catalog)) native.catalogUninstall(catalog, ENTRY.id)
  }

  afterEach(() => {
    for (const one of watches.splice(0)) one.close()
    remove('native')
    remove('x86')
  })

  for (const catalog of ['native', 'x86'] satisfies NativeCatalog[]) {
    it(`tells of each kind of change of the ${catalog} catalog`, async () => {
      let told = 0
      watch((failure) => {
        assert.equal(failure, undefined)
        told++
      })
      const before = native.catalogList(catalog).map(({ id }) => id)
      const changes = [
        () => native.catalogInstall(catalog, ENTRY),
        () => native.catalogEnable(catalog, ENTRY.id, false),
        () => native.catalogOrder(catalog, [ENTRY.id, ...before]),
        () => native.catalogUninstall(catalog, ENTRY.id),
      ]
      for (const change of changes) {
        const earlier = told
        change()
        await until('the change is told', () => told > earlier)
      }
    })
  }

  it('whoever reads when told has seen the last of many changes', async () => {
    let seen = isThere('x86')
    watch(() => {
      seen = isThere('x86')
    })
    for (let round = 0; round < 25; round++) {
      native.catalogInstall('x86', ENTRY)
      // Sometimes the callback runs between the two, sometimes it does not.
      if (round % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
      if (round % 2 === 0) {
        await until('the entry is seen', () => seen)
        native.catalogUninstall('x86', ENTRY.id)
        await until('its end is seen', () => !seen)
      } else {
        native.catalogUninstall('x86', ENTRY.id)
      }
    }
    native.catalogInstall('x86', ENTRY)
    await until('the entry is seen in the end', () => seen)
  })

  it('tells all watchers, and a closed one nothing more', async () => {
    const told = new Array<number>(40).fill(0)
    const made = told.map((_, i) =>
      watch(() => {
        told[i] = (told[i] ?? 0) + 1
      }),
    )
    native.catalogInstall('native', ENTRY)
    await until('all are told', () => told.every((count) => count > 0))
    for (const [i, one] of made.entries()) {
      if (i === 0) continue
      one.close()
      one.close()
    }
    const after = [...told]
    native.catalogUninstall('native', ENTRY.id)
    await until('the first is told again', () => (told[0] ?? 0) > (after[0] ?? 0))
    assert.deepEqual(told.slice(1), after.slice(1))
  })

  it('has no thread of its own', async () => {
    await using client = await Client.start('x64')
    const threads = async () => (await client.process({ of: process.pid })).data.threads
    // What the first one starts serves all others too.
    watch(() => undefined)
    const one = await threads()
    for (let i = 0; i < 40; i++) watch(() => undefined)
    const many = await threads()
    assert.ok(one > 1, 'the threads of this process were counted')
    assert.ok(many - one < 10, `${one} threads with one watch, ${many} with 41`)
  })

  it('can be closed by its own callback', async () => {
    let told = 0
    const made = watch(() => {
      told++
      made.close()
    })
    native.catalogInstall('native', ENTRY)
    await until('it is told', () => told > 0)
    let other = 0
    watch(() => other++)
    native.catalogUninstall('native', ENTRY.id)
    await until('another is told', () => other > 0)
    assert.equal(told, 1)
  })

  it('refuses what is no function', () => {
    assert.throws(() => native.catalogWatch('x' as never), TypeError)
  })

  it('is an async iterable of the library', async () => {
    const seen: boolean[] = []
    for await (const entries of watchCatalog()) {
      const isIn = entries.some(({ id, catalog }) => id === ENTRY.id && catalog === 'native')
      seen.push(isIn)
      if (seen.length === 1) native.catalogInstall('native', ENTRY)
      else if (isIn) native.catalogUninstall('native', ENTRY.id)
      else break
    }
    assert.deepEqual(seen, [false, true, false])
  })
})

describe('addon: the end of a watch over the catalogs', () => {
  const start = (mode: string) => {
    const child = spawn(process.execPath, ['--no-warnings', WATCHER, mode])
    const exited = once(child, 'close').then(([code]) => code as number | null)
    const lines = createInterface({ input: child.stdout })
    return { child, exited, lines, ready: once(lines, 'line') }
  }

  it('a process that watches lives on until it closes', async () => {
    const { child, exited, lines, ready } = start('hold')
    assert.deepEqual(await ready, ['watching'])
    const told = once(lines, 'line')
    const native = loadNative()
    native.catalogInstall('native', ENTRY)
    try {
      assert.deepEqual(await told, ['told'])
      assert.equal(child.exitCode, null)
    } finally {
      native.catalogUninstall('native', ENTRY.id)
    }
    assert.equal(await exited, 0, 'closed when told')
  })

  for (const mode of ['exit', 'throw']) {
    it(`a process that ends in the middle: ${mode}`, async () => {
      const { exited, ready } = start(mode)
      assert.deepEqual(await ready, ['watching'])
      assert.equal(await exited, 7)
    })
  }

  it('worker threads that are terminated, while the catalog changes', async () => {
    const native = loadNative()
    for (let round = 0; round < 4; round++) {
      const workers = Array.from(
        { length: 3 },
        () => new Worker(WATCHER, { argv: ['hold'], execArgv: ['--no-warnings'] }),
      )
      await Promise.all(workers.map((worker) => once(worker, 'message')))
      native.catalogInstall('native', ENTRY)
      const ends = Promise.all(workers.map((worker) => worker.terminate()))
      native.catalogUninstall('native', ENTRY.id)
      await ends
    }
    let told = false
    const watch = native.catalogWatch(() => {
      told = true
    })
    native.catalogInstall('native', ENTRY)
    native.catalogUninstall('native', ENTRY.id)
    await until('this thread is still told', () => told)
    watch.close()
  })
})
