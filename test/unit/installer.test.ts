// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Installing and uninstalling over a machine in memory: both catalogs or neither, whatever fails when.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { checkServeOptions } from '../../lib/host/options.ts'
import type { Provider } from '../../lib/index.ts'
import { setEnabled } from '../../lib/install/entry-changes.ts'
import { packageVersion } from '../../lib/install/layout.ts'
import {
  checkInstallOptions,
  install,
  list,
  removeLeftBehind,
  uninstall,
} from '../../lib/install/operations.ts'
import { definitionOf } from '../../lib/internal/definition.ts'
import { serveWith } from '../../lib/serve.ts'
import { ID, provider } from '../helpers/fake-host.ts'
import { FakeMachine, withBinaries } from '../helpers/fake-machine.ts'

const SECOND = '8f6c1d10-5b1e-4c53-9a52-4e53504e00ee'
const two = (change: object = {}): Provider =>
  provider({
    entries: {
      names: { id: ID, namespace: 12, owns: ['*.example'] },
      mesh: { id: SECOND, namespace: 1001 },
    },
    ...change,
  })

const put = (
  machine: FakeMachine,
  served: Provider = two(),
  options: Parameters<typeof checkInstallOptions>[0] = {},
) => withBinaries(() => install(machine, definitionOf(served), checkInstallOptions(options)))

/** Everything that an installation could leave: catalogs and files. */
function stateOf({ root, catalogs }: FakeMachine): unknown {
  const files = existsSync(root)
    ? readdirSync(root, { recursive: true }).map(String).toSorted()
    : []
  return {
    catalogs: structuredClone(catalogs),
    files: files.filter((file) => file.includes('winsock-nsp')),
  }
}

const FOLDER = `${ID}-${packageVersion()}`

