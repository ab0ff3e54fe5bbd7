// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The mark of a temporary installation: who made it, so that the next start can tell whether it was left behind.
import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { isFields } from '../internal/issues.ts'
import { MARKER } from './layout.ts'
import type { Installed } from './machine.ts'

export interface Marker {
  readonly provider: string
  readonly processId: number
  /** Milliseconds since 1970. */
  readonly madeAt: number
}

export function makeMarker(provider: string): string {
  const marker: Marker = { provider, processId: process.pid, madeAt: Date.now() }
  return `${JSON.stringify(marker)}\n`
}

/** The marker of an installation; undefined if it is not temporary or the marker is unreadable. */
export function readMarker({ dataFolders }: Installed): Marker | undefined {
  for (const folder of dataFolders) {
    try {
      const value: unknown = JSON.parse(readFileSync(join(folder, MARKER), 'utf8'))
      if (!isFields(value)) continue
      const { provider, processId, madeAt } = value
      if (
        typeof provider === 'string' &&
        typeof processId === 'number' &&
        typeof madeAt === 'number'
      ) {
        return { provider, processId, madeAt }
      }
    } catch {
      // There is none, or its writer was stopped in the middle: without it the installation counts as lasting.
    }
  }
  return undefined
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    // A process that we may not touch is there all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

// Clocks are set while machines run: a few seconds decide nothing.
const CLOCK_SLACK_MS = 10_000

/** Whether the process that made a temporary installation has gone without taking it back. */
export function isAbandoned({ processId, madeAt }: Marker): boolean {
  const bootedAt = Date.now() - uptime() * 1000
  if (madeAt < bootedAt - CLOCK_SLACK_MS || !isRunning(processId)) return true
  // Process ids come again: in a small system the next host may well have the id of the last one.
  const startedAt = Date.now() - process.uptime() * 1000
  return processId === process.pid && madeAt < startedAt - CLOCK_SLACK_MS
}
