// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A file that several write: one after another, each time as a whole.
import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

// Scanners and editors hold a file for a moment; then it cannot be replaced.
const REPLACE_ATTEMPTS = 10
const REPLACE_PAUSE_MS = 20

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(String((error as { readonly code?: unknown }).code))
}

/** The last work on each file, while there is any. */
const queues = new Map<string, Promise<void>>()

/** Runs `work` when all earlier work on `path` is done. */
export function exclusively(path: string, work: () => Promise<void>): Promise<void> {
  const done = (queues.get(path) ?? Promise.resolve()).then(work)
  const forget = () => {
    if (queues.get(path) === settled) queues.delete(path)
  }
  const settled: Promise<void> = done.then(forget, forget)
  queues.set(path, settled)
  return done
}

async function moveOver(draft: string, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(draft, path)
      return
    } catch (error) {
      const isHeld = hasCode(error, 'EPERM', 'EBUSY', 'EACCES')
      if (!isHeld || attempt === REPLACE_ATTEMPTS) throw error
      await wait(REPLACE_PAUSE_MS)
    }
  }
}

/** Puts a new file in place of the old one, so that nobody ever reads a half of it. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.tmp`)
  try {
    const file = await open(draft, 'wx')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await moveOver(draft, path)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined)
    throw error
  }
}
