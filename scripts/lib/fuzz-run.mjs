// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Runs what fuzz-build.mjs built: a target for so many runs, its kept corpus for the lines that it
// reaches, and the merge that keeps the corpus small.
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CORPUS, FUZZ } from './fuzz-build.mjs'
import { ROOT } from './paths.mjs'
import { Stop } from './say.mjs'
import { collect } from './shell.mjs'

export const LEAST_COVERAGE = 90
const LONGEST_INPUT = 512

/** Stacks of allocations and a large quarantine cost more than all else, and would find nothing. */
const ENVIRONMENT = {
  ...process.env,
  ASAN_OPTIONS: 'malloc_context_size=1:quarantine_size_mb=8:detect_leaks=0',
  UBSAN_OPTIONS: 'print_stacktrace=1',
}

const keptFolder = (name) => join(ROOT, CORPUS, name)

export function filesIn(folder) {
  if (!existsSync(folder)) return { files: 0, bytes: 0 }
  const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size)
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }
}

/** The last part of what a program prints, gathered; a long run prints a lot. */
function gather(program, args, onText) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: ENVIRONMENT,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let text = ''
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      text = (text + chunk).slice(-100_000)
      onText?.(chunk)
    })
    child.on('error', (error) => resolve({ code: 127, text: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, text }))
  })
}

/** What a run says of itself: { runs, broken, artifact }. */
export function readRun({ code, text }) {
  const [, runs] = /stat::number_of_executed_units:\s*(\d+)/.exec(text) ?? []
  const broken = /^.*(?:broken: |runtime error: |ERROR: ).*$/m.exec(text)?.[0]
  const [, artifact] = /Test unit written to (\S+)/.exec(text) ?? []
  return {
    runs: Number(runs ?? 0),
    broken: code === 0 ? undefined : (broken ?? `ended with ${code}`).replace(/^==\d+== ?/, ''),
    artifact,
  }
}

/**
 * Runs a program of a target. `work` is where it puts what it learns; the kept corpus is only read.
 */
export async function runTarget(program, { name, runs, seed, work = join(FUZZ, 'work', name) }) {
  const found = join(FUZZ, 'found')
  for (const folder of [work, found, keptFolder(name)]) mkdirSync(folder, { recursive: true })
  const args = [`-runs=${runs}`, `-max_len=${LONGEST_INPUT}`, '-entropic_scale_per_exec_time=1']
  args.push('-print_final_stats=1', '-timeout=60', '-rss_limit_mb=1024', '-detect_leaks=0')
  if (seed !== undefined) args.push(`-seed=${seed}`)
  args.push(`-artifact_prefix=${join(found, name)}-`, work, keptFolder(name))
  const started = Date.now()
  const result = readRun(await gather(program, args))
  return { ...result, seconds: Math.round((Date.now() - started) / 100) / 10 }
}

/** Makes the kept corpus the fewest inputs that reach what it and the work folder reach. */
export async function keepCorpus(program, name) {
  const merged = join(FUZZ, 'merged', name)
  rmSync(merged, { recursive: true, force: true })
  mkdirSync(merged, { recursive: true })
  const args = ['-merge=1', '-use_counters=0', `-max_len=${LONGEST_INPUT}`, '-detect_leaks=0']
  args.push(merged, keptFolder(name), join(FUZZ, 'work', name))
  const { code, text } = await gather(program, args)
  if (code !== 0) throw new Stop(`the corpus of ${name} can't be merged:\n${text.slice(-2000)}`)
  rmSync(keptFolder(name), { recursive: true, force: true })
  cpSync(merged, keptFolder(name), { recursive: true })
}

async function must(command, args, options) {
  const { code, text } = await collect(command, args, { cwd: ROOT, ...options })
  if (code !== 0) throw new Stop(`${command} ${args[0]} ended with ${code}:\n${text.slice(-2000)}`)
  return text
}

/** [{ file, lines, covered, percent }] of the target's own files, from the kept corpus. */
export async function measureCoverage(program, { name, covers }) {
  const raw = join(FUZZ, 'cover', `${name}.profraw`)
  const data = join(FUZZ, 'cover', `${name}.profdata`)
  await must(program, [keptFolder(name)], { env: { ...process.env, LLVM_PROFILE_FILE: raw } })
  await must('llvm-profdata', ['merge', '-sparse', raw, '-o', data])
  const text = await must('llvm-cov', [
    'export',
    '-summary-only',
    `-instr-profile=${data}`,
    program,
    ...covers.map((file) => join(ROOT, file)),
  ])
  const { files } = JSON.parse(text).data[0]
  return covers.map((file) => {
    const lines = files.find(({ filename }) => filename.endsWith(file))?.summary.lines
    const { count = 0, covered = 0 } = lines ?? {}
    return { file, lines: count, covered, percent: percentOf(covered, count) }
  })
}

export const percentOf = (covered, count) =>
  count === 0 ? 0 : Math.floor((covered / count) * 1000) / 10
