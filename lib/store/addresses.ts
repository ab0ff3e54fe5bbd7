// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Addresses of registered services: compared as whole CSADDR_INFOs.
import type { Address } from '../types.ts'

function hex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString('hex')
}

/** Equal for equal CSADDR_INFOs, and for no others. */
export function addressKey({ local, remote, socketType, protocol }: Address): string {
  return `${hex(local)} ${hex(remote)} ${socketType} ${protocol}`
}
