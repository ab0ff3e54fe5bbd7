// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The fuzzers in short: every target replays its kept corpus without a finding and reaches the lines
// that it is for, a planted bug is found, and what would hide one is a failure.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, problemsOf, table } from '../../scripts/fuzz.mjs'
import { makeOnce, plantInto, readPlanted, readTargets } from '../../scripts/lib/fuzz-build.mjs'
import { figures, latest } from '../../scripts/lib/fuzz-docs.mjs'
import { filesIn, percentOf, readRun } from '../../scripts/lib/fuzz-run.mjs'
import { ROOT } from '../../scripts/lib/paths.mjs'
import { collect } from '../../scripts/lib/shell.mjs'

const REPORT = 'build/fuzz/smoke.json'
const CORPUS_LIMIT = 300 * 1024
const corpus = (name) => join(ROOT, 'test', 'fuzz', 'corpus', name)
const fuzz = (...args) =>
  collect(process.execPath, ['scripts/fuzz.mjs', `--out=${REPORT}`, ...args], { cwd: ROOT })
const report = () => JSON.parse(readFileSync(join(ROOT, REPORT), 'utf8'))

const good = {
  name: 'filter',
  runs: 10,
  wanted: 10,
  coverage: [{ file: 'native/provider/filter.cc', lines: 10, covered: 9, percent: 90 }],
}

describe('the fuzzers', function () {
  // Compiled the first time, on a machine that may be busy.
  this.timeout(20 * 60_000)

  it('find nothing in the corpus and in some runs more, and reach what they are for', async () => {
    const { code, text } = await fuzz('--smoke', '--jobs=2')
    assert.equal(code, 0, text)
    const { targets } = report()
    assert.deepEqual(
      targets.map(({ name }) => name),
      readTargets().map(({ name }) => name),
    )
    for (const target of targets) {
      assert.deepEqual(problemsOf(target), [])
      assert.ok(target.runs >= 4000 && target.corpus.files > 0)
      assert.ok(target.coverage.every(({ lines, percent }) => lines > 0 && percent >= 90))
    }
  })

  it('find the planted bugs', async () => {
    const { code, text } = await fuzz('--planted')
    assert.equal(code, 0, text)
    const { planted } = report()
    assert.equal(planted.length, 3)
    for (const one of planted) {
      assert.ok(one.found, one.name)
      assert.match(one.how, /AddressSanitizer|broken: |runtime error: /)
    }
  })

  it('have a target for each portable source file', () => {
    const covered = readTargets().flatMap(({ covers }) => covers)
    const portable = readdirSync(join(ROOT, 'native', 'common')).filter((f) => f.endsWith('.cc'))
    for (const file of portable) assert.ok(covered.includes(`native/common/${file}`), file)
    for (const { name } of readTargets()) {
      assert.ok(existsSync(join(ROOT, 'test', 'fuzz', `${name}.cc`)), name)
    }
  })

  it('keep a small corpus', () => {
    const names = readTargets().map(({ name }) => name)
    assert.deepEqual(readdirSync(join(ROOT, 'test', 'fuzz', 'corpus')).sort(), names.toSorted())
    const bytes = names.reduce((sum, name) => sum + filesIn(corpus(name)).bytes, 0)
    assert.ok(bytes > 0 && bytes < CORPUS_LIMIT, `${bytes} bytes`)
  })
})

describe('what the fuzzers are built of', () => {
  let folder
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'winsock-nsp-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  it('is made once, though two targets want it at the same time', async () => {
    const object = join(folder, 'objects', 'a.o')
    let times = 0
    const make = async (unfinished) => {
      assert.ok(!existsSync(object))
      await new Promise(setImmediate)
      writeFileSync(unfinished, `${++times}`)
    }
    await Promise.all([makeOnce(object, make), makeOnce(object, make)])
    await makeOnce(object, make)
    assert.equal(readFileSync(object, 'utf8'), '1')
    assert.deepEqual(readdirSync(join(folder, 'objects')), ['a.o'])
  })

  it('fails for all who want it, and is tried again', async () => {
    const object = join(folder, 'b.o')
    const fail = async () => {
      throw new Error('no')
    }
    const both = await Promise.allSettled([makeOnce(object, fail), makeOnce(object, fail)])
    assert.deepEqual(
      both.map(({ reason }) => reason?.message),
      ['no', 'no'],
    )
    await makeOnce(object, async (unfinished) => writeFileSync(unfinished, ''))
    assert.ok(existsSync(object))
  })
})

describe('the report of the fuzzers', () => {
  it('names what was found, runs that are missing and lines that are not reached', () => {
    assert.deepEqual(problemsOf(good), [])
    assert.match(problemsOf({ ...good, runs: 9 })[0], /9 runs, not 10/)
    assert.match(problemsOf({ ...good, broken: 'broken: x', artifact: 'a' })[0], /broken: x\n {2}a/)
    const poor = { file: 'a.cc', lines: 1000, covered: 899, percent: percentOf(899, 1000) }
    assert.match(problemsOf({ ...good, coverage: [poor] })[0], /89.9 % of the lines of a.cc/)
    assert.equal(percentOf(0, 0), 0)
  })

  it('reads a run that ended well, one that found something and one that died', () => {
    const runs = 'stat::number_of_executed_units: 12\n'
    assert.deepEqual(readRun({ code: 0, text: runs }), {
      runs: 12,
      broken: undefined,
      artifact: undefined,
    })
    const text = `==1==ERROR: AddressSanitizer: x\n${runs}artifact; Test unit written to b/c\n`
    const found = { runs: 12, broken: 'ERROR: AddressSanitizer: x', artifact: 'b/c' }
    assert.deepEqual(readRun({ code: 77, text }), found)
    assert.equal(readRun({ code: 1, text: '' }).broken, 'ended with 1')
  })

  it('is a table with a line for each target', () => {
    const rows = table([{ ...good, seconds: 1, corpus: { files: 2, bytes: 3 } }])
    assert.match(rows[1], /^filter +10 +1 +9\/10 90 % +2 files, 3 bytes$/)
  })

  it('takes the figures of the latest run of a target', () => {
    const again = { ...good, runs: 20, corpus: { files: 7, bytes: 70 } }
    const other = { ...again, name: 'other', broken: 'ERROR: a finding' }
    const targets = latest([{ targets: [{ ...again, runs: 10 }] }, { targets: [other, again] }, {}])
    assert.deepEqual(figures(targets).split('\n').slice(2), [
      '| `filter` | 20 | nothing | filter.cc 9 of 10 (90 %) | 7 |',
      '| `other` | 20 | something | filter.cc 9 of 10 (90 %) | 7 |',
    ])
  })

  it('refuses options and targets that there are not', () => {
    assert.equal(parse(['--only=filter,nothing']), undefined)
    assert.equal(parse(['--runs=0']), undefined)
    assert.equal(parse(['--fast']), undefined)
    assert.equal(parse([]).runs, 10_000_000)
    assert.equal(parse(['--runs=7', '--only=filter']).runs, 7)
  })

  it('plants a bug where its place is there once, and nowhere else', () => {
    for (const planted of readPlanted()) {
      const text = readFileSync(join(ROOT, planted.file), 'utf8')
      assert.notEqual(plantInto(text, planted), text)
      assert.throws(() => plantInto('', planted), /has no place/)
      assert.throws(() => plantInto(text + planted.from, planted), /has no place/)
    }
  })
})
