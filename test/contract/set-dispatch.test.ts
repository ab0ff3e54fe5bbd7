// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Row SET-12: which providers WSASetService calls.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'mocha'
import { programFolder } from '../helpers/client.ts'
import { ABSENT, CLASS, seen } from '../helpers/registry.ts'
import { type Row, row } from '../helpers/row.ts'
import { DELETE, REGISTER } from '../helpers/winsock.ts'

const A = '10.7.0.1:80'
/** Behaviour of test/rig/probe.cc: registrations are accepted. */
const STORES = '0080'

/** A catalog entry of the probe in that namespace, until the row ends. */
async function probe(t: Row, namespace: number): Promise<string> {
  const guid = `70726f62-${t.is64 ? '1201' : '1202'}-${STORES}-9a52-4e53504e2001`
  const installer = await t.ws2({ started: false })
  const path = `${programFolder(t.arch)}probe.dll`
  const step = await installer.send('install', { id: 'Probe', path, ns: namespace, guid })
  if (step.ret !== 0) throw new Error(`the probe is not installed: ${step.err}`)
  t.defer(() => installer.send('uninstall', { guid }))
  return guid
}

/** How often the probe's NSPSetService has been called since the last look. */
class ProbeLog {
  readonly path: string
  constructor(t: Row) {
    this.path = join(tmpdir(), `probe-${t.id}-${t.arch}-${process.pid}.log`)
    t.defer(() => rmSync(this.path, { force: true }))
  }
  take(): number {
    if (!existsSync(this.path)) return 0
    const text = readFileSync(this.path, 'utf8')
    rmSync(this.path)
    return text.split('\n').filter((line) => line.includes(' NSPSetService ')).length
  }
}

describe('WSASetService', () => {
  row('SET-12', 'lpNSProviderId: only that provider', async (t) => {
    const { id: provider, namespace } = t.entry('mesh')
    const other = await probe(t, namespace)
    const log = new ProbeLog(t)
    const client = await t.ws2({ env: { NSP_RIG_PROBE_LOG: log.path } })
    const register = async (more: object) => {
      const name = t.registered()
      const service = { name, class: CLASS, addr: A, ...more }
      t.check.succeeds(await client.setService(REGISTER, service), JSON.stringify(more))
      t.defer(async () => {
        const gone = { name, class: CLASS, ns: namespace, provider }
        if (!client.failed) await client.setService(DELETE, gone)
      })
      return seen(t, client, name)
    }
    for (const ansi of [false, true]) {
      const how = ansi ? 'ANSI' : 'Unicode'
      const ours = await register({ provider, ns: namespace, ansi })
      t.check.equal(ours, A, `${how}: ours is called`)
      t.check.equal(log.take(), 0, `${how}: and no other`)
      const theirs = await register({ provider: other, ns: namespace, ansi })
      t.check.equal(theirs, ABSENT, `${how}: ours is not called`)
      t.check.equal(log.take(), 1, `${how}: the other is`)
      const both = await register({ ns: namespace, ansi })
      t.check.equal(both, A, `${how}: without an id both are, ours`)
      t.check.equal(log.take(), 1, `${how}: without an id both are, the other`)
    }
  })
})