describe('install', () => {
  it("makes folders, files and both catalogs' entries", () => {
    const machine = new FakeMachine()
    const { steps, entries } = put(machine)
    assert.ok(steps.every(({ done }) => done))
    assert.deepEqual(
      steps.map(({ call }) => call),
      [
        'CreateDirectory',
        'CreateDirectory',
        'CopyFile',
        'CopyFile',
        'WriteFile',
        'CreateDirectory',
        'CreateFile',
        'WriteFile',
        'WSCInstallNameSpace',
        'WSCInstallNameSpace',
        'WSCInstallNameSpace32',
        'WSCInstallNameSpace32',
      ],
    )
    assert.equal(entries.length, 4)
    const folder = join(machine.root, 'ProgramFiles', 'winsock-nsp', FOLDER)
    assert.equal(readFileSync(join(folder, 'winsock-nsp.dll'), 'utf8'), 'the DLL for win32-x64')
    assert.equal(
      readFileSync(join(folder, 'winsock-nsp-x86.dll'), 'utf8'),
      'the DLL for win32-ia32',
    )
    assert.deepEqual(machine.catalogs.x86.map(({ path }) => path).slice(1), [
      join(folder, 'winsock-nsp-x86.dll'),
      join(folder, 'winsock-nsp-x86.dll'),
    ])
    const sidecar = JSON.parse(readFileSync(join(folder, 'winsock-nsp.sidecar'), 'utf8'))
    assert.deepEqual(sidecar, {
      ids: [ID, SECOND],
      hostSid: machine.sid,
      controlPath: join(machine.root, 'ProgramData', 'winsock-nsp', ID, 'control-1.bin'),
    })
  })

  it('gives data files to the host, and their folder to nobody', () => {
    const machine = new FakeMachine()
    put(machine)
    const data = join(machine.root, 'ProgramData', 'winsock-nsp', ID, 'data')
    const folder = machine.descriptors.get(data) ?? ''
    // Neither DELETE, FILE_DELETE_CHILD, WRITE_DAC nor WRITE_OWNER on the folder itself.
    const [, own = ''] = new RegExp(`\\(A;;(0x[0-9a-f]+);;;${machine.sid}\\)`).exec(folder) ?? []
    assert.equal(Number(own) & 0x000d0050, 0, folder)
    assert.notEqual(Number(own) & 0x2, 0, 'FILE_ADD_FILE')
    const keep = machine.descriptors.get(join(data, 'control-1.bin.keep')) ?? ''
    assert.ok(!keep.includes(machine.sid), keep)
    assert.match(keep, /^O:S-1-5-32-544G:S-1-5-32-544D:P/)
    // For another account: the former one has no part in it any more.
    put(machine, two(), { account: 'LocalService' })
    assert.ok(!machine.descriptors.get(data)?.includes(machine.sid))
  })

  it('again changes nothing', () => {
    const machine = new FakeMachine()
    put(machine)
    const before = stateOf(machine)
    const { steps } = put(machine)
    assert.deepEqual(stateOf(machine), before)
    assert.deepEqual(
      steps.map(({ call }) => call),
      ['CreateDirectory', 'CreateDirectory', 'CreateDirectory', 'CreateFile'],
    )
  })

  it('over a changed entry keeps its place in the order', () => {
    const machine = new FakeMachine()
    put(machine)
    const stranger = {
      id: '11111111-2222-4333-8444-555555555555',
      name: 'x',
      namespace: 7,
      version: 1,
      path: 'x.dll',
    }
    machine.catalogInstall('native', stranger)
    put(machine, two({ name: 'renamed' }))
    const native = machine.catalogs.native
    assert.deepEqual(
      native.map(({ name }) => name),
      ['Tcpip', 'renamed', 'renamed', 'x'],
    )
  })

  it('first puts ours before all others', () => {
    const machine = new FakeMachine()
    put(machine, two(), { order: 'first' })
    for (const entries of Object.values(machine.catalogs)) {
      assert.deepEqual(entries.map(({ id }) => id).slice(0, 2), [ID, SECOND])
      assert.equal(entries.length, 3)
    }
  })

  it('dryRun lists the same steps and does nothing', () => {
    const machine = new FakeMachine()
    const before = stateOf(machine)
    const { steps } = put(machine, two(), { dryRun: true })
    assert.deepEqual(stateOf(machine), before)
    assert.equal(steps.length, 12)
    assert.ok(steps.every(({ done }) => !done))
  })

  const failures = [
    { call: 'CreateDirectory', times: 1, errno: 5 },
    { call: 'CreateDirectory', times: 2, errno: 5 },
    { call: 'setDescriptor', times: 1, errno: 5 },
    { call: 'setDescriptor', times: 2, errno: 5 },
    { call: 'createControlFile', times: 1, errno: 5 },
    { call: 'WSCInstallNameSpace', times: 1, errno: 10013 },
    { call: 'WSCInstallNameSpace', times: 2, errno: 11003 },
    { call: 'WSCInstallNameSpace32', times: 1, errno: 10107 },
    { call: 'WSCInstallNameSpace32', times: 2, errno: 11003 },
    { call: 'WSCWriteNameSpaceOrder', times: 1, errno: 11002 },
    { call: 'WSCWriteNameSpaceOrder', times: 2, errno: 11002 },
  ]
  for (const failAt of failures) {
    it(`failing at ${failAt.call} ${failAt.times} leaves the machine as it was`, () => {
      const machine = new FakeMachine({ failAt })
      const before = stateOf(machine)
      assert.throws(
        () => put(machine, two(), { order: 'first' }),
        (error: Error & { code?: string }) => {
          assert.match(error.code ?? '', /^(ERR_NSP_|WSA)/)
          return true
        },
      )
      assert.deepEqual(stateOf(machine), before)
    })
    it(`failing at ${failAt.call} ${failAt.times} over an installation leaves that`, () => {
      const machine = new FakeMachine()
      put(machine)
      machine.failAt = {
        ...failAt,
        times:
          failAt.times +
          (failAt.call.startsWith('WSCI') || failAt.call === 'setDescriptor'
            ? 2
            : failAt.call === 'CreateDirectory'
              ? 3
              : failAt.call === 'createControlFile'
                ? 1
                : 0),
      }
      const before = machine.catalogs.native.map(({ id, name }) => `${id} ${name}`).toSorted()
      assert.throws(() => put(machine, two({ name: 'renamed' }), { order: 'first' }))
      const after = machine.catalogs.native.map(({ id, name }) => `${id} ${name}`).toSorted()
      assert.deepEqual(after, before)
      assert.equal(machine.catalogs.x86.length, 3)
    })
  }

  it('without a DLL names it and touches nothing', () => {
    const machine = new FakeMachine()
    const run = () =>
      withBinaries(
        () => install(machine, definitionOf(two()), checkInstallOptions({})),
        ['win32-x64'],
      )
    assert.throws(
      run,
      (error: Error & { code: string; issues: { path: string; message: string }[] }) => {
        assert.equal(error.code, 'ERR_NSP_INSTALL_REFUSED')
        assert.match(error.issues[0]?.path ?? '', /win32-ia32/)
        assert.match(error.issues[0]?.message ?? '', /32-bit/)
        return true
      },
    )
    assert.deepEqual(machine.log, [])
  })

  it('does not believe a folder that others can write', () => {
    const machine = new FakeMachine()
    machine.folderFault = () => 'S-1-1-0 has FILE_WRITE_DATA'
    const before = stateOf(machine)
    assert.throws(() => put(machine), {
      code: 'ERR_NSP_INSTALL_REFUSED',
      message: /FILE_WRITE_DATA/,
    })
    assert.deepEqual(stateOf(machine), before)
  })

  it('bad options are TypeErrors that name all of them', () => {
    const wrong = { account: 'root', order: 'middle', dryRun: 'yes', colour: 1 } as never
    assert.throws(
      () => checkInstallOptions(wrong),
      (error: Error & { code: string }) => {
        assert.equal(error.code, 'ERR_INVALID_ARG_VALUE')
        for (const option of ['account', 'order', 'dryRun', 'colour'])
          assert.match(error.message, new RegExp(option))
        return true
      },
    )
  })
})

