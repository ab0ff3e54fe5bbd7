// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// order, enable, warnings and watchCatalog over a machine in memory; and wrong arguments of winsock-nsp/catalog.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import * as catalog from '../../lib/catalog.ts'
import type { Provider } from '../../lib/index.ts'
import { CatalogIterator } from '../../lib/install/catalog-watch.ts'
import { checkPosition, order, type Position, setEnabled } from '../../lib/install/entry-changes.ts'
import { checkInstallOptions, install } from '../../lib/install/operations.ts'
import { definitionOf } from '../../lib/internal/definition.ts'
import { ID, provider, turn } from '../helpers/fake-host.ts'
import { FakeMachine, withBinaries } from '../helpers/fake-machine.ts'

const DNS = '22059d40-7e9e-11cf-ae5a-00aa00a7112b'
const SECOND = '8f6c1d10-5b1e-4c53-9a52-4e53504e00ee'
const X = '11111111-2222-4333-8444-555555555555'
const Y = '11111111-2222-4333-8444-666666666666'
const NAMES: Readonly<Record<string, string>> = {
  [DNS]: 'D',
  [ID]: '1',
  [SECOND]: '2',
  [X]: 'X',
  [Y]: 'Y',
}

const two = (): Provider =>
  provider({
    entries: {
      names: { id: ID, namespace: 12, owns: ['*.example'] },
      mesh: { id: SECOND, namespace: 1001 },
    },
  })

const put = (machine: FakeMachine, options: Parameters<typeof checkInstallOptions>[0] = {}) =>
  withBinaries(() => install(machine, definitionOf(two()), checkInstallOptions(options)))

/** D X 1 2 Y in the native catalog, D 1 2 X in the other. */
function machineWithOthers(): FakeMachine {
  const machine = new FakeMachine()
  const other = (id: string) => ({ id, name: 'other', namespace: 12, version: 1, path: 'x.dll' })
  machine.catalogInstall('native', other(X))
  put(machine)
  machine.catalogInstall('native', other(Y))
  machine.catalogInstall('x86', other(X))
  return machine
}

const shape = ({ catalogs }: FakeMachine) =>
  (['native', 'x86'] as const).map((which) => catalogs[which].map(({ id }) => NAMES[id]).join(''))

describe('order', () => {
  const cases: readonly (readonly [string, string, Position, string, string])[] = [
    ['first', ID, 'first', '12DXY', '12DX'],
    ['last', ID, 'last', 'DXY12', 'DX12'],
    ['before another', ID, { before: DNS }, '12DXY', '12DX'],
    ['after another', ID, { after: X }, 'DX12Y', 'DX12'],
    [
      'before, given in braces and capitals',
      ID,
      { before: `{${X.toUpperCase()}}` },
      'D12XY',
      'D12X',
    ],
    ['one entry alone', SECOND, 'first', '2DX1Y', '2D1X'],
    ['one entry after the other of ours', SECOND, { after: ID }, 'DX12Y', 'D12X'],
    ['one entry before the other of ours', SECOND, { before: ID }, 'DX21Y', 'D21X'],
  ]
  for (const [what, id, position, native, x86] of cases) {
    it(`${what}: the others keep their order, in both catalogs`, () => {
      const machine = machineWithOthers()
      assert.deepEqual(shape(machine), ['DX12Y', 'D12X'])
      order(machine, id, checkPosition(position))
      assert.deepEqual(shape(machine), [native, x86])
    })
  }

  it('writes nothing where nothing moves', () => {
    const machine = machineWithOthers()
    const before = machine.log.length
    order(machine, ID, { after: X })
    assert.deepEqual(machine.log.slice(before), ['WSCWriteNameSpaceOrder x86'])
    order(machine, ID, { after: X })
    assert.equal(machine.log.length, before + 1)
  })

  it('keeps what is disabled disabled', () => {
    const machine = machineWithOthers()
    setEnabled(machine, SECOND, false)
    order(machine, ID, 'first')
    assert.deepEqual(
      machine.catalogs.x86.filter(({ enabled }) => !enabled).map(({ id }) => id),
      [SECOND],
    )
  })

  for (const times of [1, 2]) {
    it(`failing at catalog ${times} changes neither`, () => {
      const machine = machineWithOthers()
      const before = structuredClone(machine.catalogs)
      machine.failAt = { call: 'WSCWriteNameSpaceOrder', times, errno: 11002 }
      assert.throws(() => order(machine, ID, 'first'), { code: 'WSATRY_AGAIN' })
      assert.deepEqual(machine.catalogs, before)
    })
  }

  it('that cannot be taken back says what is left', () => {
    const machine = machineWithOthers()
    const working = machine.catalogOrder
    let calls = 0
    machine.catalogOrder = (which, ids) => {
      if (++calls > 1) throw Object.assign(new Error('x'), { errno: 10107, syscall: 'WSCx' })
      working(which, ids)
    }
    assert.throws(
      () => order(machine, ID, 'first'),
      (error: Error & { code: string; remedy: string; issues: { path: string }[] }) => {
        assert.equal(error.code, 'ERR_NSP_INSTALL_REFUSED')
        assert.match(error.issues[0]?.path ?? '', /^WSCWriteNameSpaceOrder /)
        assert.match(error.remedy, /winsock-nsp list/)
        return true
      },
    )
  })

  it('needs an administrator', () => {
    const machine = machineWithOthers()
    machine.elevated = false
    assert.throws(() => order(machine, ID, 'first'), {
      code: 'ERR_NSP_NOT_ELEVATED',
      remedy: /administrator/,
    })
  })

  it('of what is not ours, or beside what is not there', () => {
    const machine = machineWithOthers()
    assert.throws(() => order(machine, DNS, 'first'), {
      code: 'ERR_NSP_NOT_INSTALLED',
      remedy: /npx winsock-nsp install/,
    })
    assert.throws(
      () => order(machine, ID, { before: Y }),
      (
        error: Error & {
          code: string
          remedy: string
          issues: { path: string; message: string }[]
        },
      ) => {
        assert.equal(error.code, 'ERR_NSP_NOT_INSTALLED')
        assert.equal(error.issues[0]?.path, 'position.before')
        assert.match(error.issues[0]?.message ?? '', /32-bit/)
        assert.match(error.remedy, /npx winsock-nsp list/)
        return true
      },
    )
    assert.throws(() => order(machine, ID, { after: SECOND }), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /^position\.after: .* itself .*; name another/,
    })
    assert.deepEqual(shape(machine), ['DX12Y', 'D12X'], 'nothing has moved')
  })
})

