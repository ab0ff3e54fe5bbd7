// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Runs in Windows Node, elevated: installs a provider from dist, serves it, and asks it from a program
// of each architecture. On ARM64 the machine's own and x86 programs get the answer, emulated x64
// programs go without, and nobody crashes. In the rig: node scripts/rig.mjs -- node THIS_FILE.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const NAME = 'one.widths.nsp.test'
const ENTRY = { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e3001', namespace: 1077 }
const WATCHDOG_MS = 60_000
const root = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const { defineProvider, serve } = await import('../../dist/index.js')
const { install, uninstall } = await import('../../dist/catalog.js')

const provider = defineProvider({
  name: 'Widths',
  entries: { widths: ENTRY },
  lookup: ({ key }) => (key === NAME ? { addresses: ['10.7.7.1'] } : undefined),
})

/** Runs client.exe of that architecture over these lines; gives its answers and its exit code. */
function client(arch, lines) {
  return new Promise((resolve) => {
    const child = spawn(root(`build/test/${arch}/client.exe`), ['ws2'], { windowsHide: true })
    const timer = setTimeout(() => child.kill(), WATCHDOG_MS)
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    child.on('error', (error) => resolve({ steps: [], code: error.message }))
    child.on('close', (code) => {
      clearTimeout(timer)
      const steps = text.split('\n').filter((line) => line.startsWith('{'))
      resolve({ steps: steps.map((line) => JSON.parse(line)), code })
    })
    child.stdin.end(`${lines.join('\n')}\n`)
  })
}

/** True if it got the answer, false if it was told that there is none; anything else is an error. */
async function isServed(arch) {
  const { id, namespace } = ENTRY
  const { steps, code } = await client(arch, [
    'wsastartup',
    `begin h=h name=${NAME} ns=${namespace} provider=${id}`,
    'next h=h',
  ])
  const [started, begun, next] = steps
  if (code !== 0 || started?.ret !== 0 || begun === undefined)
    throw new Error(`the ${arch} client ended with ${code}: ${JSON.stringify(steps)}`)
  return begun.ret === 0 && next?.ret === 0 && next.data.result.name === NAME
}

const own = process.arch === 'arm64' ? 'arm64' : 'x64'
const expected = { [own]: true, x86: true, ...(own === 'arm64' ? { x64: false } : {}) }
let wrong = 0
await install(provider)
try {
  const host = await serve(provider)
  try {
    for (const [arch, wanted] of Object.entries(expected)) {
      const served = await isServed(arch)
      if (served !== wanted) wrong++
      const what = `${arch} programs are ${served ? 'served' : 'not served'}`
      process.stdout.write(`${served === wanted ? '✔' : '✖'} ${what}\n`)
    }
  } finally {
    await host.close()
  }
} finally {
  await uninstall(provider)
}
process.exitCode = wrong === 0 ? 0 : 1
