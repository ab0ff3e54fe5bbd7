// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The package as npm packs it, in Windows Node: what can be imported and required, and that its addon is found.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { before, describe, it } from 'mocha'

const PACKED = fileURLToPath(new URL('../../build/test/packed/', import.meta.url))

interface Probe {
  readonly exports: Readonly<Record<string, { readonly keys: string[]; readonly same: boolean }>>
  readonly inner: Readonly<Record<string, readonly string[]>>
}

function run(file: string): string {
  return execFileSync(process.execPath, [file], { cwd: PACKED, encoding: 'utf8' })
}

describe('the packed package on Windows', () => {
  before(() => {
    assert.ok(existsSync(join(PACKED, 'probe.mjs')), 'not packed: run this by scripts/test.mjs')
  })

  it('gives the same to import and require', () => {
    const { exports, inner } = JSON.parse(run('probe.mjs')) as Probe
    assert.deepEqual(Object.keys(exports), ['', '/catalog', '/client', '/directory', '/testing'])
    assert.ok(exports['']?.keys.includes('serve'))
    for (const [path, { same }] of Object.entries(exports)) assert.ok(same, `winsock-nsp${path}`)
    for (const [path, codes] of Object.entries(inner)) {
      const refused = 'ERR_PACKAGE_PATH_NOT_EXPORTED'
      assert.deepEqual(codes, [refused, refused], `winsock-nsp${path}`)
    }
  })

  it('finds its addon, once for import and require', () => {
    const text = `import { createRequire } from 'node:module'
import { list } from 'winsock-nsp/catalog'
const again = createRequire(import.meta.url)('winsock-nsp/catalog')
const counts = [(await list()).length, (await again.list()).length]
const report = process.report.getReport().sharedObjects.filter((path) => path.endsWith('.node'))
console.log(JSON.stringify({ counts, addons: report.length }))
`
    writeFileSync(join(PACKED, 'addon.mjs'), text)
    const { counts, addons } = JSON.parse(run('addon.mjs'))
    assert.ok(counts[0] > 0)
    assert.equal(counts[0], counts[1])
    assert.equal(addons, 1)
  })
})
