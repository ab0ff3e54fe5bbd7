// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Runs beside the unpacked package, in any Node: tells as JSON what can be imported and required of it.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const PATHS = ['', '/catalog', '/client', '/directory', '/testing']
const INNER = [
  '/dist/index.js',
  '/dist/internal/host.js',
  '/internal/host',
  '/lib/index.ts',
  '/cli',
]

async function exportsOf(name) {
  const [imported, required] = [await import(name), require(name)]
  const keys = Object.keys(imported)
  return { keys, same: keys.every((key) => imported[key] === required[key]) }
}

async function refusal(load) {
  try {
    await load()
    return 'loaded'
  } catch ({ code }) {
    return code
  }
}

const found = { exports: {}, inner: {}, version: require('winsock-nsp/package.json').version }
for (const path of PATHS) found.exports[path] = await exportsOf(`winsock-nsp${path}`)
for (const path of INNER) {
  const name = `winsock-nsp${path}`
  found.inner[path] = [await refusal(() => import(name)), await refusal(() => require(name))]
}
process.stdout.write(JSON.stringify(found))
