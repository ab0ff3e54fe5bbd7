// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// An installation that fails at any of its steps, over machines in every state, leaves them as they were.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, it } from 'mocha'
import { NspError, type Provider } from '../../lib/index.ts'
import { setEnabled } from '../../lib/install/entry-changes.ts'
import { type InstallPlan, installActions } from '../../lib/install/installer.ts'
import { packageVersion } from '../../lib/install/layout.ts'
import { checkInstallOptions, install, uninstall } from '../../lib/install/operations.ts'
import { runSteps, StepFailed } from '../../lib/install/steps.ts'
import { definitionOf } from '../../lib/internal/definition.ts'
import { ID, provider } from '../helpers/fake-host.ts'
import { FakeMachine, withBinaries } from '../helpers/fake-machine.ts'

const SECOND = '8f6c1d10-5b1e-4c53-9a52-4e53504e00ee'
const FOLDER = `${ID}-${packageVersion()}`

const two = (change: object = {}): Provider =>
  provider({
    entries: {
      names: { id: ID, namespace: 12, owns: ['*.example'] },
      mesh: { id: SECOND, namespace: 1001 },
    },
    ...change,
  })

const planOf = (native: FakeMachine, served: Provider): InstallPlan => ({
  native,
  definition: definitionOf(served),
  hostSid: native.sid,
  directory: undefined,
  order: 'first',
  marker: undefined,
})

/** Catalogs, files, and whether the provider is retired; the DLLs may have been replaced by equal ones. */
function stateOf(machine: FakeMachine): unknown {
  const files = readdirSync(machine.root, { recursive: true }).map(String)
  const control = join(machine.root, 'ProgramData', 'winsock-nsp', ID, 'control-1.bin')
  return {
    catalogs: structuredClone(machine.catalogs),
    files: files.filter((file) => file.includes('winsock-nsp')).toSorted(),
    control: machine.readControlFile(control),
  }
}

const put = (machine: FakeMachine, served = two()) =>
  withBinaries(() => install(machine, definitionOf(served), checkInstallOptions({})))

/** As another version of the package would have left it. */
function makeOlder(machine: FakeMachine): void {
  const base = join(machine.root, 'ProgramFiles', 'winsock-nsp')
  const older = FOLDER.replace(/[^-]+$/, '0.0.1')
  renameSync(join(base, FOLDER), join(base, older))
  for (const catalog of ['native', 'x86'] as const) {
    machine.catalogs[catalog] = machine.catalogs[catalog].map((entry) => ({
      ...entry,
      path: entry.path.replace(FOLDER, older),
    }))
  }
}

const STRANGER = { id: '11111111-2222-4333-8444-555555555555', name: 'x', namespace: 7, version: 1 }

const machines: readonly { readonly what: string; readonly make: () => FakeMachine }[] = [
  { what: 'a clean machine', make: () => new FakeMachine() },
  {
    what: 'an installation of another version, one entry disabled, others behind it',
    make() {
      const machine = new FakeMachine()
      put(machine)
      makeOlder(machine)
      for (const catalog of ['native', 'x86'] as const) {
        machine.catalogInstall(catalog, { ...STRANGER, path: 'x.dll' })
      }
      setEnabled(machine, SECOND, false)
      return machine
    },
  },
  {
    what: 'what a stopped uninstallation left: files, a retired control file, one catalog',
    make() {
      const machine = new FakeMachine()
      put(machine)
      machine.catalogUninstall('native', ID)
      machine.catalogUninstall('native', SECOND)
      machine.retireControlFile(
        join(machine.root, 'ProgramData', 'winsock-nsp', ID, 'control-1.bin'),
      )
      return machine
    },
  },
]

