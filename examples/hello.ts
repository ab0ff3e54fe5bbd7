// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The smallest useful provider: two names. As administrator: npx winsock-nsp dev examples/hello.ts
import { defineProvider, Namespace } from 'winsock-nsp'

const addresses = new Map([
  ['printer.office.example', ['10.20.0.5']],
  ['nas.office.example', ['10.20.0.6', 'fd20::6']],
])

export default defineProvider({
  name: 'Office names',
  entries: {
    names: {
      id: '5f1d1f3a-9f0c-4f57-9f43-2a3a8a1c6d11',
      namespace: Namespace.DNS,
      owns: ['*.office.example'],
    },
  },
  lookup: ({ key = '' }) => {
    const found = addresses.get(key)
    return found === undefined ? undefined : { addresses: found }
  },
})
