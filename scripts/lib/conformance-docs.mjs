// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// docs/conformance.md from a conformance report: the same report gives the same text, whenever and
// wherever it is made.
import { countStatuses, GROUPS, groupOf, STATUSES, WIDTHS } from './conformance.mjs'

const HEAD = `<!-- SPDX-FileCopyrightText: winsock-nsp contributors -->
<!-- SPDX-License-Identifier: MIT -->
<!-- Made by \`npm run conformance -- --docs\`: not edited by hand. -->
# Conformance

Every numbered behaviour of the contract (\`test/contract/checklist.json\`) and what a run of its test
showed. A row runs in a 64-bit and in a 32-bit program that knows nothing but Winsock.

| status | means |
| --- | --- |
| pass | the test passes on both widths |
| fail | it fails on one, or there is no test |
| rig-assumed | only Windows settles the row: it passes against the stand-in for ws2_32 (\`test/rig\`), or, on Windows, it needs that stand-in and was left out |
| windows-only | it can't run without Windows and was left out |

A width's column has the judged calls in order: the return value, and the last error where a call
failed. "by value" stands for rows that judge other things than a call's result. \`conformance.json\`
has, beside these, a SHA-256 of everything that a row judged, expected and got, as the client wrote it;
handles, process and thread ids, times and folders are left out of it.
`

const cell = (text) => text.replaceAll('|', '\\|').replace(/\s+/g, ' ').trim()

const numbers = (err) => (Array.isArray(err) ? err.join(' or ') : String(err))

/** "0", "−1 10014", in order; what follows itself is told once. */
function outcomeText({ steps }) {
  const told = steps.map(({ ret, err }) =>
    ret === -1 && err !== null ? `−1 ${numbers(err)}` : String(ret).replace('-', '−'),
  )
  const text = told.filter((one, i) => one !== told[i - 1])
  const shown = text.length > 8 ? [...text.slice(0, 7), '…'] : text
  return shown.join(', ')
}

function widthCell({ expected, got }) {
  if (got.hash === null) return '–'
  const text = outcomeText(got) || 'by value'
  if (got.hash === expected.hash) return text
  const wanted = outcomeText(expected) || 'other values'
  return wanted === text ? `${text} (other values)` : `${text} (not ${wanted})`
}

function groupLines(group, rows, texts) {
  const lines = [
    `## ${group}`,
    '',
    '| row | call | situation | expected | status | x64 | x86 |',
    '| --- | --- | --- | --- | --- | --- | --- |',
  ]
  for (const row of rows) {
    const { call, precondition, expected } = texts.get(row.id)
    const cells = [row.id, call, precondition, expected, row.status]
    lines.push(
      `| ${[...cells.map(cell), ...WIDTHS.map((arch) => widthCell(row[arch]))].join(' | ')} |`,
    )
  }
  return [...lines, '']
}

/** @returns the whole page */
export function conformancePage(report, checklist) {
  const texts = new Map(checklist.map((entry) => [entry.id, entry]))
  const total = countStatuses(report.rows)
  const where = { wine: 'in the rig, under Wine', windows: 'on Windows' }[report.host]
  const lines = [
    HEAD,
    `Of ${report.version}, ${where}:`,
    '',
    `| group | ${STATUSES.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(STATUSES.length)}`,
  ]
  const groups = GROUPS.map((group) => [
    group,
    report.rows.filter((row) => groupOf(row.id) === group),
  ]).filter(([, rows]) => rows.length > 0)
  const counts = (of) => STATUSES.map((status) => of[status]).join(' | ')
  for (const [group, rows] of groups) lines.push(`| ${group} | ${counts(countStatuses(rows))} |`)
  lines.push(`| all ${report.rows.length} | ${counts(total)} |`, '')
  for (const [group, rows] of groups) lines.push(...groupLines(group, rows, texts))
  return `${lines.join('\n').trimEnd()}\n`
}

/** The ids that a page has rows for, in order: a test compares them with the checklist. */
export const idsOfPage = (text) =>
  [...text.matchAll(/^\| ([A-Z]+-\d\d) \|/gm)].map((match) => match[1])
