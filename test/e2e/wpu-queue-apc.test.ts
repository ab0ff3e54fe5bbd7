// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Where the ws2_32 at hand exports WPUQueueApc, the provider queues its APCs through it; elsewhere the
// rows IOCTL-29 to IOCTL-34 show QueueUserAPC. A refusing WPUQueueApc shows that it is the one used.
import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { HOST } from '../helpers/checklist.ts'
import { ARCHS, type Arch, Client, NULL, programFolder } from '../helpers/client.ts'
import type { ApcCall } from '../helpers/client-types.ts'
import { type Driver, openDriver } from '../helpers/driver.ts'
import { change, settle, WSA_IO_PENDING, watched } from '../helpers/notify.ts'
import { Row } from '../helpers/row.ts'

// ws2_32 is a known DLL on Windows: no program gets another there.
const suite = HOST === 'wine' ? describe : describe.skip

suite('APC by WPUQueueApc', function () {
  this.timeout(120_000)
  const driver: Driver = openDriver()
  const folder = mkdtempSync(join(tmpdir(), 'winsock-nsp-apc-'))

  before(async () => {
    await driver.install()
    await driver.start()
    for (const arch of ARCHS) {
      copyFileSync(`${programFolder(arch)}client.exe`, join(folder, `client-${arch}.exe`))
    }
  })
  after(async () => {
    await driver.stop()
    await driver.uninstall()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Registers by APC, changes the name, gives the routine's calls. */
  async function routineCalls(arch: Arch, env: NodeJS.ProcessEnv): Promise<ApcCall[]> {
    // The loader looks into the program's own folder first.
    copyFileSync(`${programFolder(arch)}apc/ws2_32.dll`, join(folder, 'ws2_32.dll'))
    const program = join(folder, `client-${arch}.exe`)
    const row = new Row('IOCTL-29', arch, driver)
    const client = await Client.start(arch, { mode: 'ws2', program, env })
    try {
      await client.send('wsastartup')
      const name = await watched(row, client, { read: false })
      await client.send('thread', { name: 'T' })
      await client.overlapped('o', { event: NULL })
      const step = await client.ioctl('h1', { type: 'apc', ov: 'o', thread: 'T' })
      assert.equal(step.err, WSA_IO_PENDING)
      await change(row, name)
      // When this process has dealt with the change, the routine is queued or never will be.
      await settle(row, client)
      await client.send('alertable', { thread: 'T', count: 1, ms: 0 })
      return (await client.send<{ calls: ApcCall[] }>('apc-log')).data.calls
    } finally {
      await client.close()
      await row.cleanUp()
    }
  }

  for (const arch of ARCHS) {
    it(`delivers through it, ${arch}`, async () => {
      const calls = await routineCalls(arch, {})
      assert.deepEqual(
        calls.map(({ error, transferred, flags }) => [error, transferred, flags]),
        [[0, 0, 0]],
      )
    })
    it(`uses nothing else beside it, ${arch}`, async () => {
      assert.deepEqual(await routineCalls(arch, { NSP_RIG_QUEUE_APC: 'refuse' }), [])
    })
  }
})
