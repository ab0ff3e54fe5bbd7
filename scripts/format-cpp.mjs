// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Formats C++ files by .clang-format: those named, or all.
import { spawnSync } from 'node:child_process'
import { ROOT } from './lib/paths.mjs'
import { main } from './lib/say.mjs'
import { sourceFiles } from './lib/source-rules.mjs'
import { clangFormatPath } from './lint.mjs'

await main((args) => {
  if (args.includes('--help')) {
    return void process.stdout.write('usage: node scripts/format-cpp.mjs [PATH...]\n')
  }
  const inside = (path) => args.length === 0 || args.some((arg) => path.startsWith(arg))
  const files = sourceFiles().map((file) => file.path)
  const chosen = files.filter((path) => /\.(cc|h)$/.test(path) && inside(path))
  if (chosen.length === 0) return 0
  return spawnSync(clangFormatPath(), ['-i', ...chosen], { cwd: ROOT, stdio: 'inherit' }).status
})
