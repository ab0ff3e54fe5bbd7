// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Shows that the demo can fail: plants each of its faults in turn, and each must end it with exit code 1
// at the step that the fault names. Needs a machine that is prepared.

import { readFaults } from '../demo.mjs'
import { main } from '../lib/say.mjs'
import { runDemo } from './demo-run.mjs'

await main(async () => {
  let caught = 0
  const faults = readFaults()
  for (const { name, step } of faults) {
    const { code, report } = await runDemo([`--break=${name}`])
    const right = code === 1 && report?.ok === false && report.failedStep === step
    if (right) caught++
    const where = report?.failedStep ?? 'nowhere'
    process.stdout.write(
      `${right ? 'ok' : 'NOT OK'}  ${name}: exit code ${code}, failed at: ${where}\n`,
    )
  }
  const { code, report } = await runDemo([])
  process.stdout.write(
    `${code === 0 && report?.ok ? 'ok' : 'NOT OK'}  nothing planted: exit code ${code}\n`,
  )
  process.stdout.write(`caught ${caught} of ${faults.length}\n`)
  return caught === faults.length && code === 0 ? 0 : 1
})
