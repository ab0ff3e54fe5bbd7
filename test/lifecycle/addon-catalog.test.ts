// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The addon's catalog functions, on both catalogs. They leave them as they were.
import assert from 'node:assert/strict'
import { loadNative } from '../../lib/internal/binding.ts'
import type { NativeCatalog } from '../../lib/internal/native.ts'

const WSAEINVAL = 10022
const ENTRY = {
  id: '8f6c1d10-5b1e-4c53-9a52-4e53504e00fe',
  name: 'addon catalog test ü',
  namespace: 1099,
  version: 7,
  path: '%SystemRoot%\\no-such\\provider.dll',
}
const SECOND = { ...ENTRY, id: '8f6c1d10-5b1e-4c53-9a52-4e53504e00ff', namespace: 1100 }

for (const catalog of ['native', 'x86'] satisfies NativeCatalog[]) {
  describe(`addon: the ${catalog} catalog`, () => {
    const native = loadNative()
    const list = () => native.catalogList(catalog)
    const find = (id: string) => list().find((entry) => entry.id === id)
    const remove = (id: string) => {
      if (find(id)) native.catalogUninstall(catalog, id)
    }

    afterEach(() => {
      remove(ENTRY.id)
      remove(SECOND.id)
    })

    it('shows what was installed, the path unexpanded', () => {
      const before = list()
      native.catalogInstall(catalog, ENTRY)
      assert.deepEqual(find(ENTRY.id), { ...ENTRY, enabled: true })
      assert.equal(list().at(-1)?.id, ENTRY.id)
      native.catalogUninstall(catalog, ENTRY.id)
      assert.deepEqual(list(), before)
    })

    it('leaves the other catalog alone', () => {
      const other = catalog === 'native' ? 'x86' : 'native'
      const before = native.catalogList(other)
      native.catalogInstall(catalog, ENTRY)
      assert.deepEqual(native.catalogList(other), before)
    })

    it('enables and disables', () => {
      native.catalogInstall(catalog, ENTRY)
      native.catalogEnable(catalog, ENTRY.id, false)
      assert.equal(find(ENTRY.id)?.enabled, false)
      native.catalogEnable(catalog, ENTRY.id, true)
      assert.equal(find(ENTRY.id)?.enabled, true)
    })

    it('orders the whole list, and refuses half of it', () => {
      const before = list().map(({ id }) => id)
      native.catalogInstall(catalog, ENTRY)
      native.catalogInstall(catalog, SECOND)
      native.catalogOrder(catalog, [SECOND.id, ...before, ENTRY.id])
      assert.deepEqual(
        list().map(({ id }) => id),
        [SECOND.id, ...before, ENTRY.id],
      )
      assert.throws(() => native.catalogOrder(catalog, [ENTRY.id]), {
        errno: WSAEINVAL,
        syscall: /^WSCWriteNameSpaceOrder/,
      })
    })

    it('fails with the code and the name of the function', () => {
      assert.throws(() => native.catalogUninstall(catalog, ENTRY.id), {
        errno: WSAEINVAL,
        syscall: catalog === 'native' ? 'WSCUnInstallNameSpace' : 'WSCUnInstallNameSpace32',
      })
      assert.throws(() => native.catalogEnable(catalog, ENTRY.id, true), { errno: WSAEINVAL })
      native.catalogInstall(catalog, ENTRY)
      assert.throws(() => native.catalogInstall(catalog, ENTRY), {
        syscall: /^WSCInstallNameSpace/,
      })
    })

    it('refuses what is no entry', () => {
      const install = (change: object) => () =>
        native.catalogInstall(catalog, { ...ENTRY, ...change })
      assert.throws(install({ id: 'nonsense' }), TypeError)
      assert.throws(install({ namespace: -1 }), RangeError)
      assert.throws(install({ path: 'a\0b' }), TypeError)
      assert.throws(() => native.catalogList('arm64' as NativeCatalog), RangeError)
    })
  })
}
