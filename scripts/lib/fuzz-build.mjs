// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Builds the fuzz targets of test/fuzz: once with the sanitizers and libFuzzer, once so that lines
// are counted. An object is named by what it was made of, so nothing is compiled twice.
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ROOT } from './paths.mjs'
import { Stop } from './say.mjs'
import { collect, output } from './shell.mjs'

export const FUZZ = join(ROOT, 'build', 'fuzz')
export const CORPUS = join('test', 'fuzz', 'corpus')

const FOLDERS = ['native/common', 'native/provider', 'test/fuzz']
const COMMON = ['-std=c++20', '-g1', '-Wall', '-Wextra', '-Werror']
const INCLUDES = FOLDERS.map((folder) => `-I${folder}`)
const SANITIZERS = ['address', 'undefined']

/** `made` are the flags of every file, `harness` those that only the target itself gets. */
const KINDS = {
  fuzz: {
    made: [
      '-O2',
      `-fsanitize=${['fuzzer-no-link', ...SANITIZERS]}`,
      '-fno-sanitize-recover=all',
      '-fno-sanitize=vptr',
    ],
    // Comparisons that a target makes by itself tell the fuzzer nothing about the code.
    harness: ['-fno-sanitize-coverage=trace-cmp'],
    link: [`-fsanitize=${['fuzzer', ...SANITIZERS]}`],
  },
  cover: {
    made: ['-O0', '-fprofile-instr-generate', '-fcoverage-mapping'],
    harness: [],
    link: ['-fprofile-instr-generate'],
  },
}

const read = (path) => readFileSync(join(ROOT, path), 'utf8')
export const readTargets = () => JSON.parse(read('test/fuzz/targets.json'))
export const readPlanted = () => JSON.parse(read('test/fuzz/planted.json'))

const hashOf = (...texts) =>
  createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 16)

let environment
/** The compiler and every header: any of them makes other objects. */
function environmentHash() {
  environment ??= hashOf(
    output('clang++', ['--version']) ?? '',
    ...FOLDERS.flatMap((folder) =>
      readdirSync(join(ROOT, folder))
        .filter((name) => /\.(h|inc)$/.test(name))
        .sort()
        .map((name) => `${name}\n${read(`${folder}/${name}`)}`),
    ),
  )
  return environment
}

const underway = new Map()
/**
 * Makes the file `result` unless it is there or being made: targets that are built side by side
 * share objects. `make` gets the name that it has until it is whole; another run may look for it.
 */
export async function makeOnce(result, make) {
  if (underway.has(result)) return underway.get(result)
  if (existsSync(result)) return
  const unfinished = `${result}.${process.pid}`
  mkdirSync(dirname(result), { recursive: true })
  const made = make(unfinished).then(() => renameSync(unfinished, result))
  underway.set(result, made)
  try {
    await made
  } finally {
    underway.delete(result)
  }
}

const clang = (args, result) =>
  makeOnce(result, async (unfinished) => {
    const { code, text } = await collect('clang++', [...args, '-o', unfinished], { cwd: ROOT })
    if (code !== 0) throw new Stop(`clang++ ${args.at(-1)}: ended with ${code}\n${text.trim()}`)
  })

async function compile(source, flags) {
  const key = hashOf(environmentHash(), read(source), ...flags)
  const object = join(FUZZ, 'objects', `${basename(source, '.cc')}-${key}.o`)
  await clang([...COMMON, ...INCLUDES, ...flags, '-c', source], object)
  return object
}

/**
 * Builds one target as `kind`, with the files of `instead` in the place of others. Returns the
 * program's path. `copies`: the code copies much and compares little, so that telling the fuzzer of
 * each comparison (mostly those of the sanitizers) would take most of the time.
 */
export async function buildTarget({ name, covers, links, copies }, kind, instead = {}) {
  const { made, harness, link } = KINDS[kind]
  const sources = [...covers, ...links].filter((path) => path.endsWith('.cc'))
  const objects = [await compile(`test/fuzz/${name}.cc`, [...made, ...harness])]
  if (kind === 'cover') objects.push(await compile('test/fuzz/replay.cc', [...made, ...harness]))
  for (const source of sources) {
    const flags = copies ? [...made, ...harness] : made
    objects.push(await compile(instead[source] ?? source, flags))
  }
  const program = join(FUZZ, kind, `${name}-${hashOf(...objects)}`)
  await clang([...link, ...objects], program)
  return program
}

/** A text with the one place of a planted bug changed. */
export function plantInto(text, { name, file, from, to }) {
  if (text.split(from).length !== 2) {
    throw new Stop(`"${name}" has no place in ${file}: it is to contain once\n${from}`)
  }
  return text.replace(from, () => to)
}

/** The target of a planted bug, built over a copy of the file that has the bug. */
export function buildPlanted(planted) {
  const target = readTargets().find(({ name }) => name === planted.target)
  const folder = join('build', 'fuzz', 'planted')
  mkdirSync(join(ROOT, folder), { recursive: true })
  const copy = join(folder, basename(planted.file))
  writeFileSync(join(ROOT, copy), plantInto(read(planted.file), planted))
  return buildTarget(target, 'fuzz', { [planted.file]: copy })
}
