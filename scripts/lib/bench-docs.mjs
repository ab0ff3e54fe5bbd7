// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a run of the benchmark leaves in docs: the charts, and the figures in docs/performance.md
// between its two marks. Nothing there is typed by hand.
import { COLUMNS, isWithin, tableRows } from './bench-report.mjs'
import { chart, growthOf } from './bench-svg.mjs'

export const BEGIN = '<!-- figures: npm run bench -- --docs -->'
export const END = '<!-- end of figures -->'

const cell = (value) => String(value).replaceAll('|', '\\|')
const line = (cells) => `| ${cells.map(cell).join(' | ')} |`
const short = (value) => (value === 0 ? '0' : String(Number(value.toPrecision(3))))

function boundLines({ bounds }) {
  const rows = bounds.map((bound) =>
    line([
      bound.name,
      `${short(bound.value)} ${bound.unit}`,
      short(bound.most),
      [isWithin(bound) ? 'met' : 'NOT met', bound.note].filter(Boolean).join('; '),
    ]),
  )
  return rows.length === 0
    ? []
    : ['', line(['bound', 'is', 'at most', '']), '| --- | ---: | ---: | --- |', ...rows]
}

function curveLines({ curves }) {
  return curves.flatMap((curve) => {
    if (curve.missing) return ['', `${curve.title}: ${curve.missing}.`]
    const grown = growthOf(curve.points)
    const verdict = grown <= curve.target ? 'flat' : 'NOT flat'
    return [
      '',
      `![${curve.title}](bench/${curve.name}.svg)`,
      '',
      `${curve.title}: ${verdict}, ${short(grown)} times the first point at most.`,
    ]
  })
}

function callLines({ calls }) {
  const rows = Object.entries(calls).map(([name, us]) => line([`\`${name}\``, short(us)]))
  return rows.length === 0 ? [] : ['', line(['call', 'µs']), '| --- | ---: |', ...rows]
}

function instructionLines({ instructions }) {
  const rows = Object.entries(instructions).map(([name, [ours, baseline]]) =>
    line([name, ours, baseline]),
  )
  const head = line(['instructions of one, by the table', 'ours', 'baseline'])
  return rows.length === 0 ? [] : ['', head, '| --- | ---: | ---: |', ...rows]
}

/** The figures of one run as Markdown lines. */
export function figures(report, details) {
  const head = COLUMNS.map((name) => name || 'result')
  return [
    `Run of ${details.date}, ${report.host}, ${details.mode}, ${details.rounds} rounds.`,
    '',
    line(head),
    '| --- | ---: | ---: | ---: | ---: | ---: | --- |',
    ...tableRows(report, details).map(line),
    ...instructionLines(details),
    ...boundLines(details),
    ...curveLines(details),
    ...callLines(details),
  ]
}

/** The page with the figures of this run instead of those that it has. */
export function withFigures(page, lines) {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (from < 0 || to < from) throw new Error('docs/performance.md has lost its marks')
  return `${page.slice(0, from + BEGIN.length)}\n${lines.join('\n')}\n${page.slice(to)}`
}

/** File name and text of each chart. */
export function charts({ curves }) {
  const drawn = curves.filter(({ points }) => points.length > 0)
  return drawn.map((curve) => [`${curve.name}.svg`, chart(curve)])
}
