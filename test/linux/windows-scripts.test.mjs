// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the scripts do on Windows, as far as Linux can see it: the commands they would run there, the
// projects that CMake would make for MSVC, and how the catalog is compared.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { catalogLines, differences, hashOf } from '../../scripts/checks/catalog-hash.mjs'
import { ROOT } from '../../scripts/lib/paths.mjs'
import { programOf } from '../../scripts/lib/shell.mjs'
import { msvcCommands, testArches } from '../../scripts/lib/windows-host.mjs'
import { commandFor, runWindows } from '../../scripts/lib/windows-run.mjs'

const RIG = { native: true, node: process.execPath, env: { FROM_RIG: '1' } }

describe('a build with MSVC', () => {
  const told = (arch) => msvcCommands(arch).map(([, , args]) => args.join(' '))

  it('builds addon and DLL with node-gyp, the rest with CMake for both widths', () => {
    const [gyp, ...cmake] = told('x64')
    assert.match(gyp, /node-gyp\.js configure build$/)
    assert.ok(existsSync(join(ROOT, msvcCommands('x64')[0][2][0])))
    assert.deepEqual(cmake, [
      '-S . -B build/x64 -A x64',
      '--build build/x64 --config Release --parallel',
      '-S . -B build/x86 -A Win32',
      '--build build/x86 --config Release --parallel',
    ])
  })
  it('on ARM64 also builds a program for emulated x64', () => {
    assert.deepEqual(testArches('arm64'), ['arm64', 'x86'])
    const cmake = told('arm64').slice(1)
    assert.ok(cmake.includes('-S . -B build/arm64 -A ARM64'))
    assert.equal(cmake.at(-1), '--build build/x64 --config Release --parallel --target client')
  })
})

describe('a program on Windows', () => {
  it('is started as it is, beside our own environment', () => {
    const given = { command: './build/a.exe', args: ['b'], env: { C: 'd' }, cwd: ROOT }
    const { command, args, options } = commandFor(RIG, given)
    assert.equal(command, resolve(ROOT, 'build/a.exe'))
    assert.deepEqual(args, ['b'])
    assert.equal(options.cwd, ROOT)
    assert.equal(options.env.C, 'd')
    assert.equal(options.env.FROM_RIG, '1')
    assert.equal(options.env.PATH, process.env.PATH)
    assert.equal(commandFor(RIG, { ...given, command: 'reg' }).command, 'reg')
  })
  it('gives its lines and its exit code, with "node" for our own', async () => {
    const lines = []
    const code = await runWindows(RIG, {
      command: 'node',
      args: [
        '-e',
        'process.stdin.on("data", (d) => { console.log(d + process.env.E); process.exit(7) })',
      ],
      env: { E: 'there' },
      stdin: 'here ',
      onLine: (line, stream) => lines.push(`${stream}: ${line}`),
    })
    assert.equal(code, 7)
    assert.deepEqual(lines, ['stdout: here there'])
  })
  it('is ended with its signal', async () => {
    const signal = AbortSignal.timeout(200)
    const args = ['-e', 'setInterval(() => {}, 1000)']
    assert.equal(await runWindows(RIG, { command: 'node', args, signal }), 137)
  })
  it('is Node where npm is meant', () => {
    assert.deepEqual(programOf('npm', ['ci']), ['npm', ['ci']])
    const [program, [script, word]] = programOf('npm', ['ci'], 'win32')
    assert.equal(program, process.execPath)
    assert.match(script, /npm-cli\.js$/)
    assert.equal(word, 'ci')
    assert.deepEqual(programOf('cmake', ['-A'], 'win32'), ['cmake', ['-A']])
  })
})

