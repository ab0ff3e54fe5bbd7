// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A provider over a JSON file (ZONE_FILE, or zone.json beside this one). Edits reach waiting clients at once. Programs
// may register services of their own (WSASetService) and find each other's.
// Two entries: NS_DNS for getaddrinfo and ping; a private number for watching and control codes, where no other
// provider takes part in a query.
import { watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { codec, controlCode, defineIoctl, defineProvider, Namespace, onIoctl } from 'winsock-nsp'
import { MemoryDirectory } from 'winsock-nsp/directory'
import { changedNames, readZone, type Zone } from './zone-file.ts'

const file = process.env.ZONE_FILE ?? fileURLToPath(new URL('./zone.json', import.meta.url))
let zone: Zone = new Map()
/** What programs register themselves; gone with this process. */
const guests = new MemoryDirectory()

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
    },
    mesh: { id: '7c1b8a54-5e0f-4d6e-9a52-4e53505a0002', namespace: 1010 },
  },

  directory: guests,

  *lookup(query) {
    const { key } = query
    if (key === undefined) yield* zone.values()
    const record = zone.get(key ?? '')
    if (record !== undefined) yield record
    else yield* guests.find(query)
  },

  ioctl: [
    onIoctl(Count, ({ input }) => [...zone.keys()].filter((name) => name.includes(input)).length),
  ],

  start(host) {
    zone = readZone(file)
    // The folder is watched, because editors put a new file in place of the old one.
    const watcher = watch(dirname(file), (_event, name) => {
      if (name !== null && name !== basename(file)) return
      try {
        const before = zone
        zone = readZone(file)
        for (const changed of changedNames(before, zone)) host.invalidate({ name: changed })
      } catch (error) {
        console.error(error instanceof Error ? error.message : error)
      }
    })
    return () => watcher.close()
  },
})
