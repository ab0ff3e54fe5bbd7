// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The demo's names, as ordinary programs ask for them: getaddrinfo, gethostbyname, gethostbyaddr, and Node itself.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { AF_INET, AF_INET6, type HostData, resolveName } from '../helpers/names.ts'
import type { Report } from './report.ts'
import { codeOf, type Session } from './session.ts'
import { shortest, type ZoneCopy } from './zone-copy.ts'

/** Microsoft's DNS provider answers it, as if we were not there. */
const FOREIGN = 'localhost'
const NODE_WATCHDOG_MS = 60_000

interface Asked {
  /** The step's. */
  readonly name: string
  readonly host: string
  readonly family: typeof AF_INET | typeof AF_INET6
  readonly expected: readonly string[]
}

export async function resolved(
  session: Session,
  { name, host, family, expected }: Asked,
): Promise<void> {
  const version = family === AF_INET ? 'IPv4' : 'IPv6'
  await session.step(
    { name, call: 'getaddrinfo', subject: `${host}, ${version}`, expected: [...expected].sort() },
    async () => {
      const reported = await resolveName(session.client, { name: host, family })
      if (reported.ret !== 0) return { actual: reported.ret, reported }
      const actual = reported.data.addresses.map(shortest).sort()
      return { actual, reported, text: actual.join(', ') }
    },
  )
}

const hexadecimal = (v4: string) => Buffer.from(v4.split('.').map(Number)).toString('hex')

async function hostents(session: Session, zone: ZoneCopy): Promise<void> {
  const { owned, reversed } = zone
  for (const { verb, asked, record } of [
    { verb: 'gethostbyname', asked: { name: owned.name }, record: owned },
    { verb: 'gethostbyaddr', asked: { address: reversed.address }, record: reversed.record },
  ]) {
    const expected = { name: record.name, addresses: record.v4.map(hexadecimal) }
    const [subject = ''] = Object.values(asked)
    await session.step({ name: verb, call: verb, subject, expected }, async () => {
      const reported = await session.client.send<HostData>(verb, asked)
      if (reported.ret !== 0) return { actual: codeOf(reported), reported }
      const { name, addresses } = reported.data
      const text = `${name}, ${record.v4.join(', ')}`
      return { actual: { name, addresses }, reported, text }
    })
  }
}

/** From a program of each width that starts now. */
export async function names(session: Session, zone: ZoneCopy): Promise<void> {
  const { owned, sixed } = zone
  await session.client.send('wsastartup')
  const four = { name: 'getaddrinfo of IPv4', host: owned.name, family: AF_INET } as const
  await resolved(session, { ...four, expected: owned.v4 })
  const six = { name: 'getaddrinfo of IPv6', host: sixed.name, family: AF_INET6 } as const
  await resolved(session, { ...six, expected: sixed.v6 })
  await hostents(session, zone)
  const foreign = { name: "getaddrinfo of somebody else's name", host: FOREIGN } as const
  await resolved(session, { ...foreign, family: AF_INET, expected: ['127.0.0.1'] })
}

/** A Node that knows nothing of us. */
const LOOKUP = `
require('node:dns').lookup(process.argv[1], { all: true, family: 4 }, (error, found) => {
  console.log(JSON.stringify(error ? { code: error.code } : { found }))
})`

interface NodeAnswer {
  readonly code?: string
  readonly found?: readonly { readonly address: string }[]
}

export async function namesInNode(report: Report, zone: ZoneCopy): Promise<void> {
  for (const { name, host, expected } of [
    { name: 'dns.lookup', host: zone.owned.name, expected: [...zone.owned.v4].sort() },
    { name: 'dns.lookup of an unknown name', host: zone.unknown, expected: 'ENOTFOUND' },
    { name: "dns.lookup of somebody else's name", host: FOREIGN, expected: ['127.0.0.1'] },
  ]) {
    const run = async () => {
      const { stdout } = await promisify(execFile)(process.execPath, ['-e', LOOKUP, host], {
        timeout: NODE_WATCHDOG_MS,
      })
      const reported = JSON.parse(stdout) as NodeAnswer
      const actual = reported.found?.map(({ address }) => address).sort() ?? reported.code
      return { actual, reported, text: [actual].flat().join(', ') }
    }
    await report.step({ name, arch: 'node', call: 'dns.lookup', subject: host, expected, run })
  }
}
