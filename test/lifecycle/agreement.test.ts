// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The body that the simulation passes (test/unit/agreement.test.ts), through the machine's own ws2_32 and a provider
// that another process serves.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import * as client from '../../lib/client.ts'
import { agreementSuite } from '../helpers/agreement.ts'

agreementSuite('the machine, as a client sees it', async () => {
  const program = fileURLToPath(new URL('../helpers/agreement-host.ts', import.meta.url))
  const args = ['--disable-warning=ExperimentalWarning', program]
  const host = spawn(process.execPath, args, { stdio: 'pipe', windowsHide: true })
  let stderr = ''
  host.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
  const exited = once(host, 'close')
  const lines = createInterface({ input: host.stdout })
  await Promise.race([
    once(lines, 'line'),
    exited.then(([code]) => Promise.reject(new Error(`the host ended with ${code}: ${stderr}`))),
  ])
  return {
    feed: client,
    snapshots: client,
    suffix: String(host.pid),
    async close() {
      host.stdin.end()
      const [code] = await exited
      if (code !== 0) throw new Error(`the host ended with ${code}: ${stderr}`)
    },
  }
})
