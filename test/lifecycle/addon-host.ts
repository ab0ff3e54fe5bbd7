// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A process or a worker that serves a control file through the addon and ends in some way:
// addon-host.ts CONTROL MODE. It prints the pipe's name, or the failure, as one JSON line.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { forEachFrame } from '../../lib/host/frames.ts'
import { loadNative } from '../../lib/internal/binding.ts'
import { FILTER, ON_FAILURE, PIPE_SDDL } from './addon-server.ts'

const [controlPath = '', mode = ''] = isMainThread
  ? process.argv.slice(2)
  : (workerData as [string, string])

function tell(message: Record<string, unknown>): void {
  if (parentPort) parentPort.postMessage(message)
  else process.stdout.write(`${JSON.stringify(message)}\n`)
}

function serve(): void {
  try {
    const server = loadNative().serve(
      {
        controlPath,
        filter: FILTER,
        pipeSddl: PIPE_SDDL,
        maxClients: 16,
        maxCallsPerClient: 8,
        onFailure: ON_FAILURE,
      },
      () => undefined,
      (bytes, size) =>
        forEachFrame(bytes, size, ({ call }) => {
          if (mode === 'exit') process.exit(7)
          if (mode === 'throw') throw new Error('thrown by the handler of events')
          if (mode === 'close') void server.close().then(() => tell({ closed: true }))
          tell({ frame: call })
        }),
    )
    if (mode === 'unref') server.unref()
    if (mode === 'forget') setTimeout(() => process.exit(0), 0)
    tell({ pipeName: server.pipeName, pid: process.pid })
  } catch (error) {
    const { code, hostPid } = error as { code?: string; hostPid?: number }
    tell({ code, hostPid })
  }
}

if (mode === 'worker' && isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { workerData: [controlPath, mode] })
  worker.on('message', (message: Record<string, unknown>) => {
    tell(message)
    if ('frame' in message) void worker.terminate().then((code) => tell({ terminated: code }))
  })
} else {
  process.on('uncaughtException', ({ message }) => tell({ uncaught: message }))
  serve()
}
