// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Which installation a host serves, and what is said about one that does not fit.
import assert from 'node:assert/strict'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'mocha'
import type { NspError, Provider } from '../../lib/index.ts'
import { layoutOf, packageVersion, parseFolder, SCHEDULED } from '../../lib/install/layout.ts'
import { locate } from '../../lib/install/locate.ts'
import { checkInstallOptions, install, uninstall } from '../../lib/install/operations.ts'
import { definitionOf } from '../../lib/internal/definition.ts'
import { ID, provider } from '../helpers/fake-host.ts'
import { FakeMachine, withBinaries } from '../helpers/fake-machine.ts'

function installed(
  served: Provider = provider(),
  options: Parameters<typeof checkInstallOptions>[0] = {},
): FakeMachine {
  const machine = new FakeMachine()
  withBinaries(() => install(machine, definitionOf(served), checkInstallOptions(options)))
  return machine
}
const layout = (machine: FakeMachine) => layoutOf(machine, ID, packageVersion())
const find = (machine: FakeMachine, served: Provider = provider()) =>
  locate(machine, definitionOf(served))

function refusal(machine: FakeMachine, served?: Provider): NspError {
  try {
    find(machine, served)
  } catch (error) {
    return error as NspError
  }
  throw new Error('it was found')
}

describe('locate', () => {
  it('finds the control file by the sidecar', () => {
    const machine = installed()
    assert.equal(find(machine).sidecar.controlPath, layout(machine).control)
  })

  it('names the catalog in which an entry is missing', () => {
    const machine = installed()
    machine.catalogUninstall('x86', ID)
    const { code, issues } = refusal(machine)
    assert.equal(code, 'ERR_NSP_NOT_INSTALLED')
    assert.deepEqual(
      issues.map(({ path }) => path),
      ['entries.mesh.id'],
    )
    assert.match(issues[0]?.message ?? '', /32-bit/)
  })

  it('another version is a mismatch', () => {
    const machine = installed()
    const { folder } = layout(machine)
    const other = join(dirname(folder), `${ID}-0.0.0-old`)
    renameSync(folder, other)
    for (const entries of Object.values(machine.catalogs)) {
      entries.splice(
        1,
        1,
        ...entries.slice(1).map((entry) => ({ ...entry, path: entry.path.replace(folder, other) })),
      )
    }
    const { code, message, remedy } = refusal(machine)
    assert.equal(code, 'ERR_NSP_VERSION_MISMATCH')
    assert.match(message, /0\.0\.0-old/)
    assert.match(remedy ?? '', /install/)
  })

  it('a sidecar that is gone or unreadable is a mismatch', () => {
    const machine = installed()
    writeFileSync(layout(machine).sidecar, 'x')
    assert.equal(refusal(machine).code, 'ERR_NSP_VERSION_MISMATCH')
    rmSync(layout(machine).sidecar)
    assert.equal(refusal(machine).code, 'ERR_NSP_VERSION_MISMATCH')
  })

  it('other entries than installed are a mismatch that names them', () => {
    const more = provider({
      entries: {
        mesh: { id: ID, namespace: 1001 },
        more: { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e00cd', namespace: 5 },
      },
    })
    const machine = installed(more)
    assert.deepEqual(
      refusal(machine).issues.map(({ path }) => path),
      ['entries'],
    )
    const moved = provider({ entries: { mesh: { id: ID, namespace: 1002 } } })
    assert.deepEqual(
      refusal(installed(), moved).issues.map(({ path }) => path),
      ['entries.mesh.namespace'],
    )
  })

  it('installed for another account names both', () => {
    const machine = installed(provider(), { account: 'LocalService' })
    const { code, message, issues, remedy } = refusal(machine)
    assert.equal(code, 'ERR_NSP_CHANNEL_TAKEN')
    assert.match(message, /S-1-5-19/)
    assert.match(issues[0]?.message ?? '', new RegExp(machine.sid))
    assert.match(remedy ?? '', /--account/)
  })
})

describe('the layout', () => {
  it('knows its folders', () => {
    assert.deepEqual(parseFolder(`/x/${ID}-1.2.3-rc.1`), {
      path: `/x/${ID}-1.2.3-rc.1`,
      id: ID,
      version: '1.2.3-rc.1',
    })
    for (const name of [ID, `${ID}-`, `${ID}-x`, `x${ID}-1.0.0`])
      assert.equal(parseFolder(`/x/${name}`), undefined)
  })

  it('a control file that goes at the next boot gets a second name, which stays', () => {
    const machine = installed()
    const { control } = layout(machine)
    writeFileSync(control + SCHEDULED, '')
    withBinaries(() => install(machine, definitionOf(provider()), checkInstallOptions({})))
    const second = layout(machine).control
    assert.match(second, /control-2\.bin$/)
    assert.equal(find(machine).sidecar.controlPath, second)
    uninstall(machine, undefined, false)
    assert.deepEqual(
      machine.catalogs.native.map(({ name }) => name),
      ['Tcpip'],
    )
  })
})