describe('enable and disable', () => {
  for (const times of [1, 2, 3, 4]) {
    it(`failing at entry ${times} of 4 change nothing`, () => {
      const machine = machineWithOthers()
      setEnabled(machine, SECOND, false)
      const before = structuredClone(machine.catalogs)
      machine.failAt = { call: 'WSCEnableNSProvider', times: times + 2, errno: 10107 }
      assert.throws(() => setEnabled(machine, ID, true), { code: 'WSASYSCALLFAILURE' })
      assert.deepEqual(machine.catalogs, before)
    })
  }
})

describe('warnings of install', () => {
  it('say that DNS is asked before, dry or not', () => {
    const machine = new FakeMachine()
    for (const dryRun of [true, false]) {
      const { warnings } = put(machine, { dryRun })
      assert.equal(warnings.length, 1)
      assert.match(
        warnings[0] ?? '',
        new RegExp(`asked after "Tcpip".*DNS.*npx winsock-nsp order ${ID} first`),
      )
    }
  })

  it('say what first means', () => {
    const { warnings } = put(new FakeMachine(), { order: 'first' })
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? '', new RegExp(`asked before "Tcpip".*order ${ID} last`))
  })

  it('speak of the place that an entry has and keeps', () => {
    const machine = new FakeMachine()
    put(machine)
    order(machine, ID, 'first')
    assert.match(put(machine).warnings[0] ?? '', /asked before "Tcpip"/)
  })

  it('do not speak of what nobody asks, nor of other namespaces', () => {
    const machine = new FakeMachine()
    for (const which of ['native', 'x86'] as const) machine.catalogEnable(which, DNS, false)
    assert.deepEqual(put(machine).warnings, [])
    const mesh = withBinaries(() =>
      install(new FakeMachine(), definitionOf(provider()), checkInstallOptions({})),
    )
    assert.deepEqual(mesh.warnings, [])
  })
})

