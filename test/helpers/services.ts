// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Services and classes that tests register.
import { encodeAddress } from '../../lib/address.ts'
import { ServiceClass, type ServiceClassInfo } from '../../lib/index.ts'
import type { WireQuerySet } from '../../lib/wire/wire.ts'
import { query } from './fake-server.ts'

export const WEB = ServiceClass.tcp(80)
export const CLASS_ID = '9a8b7c6d-0002-4000-8000-000000000001'

/** What a client sends to register. */
export function registration(
  addresses: readonly string[],
  init: Partial<WireQuerySet> = {},
): WireQuerySet {
  return query({
    flags: 0,
    name: 'Printer.reg.test',
    serviceClass: WEB.id,
    addresses: addresses.map((address) => encodeAddress(address, { port: 80, transport: 'tcp' })),
    ...init,
  })
}

export const classInfo: ServiceClassInfo = {
  id: CLASS_ID,
  name: 'Printers',
  properties: [
    { name: 'TcpPort', namespace: 12, type: 4, value: Uint8Array.of(80, 0, 0, 0) },
    { name: 'Label', namespace: 0, type: 1, value: Uint8Array.of(0x41, 0, 0x42, 0, 0, 0) },
    { name: 'SapId', namespace: 1, type: 3, value: Uint8Array.of(6, 64) },
    { name: 'Empty', namespace: 1001, type: 3, value: new Uint8Array(0) },
  ],
}