describe('CMake for MSVC', function () {
  this.timeout(60_000)
  let folder
  const trees = {}

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'nsp-msvc-'))
    for (const arch of ['x64', 'x86', 'ARM64']) {
      const tree = join(folder, arch)
      const args = ['-G', 'Ninja', '-S', ROOT, '-B', tree, `-DNSP_STAND_IN_ARCH=${arch}`]
      args.push(`-DCMAKE_TOOLCHAIN_FILE=${join(ROOT, 'test/linux/msvc-stand-in.cmake')}`)
      args.push('-DCMAKE_BUILD_TYPE=Release', '-DCMAKE_EXPORT_COMPILE_COMMANDS=ON')
      execFileSync('cmake', args, { stdio: ['ignore', 'pipe', 'pipe'] })
      trees[arch] = {
        ninja: readFileSync(join(tree, 'build.ninja'), 'utf8'),
        commands: JSON.parse(readFileSync(join(tree, 'compile_commands.json'), 'utf8')),
      }
    }
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const products = ({ ninja }) =>
    [...ninja.matchAll(/^build (\S+\.(?:exe|dll|node))(?: \S+)?: \w+_LINKER_/gm)].map((m) =>
      m[1].replace(`${ROOT}/`, ''),
    )

  it('gets no option of GCC', () => {
    for (const { ninja, commands } of Object.values(trees)) {
      for (const { command } of commands)
        assert.doesNotMatch(command, / -(W|f|O|g|s |static|municode)/)
      const flags = [...ninja.matchAll(/^ {2}LINK_FLAGS = (.*)$/gm)].map((match) => match[1])
      assert.ok(flags.length > 5)
      for (const text of flags) assert.doesNotMatch(text, /(^| )-/)
    }
  })
  it('makes the x86 DLL, and leaves the other to node-gyp', () => {
    assert.ok(products(trees.x86).includes('prebuilds/win32-ia32/winsock-nsp.dll'))
    for (const arch of ['x64', 'ARM64'])
      assert.ok(!products(trees[arch]).some((path) => path.startsWith('prebuilds/')), arch)
  })
  it('makes the programs that tests start, beside each other', () => {
    for (const [arch, name] of [
      ['x64', 'x64'],
      ['x86', 'x86'],
      ['ARM64', 'arm64'],
    ]) {
      const made = products(trees[arch])
      for (const file of ['client.exe', 'suspend.exe', 'addon_pipe_client.exe', 'probe.dll'])
        assert.ok(made.includes(`build/test/${name}/${file}`), `${arch} ${file}`)
      assert.equal(made.includes(`build/test/${name}/self-call.node`), arch !== 'x86')
    }
  })
  it('compiles the x86 DLL as binding.gyp compiles its own', () => {
    const gyp = readFileSync(join(ROOT, 'binding.gyp'), 'utf8')
    const [, common] = /'AdditionalOptions': \[([^\]]+)\]/.exec(gyp)
    const wanted = [...common.matchAll(/'(\/[^']+)'/g)].map((match) => match[1])
    assert.ok(wanted.length > 4)
    const { command } = trees.x86.commands.find(({ command }) =>
      command.includes('provider.dir/provider/query.cc'),
    )
    for (const option of [...wanted, '/W4', '/WX', '/EHs-c-', '/GR-', '/Zc:threadSafeInit-'])
      if (!option.startsWith('/std')) assert.ok(command.split(' ').includes(option), option)
    assert.match(command, /-std:c\+\+20/)
    assert.match(command, / -MT /)
  })
})

describe('the catalog hash', () => {
  const TEXT = [
    'HKEY_LOCAL_MACHINE\\X\\NameSpace_Catalog5',
    '    Serial_Access_Num    REG_DWORD    0x7',
    '    Num_Catalog_Entries    REG_DWORD    0x1',
    '',
    'HKEY_LOCAL_MACHINE\\X\\NameSpace_Catalog5\\00000007',
    'HKEY_LOCAL_MACHINE\\X\\NameSpace_Catalog5\\Catalog_Entries\\000000000001',
    '    DisplayString    REG_SZ    Tcpip',
  ].join('\r\n')

  it('is not changed by what only counts changes', () => {
    const later = TEXT.replace('0x7', '0x9').replace('\\00000007', '\\0000000a')
    assert.equal(hashOf(catalogLines(later)), hashOf(catalogLines(TEXT)))
    assert.equal(catalogLines(TEXT).length, 4)
  })
  it('is changed by an entry, which is named', () => {
    const more = `${TEXT}\r\n    LibraryPath    REG_SZ    ours.dll\r\n`
    const [before, after] = [catalogLines(TEXT), catalogLines(more)]
    assert.notEqual(hashOf(after), hashOf(before))
    assert.deepEqual(differences(before, after), ['+ LibraryPath    REG_SZ    ours.dll'])
    assert.deepEqual(differences(after, before), ['- LibraryPath    REG_SZ    ours.dll'])
  })
})
