// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The demo as `npm run demo` runs it inside Windows Node, and the provider that README.md shows.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, it } from 'mocha'
import { list, removeLeftBehind } from '../../lib/catalog.ts'
import { Client } from '../helpers/client.ts'
import { until } from '../helpers/until.ts'

const QUIET = '--disable-warning=ExperimentalWarning'
const FOLDER = 'build/test/demo'
const ARCHITECTURES = ['node', 'x64', 'x86']
/** One of each part. */
const CALLS = [
  'WSALookupService...',
  'WSANSPIoctl',
  'GetQueuedCompletionStatus',
  'getaddrinfo',
  'gethostbyname',
  'gethostbyaddr',
  'dns.lookup',
  'WSASetService REGISTER',
  'WSASetService DEREGISTER',
  'WSASetService DELETE',
  'watch',
]

interface DemoReport {
  readonly ok: boolean
  readonly failedStep?: string
  readonly catalogBefore: string
  readonly catalogAfter: string
  readonly steps: readonly {
    readonly name: string
    readonly arch: string
    readonly call: string
    readonly expected: unknown
    readonly reported: unknown
    readonly microseconds?: number
  }[]
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('close', resolve))
}

/** Runs the demo's program over a zone file's text. */
async function demo(args: readonly string[], zone = readFileSync('examples/zone.json', 'utf8')) {
  mkdirSync(FOLDER, { recursive: true })
  const out = `${FOLDER}/demo.json`
  rmSync(out, { force: true })
  const child = spawn(process.execPath, [QUIET, 'test/demo/main.ts', '--out', out, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk))
  child.stdin.end(zone)
  const code = await exitOf(child)
  return { code, output, report: () => JSON.parse(readFileSync(out, 'utf8')) as DemoReport }
}

describe('the demo', function () {
  this.timeout(180_000)

  it('shows every step as expected, and leaves the catalog as it was', async () => {
    const { code, output, report } = await demo([])
    assert.equal(code, 0, output)
    const { ok, steps, catalogBefore, catalogAfter } = report()
    assert.equal(ok, true)
    assert.match(catalogBefore, /^[0-9a-f]{64}$/)
    assert.equal(catalogAfter, catalogBefore)
    assert.ok(steps.length >= 100, `${steps.length} steps`)
    assert.equal(new Set(steps.map(({ name }) => name)).size, steps.length, 'names are unique')
    assert.deepEqual([...new Set(steps.map(({ arch }) => arch))].sort(), ARCHITECTURES)
    const silent = steps.filter(({ reported }) => typeof reported !== 'object' || reported === null)
    assert.deepEqual(silent, [], 'each step has what was reported')
    const completed = steps.filter(({ microseconds }) => microseconds !== undefined)
    const kinds = ['event', 'port', 'hwnd', 'apc'].flatMap((kind) =>
      ['x64', 'x86'].map((arch) => `${arch} ${kind} completes`),
    )
    assert.deepEqual(completed.map(({ name }) => name).sort(), kinds.sort())
    const calls = new Set(steps.map(({ call }) => call))
    for (const call of CALLS) assert.ok(calls.has(call), `${call} is shown`)
  })

  it('shows the same over a file that lacks what it needs', async () => {
    const records = [
      { name: 'Printer', addresses: ['192.0.2.7'] },
      { name: 'demo.zone.example', addresses: ['192.0.2.8'] },
      { name: 'scanner.guest.zone.example', addresses: ['10.77.3.1', '10.77.3.2'] },
    ]
    const { code, output, report } = await demo(['--title', 'mine'], JSON.stringify({ records }))
    assert.equal(code, 0, output)
    assert.equal(report().ok, true)
    assert.match(output, /added to the copy of mine: demo-service\.zone\.example/)
    assert.match(output, /gethostbyaddr +10\.77\.9\.1 +demo\.zone\.example/)
    assert.match(output, / a-scanner\.guest\.zone\.example +added: /)
  })

  it('fails at the right step when there is no host', async () => {
    const { code, report } = await demo(['--break', 'no-host'])
    assert.equal(code, 1)
    assert.equal(report().failedStep, 'x64 lookup by name')
    assert.deepEqual(await ours(), [], 'nothing is left in the catalog')
  })

  it('says where a zone file is wrong', async () => {
    const zone = '{ "records": [{ "name": "a.zone.example", "addresses": ["10.0.0.300"] }] }'
    const { code, output, report } = await demo(['--title', 'mine.json'], zone)
    assert.equal(code, 1)
    assert.equal(report().failedStep, 'host serves')
    assert.match(output, /ERR_NSP_INVALID_FILE.*\n.*addresses\[0\]: "10\.0\.0\.300"/)
  })

  it('says that a file is no zone file', async () => {
    const { code, output } = await demo(['--title', 'mine.json'], '{ "records": ')
    assert.equal(code, 1)
    assert.match(output, /mine\.json is not a zone file/)
  })
})

async function ours(): Promise<string[]> {
  return (await list()).flatMap(({ ours, id }) => (ours === undefined ? [] : [id]))
}

describe("README.md's provider", function () {
  this.timeout(120_000)
  const [, code = ''] = /```ts\n(.+?)```/s.exec(readFileSync('README.md', 'utf8')) ?? []

  it('has at most 20 lines', () => {
    const lines = code.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('//'))
    assert.ok(lines.length > 0 && lines.length <= 20, `${lines.length} lines`)
  })

  it('answers another program, and is taken back after a crash', async () => {
    const known = await ours()
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(`${FOLDER}/office.ts`, code)
    const child = spawn(process.execPath, [QUIET, `${FOLDER}/office.ts`], { stdio: 'inherit' })
    const exited = exitOf(child)
    try {
      await until('the provider answers', answers)
    } finally {
      child.kill('SIGKILL')
      await exited
    }
    const left = await removeLeftBehind()
    assert.deepEqual(
      left.map(({ provider }) => provider),
      ['Office names'],
    )
    assert.deepEqual(await ours(), known)
  })
})

/** A program that has started before the installation would not see it: each try is a new one. */
async function answers(): Promise<boolean> {
  const client = await Client.start('x64')
  try {
    await client.send('wsastartup')
    const begun = await client.begin({ h: 'h', name: 'printer.office.example', ns: 12 })
    if (begun.ret !== 0) return false
    const { results } = (await client.drain('h')).data
    const found = results.flatMap(({ addresses }) => addresses.map(({ remote }) => remote.address))
    return found.includes('10.0.0.7')
  } finally {
    await client.close()
  }
}
