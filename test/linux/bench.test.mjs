// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The benchmark's judgement and its charts, over figures that are made up.
import assert from 'node:assert/strict'
import { figures, withFigures } from '../../scripts/lib/bench-docs.mjs'
import {
  caseOf,
  checkReport,
  explained,
  makeReport,
  median,
  reportLines,
} from '../../scripts/lib/bench-report.mjs'
import { chart, growthOf, roundUp } from '../../scripts/lib/bench-svg.mjs'

const seven = (value) => [value, value * 2, value, value, value, value / 2, value]
const measured = (more = {}) => ({
  name: 'poll',
  target: 1.3,
  ours_us: seven(2.5),
  baseline_us: seven(2),
  notes: [],
  ...more,
})
const run = (...cases) => ({
  mode: 'quick',
  rounds: 7,
  cases,
  bounds: [{ name: 'a bound', value: 3, most: 2, unit: 'things' }],
  curves: [],
  calls: { SetEvent: 20 },
  instructions: { poll: [300, 200] },
  counted: {},
})
const made = (...cases) => makeReport(run(...cases), { host: 'wine', date: '2000-01-02' })
const LOOKUP = measured({
  name: 'lookup',
  target: 1.1,
  frames: { in: 100, out: 50, operations: 50 },
})
const MISSING = measured({ name: 'published', ours_us: [], baseline_us: [], missing: 'not built' })

describe('the report of the benchmark', () => {
  it('takes the middle of the rounds', () => {
    assert.equal(median([]), 0)
    assert.equal(median([9, 1, 5]), 5)
    assert.equal(median([4, 1, 2, 3]), 2.5)
  })

  it('has exactly the fields that were agreed, and judges by the ratio', () => {
    const keys = 'name ours_us baseline_us ratio target ok round_trips'.split(' ')
    assert.deepEqual(Object.keys(caseOf(measured())), keys)
    assert.deepEqual(Object.keys(made(measured()).report), ['host', 'cases'])
    assert.equal(caseOf(measured()).ratio, 1.25)
    assert.equal(caseOf(measured()).ok, true)
    assert.equal(caseOf(LOOKUP).ok, false)
    assert.equal(caseOf(LOOKUP).round_trips, 1)
  })

  it('never calls a case met that was not measured', () => {
    const { report, details } = made(MISSING)
    assert.equal(report.cases[0].ok, false)
    assert.deepEqual(checkReport(report, details), [])
    assert.match(
      reportLines(report, details).join('\n'),
      /not built\n[\s\S]*0 of 0 cases met, 1 not built/,
    )
  })

  it('is sound as it is made', () => {
    const { report, details } = made(measured(), LOOKUP, MISSING)
    assert.deepEqual(checkReport(report, details), [])
  })

  const spoilt = [
    ['another ratio', (row) => (row.ratio = 1.2), /ratio is 1\.25/],
    ['another verdict', (row) => (row.ok = !row.ok), /ok is/],
    ['too few rounds', (row) => row.ours_us.pop(), /too few rounds/],
    ['a round that took no time', (row) => (row.ours_us[0] = 0), /rounds are no times/],
    ['other round trips', (row) => (row.round_trips = 2), /round trips, not 2/],
    ['no target', (row) => (row.target = 0), /target is 0/],
  ]
  for (const [what, spoil, finding] of spoilt) {
    it(`is refused with ${what}`, () => {
      const { report, details } = structuredClone(made(measured(), LOOKUP))
      spoil(report.cases[0])
      assert.match(checkReport(report, details).join('\n'), finding)
    })
  }

  it('is refused with a case twice, without cases, without a host', () => {
    const { report, details } = made(measured(), measured())
    assert.match(checkReport(report, details).join(), /there twice/)
    assert.match(checkReport({ host: 'wine', cases: [] }).join(), /no cases/)
    assert.match(checkReport({ cases: [] }).join(), /host is empty/)
  })

  it('shows rows and bounds that are not met', () => {
    const { report, details } = made(measured(), LOOKUP)
    const text = reportLines(report, details).join('\n')
    assert.match(text, /poll .* met\n/)
    assert.match(text, /lookup .* NOT met/)
    assert.match(text, /✖ a bound: 3 things, at most 2/)
  })
})

