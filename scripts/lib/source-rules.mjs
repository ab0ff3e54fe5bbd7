// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The rules about source files that no compiler knows: who may include whom, where handles may be
// closed, how long a file may be. Each rule returns its findings as "file:line: what".
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, normalize, relative } from 'node:path'
import { ROOT } from './paths.mjs'

const FOLDERS = ['native', 'lib', 'test', 'examples', 'scripts', 'cmake']
const CPP = ['.cc', '.h', '.inc', '.rc']
const CODE = [...CPP, '.ts', '.mjs', '.cjs']

function walk(folder, found = []) {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) walk(path, found)
    else if (CODE.includes(extname(entry.name))) found.push(path)
  }
  return found
}

export function sourceFiles() {
  const folders = FOLDERS.filter((folder) =>
    statSync(join(ROOT, folder), { throwIfNoEntry: false }),
  )
  const files = folders.flatMap((folder) => walk(folder))
  return files.map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8')
    return { path, text, lines: text.split('\n'), cpp: CPP.includes(extname(path)) }
  })
}

const at = (file, index, what) => `${file.path}:${index + 1}: ${what}`

function findings(file, pattern, what) {
  return file.lines.flatMap((line, index) => {
    const code = file.cpp ? line.replace(/\/\/.*/, '') : line
    const match = pattern.exec(code)
    return match ? [at(file, index, what(match))] : []
  })
}

const under = (path, folder) => path === folder || path.startsWith(`${folder}/`)

/** Which folder's headers a folder may include, besides its own. The rest is closed to each other. */
const MAY_INCLUDE = {
  'native/common': [],
  'native/provider': ['native/common'],
  'native/addon': ['native/common'],
  'test/native': ['native/common', 'native/provider', 'native/addon'],
  'test/fuzz': ['native/common', 'native/provider'],
  'test/rig': [],
  'test/faulty': [],
  'test/clients': [],
  // The baselines guard pointers as the provider does.
  'test/bench': ['native/provider/guarded_copy.h', 'native/provider/guarded_copy.cc'],
  // Its hostile peers make sound frames and files first, and damage them then.
  'test/torture': [
    'native/common',
    'native/common/control_writer.cc',
    'native/common/query_set.cc',
  ],
}

/** An include in quotes is beside the including file, in native/common, or a path from the root. */
function includedFile(file, name, paths) {
  const places = [join(dirname(file.path), name), name]
  const overNative = ['native', 'test/native', 'test/fuzz', 'test/torture'].some((each) =>
    under(file.path, each),
  )
  if (overNative) places.push(join('native/common', name), join('native', name))
  if (under(file.path, 'test/fuzz')) places.push(join('native/provider', name))
  if (under(file.path, 'test/native')) {
    places.push(join('native/provider', name), join('native/addon', name))
  }
  return places.map((path) => normalize(path)).find((path) => paths.has(path))
}

function includes(files) {
  const paths = new Set(files.map((file) => file.path))
  const generated = (name) => /\.generated\.|^generated\//.test(name)
  return files.flatMap((file) => {
    const folder = Object.keys(MAY_INCLUDE).find((name) => under(file.path, name))
    if (!folder || !file.cpp) return []
    const allowed = [folder, ...MAY_INCLUDE[folder]]
    return file.lines.flatMap((line, index) => {
      const [, quote, name] = /^\s*#\s*include\s*(["<])([^">]+)[">]/.exec(line) ?? []
      if (!name) return []
      const target = includedFile(file, name, paths)
      if (!target)
        return quote === '"' && !generated(name)
          ? [at(file, index, `includes ${name}, which is not there`)]
          : []
      if (allowed.some((each) => under(target, each))) return []
      return [
        at(file, index, `includes ${target}: ${folder} may include only ${allowed.join(', ')}`),
      ]
    })
  })
}

/** The same source built into two worlds would be a shared include by another name. */
function sharedSources() {
  return Object.keys(MAY_INCLUDE)
    .filter((folder) => folder.startsWith('test/'))
    .flatMap((folder) => {
      const path = join(folder, 'CMakeLists.txt')
      if (folder === 'test/native' || !statSync(join(ROOT, path), { throwIfNoEntry: false }))
        return []
      const lines = readFileSync(join(ROOT, path), 'utf8').split('\n')
      const file = { path, lines, cpp: false }
      const code = { ...file, lines: lines.map((line) => line.replace(/#.*/, '')) }
      return findings(
        code,
        /(?:\.\.\/|SOURCE_DIR}\/|[\s(])(native\/[\w/.]+|test\/\w+\/[\w.]+\.(?:cc|h))/,
        ([, found]) => `uses ${found}`,
      ).filter((finding) => !MAY_INCLUDE[folder].some((path) => finding.endsWith(` ${path}`)))
    })
}

function closedHandles(files) {
  const closing = /\b(CloseHandle|FreeLibrary|LocalFree|RegCloseKey)\s*\(/
  return files
    .filter((file) => under(file.path, 'native') && basename(file.path) !== 'unique_handle.h')
    .flatMap((file) =>
      findings(file, closing, ([, name]) => `${name} belongs into unique_handle.h`),
    )
}

/** The DLL reads no environment, keeps no thread-local objects and starts no std::thread. */
function freestanding(files) {
  const banned =
    /\b(getenv|_wgetenv|GetEnvironmentVariable[AW]?|GetEnvironmentStrings\w*|thread_local|std::(?:thread|mutex|vector|string|wstring|shared_ptr|function))\b/
  return files
    .filter((file) => under(file.path, 'native/provider'))
    .flatMap((file) => findings(file, banned, ([, name]) => `${name} does not belong into the DLL`))
}

function heads(files) {
  return files.flatMap((file) => {
    const lines = file.lines[0].startsWith('#!') ? file.lines.slice(1) : file.lines
    const right =
      /SPDX-FileCopyrightText: winsock-nsp contributors/.test(lines[0]) &&
      /SPDX-License-Identifier: MIT/.test(lines[1] ?? '')
    return right ? [] : [at(file, 0, 'does not begin with the two SPDX lines')]
  })
}

function lengths(files) {
  return files.flatMap((file) => {
    const most = under(file.path, 'test') ? 500 : 400
    const count = file.lines.length - 1
    return count > most ? [at(file, count, `has ${count} lines, more than ${most}`)] : []
  })
}

function widths(files) {
  return files
    .filter((file) => file.cpp)
    .flatMap((file) =>
      file.lines.flatMap((line, index) =>
        line.length > 100 ? [at(file, index, `is ${line.length} columns wide`)] : [],
      ),
    )
}

/** Two levels at most below the root. */
function depths(files) {
  return files
    .filter((file) => relative('', file.path).split('/').length > 3)
    .map((file) => at(file, 0, 'lies too deep'))
}

export const RULES = Object.freeze({
  'folders include only what they may': includes,
  "test programs are not built from others' sources": sharedSources,
  'handles are closed in unique_handle.h only': closedHandles,
  'the DLL stays freestanding': freestanding,
  'files begin with licence lines': heads,
  'files are short': lengths,
  'C++ lines are short': widths,
  'folders are shallow': depths,
})
