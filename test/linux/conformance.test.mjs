// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The conformance report: which status a row has, what a sound report is, what is printed, and that
// docs/conformance.md lists the checklist. All over records made up here; nothing is run.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { filesOf, idsOf, parse, versionText } from '../../scripts/conformance.mjs'
import {
  checkReport,
  countStatuses,
  differentHashes,
  exitCodeOf,
  GROUPS,
  groupOf,
  makeReport,
  reportLines,
} from '../../scripts/lib/conformance.mjs'
import { conformancePage, idsOfPage } from '../../scripts/lib/conformance-docs.mjs'
import { ROOT } from '../../scripts/lib/paths.mjs'

const CHECKLIST = JSON.parse(readFileSync(join(ROOT, 'test/contract/checklist.json'), 'utf8'))
const HASH = 'ab'.repeat(32)
const OTHER = 'cd'.repeat(32)

function outcome(err = null, hash = HASH) {
  const ret = err === null ? 0 : -1
  return { ret, err, hash, steps: [{ call: 'NSPLookupServiceNext', ret, err }] }
}

/** Records of a row on both widths. */
function records(id, fields = {}) {
  const evidence = { expected: outcome(), got: outcome() }
  return ['x64', 'x86'].map((arch) => ({ id, arch, status: 'pass', evidence, ...fields }))
}

const CASES = [
  { id: 'A-01', where: 'P' },
  { id: 'A-02', where: 'R' },
  { id: 'A-03', where: 'W' },
]

function statuses(rows, host) {
  const report = makeReport({ checklist: CASES, rows, host, version: 'v' })
  return report.rows.map(({ status }) => status).join(' ')
}
const all = (fields) => CASES.flatMap(({ id }) => records(id, fields))

describe('the status of a row', () => {
  it('in the rig is a pass, but never for what only Windows settles', () => {
    assert.equal(statuses(all(), 'wine'), 'pass pass rig-assumed')
  })
  it('on Windows is a pass', () => {
    assert.equal(statuses(all(), 'windows'), 'pass pass pass')
  })
  it('is a fail where it failed, in the rig or on Windows', () => {
    for (const host of ['wine', 'windows'])
      assert.equal(statuses(all({ status: 'fail', error: 'no' }), host), 'fail fail fail')
  })
  it('is a fail if one width fails', () => {
    const rows = records('A-03')
    rows[1] = { ...rows[1], status: 'fail', error: 'Error: ret: 0, not -1' }
    const { rows: made } = makeReport({ checklist: CASES, rows, host: 'wine', version: 'v' })
    assert.equal(made[2].status, 'fail')
    assert.match(made[2].reason, /^x86: Error: ret: 0, not -1$/)
  })
  it('is a fail if no test ran, or none on a width', () => {
    assert.equal(statuses([], 'wine'), 'fail fail fail')
    const one = all().filter(({ arch }) => arch === 'x64')
    assert.equal(statuses(one, 'windows'), 'fail fail fail')
  })
  it('left out in the rig is windows-only for what Windows settles, else a fail', () => {
    assert.equal(statuses(all({ status: 'skip' }), 'wine'), 'fail fail windows-only')
  })
  it('left out on Windows is rig-assumed, except for what any provider must do', () => {
    assert.equal(statuses(all({ status: 'skip' }), 'windows'), 'fail rig-assumed rig-assumed')
  })
  it('needs a host that is one', () => {
    assert.throws(() => statuses([], 'none'), /neither wine nor windows/)
  })
})

