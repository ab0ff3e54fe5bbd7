// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// query and watch over any way to open a lookup: whole answers, and what is different between two of them.

import { WinsockCode } from '../codes.ts'
import { isWinsockError } from '../errors.ts'
import type { Service } from '../types.ts'
import type { CallOptions, Lookup, Snapshot } from '../winsock.ts'

export type Open = (options: CallOptions) => Promise<Lookup>

/** Begin … Next … End. */
export async function* queryServices(
  open: Open,
  { signal }: CallOptions,
): AsyncGenerator<Service, void, void> {
  await using lookup = await open({ signal })
  for (;;) {
    const service = await lookup.next({ signal })
    if (service === undefined) return
    yield service
  }
}

function identity({ name, serviceClass, alias, providerId }: Service): string {
  return JSON.stringify([name?.toLowerCase(), serviceClass?.id, alias, providerId])
}

function content(service: Service): string {
  return JSON.stringify(service, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  )
}

/** Services of one identity are told apart by their content, and matched in order where that differs. */
export function compareSnapshots(before: readonly Service[], now: readonly Service[]): Snapshot {
  const old = Map.groupBy(before, identity)
  const added: Service[] = []
  const changed: Service[] = []
  const rest = now.filter((service) => {
    const candidates = old.get(identity(service)) ?? []
    const same = candidates.findIndex((candidate) => content(candidate) === content(service))
    if (same !== -1) candidates.splice(same, 1)
    return same === -1
  })
  for (const service of rest) {
    const isKnown = old.get(identity(service))?.shift() !== undefined
    if (isKnown) changed.push(service)
    else added.push(service)
  }
  const deleted = [...old.values()].flat()
  return Object.freeze({
    services: Object.freeze(now),
    added: Object.freeze(added),
    changed: Object.freeze(changed),
    deleted: Object.freeze(deleted),
  })
}

/** Nothing there (any more) is an answer too. */
function isEmptyAnswer(error: unknown): boolean {
  const { WSASERVICE_NOT_FOUND, WSANO_DATA } = WinsockCode
  return isWinsockError(error) && [WSASERVICE_NOT_FOUND, WSANO_DATA].includes(error.errno as 10108)
}

async function readAll(lookup: Lookup, signal: AbortSignal | undefined): Promise<Service[]> {
  const services: Service[] = []
  try {
    for (;;) {
      const service = await lookup.next({ signal })
      if (service === undefined) return services
      services.push(service)
    }
  } catch (error) {
    if (services.length > 0 || !isEmptyAnswer(error)) throw error
    return services
  }
}

/** The whole answer, then again after each change, on a new lookup each time: its Begin is the baseline. */
export async function* watchServices(
  open: Open,
  { signal }: CallOptions,
): AsyncGenerator<Snapshot, void, void> {
  let before: readonly Service[] = []
  for (;;) {
    await using lookup = await open({ signal })
    const now = await readAll(lookup, signal)
    yield compareSnapshots(before, now)
    before = now
    await lookup.nextChange({ signal })
  }
}