describe('what explains a row that is not met', () => {
  const details = {
    calls: { 'WriteFile+ReadFile': 40, SetEvent: 10, WaitForSingleObject: 10 },
    counted: { 'lookup: client': { WriteFile: 4, HeapAlloc: 9 }, 'lookup: host': { ReadFile: 4 } },
  }
  const row = { name: 'lookup', ours_us: [500], baseline_us: [200], target: 2 }

  it("is what it calls more than its baseline, at this run's cost", () => {
    // 8 halves of 40, less 4 halves of 40 and two tens.
    assert.equal(explained(row, details), 0.6)
  })
  it('has ws2_32 in it, and is never more than all', () => {
    const calls = { ...details.calls, 'ws2_32, a lookup': 30 }
    assert.equal(explained(row, { ...details, calls }), 0.9)
    assert.equal(explained(row, { ...details, calls: { ...calls, SetEvent: 0 } }), 1)
    assert.equal(explained({ ...row, name: 'lookup, table' }, { ...details, calls }), 0.6)
  })
  it('is nothing where nothing was counted, or there is no excess', () => {
    assert.equal(explained({ ...row, name: 'poll' }, details), undefined)
    assert.equal(explained({ ...row, name: 'lookup against tcp' }, details), undefined)
    assert.equal(explained({ ...row, ours_us: [390] }, details), undefined)
  })
})

describe('the charts of the benchmark', () => {
  const curve = {
    name: 'c',
    title: 'One <thing> & another',
    x: 'things',
    y: 'µs',
    target: 1.5,
    points: [1, 10, 100].map((x, at) => ({ x, y: 2 + at })),
  }

  it('are well-formed, with every point inside the box', () => {
    const svg = chart(curve)
    const open = [...svg.matchAll(/<(\w+)[^>]*[^/]>/g)].map(([, name]) => name)
    for (const name of new Set(open)) {
      const count = (pattern) => [...svg.matchAll(pattern)].length
      const ends = count(new RegExp(`</${name}>`, 'g'))
      assert.equal(count(new RegExp(`<${name}[ >][^>]*(?<!/)>|<${name}>`, 'g')), ends, name)
    }
    assert.match(svg, /One &lt;thing&gt; &amp; another/)
    assert.match(svg, /prefers-color-scheme: dark/)
    const points = [...svg.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [+x, +y])
    assert.deepEqual(points[0], [70, 202.4])
    assert.equal(points.length, 3)
    for (const [x, y] of points) assert.ok(x >= 70 && x <= 690 && y >= 56 && y <= 300)
  })

  it('draw one point alone, and refuse none', () => {
    assert.match(chart({ ...curve, points: [{ x: 1, y: 1 }] }), /<circle/)
    assert.throws(() => chart({ ...curve, points: [] }), /no points/)
  })

  it('say how much dearer the dearest point is', () => {
    assert.equal(growthOf(curve.points), 2)
    assert.deepEqual([0.3, 1, 1.1, 4, 7].map(roundUp), [0.5, 1, 2, 5, 10])
  })
})

describe('the figures in docs/performance.md', () => {
  it('stand between the marks, and replace what stood there', () => {
    const { report, details } = made(measured(), MISSING)
    const lines = figures(report, details)
    const page = 'a\n<!-- figures: npm run bench -- --docs -->\nold\n<!-- end of figures -->\nb\n'
    const text = withFigures(page, lines)
    assert.match(text, /^a\n/)
    assert.match(text, /\| poll \| 2\.5 \| 2 \| 1\.25 \| 1\.3 \| – \| met \|/)
    assert.match(text, /\| poll \| 300 \| 200 \|/)
    assert.match(text, /not built/)
    assert.doesNotMatch(text, /old/)
    assert.equal(withFigures(text, lines), text)
    assert.throws(() => withFigures('no marks', lines), /lost its marks/)
  })
})
