// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Mocha root hook of a traced run: tells the client processes which row they belong to (switches.h).
export const mochaHooks = {
  beforeEach() {
    const [id = '', arch = ''] = this.currentTest.title.split(' ')
    process.env.NSP_ROW = `${id}-${arch}`
  },
}
