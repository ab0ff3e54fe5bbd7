// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the rig's build rests on: its export table keeps Wine's ordinals, and the list of its fault
// switches is the one that is compiled in.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../scripts/lib/paths.mjs'
import { readExports } from '../rig/make-def.mjs'
import { readSwitches, switchesJson } from '../rig/make-switches.mjs'

const output = (arch, file) => join(ROOT, 'build', 'test', arch, file)
const names = (file) => new Map(readExports(file).exports.map((e) => [e.name, e.ordinal]))

describe('the rig', () => {
  it('has its switches in switches.json, each with a row set of its own', () => {
    const listed = JSON.parse(readFileSync(join(ROOT, 'test/rig/switches.json'), 'utf8'))
    assert.deepEqual(listed, JSON.parse(switchesJson()))
    assert.ok(readSwitches().length >= 30)
  })

  for (const arch of ['x64', 'x86']) {
    it(`keeps the ordinals that programs import by, ${arch}`, () => {
      const ours = names(output(arch, 'ws2_32.dll'))
      // By ordinal on every Windows.
      const sockets = { accept: 1, bind: 2, socket: 23, WSAStartup: 115, WSACleanup: 116 }
      const resolving = {
        gethostbyaddr: 51,
        gethostbyname: 52,
        getservbyname: 55,
        getservbyport: 56,
      }
      const known = Object.entries({ ...sockets, ...resolving })
      for (const [name, ordinal] of known) assert.equal(ours.get(name), ordinal)
    })

    it(`offers WPUQueueApc in the second build alone, ${arch}`, () => {
      const plain = names(output(arch, 'ws2_32.dll'))
      const second = names(output(arch, 'apc/ws2_32.dll'))
      assert.ok(!plain.has('WPUQueueApc'))
      assert.ok(second.has('WPUQueueApc'))
      second.delete('WPUQueueApc')
      assert.deepEqual([...second.keys()].sort(), [...plain.keys()].sort())
    })
  }

  it('offers the functions for the other catalog on x64 alone', () => {
    assert.ok(names(output('x64', 'ws2_32.dll')).has('WSCInstallNameSpace32'))
    assert.ok(!names(output('x86', 'ws2_32.dll')).has('WSCInstallNameSpace32'))
  })
})
