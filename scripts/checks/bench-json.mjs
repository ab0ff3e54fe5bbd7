// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Recomputes what a bench.json says from its rounds, and its round trips from the pipe's counters in
// bench-details.json, if that is there: node scripts/checks/bench-json.mjs [bench.json]
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { checkReport } from '../lib/bench-report.mjs'
import { main, Stop } from '../lib/say.mjs'

const read = (path) => JSON.parse(readFileSync(path, 'utf8'))

await main(([file = 'bench.json']) => {
  const path = resolve(file)
  if (!existsSync(path)) throw new Stop(`there is no ${file}`, 'npm run bench')
  const beside = join(dirname(path), 'bench-details.json')
  const details = existsSync(beside) ? read(beside) : undefined
  const problems = checkReport(read(path), details)
  for (const problem of problems) process.stdout.write(`${problem}\n`)
  process.stdout.write(`${problems.length} problems${details ? '' : ', counters not checked'}\n`)
  return problems.length === 0 ? 0 : 1
})
