// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// When the whole folder runs: every row that is owed by now has a test or a reason not to.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, it, type Suite } from 'mocha'
import { CHECKLIST, registered, SKIPS } from '../helpers/checklist.ts'

const OWED_ISSUES: ReadonlySet<number> = new Set([2, 3, 5])

function loadedFiles(suite: Suite): string[] {
  return [
    suite.file ?? '',
    ...suite.suites.flatMap(loadedFiles),
    ...suite.tests.map((t) => t.file ?? ''),
  ]
}

const base = (path: string) => path.replace(/^.*[\\/]/, '')

describe('coverage', () => {
  it('every owed row is tested or skipped with a reason', function () {
    let root = this.test?.parent
    while (root?.parent) root = root.parent
    const loaded = new Set(root ? loadedFiles(root).map(base) : [])
    const here = readdirSync(fileURLToPath(new URL('.', import.meta.url)))
    const missing = here.filter((file) => file.endsWith('.test.ts') && !loaded.has(file))
    const filtered = process.argv.some((word) => /^(-g|-f|--grep|--fgrep)/.test(word))
    if (missing.length > 0 || filtered) this.skip()
    const owed = CHECKLIST.filter((entry) => OWED_ISSUES.has(entry.issue))
      .map((entry) => entry.id)
      .filter((id) => !registered.has(id) && !SKIPS[id])
    assert.deepEqual(owed, [], `rows without a test or a reason: ${owed.join(', ')}`)
  })
})