describe('installing over', () => {
  for (const { what, make } of machines) {
    const served = two({ name: 'renamed' })
    const count = withBinaries(() => installActions(planOf(make(), served)).length)
    for (let at = 0; at < count; at++) {
      it(`${what}, failing at step ${at + 1} of ${count}, changes nothing`, () => {
        const machine = make()
        const before = stateOf(machine)
        withBinaries(() => {
          const actions = installActions(planOf(machine, served))
          const broken = actions.map((action, i) => ({
            ...action,
            run() {
              if (i === at) throw new Error('broken')
              action.run()
            },
          }))
          assert.throws(
            () => runSteps(broken),
            (error: StepFailed) => {
              assert.ok(error instanceof StepFailed)
              assert.deepEqual(error.left, [], 'all is taken back')
              assert.equal(error.action.call, actions[at]?.call)
              return true
            },
          )
        })
        assert.deepEqual(stateOf(machine), before)
      })
    }
    it(`${what}, and uninstalling, leaves nothing`, () => {
      const machine = make()
      put(machine, served)
      uninstall(machine, undefined, false)
      assert.deepEqual(
        machine.catalogs.native.filter(({ id }) => id === ID || id === SECOND),
        [],
      )
      const files = readdirSync(machine.root, { recursive: true }).map(String)
      assert.deepEqual(
        files.filter((file) => basename(file) !== 'ProgramData' && file !== 'ProgramFiles'),
        [],
      )
    })
  }

  it('a disabled entry leaves it disabled', () => {
    const machine = new FakeMachine()
    put(machine)
    setEnabled(machine, ID, false)
    const { steps } = put(machine, two({ name: 'renamed' }))
    assert.equal(steps.filter(({ call }) => call.startsWith('WSCEnableNSProvider')).length, 4)
    assert.deepEqual(
      machine.catalogs.x86.filter(({ enabled }) => !enabled).map(({ name }) => name),
      ['renamed', 'renamed'],
    )
  })
})

describe('the catalogs before an installation', () => {
  const saved = (machine: FakeMachine) =>
    join(machine.root, 'ProgramData', 'winsock-nsp', ID, 'catalogs-before.json')

  it('are saved before the first entry is touched, and go with the installation', () => {
    const machine = new FakeMachine()
    const before = structuredClone(machine.catalogs)
    const { steps } = put(machine)
    assert.deepEqual(JSON.parse(readFileSync(saved(machine), 'utf8')), before)
    const at = steps.findIndex(({ target }) => target === saved(machine))
    assert.equal(at, steps.findIndex(({ call }) => call.startsWith('WSC')) - 1)
    uninstall(machine, ID, false)
    assert.equal(existsSync(saved(machine)), false)
  })

  it('stay, and are named, if the installation could not be taken back', () => {
    const machine = new FakeMachine({
      failAt: { call: 'WSCInstallNameSpace32', times: 2, errno: 10107 },
    })
    const before = structuredClone(machine.catalogs)
    const working = machine.catalogUninstall
    machine.catalogUninstall = (catalog, id) => {
      if (catalog === 'native' && id === SECOND) throw new Error('not now')
      working(catalog, id)
    }
    assert.throws(
      () => put(machine),
      (error: NspError) => {
        assert.ok(error instanceof NspError)
        assert.equal(error.code, 'ERR_NSP_INSTALL_REFUSED')
        assert.match(error.message, /could not be taken back/)
        assert.match(error.issues.map(({ message }) => message).join(), new RegExp(SECOND))
        assert.ok(error.remedy?.includes(saved(machine)), error.remedy)
        assert.match(error.remedy ?? '', /npx winsock-nsp uninstall --all/)
        assert.equal((error.cause as Error & { code: string }).code, 'WSASYSCALLFAILURE')
        return true
      },
    )
    assert.deepEqual(JSON.parse(readFileSync(saved(machine), 'utf8')), before)
    assert.deepEqual(machine.catalogs.x86, before.x86, 'what could be taken back was')
    assert.deepEqual(
      machine.catalogs.native.map(({ id }) => id),
      [...before.native.map(({ id }) => id), SECOND],
    )
    machine.catalogUninstall = working
    uninstall(machine, undefined, false)
    assert.deepEqual(machine.catalogs, before)
  })

  it('are those of the last installation that changed something', () => {
    const machine = new FakeMachine()
    put(machine)
    const text = readFileSync(saved(machine), 'utf8')
    put(machine)
    assert.equal(readFileSync(saved(machine), 'utf8'), text)
    const before = structuredClone(machine.catalogs)
    put(machine, two({ name: 'renamed' }))
    assert.deepEqual(JSON.parse(readFileSync(saved(machine), 'utf8')), before)
  })
})
