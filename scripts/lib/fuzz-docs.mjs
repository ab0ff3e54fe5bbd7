// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The figures in test/fuzz/README.md, from the reports of runs that found nothing.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './paths.mjs'

const README = join(ROOT, 'test', 'fuzz', 'README.md')
const BEGIN = '<!-- figures: npm run fuzz -- --docs=FILE,... -->'
const END = '<!-- end of figures -->'

/** Of a target that stands in several reports, the last one counts: it was run again. */
export function latest(reports) {
  const targets = reports.flatMap((report) => report.targets ?? [])
  return [...new Map(targets.map((target) => [target.name, target])).values()]
}

export function figures(targets) {
  const lines = targets.map(({ name, runs, broken, coverage, corpus }) => {
    const covered = coverage.map(({ file, covered: some, lines: all, percent }) => {
      return `${file.split('/').at(-1)} ${some} of ${all} (${percent} %)`
    })
    const found = broken === undefined ? 'nothing' : 'something'
    return `| \`${name}\` | ${runs} | ${found} | ${covered.join(', ')} | ${corpus.files} |`
  })
  return [
    '| target | runs | found | lines covered by the kept corpus | files in it |',
    '| --- | ---: | --- | --- | ---: |',
    ...lines,
  ].join('\n')
}

export function writeFuzzFigures(files) {
  const reports = files.map((file) => JSON.parse(readFileSync(join(ROOT, file), 'utf8')))
  const text = readFileSync(README, 'utf8')
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`test/fuzz/README.md lacks ${BEGIN} or ${END}`)
  const made = `${BEGIN}\n\n${figures(latest(reports))}\n\n`
  writeFileSync(README, text.slice(0, begin) + made + text.slice(end))
}
