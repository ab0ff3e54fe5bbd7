// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// For the tests of the client: the test's providers served by another process, and what is left of calls.
import { loadNative } from '../../lib/internal/binding.ts'
import { type Driver, openDriver } from '../helpers/driver.ts'
import { until } from '../helpers/until.ts'

export const LONG_MS = 60_000
export const native = loadNative()

/** Installs and serves; `after` takes it all back. Calls may be held for long without being late. */
export class Served {
  readonly driver: Driver = openDriver()

  async begin(): Promise<void> {
    await this.driver.uninstall()
    await this.driver.install()
    await this.driver.start({ lookupMs: LONG_MS, ioctlMs: LONG_MS, graceMs: LONG_MS })
  }

  async end(): Promise<void> {
    await this.driver.stop()
    await this.driver.uninstall()
  }

  /** Waits until so many calls for `name` wait in the host's handler. */
  async held(name: string, count: number): Promise<void> {
    await until(`${count} calls for ${name} are held`, async () => {
      const { waiting } = await this.driver.send('held', { name })
      return waiting === count
    })
  }
}

/** Nothing of the client's is open or under way any more. */
export async function quiet(): Promise<void> {
  await until('every lookup is ended and every call is back', () => {
    const { lookups, calls } = native.client.stats()
    return lookups === 0 && calls === 0
  })
}
