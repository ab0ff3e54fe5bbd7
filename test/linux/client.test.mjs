// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// winsock-nsp/client where there is no Winsock: it can be imported, and says at the first call what is wrong.
import assert from 'node:assert/strict'
import * as client from '../../dist/client.js'

const ID = '8f6c1d10-5b1e-4c53-9a52-4e53504e0002'
const SERVICE = { name: 'a.test', serviceClass: ID }
const CALLS = {
  query: () => client.query('a.test'),
  watch: () => client.watch('a.test'),
  open: () => client.open('a.test'),
  register: () => client.register(SERVICE),
  remove: () => client.remove('a.test', ID),
  installClass: () => client.installClass({ id: ID, name: 'a', properties: [] }),
  removeClass: () => client.removeClass(ID),
  classInfo: () => client.classInfo(ID, ID),
}

describe('winsock-nsp/client off Windows', () => {
  it('exports what is called here', () => {
    assert.deepEqual(Object.keys(client).toSorted(), Object.keys(CALLS).toSorted())
  })

  for (const [name, call] of Object.entries(CALLS)) {
    it(`${name} is refused`, async () => {
      await assert.rejects(async () => call(), {
        name: 'NspError',
        code: 'ERR_NSP_UNSUPPORTED_PLATFORM',
      })
    })
  }

  it('a bad argument is told first', () => {
    assert.throws(() => client.query(7), { code: 'ERR_INVALID_ARG_VALUE' })
  })
})
