// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Wine prefixes: a template is made once per Wine, the prefixes that runs use are copies of it, and
// a lock keeps two runs out of one.
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { lock } from './lock.mjs'
import { ENTER_ROOT, inNamespace } from './namespace.mjs'
import { CACHE, CHECKOUT_ID, RECIPE } from './paths.mjs'
import { step } from './say.mjs'
import { run } from './shell.mjs'

// No crash dialogs, no menu entries, and no offers to fetch .NET or a browser engine.
export const QUIET_OVERRIDES = 'winedbg.exe=d;winemenubuilder.exe=d;mscoree=d;mshtml=d'

/** The folder that stands for Wine's root: for the machine's own Wine a bind of / made by each run. */
export function rootFor(wine) {
  if (wine.root !== '/') return wine.root
  const folder = join(CACHE, 'root')
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Shell lines before ENTER_ROOT that fill that folder. */
export const fillRoot = (wine) => (wine.root === '/' ? 'mount --rbind / "$R"\n' : '')

/** The environment every Windows program starts with. Nothing of the user's own gets in. */
export function wineEnvironment(wine, prefix) {
  return {
    HOME: '/tmp/home',
    USER: 'rig',
    LANG: 'C.UTF-8',
    PATH: wine.path,
    WINEPREFIX: prefix,
    WINEARCH: 'win64',
    WINEDEBUG: '-all',
    WINEDLLOVERRIDES: QUIET_OVERRIDES,
  }
}

export const asArguments = (env) => Object.entries(env).map(([key, value]) => `${key}=${value}`)

const MAKE_TEMPLATE = `
mkdir -p "$HOME"
wineboot -i
wine winecfg -v win10
wine reg add 'HKCU\\Software\\Wine\\Drivers' /v Graphics /d null /f
wine reg add 'HKCU\\Software\\Wine\\Drivers' /v Audio /d '' /f
wine reg add 'HKCU\\Software\\Wine\\WineDbg' /v ShowCrashDialog /t REG_DWORD /d 0 /f
wineserver -w`

async function makeTemplate(wine, template) {
  const part = `${template}.part`
  rmSync(part, { recursive: true, force: true })
  mkdirSync(part, { recursive: true })
  const script = `R=$1; shift\n${fillRoot(wine)}${ENTER_ROOT}
bind "$1"; shift
exec chroot "$R" env -i "$@"`
  const { command, args } = inNamespace(script, [
    rootFor(wine),
    part,
    ...asArguments(wineEnvironment(wine, part)),
    'sh',
    '-ec',
    MAKE_TEMPLATE,
  ])
  await step('Wine prefix (10 to 30 s, once)', () => run(command, args))
  renameSync(part, template)
}

// A prefix is 1.4 GB of Wine's own programs, which nothing writes to: those are hard links.
const WINE_OWN = /\.(dll|exe|sys|drv|ocx|cpl|acm|ax|msstyles|nls|ttf|fon|tsp|ds|com)$/i

function copyTree(from, to) {
  mkdirSync(to)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (entry.isDirectory()) copyTree(source, target)
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
    else if (!WINE_OWN.test(entry.name) || !tryLink(source, target)) copyFileSync(source, target)
  }
}

function tryLink(from, to) {
  try {
    linkSync(from, to)
    return true
  } catch {
    return false // another file system, or too many links: copied instead
  }
}

/**
 * Gives a prefix of this checkout by name, locked until `release` is called. With `fresh` it is a
 * new copy of the template and is removed at release; otherwise it keeps what earlier runs left.
 */
export async function openPrefix(wine, { name, fresh }) {
  const key = `${wine.version}-${RECIPE}`.replace(/[^\w.-]/g, '_')
  const template = join(CACHE, 'templates', key)
  if (!existsSync(template)) {
    const unlock = await lock(`${template}.lock`, 'the Wine prefix template')
    if (!existsSync(template)) await makeTemplate(wine, template)
    unlock()
  }
  const path = join(CACHE, 'prefixes', key, `${CHECKOUT_ID}-${name}`)
  const unlock = await lock(`${path}.lock`, `the Wine prefix "${name}"`)
  // Retried: programs that were just killed may still be writing.
  const remove = () => rmSync(path, { recursive: true, force: true, maxRetries: 10 })
  if (fresh) remove()
  if (!existsSync(path)) {
    const part = `${path}.part`
    rmSync(part, { recursive: true, force: true })
    mkdirSync(dirname(path), { recursive: true })
    copyTree(template, part)
    renameSync(part, path)
  }
  const release = () => {
    process.off('exit', release)
    if (fresh) remove()
    unlock()
  }
  process.on('exit', release) // also when a signal ends us
  return { path, release }
}
