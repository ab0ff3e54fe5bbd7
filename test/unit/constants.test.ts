// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Numbers that C++ and TypeScript share are the same on both sides.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'mocha'
import { WinsockCode } from '../../lib/codes.ts'
import * as constants from '../../lib/wire/constants.ts'

function table(file: string, macro: string): Record<string, number> {
  const text = readFileSync(new URL(`../../native/common/${file}`, import.meta.url), 'utf8')
  const lines = [...text.matchAll(new RegExp(`^${macro}\\((\\w+), (\\d+)\\)$`, 'gm'))]
  return Object.fromEntries(lines.map(([, name = '', value]) => [name, Number(value)]))
}

/** kFrameHeaderBytes as FRAME_HEADER_BYTES. */
function upperSnake(name: string): string {
  return name
    .replace(/^k/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase()
}

describe('shared numbers', () => {
  it('constants.inc is constants.ts', () => {
    const native = Object.entries(table('constants.inc', 'NSP_CONSTANT'))
    assert.ok(native.length > 60, 'the table was found')
    const renamed = Object.fromEntries(native.map(([name, value]) => [upperSnake(name), value]))
    assert.deepEqual({ ...constants }, renamed)
  })

  it('wsa_codes.inc is WinsockCode', () => {
    const native = table('wsa_codes.inc', 'NSP_WSA_CODE')
    assert.ok(Object.keys(native).length > 40, 'the table was found')
    assert.deepEqual({ ...WinsockCode }, native)
  })
})
