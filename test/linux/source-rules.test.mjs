// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The lint rules themselves: each finds what it is there for and lets the right thing pass.
import assert from 'node:assert/strict'
import { extname } from 'node:path'
import { RULES } from '../../scripts/lib/source-rules.mjs'

const HEAD =
  '// SPDX-FileCopyrightText: winsock-nsp contributors\n// SPDX-License-Identifier: MIT\n'

function file(path, body) {
  const text = HEAD + body
  return { path, text, lines: text.split('\n'), cpp: extname(path) !== '.ts' }
}

const HEADERS = [
  'native/common/wire.h',
  'native/provider/query.h',
  'native/addon/pipe.h',
  'test/rig/catalog.h',
]
const rule = (title, ...files) => {
  assert.ok(RULES[title], `no rule "${title}"`)
  return RULES[title]([...HEADERS.map((path) => file(path, '')), ...files])
}

describe('the include rule', () => {
  const title = 'folders include only what they may'
  const cases = [
    ['native/provider/a.cc', '"wire.h"', true],
    ['native/provider/a.cc', '"native/common/wire.h"', true],
    ['native/provider/a.cc', '"../addon/pipe.h"', false],
    ['native/provider/a.cc', '"native/addon/pipe.h"', false],
    ['native/common/a.cc', '"provider/query.h"', false],
    ['native/addon/a.cc', '"provider/query.h"', false],
    ['native/addon/a.cc', '<native/provider/query.h>', false],
    ['native/provider/a.cc', '"../../test/rig/catalog.h"', false],
    ['test/rig/a.cc', '"catalog.h"', true],
    ['test/rig/a.cc', '"../../native/common/wire.h"', false],
    ['test/faulty/a.cc', '"../rig/catalog.h"', false],
    ['test/clients/a.cc', '"native/common/wire.h"', false],
    ['test/native/a.cc', '"provider/query.h"', true],
    ['test/rig/a.cc', '<winsock2.h>', true],
    ['test/rig/a.cc', '"nowhere.h"', false],
  ]
  for (const [path, include, allowed] of cases) {
    it(`${allowed ? 'allows' : 'refuses'} ${include} in ${path}`, () => {
      assert.equal(rule(title, file(path, `#include ${include}\n`)).length, allowed ? 0 : 1)
    })
  }
})

describe('the other rules', () => {
  const cases = [
    ['handles are closed in unique_handle.h only', 'native/addon/a.cc', 'CloseHandle(pipe);'],
    ['handles are closed in unique_handle.h only', 'native/provider/a.cc', 'RegCloseKey (key);'],
    ['the DLL stays freestanding', 'native/provider/a.cc', 'std::vector<int> all;'],
    ['the DLL stays freestanding', 'native/provider/a.cc', 'GetEnvironmentVariableW(name, 0, 0);'],
    ['files are short', 'lib/a.ts', 'x\n'.repeat(400)],
    ['files are short', 'test/rig/a.cc', 'x\n'.repeat(500)],
    ['C++ lines are short', 'native/common/a.cc', `// ${'x'.repeat(100)}`],
    ['folders are shallow', 'native/common/deep/a.cc', ''],
  ]
  for (const [title, path, body] of cases) {
    it(`"${title}" finds ${body.slice(0, 24).split('\n')[0] || path}`, () => {
      assert.equal(rule(title, file(path, body)).length, 1)
    })
  }

  it('lets unique_handle.h close handles and a comment speak of it', () => {
    const title = 'handles are closed in unique_handle.h only'
    assert.deepEqual(rule(title, file('native/common/unique_handle.h', 'CloseHandle(value);')), [])
    assert.deepEqual(
      rule(title, file('native/addon/a.cc', '// CloseHandle(pipe) is done there')),
      [],
    )
  })

  it('wants the licence lines first', () => {
    const bare = { path: 'lib/a.ts', text: '', lines: ['export {}', ''], cpp: false }
    assert.equal(rule('files begin with licence lines', bare).length, 1)
    assert.deepEqual(rule('files begin with licence lines', file('lib/b.ts', '')), [])
  })
})
