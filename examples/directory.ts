// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Programs register services with WSASetService, and others find them. As administrator:
// npx winsock-nsp dev examples/directory.ts
import { defineProvider } from 'winsock-nsp'
import { MemoryDirectory } from 'winsock-nsp/directory'

export default defineProvider({
  name: 'Services of this machine',
  entries: { services: { id: '3f0e6b1a-52c7-4c7e-8a4e-6d1d5c0b7a31', namespace: 1020 } },
  directory: new MemoryDirectory(),
  // What a program has registered ends with it.
  leaseByProcess: true,
})
