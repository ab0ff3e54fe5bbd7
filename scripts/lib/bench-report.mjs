// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The judgement of the benchmark, as pure functions over what a run measured (test/bench/bench.ts):
// bench.json, its check, the table on the terminal.

/** Fewer rounds make no median. */
export const LEAST_ROUNDS = 7

export function median(values) {
  if (values.length === 0) return 0
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** median(ours) / median(baseline); 0 where nothing was measured. */
export function ratioOf({ ours_us, baseline_us }) {
  const below = median(baseline_us)
  return below > 0 ? median(ours_us) / below : 0
}

export const isMet = (ratio, target) => ratio > 0 && ratio <= target

/** Answered frames an operation, from the pipe's own counter; 0 for what never met the pipe. */
export const roundTrips = (frames) =>
  frames ? Number((frames.out / frames.operations).toFixed(3)) : 0

/** One row of bench.json. */
export function caseOf({ name, target, ours_us, baseline_us, frames }) {
  const ratio = Number(ratioOf({ ours_us, baseline_us }).toPrecision(6))
  const ok = isMet(ratio, target)
  return { name, ours_us, baseline_us, ratio, target, ok, round_trips: roundTrips(frames) }
}

/** bench.json, and what belongs to it but not into it. */
export function makeReport(run, { host, date }) {
  const report = { host, cases: run.cases.map(caseOf) }
  const rows = run.cases.map(({ name, frames, notes, missing }) => ({
    name,
    ...(frames ? { frames } : {}),
    notes,
    ...(missing ? { missing } : {}),
  }))
  const { mode, rounds, bounds, curves, calls, instructions, counted } = run
  const details = { host, date, mode, rounds, rows, bounds, curves, calls, instructions, counted }
  return { report, details }
}

const isTimes = (value) =>
  Array.isArray(value) && value.every((one) => typeof one === 'number' && one > 0)

function checkCase(row, details) {
  const { name, ours_us, baseline_us, ratio, target, ok, round_trips: trips } = row
  const found = []
  const say = (what) => found.push(`${name}: ${what}`)
  if (typeof name !== 'string' || name === '') return ['a case has no name']
  if (!isTimes(ours_us) || !isTimes(baseline_us)) return [`${name}: rounds are no times`]
  if (!(target > 0)) say(`the target is ${target}`)
  const more = details?.rows?.find((one) => one.name === name)
  if (details && !more) say('the details do not know it')
  if (more?.missing) {
    if (ok || ratio !== 0) say('is missing and has a ratio')
  } else {
    if (Math.min(ours_us.length, baseline_us.length) < LEAST_ROUNDS) say('has too few rounds')
    const own = ratioOf(row)
    if (!(Math.abs(own - ratio) <= own * 1e-4)) say(`the ratio is ${own}, not ${ratio}`)
  }
  if (ok !== isMet(ratio, target)) say(`ok is ${ok}`)
  if (details && trips !== roundTrips(more?.frames)) {
    say(`the pipe counted ${roundTrips(more?.frames)} round trips, not ${trips}`)
  }
  return found
}

/** Recomputes all that can be: problems as text, none for a sound file. `details` adds the counters. */
export function checkReport(report, details) {
  if (typeof report?.host !== 'string' || report.host === '') return ['host is empty']
  if (!Array.isArray(report.cases) || report.cases.length === 0) return ['there are no cases']
  const names = report.cases.map(({ name }) => name)
  const twice = names.filter((name, at) => names.indexOf(name) !== at)
  return [
    ...twice.map((name) => `${name} is there twice`),
    ...report.cases.flatMap((row) => checkCase(row, details)),
  ]
}

/** What a call of a DLL or the addon costs: a measured call, and which part of it this one is. */
const COSTS = Object.freeze({
  CancelIo: ['CancelIoEx', 1],
  CancelIoEx: ['CancelIoEx', 1],
  CloseHandle: ['CreateEvent+CloseHandle', 0.5],
  CreateEventW: ['CreateEvent+CloseHandle', 0.5],
  DuplicateHandle: ['DuplicateHandle+CloseHandle', 0.5],
  GetQueuedCompletionStatus: ['WaitForSingleObject', 1],
  GetQueuedCompletionStatusEx: ['WaitForSingleObject', 1],
  PostQueuedCompletionStatus: ['SetEvent', 1],
  ReadFile: ['WriteFile+ReadFile', 0.5],
  ResetEvent: ['ResetEvent', 1],
  SetEvent: ['SetEvent', 1],
  TransactNamedPipe: ['WriteFile+ReadFile', 1],
  WaitForMultipleObjects: ['WaitForSingleObject', 1],
  WaitForSingleObject: ['WaitForSingleObject', 1],
  WriteFile: ['WriteFile+ReadFile', 0.5],
})
/** The cases whose calls are counted, and what their baselines call themselves. */
const COUNTED = Object.freeze({
  lookup: { ReadFile: 2, WriteFile: 2, SetEvent: 1, WaitForSingleObject: 1 },
  'ioctl, 4 KiB': { ReadFile: 2, WriteFile: 2, SetEvent: 1, WaitForSingleObject: 1 },
  'change to completion': { ReadFile: 1, WriteFile: 1, SetEvent: 1 },
  'fan-out': { SetEvent: 1 },
})

/** What is around the provider in a row and not in its baseline, by its name among the measured calls. */
const AROUND = Object.freeze({ lookup: 'ws2_32, a lookup' })

const costOf = (counts, calls) =>
  Object.entries(counts ?? {}).reduce((sum, [name, count]) => {
    const [call, part] = COSTS[name] ?? []
    return sum + (call ? count * part * (calls[call] ?? 0) : 0)
  }, 0)

/**
 * Of what a row costs above its target: how much the calls of Windows explain that it makes and the baseline
 * does not, and ws2_32 around it, as a share of 1 at most; undefined where they were not counted.
 */
export function explained({ name, ours_us, baseline_us, target }, { calls, counted }) {
  const key = Object.keys(COUNTED).find((one) => name === one || name.startsWith(`${one}, `))
  const sides = ['client', 'host'].map((side) => counted[`${key?.split(',')[0]}: ${side}`])
  const excess = median(ours_us) - target * median(baseline_us)
  if (!key || !sides[0] || excess <= 0) return undefined
  const own = costOf(sides[0], calls) + costOf(sides[1], calls)
  const around = calls[AROUND[name]] ?? 0
  return Math.min(1, (around + Math.max(0, own - costOf(COUNTED[key], calls))) / excess)
}

const number = (value) => (value === 0 ? '0' : String(Number(value.toPrecision(3))))

/** What a row says at its end. */
function verdictOf(row, more, details) {
  if (more?.missing) return more.missing
  const share = row.ok ? undefined : explained(row, details)
  const why = share === undefined ? [] : [`its calls explain ${Math.round(share * 100)} %`]
  return [row.ok ? 'met' : 'NOT met', ...why, ...(more?.notes ?? [])].join('; ')
}

/** The rows as cells: name, ours, baseline, ratio, target, round trips, verdict. */
export function tableRows(report, details) {
  return report.cases.map((row) => {
    const more = details.rows.find(({ name }) => name === row.name)
    const measured = !more?.missing
    const cell = (value) => (measured ? number(value) : '–')
    return [
      row.name,
      cell(median(row.ours_us)),
      cell(median(row.baseline_us)),
      cell(row.ratio),
      number(row.target),
      measured && more?.frames ? number(row.round_trips) : '–',
      verdictOf(row, more, details),
    ]
  })
}

export const COLUMNS = ['case', 'ours µs', 'baseline µs', 'ratio', 'at most', 'trips', '']

export const isWithin = ({ value, most }) => value <= most

export function reportLines(report, details) {
  const rows = [COLUMNS, ...tableRows(report, details)]
  const widths = COLUMNS.map((_, at) => Math.max(...rows.map((row) => row[at].length)))
  const pad = (text, at) =>
    (at === 0 || at === 6 ? text.padEnd : text.padStart).call(text, widths[at])
  const lines = rows.map((row) => row.map(pad).join('  ').trimEnd())
  const bounds = details.bounds.map((bound) => {
    const mark = isWithin(bound) ? '✔' : '✖'
    const note = bound.note ? ` (${bound.note})` : ''
    return `${mark} ${bound.name}: ${number(bound.value)} ${bound.unit}, at most ${number(bound.most)}${note}`
  })
  const measured = report.cases.filter(
    ({ name }) => !details.rows.find((row) => row.name === name)?.missing,
  )
  const met = measured.filter(({ ok }) => ok).length
  const missing = report.cases.length - measured.length
  const counts = `${met} of ${measured.length} cases met, ${missing} not built`
  return [...lines, ...(bounds.length > 0 ? ['', ...bounds] : []), '', counts]
}
