// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Mocha's spec output as it happens, and at the end the counts and failures as JSON in the file that
// NSP_RESULTS names, for scripts/test.mjs. Runs in Windows Node and in Linux Node; CommonJS, because
// mocha loads reporters by require.
const { writeFileSync } = require('node:fs')
const { relative } = require('node:path')
const { Runner, reporters } = require('mocha')

const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_RUN_END } = Runner.constants

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    const results = { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] }
    const title = (test) => test.titlePath().join(' › ')
    const save = () => writeFileSync(process.env.NSP_RESULTS, JSON.stringify(results))
    // Saved at each step: a run that dies half-way leaves what it had.
    runner.on(EVENT_TEST_PASS, () => {
      results.passed += 1
    })
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      results.failed += 1
      const file = test.file ? relative(process.cwd(), test.file).replaceAll('\\', '/') : ''
      results.failures.push({ title: title(test), file, message: String(error?.stack ?? error) })
      save()
    })
    runner.on(EVENT_TEST_PENDING, (test) => {
      results.skipped += 1
      results.skips.push(title(test))
    })
    runner.on(EVENT_RUN_END, () => {
      results.finished = true
      save()
    })
  }
}
