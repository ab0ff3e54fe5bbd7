// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// "No round trip, no wait", shown by counting what the provider DLL calls instead of by a clock.
import type { Client } from './client.ts'

// CreateFileW is counted apart by what it opens (test/clients/import_counter.cc).
const PIPE_CALLS: ReadonlySet<string> = new Set([
  'CreateFileW:pipe',
  'WriteFile',
  'WriteFileEx',
  'TransactNamedPipe',
  'CallNamedPipeW',
  'WaitNamedPipeW',
  'SetNamedPipeHandleState',
  'PeekNamedPipe',
])
const WAIT_CALLS: ReadonlySet<string> = new Set([
  'WaitForSingleObject',
  'WaitForSingleObjectEx',
  'WaitForMultipleObjects',
  'WaitForMultipleObjectsEx',
  'SignalObjectAndWait',
  'Sleep',
  'SleepEx',
  'SleepConditionVariableSRW',
  'SleepConditionVariableCS',
  'WaitOnAddress',
  'GetOverlappedResult',
  'GetOverlappedResultEx',
  'WaitForThreadpoolWorkCallbacks',
  'WaitForThreadpoolIoCallbacks',
])

/** Pipe operations and waits of the counted DLLs since the last reset, as "name x count". */
export async function noise(client: Client): Promise<string[]> {
  return Object.entries(await client.counts())
    .filter(([name]) => PIPE_CALLS.has(name) || WAIT_CALLS.has(name))
    .map(([name, count]) => `${name} x ${count}`)
}
