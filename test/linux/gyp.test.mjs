// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// binding.gyp, which nobody here can build: gyp writes the Visual Studio projects on Linux too, and
// what stands in them must be what CMake builds, with the settings that the DLL needs.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../../scripts/lib/paths.mjs'

/** The lists of native/sources.cmake as { COMMON: [...], PROVIDER: [...], ADDON: [...] }. */
function cmakeLists() {
  const text = readFileSync(join(ROOT, 'native/sources.cmake'), 'utf8').replace(/#.*/g, '')
  const lists = [...text.matchAll(/set\((\w+)_SOURCES\b([^)]*)\)/g)]
  return Object.fromEntries(
    lists.map(([, name, files]) => [
      name,
      files
        .split(/\s+/)
        .filter(Boolean)
        .map((f) => `native/${f}`),
    ]),
  )
}

/** Runs gyp's msvs generator in a copy, because it writes beside binding.gyp. */
function generateProjects(folder, arch) {
  for (const file of ['binding.gyp', 'package.json'])
    copyFileSync(join(ROOT, file), join(folder, file))
  for (const link of ['native', 'node_modules']) symlinkSync(join(ROOT, link), join(folder, link))
  mkdirSync(join(folder, 'no-visual-studio'))
  const gyp = join(ROOT, 'node_modules/node-gyp')
  const defines = {
    OS: 'win',
    node_root_dir: join(folder, 'node'),
    node_gyp_dir: gyp,
    module_root_dir: '.',
    node_engine: 'v8',
    node_lib_file: 'node.lib',
    library: 'shared_library',
    standalone_static_library: '0',
    visibility: 'default',
    openssl_fips: '',
    target_arch: arch,
  }
  const args = [join(gyp, 'gyp/gyp_main.py'), 'binding.gyp', '-f', 'msvs', '--depth=.']
  args.push(
    '-I',
    join(gyp, 'addon.gypi'),
    ...Object.entries(defines).map(([k, v]) => `-D${k}=${v}`),
  )
  execFileSync('python3', args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      // gyp of this age writes bytes and text mixed under UTF-8, and asks newer ones for an SDK.
      LC_ALL: 'en_US.ISO8859-1',
      GYP_MSVS_OVERRIDE_PATH: join(folder, 'no-visual-studio'),
      GYP_MSVS_VERSION: '2015',
    },
  })
}

const unix = (path) => path.replaceAll('\\', '/')
const sourcesOf = (project, element = 'ClCompile') =>
  [...project.matchAll(new RegExp(`<${element} Include="([^"]+)"`, 'g'))].map((m) => unix(m[1]))
const ours = (path) => path.startsWith('native/')

/** The settings of one configuration: { tag: text } of its ItemDefinitionGroup. */
function settingsOf(project, configuration, tool) {
  const group = project
    .split('<ItemDefinitionGroup ')
    .find((part) =>
      part.startsWith(`Condition="'$(Configuration)|$(Platform)'=='${configuration}|`),
    )
  assert.ok(group, `no settings for ${configuration}`)
  const body = new RegExp(`<${tool}>([\\s\\S]*?)</${tool}>`).exec(group)?.[1] ?? ''
  return Object.fromEntries(
    [...body.matchAll(/<(\w+)>([^<]*)</g)].map(([, tag, text]) => [tag, text]),
  )
}

