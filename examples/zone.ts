// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A provider over a JSON file (ZONE_FILE, or zone.json beside this one). Edits reach waiting clients at once. Programs
// register more with WSASetService, below guest.zone.example; what the file says cannot be taken from it.
// Two entries: NS_DNS for getaddrinfo and ping; a private number for watching and control codes, where no other
// provider takes part in a query.
import { watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  codec,
  controlCode,
  defineIoctl,
  defineProvider,
  Namespace,
  onIoctl,
  WinsockError,
} from 'winsock-nsp'
import { type DirectoryOperation, MemoryDirectory } from 'winsock-nsp/directory'
import { changedNames, readZone, type Zone } from './zone-file.ts'

const file = process.env.ZONE_FILE ?? fileURLToPath(new URL('./zone.json', import.meta.url))
let zone: Zone = new Map()
/** The same, found by name, class or address. */
let written = new MemoryDirectory()

class Guests extends MemoryDirectory {
  override async apply(operation: DirectoryOperation) {
    if (!operation.service.name?.toLowerCase().endsWith('.guest.zone.example'))
      throw new WinsockError('WSASERVICE_NOT_FOUND')
    await super.apply(operation)
  }
}
/** What programs have registered. */
export const guests = new Guests()

function readFile() {
  const read = readZone(file)
  written = new MemoryDirectory(read.values())
  zone = read
}

/** How many names contain a text; a client in TypeScript would import this definition. */
export const Count = defineIoctl({
  code: controlCode('inout', 1),
  input: codec.utf16,
  output: codec.uint32,
})

export default defineProvider({
  name: 'Zone file',
  entries: {
    names: {
      id: '7c1b8a54-5e0f-4d6e-9a52-4e53505a0001',
      namespace: Namespace.DNS,
      owns: ['*.zone.example'],
      ownsAddresses: ['10.77.0.0/16'],
    },
    mesh: { id: '7c1b8a54-5e0f-4d6e-9a52-4e53505a0002', namespace: 1010 },
  },

  directory: guests,
  *lookup(query) {
    yield* written.find(query)
    for (const guest of guests.find(query)) if (!zone.has(guest.name.toLowerCase())) yield guest
  },

  ioctl: [
    onIoctl(Count, ({ input }) => [...zone.keys()].filter((name) => name.includes(input)).length),
  ],

  start(host) {
    readFile()
    // The folder is watched, because editors put a new file in place of the old one.
    const watcher = watch(dirname(file), (_event, name) => {
      if (name !== null && name !== basename(file)) return
      try {
        const before = zone
        readFile()
        for (const changed of changedNames(before, zone)) host.invalidate({ name: changed })
      } catch (error) {
        console.error(error instanceof Error ? error.message : error)
      }
    })
    return () => watcher.close()
  },
})
