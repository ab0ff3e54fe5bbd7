// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The DLLs that a Windows program file names, read from the file itself.

/** Names in the import table of a PE file, 32-bit or 64-bit. */
export function importsOf(file: Buffer): string[] {
  const head = file.readUInt32LE(0x3c)
  if (file.toString('latin1', head, head + 4) !== 'PE\0\0') throw new Error('not a PE file')
  const sections = file.readUInt16LE(head + 6)
  const optional = head + 24
  const isWide = file.readUInt16LE(optional) === 0x20b
  const directory = file.readUInt32LE(optional + (isWide ? 112 : 96) + 8)
  const table = optional + file.readUInt16LE(head + 20)
  const offsetOf = (address: number): number => {
    for (let i = 0; i < sections; i++) {
      const at = table + i * 40
      const [size, from] = [file.readUInt32LE(at + 8), file.readUInt32LE(at + 12)]
      if (address >= from && address < from + size)
        return address - from + file.readUInt32LE(at + 20)
    }
    throw new Error('an address outside of all sections')
  }
  const names: string[] = []
  if (directory === 0) return names
  for (let at = offsetOf(directory); ; at += 20) {
    const name = file.readUInt32LE(at + 12)
    if (name === 0) return names
    const from = offsetOf(name)
    names.push(file.toString('latin1', from, file.indexOf(0, from)))
  }
}