describe('uninstall', () => {
  it('leaves nothing, and a second time does nothing', () => {
    const machine = new FakeMachine()
    const before = stateOf(machine)
    put(machine)
    const steps = uninstall(machine, ID, false)
    assert.equal(steps[0]?.call, 'retire')
    assert.deepEqual(stateOf(machine), before)
    assert.deepEqual(uninstall(machine, ID, false), [])
  })

  it('needs no more than one of the GUIDs, and takes nothing else', () => {
    const machine = new FakeMachine()
    put(machine)
    put(
      machine,
      provider({
        entries: { other: { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e0aaa', namespace: 1005 } },
      }),
    )
    uninstall(machine, SECOND, false)
    assert.deepEqual(
      machine.catalogs.native.map(({ namespace }) => namespace),
      [12, 1005],
    )
  })

  it('without arguments takes all of ours, from folders alone too', () => {
    const machine = new FakeMachine()
    put(machine)
    const base = join(machine.root, 'ProgramFiles', 'winsock-nsp')
    mkdirSync(join(base, '8f6c1d10-5b1e-4c53-9a52-4e53504e0bbb-0.0.9'))
    mkdirSync(
      join(machine.root, 'ProgramData', 'winsock-nsp', '8f6c1d10-5b1e-4c53-9a52-4e53504e0ccc'),
    )
    uninstall(machine, undefined, false)
    assert.deepEqual(stateOf(machine), stateOf(new FakeMachine()))
    assert.equal(existsSync(base), false)
  })

  it('of an entry without its folder still cleans the catalogs', () => {
    const machine = new FakeMachine()
    const path = `C:\\Program Files\\winsock-nsp\\${ID}-0.0.1\\winsock-nsp.dll`.replaceAll(
      '\\',
      '/',
    )
    machine.catalogInstall('native', { id: ID, name: 'old', namespace: 12, version: 1, path })
    uninstall(machine, undefined, false)
    assert.equal(machine.catalogs.native.length, 1)
  })

  it('takes the data files along, mapped or not', () => {
    const machine = new FakeMachine()
    const clean = stateOf(machine)
    put(machine)
    const data = join(machine.root, 'ProgramData', 'winsock-nsp', ID, 'data')
    assert.deepEqual(readdirSync(data), ['control-1.bin.keep'])
    for (const name of ['control-1.bin.7', 'control-1.bin.8']) writeFileSync(join(data, name), '')
    const targets = uninstall(machine, ID, true).map(({ target }) => target)
    assert.ok(targets.includes(join(data, 'control-1.bin.7')), String(targets))
    uninstall(machine, ID, false)
    assert.deepEqual(stateOf(machine), clean)
  })

  it('goes on when a step fails, and says which', () => {
    const machine = new FakeMachine()
    put(machine)
    machine.failAt = { call: 'WSCUnInstallNameSpace', times: 1, errno: 10107 }
    assert.throws(() => uninstall(machine, ID, false), { code: 'WSASYSCALLFAILURE' })
    assert.deepEqual(
      machine.catalogs.x86.map(({ name }) => name),
      ['Tcpip'],
    )
    machine.failAt = undefined
    uninstall(machine, ID, false)
    assert.deepEqual(stateOf(machine), stateOf(new FakeMachine()))
  })

  it('of what only waits for the next boot does nothing, but sweeps it', () => {
    const machine = new FakeMachine()
    const clean = stateOf(machine)
    const base = join(machine.root, 'ProgramFiles', 'winsock-nsp', FOLDER)
    const data = join(machine.root, 'ProgramData', 'winsock-nsp', ID)
    for (const folder of [base, data]) mkdirSync(folder, { recursive: true })
    writeFileSync(join(base, 'winsock-nsp.dll.7-1.old'), '')
    for (const name of ['control-1.bin', 'control-1.bin.scheduled'])
      writeFileSync(join(data, name), '')
    const waiting = stateOf(machine)
    machine.elevated = false
    assert.deepEqual(uninstall(machine, ID, true), [])
    assert.deepEqual(stateOf(machine), waiting, 'a dry run')
    assert.deepEqual(uninstall(machine, ID, false), [])
    assert.deepEqual(stateOf(machine), clean)
    assert.deepEqual(machine.log, [], 'nothing is scheduled again')
  })

  it('needs an administrator only if there is something to do', () => {
    const machine = new FakeMachine()
    put(machine)
    machine.elevated = false
    assert.throws(() => uninstall(machine, ID, false), { code: 'ERR_NSP_NOT_ELEVATED' })
    assert.deepEqual(uninstall(machine, '8f6c1d10-5b1e-4c53-9a52-4e53504e0ddd', false), [])
  })
})

describe('the catalog', () => {
  it('lists both catalogs and knows ours', () => {
    const machine = new FakeMachine()
    put(machine)
    const entries = list(machine)
    assert.deepEqual(
      entries.map(({ catalog, ours }) => [catalog, ours]),
      [
        ['native', undefined],
        ['native', packageVersion()],
        ['native', packageVersion()],
        ['x86', undefined],
        ['x86', packageVersion()],
        ['x86', packageVersion()],
      ],
    )
  })

  it('disables and enables, for both widths', () => {
    const machine = new FakeMachine()
    put(machine)
    setEnabled(machine, ID, false)
    assert.equal(list(machine).filter(({ enabled }) => !enabled).length, 4)
    setEnabled(machine, SECOND, true)
    assert.deepEqual(
      list(machine)
        .filter(({ enabled }) => !enabled)
        .map(({ id }) => id),
      [ID, ID],
    )
    assert.throws(() => setEnabled(machine, '22059d40-7e9e-11cf-ae5a-00aa00a7112b', false), {
      code: 'ERR_NSP_NOT_INSTALLED',
    })
  })
})

describe('a temporary installation', () => {
  const temporary = checkServeOptions({ install: 'temporary' })

  it('goes with the host', async () => {
    const machine = new FakeMachine()
    const before = stateOf(machine)
    const host = await withBinaries(() => serveWith(machine, two(), temporary))
    assert.equal(list(machine).filter(({ ours }) => ours).length, 4)
    await host.close()
    assert.deepEqual(stateOf(machine), before)
  })

  it('leaves alone what somebody installed for good', async () => {
    const machine = new FakeMachine()
    put(machine)
    const before = stateOf(machine)
    await (await serveWith(machine, two(), temporary)).close()
    assert.deepEqual(stateOf(machine), before)
  })

  it('is taken back if serving fails', async () => {
    const machine = new FakeMachine({ serveFailure: { errno: 5, syscall: 'CreateNamedPipeW' } })
    const before = stateOf(machine)
    await assert.rejects(
      withBinaries(() => serveWith(machine, two(), temporary)),
      { code: 'ERR_NSP_CHANNEL_TAKEN' },
    )
    assert.deepEqual(stateOf(machine), before)
  })

  it('left behind by a dead process is found and named', () => {
    const machine = new FakeMachine()
    const before = stateOf(machine)
    put(machine)
    const marker = { provider: 'unit test', processId: 0x7ffffff0, madeAt: Date.now() }
    const folder = join(machine.root, 'ProgramData', 'winsock-nsp', ID)
    writeFileSync(join(folder, 'temporary.json'), JSON.stringify(marker))
    const [found] = removeLeftBehind(machine)
    assert.deepEqual([found?.provider, found?.processId], ['unit test', 0x7ffffff0])
    assert.deepEqual(stateOf(machine), before)
  })

  it('of a process that lives stays', () => {
    const machine = new FakeMachine()
    put(machine)
    const folder = join(machine.root, 'ProgramData', 'winsock-nsp', ID)
    const marker = { provider: 'unit test', processId: process.pid, madeAt: Date.now() }
    writeFileSync(join(folder, 'temporary.json'), JSON.stringify(marker))
    assert.deepEqual(removeLeftBehind(machine), [])
    writeFileSync(join(folder, 'temporary.json'), JSON.stringify({ ...marker, madeAt: 0 }))
    assert.equal(removeLeftBehind(machine).length, 1, 'made before the machine was started')
  })

  it('of an earlier process with the id of this one is taken back', () => {
    const MINUTE_MS = 60_000
    const machine = new FakeMachine()
    put(machine)
    const madeAt = Date.now() - process.uptime() * 1000 - MINUTE_MS
    const marker = { provider: 'unit test', processId: process.pid, madeAt }
    const folder = join(machine.root, 'ProgramData', 'winsock-nsp', ID)
    writeFileSync(join(folder, 'temporary.json'), JSON.stringify(marker))
    assert.equal(removeLeftBehind(machine).length, 1)
  })
})
