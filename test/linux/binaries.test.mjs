// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The built files themselves: what they import and export, how they may be loaded, and that nothing
// of a C++ runtime got into the DLL.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../scripts/lib/paths.mjs'

const OBJDUMP = { x64: 'x86_64-w64-mingw32-objdump', x86: 'i686-w64-mingw32-objdump' }
const FOLDERS = { x64: 'prebuilds/win32-x64', x86: 'prebuilds/win32-ia32' }
const ALLOWED = ['KERNEL32.dll', 'ADVAPI32.dll', 'msvcrt.dll']

const dump = (arch, file) =>
  execFileSync(OBJDUMP[arch], ['-p', join(ROOT, FOLDERS[arch], file)], { encoding: 'utf8' })

const importsOf = (text) => [...text.matchAll(/^\s*DLL Name: (.+)$/gm)].map((match) => match[1])

function exportsOf(text) {
  const table = /\[Ordinal\/Name Pointer\] Table[^\n]*\n([\s\S]*?)\n\s*\n/.exec(text)?.[1] ?? ''
  return [...table.matchAll(/^\s*\[[^\]]+\](?:\s+\+base\[[^\]]+\]\s+\S+)?\s+(\S+)\s*$/gm)].map(
    (m) => m[1],
  )
}

function definedNames(file) {
  const text = readFileSync(join(ROOT, file), 'utf8').replace(/;.*/g, '')
  const body = text.slice(text.indexOf('EXPORTS') + 'EXPORTS'.length)
  return body
    .split('\n')
    .map((line) => /^\s*([\w.]+)/.exec(line)?.[1])
    .filter(Boolean)
}

/** What the sources ask the torture build for; short ones are too likely to be found by chance. */
function switchNames(...folders) {
  const texts = folders
    .map((name) => join(ROOT, 'native', name))
    .flatMap((folder) =>
      readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')),
    )
  const found = texts.flatMap((text) => [...text.matchAll(/SwitchedOff\("([^"]+)"\)/g)])
  return found.map(([, name]) => name).filter((name) => name.length > 7)
}

for (const arch of ['x64', 'x86']) {
  describe(`winsock-nsp.dll ${arch}`, () => {
    let text
    before(() => {
      text = dump(arch, 'winsock-nsp.dll')
    })

    it('imports nothing but what every process has', () => {
      const imports = importsOf(text)
      assert.ok(imports.length > 0)
      for (const name of imports) assert.ok(ALLOWED.includes(name), `imports ${name}`)
    })

    it('exports what provider.def names, undecorated', () => {
      const names = definedNames('native/provider/provider.def').sort()
      assert.deepEqual(exportsOf(text).sort(), names)
    })

    it('is small: it lies in every process that resolves names', () => {
      assert.ok(statSync(join(ROOT, FOLDERS[arch], 'winsock-nsp.dll')).size <= 96 * 1024)
    })

    it('has no symbol of libstdc++ in its link map', () => {
      const map = readFileSync(join(ROOT, 'build', arch, 'provider.map'), 'utf8')
      assert.match(map, /provider/)
      assert.doesNotMatch(map, /libstdc\+\+|libsupc\+\+/)
      // std::atomic is all header; a build for size does not put each of its functions in line.
      assert.doesNotMatch(map, /\b_?_ZNK?St(?!6atomic)|\b_?__cxa_|\b_?__gxx_personality/)
    })

    it('has nothing of the switches that the torture build has', () => {
      const folder = FOLDERS[arch].replace('prebuilds', 'build/test/torture')
      const shipped = readFileSync(join(ROOT, FOLDERS[arch], 'winsock-nsp.dll'))
      const switched = readFileSync(join(ROOT, folder, 'winsock-nsp.dll'))
      const names = switchNames('provider', 'common')
      assert.ok(names.length > 5)
      for (const name of ['NSP_TORTURE_OFF', 'GetEnvironmentVariable', ...names]) {
        assert.ok(switched.includes(name), `the torture build has no ${name}`)
        assert.ok(!shipped.includes(name), `the shipped DLL has ${name}`)
      }
    })

    it('may lie anywhere in memory and holds no executable data', () => {
      assert.match(text, /DYNAMIC_BASE/)
      assert.match(text, /NX_COMPAT/)
      if (arch === 'x64') assert.match(text, /HIGH_ENTROPY_VA/)
    })
  })
}

/** Name and characteristics of each section, from the PE headers themselves. */
function sectionsOf(file) {
  const bytes = readFileSync(file)
  const coff = bytes.readUInt32LE(0x3c) + 4
  const first = coff + 20 + bytes.readUInt16LE(coff + 16)
  return Array.from({ length: bytes.readUInt16LE(coff + 2) }, (_, i) => {
    const at = first + i * 40
    const name = bytes.toString('latin1', at, at + 8).replace(/\0+$/, '')
    return { name, flags: bytes.readUInt32LE(at + 36) }
  })
}

const EXECUTE = 0x20000000
const WRITE = 0x80000000

for (const file of [
  ...Object.values(FOLDERS).map((folder) => `${folder}/winsock-nsp.dll`),
  `${FOLDERS.x64}/winsock-nsp.node`,
]) {
  describe(file, () => {
    it('has code, and no section that can be both written and executed', () => {
      const sections = sectionsOf(join(ROOT, file))
      assert.ok(sections.some(({ flags }) => (flags & EXECUTE) !== 0))
      for (const { name, flags } of sections)
        assert.ok(!((flags & EXECUTE) !== 0 && (flags & WRITE) !== 0), name)
    })

    it('says in its version resource what it is and where problems go', () => {
      const text = readFileSync(join(ROOT, file)).toString('utf16le')
      // The resource may begin at an odd offset of the file's UTF-16 units.
      const shifted = readFileSync(join(ROOT, file)).subarray(1).toString('utf16le')
      const whole = text + shifted
      for (const part of ['winsock-nsp contributors', 'Report problems at'])
        assert.ok(whole.includes(part), part)
    })
  })
}

describe('winsock-nsp.node', () => {
  it('does not name its host program among the DLLs it needs at load', () => {
    const text = dump('x64', 'winsock-nsp.node')
    const imports = importsOf(text).map((name) => name.toLowerCase())
    assert.ok(imports.length > 0)
    assert.ok(!imports.includes('node.exe'), 'imports node.exe directly')
    // Wine lacks none of these; a libstdc++ or winpthread DLL would have to be shipped.
    for (const name of imports) assert.doesNotMatch(name, /^(lib|cyg|msys)/)
  })
})
