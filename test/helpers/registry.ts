// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the rows on registrations share: objects of a row's own below reg.nsp.test, and how a lookup
// sees them.
import type { Client } from './client.ts'
import type { ServiceOptions } from './client-types.ts'
import type { EntryName, Row } from './row.ts'
import { DELETE, ERR, LUP, REGISTER } from './winsock.ts'

export const CLASS = '9a8b7c6d-0002-4000-8000-000000000001'
export const ABSENT = 'absent'

/** Registers an object, which must succeed, and takes it away after the row. */
export async function register(
  t: Row,
  client: Client,
  name: string,
  more: ServiceOptions,
): Promise<void> {
  const step = await client.setService(REGISTER, { name, class: CLASS, ...more })
  t.check.succeeds(step, `REGISTER ${more.addr}`)
  tidy(t, client, name)
}

/** Deletes an object after the row, if it is there by then. */
export function tidy(t: Row, client: Client, name: string): void {
  t.defer(async () => {
    if (!client.failed) await client.setService(DELETE, { name, class: CLASS })
  })
}

/** What a lookup of the name says: 'absent', or the addresses as address:port. */
export async function seen(
  t: Row,
  client: Client,
  name: string,
  entry: EntryName = 'mesh',
): Promise<string> {
  const flags = LUP.NAME | LUP.ADDR
  await t.begin(client, name, { h: 'seen', class: CLASS, flags }, entry)
  const step = await client.next('seen', { flags })
  await client.end('seen')
  if (step.ret === 0) {
    const addresses = step.data.result?.addresses ?? []
    return addresses.map(({ remote }) => `${remote.address}:${remote.port}`).join(' ')
  }
  if (step.err === ERR.SERVICE_NOT_FOUND) return ABSENT
  if (step.err === ERR.NO_DATA) return ''
  throw new Error(`Next gave ${step.err}`)
}

/** The object is there, whatever addresses it has: a lookup of the name alone finds it. */
export async function listed(t: Row, client: Client, name: string): Promise<boolean> {
  await t.begin(client, name, { h: 'listed', class: CLASS, flags: LUP.NAME })
  const step = await client.next('listed', { flags: LUP.NAME })
  await client.end('listed')
  return step.ret === 0 && step.data.result?.name === name
}