describe('binding.gyp', function () {
  this.timeout(60_000)
  let folder
  const projects = {}

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'nsp-gyp-'))
    generateProjects(folder, 'x64')
    for (const name of ['addon', 'provider']) {
      projects[name] = readFileSync(join(folder, `${name}.vcxproj`), 'utf8')
    }
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('CMake lists every source file that is there', () => {
    const { COMMON, PROVIDER, ADDON } = cmakeLists()
    const listed = [...COMMON, ...PROVIDER, ...ADDON]
    for (const name of ['common', 'provider', 'addon']) {
      const there = readdirSync(join(ROOT, 'native', name))
        .filter((file) => file.endsWith('.cc'))
        .map((file) => `native/${name}/${file}`)
      assert.ok(there.length > 0, `${name} has no sources`)
      assert.deepEqual(
        listed.filter((file) => file.startsWith(`native/${name}/`)).sort(),
        there.sort(),
      )
    }
    for (const [other, list] of [
      ['addon', PROVIDER],
      ['provider', ADDON],
    ])
      assert.ok(!list.some((file) => file.startsWith(`native/${other}/`)))
  })

  for (const name of ['addon', 'provider']) {
    it(`builds the ${name} from the sources that CMake lists`, () => {
      const lists = cmakeLists()
      const expected = [...lists.COMMON, ...lists[name.toUpperCase()]].sort()
      assert.deepEqual(sourcesOf(projects[name]).filter(ours).sort(), expected)
    })

    it(`gives the ${name} its version resource`, () => {
      const resources = sourcesOf(projects[name], 'ResourceCompile')
      assert.deepEqual(resources, [`native/${name}/${name}.rc`])
    })

    it(`builds the ${name} with the static runtime and warnings as errors`, () => {
      const runtimes = { Release: 'MultiThreaded', Debug: 'MultiThreadedDebug' }
      for (const [configuration, runtime] of Object.entries(runtimes)) {
        const compiler = settingsOf(projects[name], configuration, 'ClCompile')
        assert.equal(compiler.RuntimeLibrary, runtime)
        assert.equal(compiler.TreatWarningAsError, 'true')
        assert.equal(compiler.WarningLevel, 'Level4')
        assert.match(compiler.AdditionalOptions, /\/guard:cf/)
        assert.match(
          settingsOf(projects[name], configuration, 'Link').AdditionalOptions,
          /\/guard:cf/,
        )
      }
    })
  }

  it('gives the delay-load hook to the addon and not to the provider', () => {
    const hook = /win_delay_load_hook/
    assert.ok(sourcesOf(projects.addon).some((file) => hook.test(file)))
    assert.doesNotMatch(projects.provider, hook)
    assert.equal(settingsOf(projects.provider, 'Release', 'Link').DelayLoadDLLs, undefined)
  })

  it('makes the provider a .dll with its module definition', () => {
    assert.match(projects.provider, /<ConfigurationType>DynamicLibrary</)
    for (const configuration of ['Release', 'Debug']) {
      const linker = settingsOf(projects.provider, configuration, 'Link')
      assert.equal(linker.OutputFile, '$(OutDir)winsock-nsp.dll')
      assert.match(unix(linker.ModuleDefinitionFile), /(^|\/)native\/provider\/provider\.def$/)
      assert.match(linker.AdditionalDependencies, /advapi32\.lib/)
    }
  })

  it('compiles the provider without exceptions, type information and guarded statics', () => {
    const compiler = settingsOf(projects.provider, 'Release', 'ClCompile')
    assert.equal(compiler.ExceptionHandling, 'false')
    assert.equal(compiler.RuntimeTypeInfo, 'false')
    assert.match(compiler.AdditionalOptions, /\/Zc:threadSafeInit-/)
  })

  it('makes an addon that Node loads', () => {
    assert.equal(
      settingsOf(projects.addon, 'Release', 'Link').OutputFile,
      '$(OutDir)winsock-nsp.node',
    )
  })

  it('puts both products where the package looks, on ARM64 too', () => {
    const other = mkdtempSync(join(tmpdir(), 'nsp-gyp-'))
    try {
      generateProjects(other, 'arm64')
      for (const [where, name] of [
        [folder, 'win32-x64'],
        [other, 'win32-arm64'],
      ]) {
        const project = unix(readFileSync(join(where, 'package.vcxproj'), 'utf8'))
        for (const file of ['winsock-nsp.node', 'winsock-nsp.dll'])
          assert.ok(project.includes(`prebuilds/${name}/${file}`), `${name}/${file}`)
      }
    } finally {
      rmSync(other, { recursive: true, force: true })
    }
  })

  it('is not run by npm install', () => {
    const { gypfile, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    assert.equal(gypfile, false)
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) {
      assert.equal(scripts[name], undefined, `there is a script ${name}`)
    }
  })
})
