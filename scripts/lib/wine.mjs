// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A Wine with 64 and 32 bit, version 10 or newer: the machine's own, or the one in a Debian root that
// is made under the cache folder.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  aptAccess,
  debianMirror,
  ensureTools,
  isDebian,
  isRoot,
  osRelease,
  proxyEnvironment,
  ROOT_TOOLS,
} from './host.mjs'
import { inNamespace } from './namespace.mjs'
import { CACHE } from './paths.mjs'
import { Stop, say, step } from './say.mjs'
import { output, run, which } from './shell.mjs'

export const OLDEST_WINE = 10

/**
 * The Debians with such a Wine, the best first. A mirror in the middle of a sync, or one that is late
 * with an architecture, serves indexes that the signed list of the suite does not vouch for, for
 * hours or days: apt refuses them, and the next suite is tried. Debian 13 needs a second architecture
 * for 32 bit; a newer one runs that in the 64-bit Wine.
 */
const DEBIANS = [
  {
    name: 'Debian 13',
    suite: 'trixie',
    root: join(CACHE, 'debian-13'),
    packages: ['wine', 'wine64', 'wine32:i386'],
  },
  {
    name: 'Debian unstable',
    suite: 'sid',
    root: join(CACHE, 'debian-unstable'),
    packages: ['wine', 'wine64'],
  },
]

const LIBRARY_FOLDERS = [
  'usr/lib',
  'usr/lib64',
  'usr/lib32',
  'opt/wine-stable/lib',
  'opt/wine-stable/lib64',
]

function hasWidth(root, width) {
  const multiarch = [width, 'x86_64'].map((machine) => `usr/lib/${machine}-linux-gnu`)
  return [...multiarch, ...LIBRARY_FOLDERS].some((folder) =>
    existsSync(join(root, folder, 'wine', `${width}-windows`, 'ws2_32.dll')),
  )
}

const hasBothWidths = (root) => hasWidth(root, 'x86_64') && hasWidth(root, 'i386')

/** The machine's own Wine, if it is good enough; if there is one that isn't, says why not. */
function ownWine() {
  if (!which('wine') || !which('wineserver')) return undefined
  const version = /wine-(\d+)[^\s]*/.exec(output('wine', ['--version']) ?? '')
  if (!version) say('- the wine on PATH does not tell its version: not used')
  else if (Number(version[1]) < OLDEST_WINE)
    say(`- ${version[0]} on PATH is older than Wine ${OLDEST_WINE}: not used`)
  else if (!hasBothWidths('/'))
    say(`- ${version[0]} on PATH lacks 64-bit or 32-bit libraries: not used`)
  else return { root: '/', version: version[0], path: process.env.PATH }
  return undefined
}

// A newer Debian has wineserver nowhere else.
const DEBIAN_PATH = '/usr/bin:/bin:/usr/lib/x86_64-linux-gnu/wine'

function debianWine({ root }) {
  // The root is renamed into its place when it is finished, so being there means being whole.
  const programs = ['usr/bin/wine', 'usr/bin/wine-stable']
  if (!programs.some((path) => existsSync(join(root, path))) || !hasBothWidths(root))
    return undefined
  const status = readFileSync(join(root, 'var/lib/dpkg/status'), 'utf8')
  const version = /^Package: wine\nStatus: install ok installed\n(?:.+\n)*?Version: (.+)$/m.exec(
    status,
  )?.[1]
  if (!version) return undefined
  return { root, version: `wine-${version}`, path: DEBIAN_PATH }
}

const anyDebianWine = () =>
  DEBIANS.reduce((found, debian) => found ?? debianWine(debian), undefined)

const INSTALL_WINE = `
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
case "$*" in *:i386*) dpkg --add-architecture i386 ;; esac
apt-get update
apt-get install -y --no-install-recommends ca-certificates "$@"
apt-get clean
rm -rf /var/lib/apt/lists/*`

async function makeDebianRoot({ name, suite, root, packages }) {
  const part = `${root}.part`
  rmSync(root, { recursive: true, force: true })
  rmSync(part, { recursive: true, force: true })
  mkdirSync(part, { recursive: true })
  const mirror = debianMirror()
  const env = { ...process.env, ...proxyEnvironment(), LC_ALL: 'C' }
  const again = { env, remedy: 'with the network there: node scripts/prepare.mjs' }
  const bootstrap = inNamespace('mount -t proc proc /proc 2>/dev/null; exec debootstrap "$@"', [
    '--variant=minbase',
    suite,
    part,
    mirror,
  ])
  await step(`${name} root from ${new URL(mirror).host} (about half a minute, once)`, () =>
    run(bootstrap.command, bootstrap.args, again),
  )
  for (const file of ['/etc/hosts', '/etc/resolv.conf']) {
    if (!existsSync(file)) continue
    rmSync(join(part, file), { force: true })
    writeFileSync(join(part, file), readFileSync(file))
  }
  // Only rolling suites say until when they are valid. A mirror that is late has them signed all the
  // same; they are then as old as a stable suite may be.
  const access = [...aptAccess(), 'Acquire::Check-Valid-Until "false";']
  writeFileSync(join(part, 'etc/apt/apt.conf.d/90host-access'), `${access.join('\n')}\n`)
  const script = `
set -e
R=$1
mount --rbind /dev "$R/dev"
mount -t proc proc "$R/proc" 2>/dev/null || mount --rbind /proc "$R/proc"
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
  mkdir -p "$R/etc/ssl/certs"
  cp /etc/ssl/certs/ca-certificates.crt "$R/etc/ssl/certs/"
fi
shift
exec chroot "$R" /bin/sh -ec "$@"`
  const install = inNamespace(script, [part, INSTALL_WINE, 'sh', ...packages])
  await step('Wine 10, 64 and 32 bit, into that root (about half a minute, once)', () =>
    run(install.command, install.args, again),
  )
  renameSync(part, root)
}

async function makeAnyDebianRoot() {
  for (const debian of DEBIANS) {
    try {
      return await makeDebianRoot(debian)
    } catch (error) {
      if (!(error instanceof Stop) || debian === DEBIANS.at(-1)) throw error
      say(`- ${debian.name} can't be had from this mirror now: ${error.message}`)
    } finally {
      rmSync(`${debian.root}.part`, { recursive: true, force: true })
    }
  }
}

/** Returns { root, version, path }: the folder that is Wine's file system root, and PATH in there. */
export async function ensureWine() {
  const found = ownWine() ?? anyDebianWine()
  if (found) return found
  const wanted = `Wine ${OLDEST_WINE} or newer with 64-bit and 32-bit libraries is missing`
  if (!isDebian()) {
    const name = osRelease().PRETTY_NAME ?? 'not Debian'
    throw new Stop(
      `${wanted}, and this system (${name}) is not Debian 12 or newer`,
      "install such a Wine with this system's package manager",
    )
  }
  if (!isRoot()) {
    throw new Stop(
      `${wanted}; making a Debian root for it needs root`,
      'sudo -E node scripts/prepare.mjs   (or install such a Wine)',
    )
  }
  await ensureTools(ROOT_TOOLS)
  await makeAnyDebianRoot()
  const made = anyDebianWine()
  if (!made)
    throw new Stop(
      `the Debian root in ${CACHE} has no working Wine`,
      `rm -rf --one-file-system ${CACHE}/debian-* && node scripts/prepare.mjs`,
    )
  return made
}