describe('the report', () => {
  const full = () =>
    makeReport({
      checklist: CHECKLIST,
      rows: CHECKLIST.flatMap(({ id }) => records(id)),
      host: 'wine',
      version: '1.0.0 winsock-nsp.dll',
    })

  it('has every row of the checklist in its order, and is sound', () => {
    const report = full()
    assert.deepEqual(
      report.rows.map(({ id }) => id),
      CHECKLIST.map(({ id }) => id),
    )
    assert.deepEqual(checkReport(report), [])
    assert.equal(exitCodeOf(report), 0)
  })

  it('knows every group', () => {
    assert.deepEqual(new Set(CHECKLIST.map(({ id }) => groupOf(id))), new Set(GROUPS))
  })

  it('prints a line for each group, each row that is no pass, and the counts', () => {
    const report = full()
    Object.assign(report.rows[3], { status: 'fail', reason: 'x64: broken' })
    const lines = reportLines(report)
    for (const group of GROUPS) assert.ok(lines.some((line) => line.startsWith(group)))
    assert.ok(lines.includes('START-04  fail: x64: broken'))
    const assumed = CHECKLIST.filter(({ where }) => where === 'W').length
    const passed = 186 - 1 - assumed
    assert.equal(
      lines.at(-1),
      `186 rows: ${passed} pass, 1 fail, ${assumed} rig-assumed, 0 windows-only`,
    )
    assert.equal(exitCodeOf(report), 1)
  })

  it('of no row is no success', () => {
    assert.equal(exitCodeOf({ rows: [] }), 1)
  })

  const unsound = [
    ['another host', (r) => (r.host = 'mac'), /host is mac/],
    ['no version', (r) => (r.version = ''), /version is empty/],
    ['a status of its own', (r) => (r.rows[0].status = 'ok'), /status is ok/],
    ['a row twice', (r) => r.rows.push(r.rows[0]), /there twice/],
    ['no width', (r) => delete r.rows[0].x86, /START-01\.x86\.expected\.hash/],
    ['a text for a code', (r) => (r.rows[0].x64.got.err = 'WSAEFAULT'), /got\.err is WSAEFAULT/],
    ['a pass with another hash', (r) => (r.rows[0].x64.got.hash = OTHER), /hashes differ/],
    ['a pass without a hash', (r) => (r.rows[0].x64.got.hash = null), /hashes differ/],
  ]
  for (const [what, spoil, found] of unsound) {
    it(`is unsound with ${what}`, () => {
      const report = JSON.parse(JSON.stringify(full()))
      spoil(report)
      assert.match(checkReport(report).join('\n'), found)
    })
  }

  it('tells in which rows another has other hashes', () => {
    const [before, after] = [full(), JSON.parse(JSON.stringify(full()))]
    after.rows[5].x86.got.hash = OTHER
    assert.deepEqual(differentHashes(after, before), ['START-06 x86'])
    assert.deepEqual(countStatuses(after.rows), countStatuses(before.rows))
  })
})

describe('docs/conformance.md', () => {
  // Group by group, as the printed table.
  const ids = GROUPS.flatMap((group) =>
    CHECKLIST.map(({ id }) => id).filter((id) => groupOf(id) === group),
  )

  it('lists exactly the rows of the checklist', () => {
    const page = readFileSync(join(ROOT, 'docs/conformance.md'), 'utf8')
    assert.deepEqual(idsOfPage(page), ids)
  })

  it('is made from a report alone', () => {
    const rows = [...records('START-01'), ...records('NEXT-02', { status: 'fail', error: 'no' })]
    rows[3].evidence = { expected: outcome(10014), got: outcome(10022, OTHER) }
    const report = makeReport({ checklist: CHECKLIST, rows, host: 'windows', version: 'v' })
    const page = conformancePage(report, CHECKLIST)
    assert.deepEqual(idsOfPage(page), ids)
    assert.equal(conformancePage(structuredClone(report), CHECKLIST), page)
    assert.match(page, /^\| START-01 \| NSPStartup \| .* \| pass \| 0 \| 0 \|$/m)
    assert.match(page, /^\| NEXT-02 \| .* \| fail \| 0 \| −1 10022 \(not −1 10014\) \|$/m)
    assert.match(page, /^\| HOST-01 \| .* \| fail \| – \| – \|$/m)
    assert.match(page, /Of v, on Windows:/)
  })
})