describe('watchCatalog', () => {
  const iterate = (machine: FakeMachine, signal?: AbortSignal) =>
    new CatalogIterator(() => machine, signal)
  const change = (machine: FakeMachine, name: string) =>
    machine.catalogInstall('x86', { id: X, name, namespace: 7, version: 1, path: 'x.dll' })
  const namesIn = ({ value }: IteratorResult<readonly catalog.CatalogEntry[]>) =>
    (value as readonly catalog.CatalogEntry[]).map(({ name }) => name)

  it('gives the catalogs, then again after a change; unchanged ones are not told', async () => {
    const machine = new FakeMachine()
    const watch = iterate(machine)
    assert.deepEqual(namesIn(await watch.next()), ['Tcpip', 'Tcpip'])
    let told = false
    const next = watch.next().finally(() => {
      told = true
    })
    machine.tellWatchers()
    await turn()
    assert.equal(told, false)
    change(machine, 'new')
    machine.tellWatchers()
    assert.deepEqual(namesIn(await next), ['Tcpip', 'Tcpip', 'new'])
    await watch.return()
    assert.equal(machine.watchers.size, 0)
  })

  it('asks for the next change before it reads, so that none is lost', async () => {
    const machine = new FakeMachine()
    const read = machine.catalogList
    machine.catalogList = (which) => {
      assert.equal(machine.watchers.size, 1, 'read without a wait for the next change')
      return read(which)
    }
    const watch = iterate(machine)
    await watch.next()
    // Between two calls of next.
    change(machine, 'between')
    machine.tellWatchers()
    assert.deepEqual(namesIn(await watch.next()), ['Tcpip', 'Tcpip', 'between'])
    await watch.return()
  })

  it('holds nothing before the first next, and answers concurrent ones in order', async () => {
    const machine = new FakeMachine()
    const watch = iterate(machine)
    assert.equal(machine.watchers.size, 0)
    const [first, second] = [watch.next(), watch.next()]
    assert.deepEqual(namesIn(await first), ['Tcpip', 'Tcpip'])
    change(machine, 'new')
    machine.tellWatchers()
    assert.deepEqual(namesIn(await second), ['Tcpip', 'Tcpip', 'new'])
    await watch.return()
    assert.deepEqual(await watch.next(), { done: true, value: undefined })
  })

  it('return ends a next that waits, and breaking a loop releases all', async () => {
    const machine = new FakeMachine()
    const watch = iterate(machine)
    await watch.next()
    const waiting = watch.next()
    await turn()
    assert.deepEqual(await watch.return(), { done: true, value: undefined })
    assert.deepEqual(await waiting, { done: true, value: undefined })
    for await (const entries of iterate(machine)) {
      assert.equal(machine.watchers.size, 1)
      assert.equal(entries.length, 2)
      break
    }
    assert.equal(machine.watchers.size, 0)
  })

  it("abort rejects with the signal's reason, also before the beginning", async () => {
    const machine = new FakeMachine()
    const controller = new AbortController()
    const watch = iterate(machine, controller.signal)
    await watch.next()
    const waiting = watch.next()
    await turn()
    const reason = new Error('enough')
    controller.abort(reason)
    await assert.rejects(waiting, reason)
    assert.equal(machine.watchers.size, 0)
    assert.deepEqual(await watch.next(), { done: true, value: undefined })
    await assert.rejects(iterate(machine, controller.signal).next(), reason)
    assert.equal(machine.watchers.size, 0)
  })

  it('a failure of Windows ends it with the code', async () => {
    const machine = new FakeMachine()
    const watch = iterate(machine)
    await watch.next()
    const waiting = watch.next()
    await turn()
    machine.tellWatchers({ errno: 10050, syscall: 'WSAProviderConfigChange' })
    await assert.rejects(waiting, { code: 'WSAENETDOWN', syscall: 'WSAProviderConfigChange' })
    assert.equal(machine.watchers.size, 0)
    machine.watchFailure = { errno: 10045, syscall: 'WSAProviderConfigChange' }
    await assert.rejects(iterate(machine).next(), { code: 'WSAEOPNOTSUPP' })
  })
})

describe('wrong arguments of winsock-nsp/catalog', () => {
  const served = provider()
  const wild = catalog as unknown as Record<string, (...args: unknown[]) => unknown>
  const cases: readonly (readonly [string, readonly unknown[], RegExp])[] = [
    ['install', [served, 7], /^options: not an object: 7/],
    ['install', [served, { order: 'middle' }], /^order: "middle" is neither 'first' nor 'last'/],
    ['install', [served, { directory: 'dlls' }], /^directory: "dlls" is not an absolute path/],
    ['install', [served, { directory: '\\\\server\\share' }], /^directory: .*drive letter/],
    ['install', [served, { account: { sid: 'me' } }], /^account: neither the name.* nor \{ sid \}/],
    ['uninstall', [null], /^which: null is neither a provider nor a GUID; give/],
    ['uninstall', [{ name: 'x' }], /^which: an object is neither/],
    ['uninstall', [ID, { dryrun: true }], /^dryrun: there is no such option/],
    ['uninstall', [ID, { dryRun: 'yes' }], /^dryRun: neither true nor false: "yes"/],
    ['uninstall', [ID, null], /^options: not an object: null/],
    ['enable', ['printer'], /^which: "printer" is neither a provider nor a GUID; give/],
    ['disable', [undefined], /^which: undefined is neither/],
    ['order', [7, 'first'], /^which: 7 is neither/],
    ['order', [ID], /^position: undefined is not 'first', 'last', \{ before: GUID \}/],
    ['order', [ID, 'middle'], /^position: "middle" is not 'first'/],
    ['order', [ID, {}], /^position: has no fields; give 'first'/],
    ['order', [ID, { before: DNS, after: X }], /^position: has before, after; give/],
    ['order', [ID, { behind: X }], /^position: has behind; give/],
    ['order', [ID, { after: 'DNS' }], /^position\.after: "DNS" is not a GUID; winsock-nsp list/],
    ['watchCatalog', [null], /^options: not an object: null/],
    ['watchCatalog', [{ signal: 'stop' }], /^signal: not an AbortSignal: "stop"/],
    ['watchCatalog', [{ interval: 5 }], /^interval: there is no such option/],
  ]
  for (const [name, args, message] of cases) {
    it(`${name}: ${message.source}`, async () => {
      await assert.rejects(async () => wild[name]?.(...args), {
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_VALUE',
        message,
      })
    })
  }

  it('install of what defineProvider has not made', async () => {
    await assert.rejects(async () => wild['install']?.({ name: 'x' }), {
      code: 'ERR_NSP_INVALID_PROVIDER',
      remedy: /defineProvider/,
    })
  })
})
