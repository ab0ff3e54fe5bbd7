// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The package as npm packs it, in a Linux Node that runs a user's .ts files: what can be imported, and the README's
// providers in a simulation.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ensureLinuxNode } from '../../scripts/lib/linux-node.mjs'
import { PACKED, ROOT } from '../../scripts/lib/paths.mjs'

const EXPORTS = {
  '': 'defineProvider',
  '/catalog': 'install',
  '/client': 'query',
  '/directory': 'MemoryDirectory',
  '/testing': 'simulate',
}

/** The first TypeScript block of the README with this text. */
function block(text) {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const found = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].find(([, code]) =>
    code.includes(text),
  )
  assert.ok(found, `README.md has no block with ${text}`)
  return found[1]
}

function write(name, text) {
  writeFileSync(join(PACKED, name), text)
}

describe('the packed package on Linux', () => {
  let node
  const run = (file) =>
    execFileSync(node, ['--disable-warning=ExperimentalWarning', file], {
      cwd: PACKED,
      encoding: 'utf8',
    })

  before(async () => {
    node = await ensureLinuxNode()
  })

  it('gives the same to import and require, and nothing but its five modules', () => {
    const { exports, inner, version } = JSON.parse(run('probe.mjs'))
    assert.deepEqual(Object.keys(exports), Object.keys(EXPORTS))
    for (const [path, name] of Object.entries(EXPORTS)) {
      assert.ok(exports[path].keys.includes(name), `winsock-nsp${path} has no ${name}`)
      assert.equal(exports[path].same, true, `winsock-nsp${path}: two copies`)
    }
    const refused = 'ERR_PACKAGE_PATH_NOT_EXPORTED'
    for (const [path, codes] of Object.entries(inner)) {
      assert.deepEqual(codes, [refused, refused], `winsock-nsp${path}`)
    }
    assert.equal(version, JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version)
  })

  it("runs the README's first provider in a simulation", () => {
    const [definition, serving] = block('const host = await serve').split(
      'const host = await serve',
    )
    assert.match(serving, /install: 'temporary'/)
    write('office.ts', `${definition}export { provider }\n`)
    write(
      'office-test.ts',
      `import { provider } from './office.ts'
import { simulate } from 'winsock-nsp/testing'
const machine = await simulate(provider)
const found = []
for await (const { addresses } of machine.query({ name: 'printer.office.example', namespace: 12 }))
  found.push(addresses.map(({ address }) => address))
const unknown = await machine.open('scanner.office.example').then((one) => one.next()).catch(({ code }) => code)
await machine[Symbol.asyncDispose]()
console.log(JSON.stringify([found, unknown]))
`,
    )
    assert.deepEqual(JSON.parse(run('office-test.ts')), [
      [['10.0.0.7', 'fd00::7']],
      'WSASERVICE_NOT_FOUND',
    ])
  })

  it("registers with the README's directory, as the README's client does", () => {
    const header = "import { defineProvider } from 'winsock-nsp'\n"
    write('services.ts', header + block('directory: new MemoryDirectory()'))
    const client = block("from 'winsock-nsp/client'")
      .replace("import { register, watch } from 'winsock-nsp/client'", '')
      .replace(
        /\) console\.log\(.*\)\n$/,
        ') { console.log(JSON.stringify([services, added, deleted].map((list) => list.length)));break }\n',
      )
    write(
      'services-test.ts',
      `import provider from './services.ts'
import { simulate } from 'winsock-nsp/testing'
const machine = await simulate(provider)
const { register, watch } = machine
${client}await machine[Symbol.asyncDispose]()
`,
    )
    assert.deepEqual(JSON.parse(run('services-test.ts')), [1, 1, 0])
  })
})

describe('the tarball, for those who judge packages', () => {
  const tool = (...path) => join(ROOT, 'node_modules', ...path)
  const judge = (args) => execFileSync(process.execPath, args, { cwd: PACKED, encoding: 'utf8' })
  const tarball = () => readdirSync(PACKED).find((name) => name.endsWith('.tgz'))

  it('publint finds nothing', () => {
    assert.match(
      judge([tool('publint', 'src', 'cli.js'), 'run', '--strict', tarball()]),
      /All good!/,
    )
  })

  it('its types resolve wherever ESM does', () => {
    const attw = tool('@arethetypeswrong', 'cli', 'dist', 'index.js')
    const { analysis } = JSON.parse(
      judge([attw, '--profile', 'esm-only', '--format', 'json', tarball()]),
    )
    const told = Object.entries(analysis.entrypoints).map(([path, { resolutions }]) => [
      path,
      Object.values(resolutions).filter(({ resolution }) => resolution !== undefined).length > 0,
    ])
    assert.deepEqual(
      told.map(([path]) => path),
      ['.', './catalog', './client', './directory', './testing', './package.json'],
    )
    assert.ok(told.every(([, isThere]) => isThere))
  })
})

describe('the types of the tarball, in a project of its own', () => {
  const require = createRequire(join(ROOT, 'package.json'))
  const attw = createRequire(require.resolve('@arethetypeswrong/core'))
  // The project's own compiler, and one as old as is promised.
  const compilers = {
    now: join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'),
    5.6: join(dirname(attw.resolve('typescript')), '..', 'bin', 'tsc'),
  }
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2022', 'ESNext.Disposable'],
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    isolatedModules: true,
    verbatimModuleSyntax: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules', '@types')],
  }

  before(() => {
    const usage = readFileSync(join(ROOT, 'test', 'types', 'usage.ts'), 'utf8')
      .replaceAll("'../../lib/index.ts'", "'winsock-nsp'")
      .replaceAll(/'..\/..\/lib\/(\w+)\.ts'/g, "'winsock-nsp/$1'")
    assert.doesNotMatch(usage, /\.ts'/)
    write('usage.ts', usage)
    write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['usage.ts'] }))
  })

  for (const [version, compiler] of Object.entries(compilers)) {
    it(`TypeScript ${version} takes what it should and refuses what it should`, () => {
      if (version !== 'now')
        assert.match(execFileSync(process.execPath, [compiler, '-v'], { encoding: 'utf8' }), /5\.6/)
      const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', '.'], {
        cwd: PACKED,
        encoding: 'utf8',
      })
      assert.equal(stdout, '')
      assert.equal(status, 0)
    })
  }
})
