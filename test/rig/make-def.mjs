// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Writes the module definition of the rig's ws2_32.dll: every export of Wine's own DLL, with its
// ordinal, forwarded to the renamed copy, except the functions that the rig implements.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { argv, stderr } from 'node:process'
import { fileURLToPath } from 'node:url'

// The name under which Wine's own ws2_32 goes on living (see install.mjs).
const FORWARD_TO = 'ws2_wine'

// What the rig implements, with the bytes of arguments that stdcall decoration needs on x86.
const OURS = {
  WSAStartup: 8,
  WSACleanup: 0,
  WSALookupServiceBeginA: 12,
  WSALookupServiceBeginW: 12,
  WSALookupServiceNextA: 16,
  WSALookupServiceNextW: 16,
  WSALookupServiceEnd: 4,
  WSANSPIoctl: 32,
  WSASetServiceA: 12,
  WSASetServiceW: 12,
  WSAInstallServiceClassA: 4,
  WSAInstallServiceClassW: 4,
  WSARemoveServiceClass: 4,
  WSAGetServiceClassInfoA: 16,
  WSAGetServiceClassInfoW: 16,
  WSAGetServiceClassNameByClassIdA: 12,
  WSAGetServiceClassNameByClassIdW: 12,
  WSAProviderConfigChange: 12,
  WSAEnumNameSpaceProvidersA: 8,
  WSAEnumNameSpaceProvidersW: 8,
  WSAEnumNameSpaceProvidersExA: 8,
  WSAEnumNameSpaceProvidersExW: 8,
  WSCInstallNameSpace: 20,
  WSCInstallNameSpaceEx: 24,
  WSCUnInstallNameSpace: 4,
  WSCEnableNSProvider: 8,
  WSCWriteNameSpaceOrder: 8,
  getaddrinfo: 16,
  GetAddrInfoW: 16,
  freeaddrinfo: 4,
  FreeAddrInfoW: 4,
  GetAddrInfoExA: 40,
  GetAddrInfoExW: 40,
  GetAddrInfoExCancel: 4,
  GetAddrInfoExOverlappedResult: 4,
  FreeAddrInfoEx: 4,
  FreeAddrInfoExW: 4,
  gethostbyname: 4,
  gethostbyaddr: 12,
  getservbyname: 8,
  getservbyport: 8,
  getnameinfo: 28,
  GetNameInfoW: 28,
}

// Exported by the 64-bit DLL alone: they act on the catalog of 32-bit programs.
const OURS_64 = {
  WSCInstallNameSpace32: 20,
  WSCInstallNameSpaceEx32: 24,
  WSCUnInstallNameSpace32: 4,
  WSCEnableNSProvider32: 8,
  WSCWriteNameSpaceOrder32: 8,
  WSCEnumNameSpaceProviders32: 8,
  WSCEnumNameSpaceProvidersEx32: 8,
}

// Real Windows does not export this one; a second build of the DLL does (README.md, "Two builds").
const OURS_APC = { WPUQueueApc: 16 }

const MACHINES = new Map([
  [0x8664, 'x64'],
  [0x014c, 'x86'],
])

/** The named exports of a PE file: [{ name, ordinal }], and its architecture. */
export function readExports(file) {
  const image = readFileSync(file)
  if (image.toString('latin1', 0, 2) !== 'MZ') throw new Error(`${file}: not a PE file`)
  const pe = image.readUInt32LE(0x3c)
  if (image.readUInt32LE(pe) !== 0x4550) throw new Error(`${file}: not a PE file`)
  const arch = MACHINES.get(image.readUInt16LE(pe + 4))
  if (arch === undefined) throw new Error(`${file}: neither x64 nor x86`)
  const optional = pe + 24
  const directories = optional + (image.readUInt16LE(optional) === 0x20b ? 112 : 96)
  const sections = optional + image.readUInt16LE(pe + 20)
  const sectionCount = image.readUInt16LE(pe + 6)
  const at = (rva) => {
    for (let i = 0; i < sectionCount; i++) {
      const header = sections + i * 40
      const start = image.readUInt32LE(header + 12)
      if (rva >= start && rva < start + image.readUInt32LE(header + 16)) {
        return image.readUInt32LE(header + 20) + rva - start
      }
    }
    throw new Error(`${file}: address ${rva.toString(16)} is in no section`)
  }
  const table = at(image.readUInt32LE(directories))
  const base = image.readUInt32LE(table + 16)
  const count = image.readUInt32LE(table + 24)
  const names = at(image.readUInt32LE(table + 32))
  const ordinals = at(image.readUInt32LE(table + 36))
  const exports = []
  for (let i = 0; i < count; i++) {
    const start = at(image.readUInt32LE(names + i * 4))
    const name = image.toString('latin1', start, image.indexOf(0, start))
    exports.push({ name, ordinal: base + image.readUInt16LE(ordinals + i * 2) })
  }
  return { arch, exports }
}

/** The text of the module definition for the rig's DLL that replaces Wine's `wineDll`. */
export function makeDef({ wineDll, arch, apc = false }) {
  const wine = readExports(wineDll)
  if (wine.arch !== arch) throw new Error(`${wineDll}: is ${wine.arch}, not ${arch}`)
  const ours = { ...OURS, ...(arch === 'x64' ? OURS_64 : {}), ...(apc ? OURS_APC : {}) }
  const internal = (name) => (arch === 'x86' ? `${name}=${name}@${ours[name]}` : name)
  const lines = ['LIBRARY ws2_32.dll', 'EXPORTS']
  const seen = new Set()
  for (const { name, ordinal } of wine.exports.toSorted((a, b) => a.ordinal - b.ordinal)) {
    seen.add(name)
    const target = name in ours ? internal(name) : `${name}=${FORWARD_TO}.${name}`
    lines.push(`  ${target} @${ordinal}`)
  }
  for (const name of Object.keys(ours)) {
    if (!seen.has(name)) lines.push(`  ${internal(name)}`)
  }
  return `${lines.join('\n')}\n`
}

function main(args) {
  const [wineDll, arch, out, apc] = args
  if (out === undefined || (apc !== undefined && apc !== 'apc')) {
    stderr.write('usage: make-def.mjs WINE-WS2_32.DLL x64|x86 OUTPUT.def [apc]\n')
    return 2
  }
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, makeDef({ wineDll, arch, apc: apc === 'apc' }))
  return 0
}

if (argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(argv.slice(2))