describe('npm run conformance', () => {
  let folder
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'nsp-conformance-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  function judge(rows, ...more) {
    const [file, out] = ['rows.json', 'report.json'].map((name) => join(folder, name))
    writeFileSync(file, JSON.stringify({ driver: 'node', host: 'wine', rows }))
    const args = ['scripts/conformance.mjs', '--records', file, '--out', out, ...more]
    const done = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })
    return { ...done, report: JSON.parse(readFileSync(out, 'utf8')) }
  }
  const right = () => CHECKLIST.flatMap(({ id }) => records(id))

  it('ends with 0 if no row fails, and writes the report', () => {
    const { status, report, stderr } = judge(right())
    assert.equal(status, 0, stderr)
    assert.deepEqual(checkReport(report), [])
    assert.deepEqual(Object.keys(report), ['host', 'version', 'rows'])
    assert.deepEqual(Object.keys(report.rows[0]), ['id', 'status', 'x64', 'x86'])
  })
  it('ends with 1 for one row that fails, and names it', () => {
    const rows = right()
    Object.assign(rows[10], { status: 'fail', error: 'Error: made up' })
    const { status, stdout } = judge(rows)
    assert.equal(status, 1)
    assert.match(stdout, /^START-06 {2}fail: x64: Error: made up$/m)
  })
  it('ends with 1 where hashes are not what another report has', () => {
    const { report } = judge(right())
    const before = join(folder, 'before.json')
    writeFileSync(before, JSON.stringify(report).replaceAll(HASH, OTHER))
    const { status, stdout } = judge(right(), '--compare', before)
    assert.equal(status, 1)
    assert.match(stdout, /^START-01 x64: another hash than before$/m)
  })
  it('of some rows says nothing of the others', () => {
    const { status, report } = judge(right(), '--rows=NEXT-02,ERR')
    assert.equal(status, 0)
    assert.deepEqual(
      report.rows.map(({ id }) => id),
      ['NEXT-02', 'ERR-01', 'ERR-02'],
    )
  })

  it('takes its options with or without an equals sign, and no others', () => {
    assert.equal(parse(['--dll', 'a.dll', '--docs']).dll, 'a.dll')
    assert.equal(parse(['--dll=a=b.dll']).dll, 'a=b.dll')
    assert.equal(parse(['--dll']), undefined)
    assert.equal(parse(['--nonsense']), undefined)
  })
  it('finds the 32-bit DLL and the host of --dll, or says what to name', () => {
    const dll = join(ROOT, 'build/test/x64/faulty.dll')
    const files = filesOf({ dll })
    assert.equal(files.x86, join(ROOT, 'build/test/x86/faulty.dll'))
    assert.equal(files.host, join(ROOT, 'build/test/x64/faulty-host.exe'))
    assert.throws(() => filesOf({ dll: 'nowhere.dll' }), { remedy: 'name it with --dll' })
    const alone = join(folder, 'alone.dll')
    writeFileSync(alone, '')
    assert.throws(() => filesOf({ dll: alone, host: alone }), { remedy: /--dll-x86/ })
    assert.throws(() => filesOf({ switch: 'export-decorated' }), { remedy: /--dll/ })
    assert.equal(filesOf({}), undefined)
  })
  it('says what was under test', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    assert.equal(versionText({}, undefined), `${version} winsock-nsp.dll`)
    const files = { x64: '/a/faulty.dll' }
    assert.equal(versionText({ switch: 's' }, files), `${version} faulty.dll with s`)
  })
  it('knows rows and groups', () => {
    assert.equal(idsOf(undefined, CHECKLIST), undefined)
    assert.equal(idsOf('INST', CHECKLIST).size, 13)
    assert.throws(() => idsOf('NEXT-99', CHECKLIST), { message: /no row and no group "NEXT-99"/ })
  })
})
