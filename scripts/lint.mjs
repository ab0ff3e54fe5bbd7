// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Lint: Biome for TypeScript, JavaScript and JSON, clang-format for C++, and the rules of
// lib/source-rules.mjs. Prints what is wrong; exit code 1 if anything is.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isMain } from './lib/main.mjs'
import { ROOT } from './lib/paths.mjs'
import { main } from './lib/say.mjs'
import { collect } from './lib/shell.mjs'
import { RULES, sourceFiles } from './lib/source-rules.mjs'

const HELP = 'usage: node scripts/lint.mjs\nnpm run format mends what can be mended by itself.\n'

/** One pinned version: other versions of it format other things otherwise. */
export const clangFormatPath = () => tool('clang-format', 'bin', 'linux_x64', 'clang-format')

const tool = (...path) => join(ROOT, 'node_modules', ...path)

async function biome() {
  const args = [
    tool('@biomejs', 'biome', 'bin', 'biome'),
    'check',
    '--colors=off',
    '--error-on-warnings',
    '--max-diagnostics=50',
  ]
  return collect(process.execPath, args, { cwd: ROOT })
}

async function clangFormat() {
  const files = sourceFiles().filter((file) => /\.(cc|h)$/.test(file.path))
  if (files.length === 0) return { code: 0, text: '' }
  return collect(clangFormatPath(), ['--dry-run', '-Werror', ...files.map((file) => file.path)], {
    cwd: ROOT,
  })
}

async function typecheck() {
  const tsc = tool('typescript', 'bin', 'tsc')
  const projects = ['tsconfig.json', 'test/tsconfig.json'].filter((file) =>
    existsSync(join(ROOT, file)),
  )
  const done = []
  for (const project of projects) {
    done.push(
      await collect(process.execPath, [tsc, '-p', project, '--noEmit', '--pretty', 'false'], {
        cwd: ROOT,
      }),
    )
  }
  return {
    code: Math.max(...done.map((one) => one.code)),
    text: done.map((one) => one.text).join(''),
  }
}

/** Runs every check; each is { title, passed, detail }. */
export async function lint({ types = true } = {}) {
  const checks = []
  const add = (title, { code, text }) =>
    checks.push({ title, passed: code === 0, detail: text.trim() })
  add('Biome: format and lint', await biome())
  add('clang-format', await clangFormat())
  const files = sourceFiles()
  for (const [title, rule] of Object.entries(RULES)) {
    const found = rule(files)
    add(title, { code: found.length, text: found.join('\n') })
  }
  if (types) add('type check', await typecheck())
  return checks
}

export function report(checks) {
  for (const { title, passed, detail } of checks) {
    process.stdout.write(`  ${passed ? '✔' : '✖'} ${title}\n`)
    if (!passed) process.stdout.write(`${detail.replace(/^/gm, '    ')}\n`)
  }
}

if (isMain(import.meta.url)) {
  await main(async (args) => {
    if (args.includes('--help')) return void process.stdout.write(HELP)
    const checks = await lint({ types: false })
    report(checks)
    return checks.every((check) => check.passed) ? 0 : 1
  })
}
