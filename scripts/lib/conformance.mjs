// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The rules of the conformance report, as pure functions over the checklist and what the rows
// recorded (test/helpers/checklist.ts): which status a row has, what the report says and looks like.

export const STATUSES = Object.freeze(['pass', 'fail', 'rig-assumed', 'windows-only'])
export const HOSTS = Object.freeze(['wine', 'windows'])
export const WIDTHS = Object.freeze(['x64', 'x86'])
/** The groups of the checklist, in its order. */
export const GROUPS = Object.freeze(
  'START CLEAN BEGIN NEXT END SET CLASS IOCTL RES NAME INST DISP ERR HOST'.split(' '),
)

export const groupOf = (id) => id.replace(/-\d+$/, '')

const NOTHING = Object.freeze({ ret: null, err: null, hash: null, steps: [] })
const NOT_RUN = Object.freeze({ expected: NOTHING, got: NOTHING })

/** Left out on purpose: in the rig only Windows can tell, on Windows only the rig can. */
function skippedStatus(where, host) {
  if (host === 'wine') return where === 'W' ? 'windows-only' : 'fail'
  return where === 'P' ? 'fail' : 'rig-assumed'
}

const firstLine = (text) => text.split('\n')[0].slice(0, 300)

/** Both widths as one status. `results` are the row's records, at most one a width. */
function statusOf({ where }, results, host) {
  const missing = WIDTHS.filter((arch) => !results.some((result) => result.arch === arch))
  if (missing.length === WIDTHS.length) return { status: 'fail', reason: 'not run: no test yet' }
  const failed = results.filter((result) => result.status === 'fail')
  if (failed.length > 0) {
    const said = failed.map(({ arch, error = '' }) => `${arch}: ${firstLine(error)}`)
    return { status: 'fail', reason: said.join('; ') }
  }
  if (missing.length > 0) return { status: 'fail', reason: `not run on ${missing.join(', ')}` }
  const skipped = results.find((result) => result.status === 'skip')
  if (skipped) return { status: skippedStatus(where, host), reason: `left out: ${skipped.error}` }
  if (where === 'W' && host === 'wine') {
    return { status: 'rig-assumed', reason: 'passes in the rig; Windows alone settles it' }
  }
  return { status: 'pass' }
}

/**
 * The report: every row of the checklist, in its order. `rows` are the records of a run; `ids` limits
 * it to some rows (a run of a part).
 */
export function makeReport({ checklist, rows, host, version, ids }) {
  if (!HOSTS.includes(host)) throw new Error(`the host is ${host}, neither wine nor windows`)
  const wanted = ids ? checklist.filter(({ id }) => ids.has(id)) : checklist
  return {
    host,
    version,
    rows: wanted.map((entry) => {
      const results = rows.filter((result) => result.id === entry.id)
      const width = (arch) => results.find((result) => result.arch === arch)?.evidence ?? NOT_RUN
      const { status, reason } = statusOf(entry, results, host)
      return {
        id: entry.id,
        status,
        ...(reason ? { reason } : {}),
        x64: width('x64'),
        x86: width('x86'),
      }
    }),
  }
}

export function countStatuses(rows) {
  return Object.fromEntries(
    STATUSES.map((status) => [status, rows.filter((row) => row.status === status).length]),
  )
}

const isCode = (value) => value === null || Number.isInteger(value)
const isHash = (value) => value === null || /^[0-9a-f]{64}$/.test(value)

function outcomeProblems(outcome, path) {
  const found = []
  const { ret, err, hash } = outcome ?? {}
  if (!isCode(ret)) found.push(`${path}.ret is ${ret}`)
  if (!isCode(err) && !(Array.isArray(err) && err.every(Number.isInteger)))
    found.push(`${path}.err is ${err}`)
  if (!isHash(hash)) found.push(`${path}.hash is ${hash}`)
  return found
}

/** What a report is: problems as text, none for a sound one. */
export function checkReport(report) {
  const found = []
  if (!HOSTS.includes(report?.host)) found.push(`host is ${report?.host}`)
  if (typeof report?.version !== 'string' || report.version === '') found.push('version is empty')
  if (!Array.isArray(report?.rows)) return [...found, 'rows is no list']
  const seen = new Set()
  for (const row of report.rows) {
    if (!/^[A-Z]+-\d\d$/.test(row.id)) found.push(`the id "${row.id}" is none`)
    if (seen.has(row.id)) found.push(`${row.id} is there twice`)
    seen.add(row.id)
    if (!STATUSES.includes(row.status)) found.push(`${row.id}: status is ${row.status}`)
    for (const arch of WIDTHS) {
      for (const side of ['expected', 'got'])
        found.push(...outcomeProblems(row[arch]?.[side], `${row.id}.${arch}.${side}`))
      const { expected, got } = row[arch] ?? {}
      // A right answer has the hash of what was expected, so a pass that has not is none.
      if (row.status === 'pass' && (got?.hash == null || got.hash !== expected?.hash))
        found.push(`${row.id}.${arch} passes although its hashes differ`)
    }
  }
  return found
}

/** Lines: a table by group, every row that is not a pass, and the counts. */
export function reportLines({ host, version, rows }) {
  const line = (name, counts) =>
    [name.padEnd(6), ...STATUSES.map((status) => String(counts[status]).padStart(status.length))]
      .join('  ')
      .trimEnd()
  const lines = [`winsock-nsp conformance: ${version}, ${host}`, '']
  lines.push(['group ', ...STATUSES].join('  '))
  for (const group of GROUPS) {
    const own = rows.filter((row) => groupOf(row.id) === group)
    if (own.length > 0) lines.push(line(group, countStatuses(own)))
  }
  const others = rows.filter((row) => row.status !== 'pass')
  if (others.length > 0) lines.push('')
  for (const { id, status, reason } of others) lines.push(`${id}  ${status}: ${reason}`)
  const total = countStatuses(rows)
  const counts = STATUSES.map((status) => `${total[status]} ${status}`).join(', ')
  return [...lines, '', `${rows.length} rows: ${counts}`]
}

/** 0 only if there is something to say and nothing failed. */
export const exitCodeOf = ({ rows }) =>
  rows.length > 0 && rows.every((row) => row.status !== 'fail') ? 0 : 1

/** The rows whose hashes two reports give differently: what a row judges must be the same each run. */
export function differentHashes(one, other) {
  const hashes = new Map(other.rows.map((row) => [row.id, row]))
  return one.rows.flatMap((row) =>
    WIDTHS.filter((arch) => {
      const before = hashes.get(row.id)?.[arch].got.hash
      return before && row[arch].got.hash && before !== row[arch].got.hash
    }).map((arch) => `${row.id} ${arch}`),
  )
}
