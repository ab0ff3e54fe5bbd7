// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Waiting for a condition: no test waits for a time.
import { setTimeout as delay } from 'node:timers/promises'

const WATCHDOG_MS = 30_000

/** Asks again and again until the answer is true; fails with `what` when the watchdog ends it. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  watchdogMs: number = WATCHDOG_MS,
): Promise<void> {
  const end = Date.now() + watchdogMs
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`in vain: until ${what}`)
    await delay(10)
  }
}
