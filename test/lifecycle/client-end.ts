// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A process or a worker that uses the client and ends in some way: client-end.ts MODE NAMESPACE. What it tells is one
// JSON line each.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { open, query } from '../../lib/client.ts'

const [mode = '', namespace = ''] = isMainThread
  ? process.argv.slice(2)
  : (workerData as [string, string])
const mesh = { namespace: Number(namespace) }
const SLOW = 'slow.nsp.test'

function tell(message: Record<string, unknown>): void {
  if (parentPort) parentPort.postMessage(message)
  else process.stdout.write(`${JSON.stringify(message)}\n`)
}

async function ask(): Promise<void> {
  for await (const { name } of query({ ...mesh, name: SLOW })) tell({ answered: name })
}

/** Eight queries that the host holds, a lookup that waits for a change, and one that nobody closes. */
async function busy(): Promise<void> {
  for (let i = 0; i < 8; i++) ask().catch((error) => tell({ failed: error.code }))
  const lookup = await open({ ...mesh, name: 'one.nsp.test' })
  lookup.nextChange().catch((error) => tell({ failed: error.code }))
  await open({ ...mesh, name: 'one.nsp.test' })
  tell({ busy: true })
}

if (mode === 'worker' && isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { workerData: [mode, namespace] })
  worker.on('message', tell)
  process.stdin.once('data', () => {
    void worker.terminate().then((code) => {
      tell({ terminated: code })
      process.stdin.destroy()
    })
  })
} else if (mode === 'leave') {
  // Nothing is awaited any more, and nothing is closed.
  const lookup = await open({ ...mesh, name: 'one.nsp.test' })
  const controller = new AbortController()
  const waiting = lookup.nextChange({ signal: controller.signal })
  controller.abort(new Error('enough'))
  await waiting.catch((error: Error) => tell({ aborted: error.message }))
} else {
  await busy()
  if (mode === 'exit') {
    process.stdin.once('data', () => process.exit(7))
  } else if (mode === 'throw') {
    process.stdin.once('data', () => {
      throw new Error('as the test wants')
    })
  }
}
