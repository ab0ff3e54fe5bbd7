// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A process or a worker that watches the catalogs through the addon and ends in some way: addon-watcher.ts MODE. It
// says "watching", and "told" at the first change.
import { isMainThread, parentPort } from 'node:worker_threads'
import { loadNative } from '../../lib/internal/binding.ts'

const mode = process.argv[2]

function tell(word: string): void {
  if (isMainThread) process.stdout.write(`${word}\n`)
  else parentPort?.postMessage(word)
}

const watch = loadNative().catalogWatch(() => {
  tell('told')
  watch.close()
})
tell('watching')
if (mode === 'exit') process.stdout.write('', () => process.exit(7))
if (mode === 'throw') {
  process.once('uncaughtException', () => process.exit(7))
  setImmediate(() => {
    throw new Error('thrown while watching')
  })
}
