// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Removes what builds made in this checkout. The cache folder is left alone: it serves all checkouts.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './lib/paths.mjs'
import { main } from './lib/say.mjs'

await main((args) => {
  if (args.includes('--help')) return void process.stdout.write('usage: node scripts/clean.mjs\n')
  for (const name of ['build', 'prebuilds', 'dist', 'coverage', 'demo.json', 'conformance.json']) {
    rmSync(join(ROOT, name), { recursive: true, force: true })
  }
  return 0
})
