// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Runs one Windows program in a prepared prefix: in namespaces of its own, with a clean environment,
// live output and its exit code. One at a time: each run has its own wineserver, and two of them
// would write to one registry. On Windows itself the program is started as it is.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { ENTER_ROOT, inNamespace } from './namespace.mjs'
import { ROOT, testOutput } from './paths.mjs'
import { asArguments, fillRoot, QUIET_OVERRIDES, rootFor, wineEnvironment } from './prefix.mjs'
import { Stop } from './say.mjs'

// wineserver -k writes the registry to the prefix; the rest of what runs is ended with it.
const INSIDE = `
mkdir -p "$HOME"
cd "$1" || exit 127
shift
wine "$@"
code=$?
wineserver -k
exit $code`

/** Wine's drive Z: is the root, so an absolute path here is the same path there. */
export function toWindows(path) {
  return path.startsWith('/') ? `Z:${path.replaceAll('/', '\\')}` : path
}

function programPath(rig, command, cwd) {
  if (command === 'node') return toWindows(rig.node)
  if (/^[a-z]:[\\/]/i.test(command) || !command.includes('/')) return command
  return toWindows(isAbsolute(command) ? command : resolve(cwd, command))
}

/** On Windows: the program itself, beside our own environment. */
function plainCommand(rig, { command, args, env, cwd }) {
  const path = /[\\/]/.test(command) ? resolve(cwd, command) : command
  return {
    command: command === 'node' ? rig.node : path,
    args,
    options: { cwd, env: { ...process.env, ...rig.env, ...env }, windowsHide: true },
  }
}

function namespaceCommand(rig, { command, args, env, cwd }) {
  const launcher = join(testOutput('x64'), 'launcher.exe')
  if (!existsSync(launcher)) {
    throw new Stop('build/test/x64/launcher.exe is missing', 'node scripts/prepare.mjs')
  }
  const all = { ...wineEnvironment(rig.wine, rig.prefix), ...rig.env, ...env }
  const overrides = [QUIET_OVERRIDES, rig.env.WINEDLLOVERRIDES, env.WINEDLLOVERRIDES].filter(
    Boolean,
  )
  all.WINEDLLOVERRIDES = overrides.join(';')
  const script = `R=$1; shift\n${fillRoot(rig.wine)}${ENTER_ROOT}
bind "$1"; bind "$2"; bind "$3"
shift 3
exec chroot "$R" env -i "$@"`
  const inside = inNamespace(script, [
    rootFor(rig.wine),
    ROOT,
    rig.prefix,
    dirname(rig.node),
    ...asArguments(all),
    ...['sh', '-c', INSIDE, 'sh', cwd, launcher, programPath(rig, command, cwd), ...args],
  ])
  // A session of its own: Ctrl+C at the terminal reaches this process alone, which ends the rest.
  return { ...inside, options: { detached: true, env: { PATH: process.env.PATH } } }
}

/** What is spawned: { command, args, options }. */
export function commandFor(rig, options) {
  return rig.native ? plainCommand(rig, options) : namespaceCommand(rig, options)
}

let last = Promise.resolve()

/**
 * Runs `command` ('node' is Windows Node; a path may be written the Unix or the Windows way).
 * - `onLine(line, stream)` gets each line of output; without it, output goes to our own streams
 * - `stdin`: 'ignore' (default), 'inherit', or text
 * - `signal`: ends everything in there at once when it aborts
 * Resolves to the exit code.
 */
export function runWindows(rig, options) {
  const turn = last.then(() => runNow(rig, { args: [], env: {}, cwd: ROOT, ...options }))
  last = turn.catch(() => {})
  return turn
}

function runNow(rig, options) {
  const { command, args, options: how } = commandFor(rig, options)
  const { stdin = 'ignore', onLine, signal } = options
  return new Promise((done, failed) => {
    const child = spawn(command, args, {
      stdio: [stdin === 'ignore' ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...how,
    })
    const end = () => child.kill('SIGKILL')
    const leave = (name) => {
      end()
      process.exit(name === 'SIGINT' ? 130 : 143)
    }
    process.on('exit', end)
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, leave)
    signal?.addEventListener('abort', end, { once: true })
    if (signal?.aborted) end()
    feed(child, stdin)
    for (const stream of ['stdout', 'stderr']) {
      if (onLine)
        createInterface({ input: child[stream] }).on('line', (line) => onLine(line, stream))
      else child[stream].on('data', (chunk) => process[stream].write(chunk))
    }
    child.on('error', failed)
    child.on('close', (code, ended) => {
      process.off('exit', end)
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, leave)
      signal?.removeEventListener('abort', end)
      if (stdin === 'inherit') {
        process.stdin.unpipe(child.stdin)
        process.stdin.pause()
      }
      done(code ?? (ended ? 137 : 1))
    })
  })
}

function feed(child, stdin) {
  if (stdin === 'ignore') return
  child.stdin.on('error', () => {}) // the program may end without reading all of it
  if (stdin === 'inherit') process.stdin.pipe(child.stdin)
  else child.stdin.end(stdin)
}
