// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A Wine with 64 and 32 bit, version 10 or newer: the machine's own, or the one in a Debian 13 root
// that is made under the cache folder.
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
const DEBIAN_ROOT = join(CACHE, 'debian-13')
const LIBRARY_FOLDERS = [
  'usr/lib',
  'usr/lib64',
  'usr/lib32',
  'opt/wine-stable/lib',
  'opt/wine-stable/lib64',
]

function hasWidth(root, width) {
  return [`usr/lib/${width}-linux-gnu`, ...LIBRARY_FOLDERS].some((folder) =>
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

function debianWine() {
  // The root is renamed into its place when it is finished, so being there means being whole.
  if (
    !existsSync(join(DEBIAN_ROOT, 'usr/bin/wine')) &&
    !existsSync(join(DEBIAN_ROOT, 'usr/bin/wine-stable'))
  ) {
    return undefined
  }
  if (!hasBothWidths(DEBIAN_ROOT)) return undefined
  const status = readFileSync(join(DEBIAN_ROOT, 'var/lib/dpkg/status'), 'utf8')
  const version = /^Package: wine\nStatus: install ok installed\n(?:.+\n)*?Version: (.+)$/m.exec(
    status,
  )?.[1]
  if (!version) return undefined
  return { root: DEBIAN_ROOT, version: `wine-${version}`, path: '/usr/bin:/bin' }
}

const INSTALL_WINE = `
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
dpkg --add-architecture i386
apt-get update
apt-get install -y --no-install-recommends ca-certificates wine wine64 wine32:i386
apt-get clean
rm -rf /var/lib/apt/lists/*`

async function makeDebianRoot() {
  const part = `${DEBIAN_ROOT}.part`
  rmSync(DEBIAN_ROOT, { recursive: true, force: true })
  rmSync(part, { recursive: true, force: true })
  mkdirSync(part, { recursive: true })
  const mirror = debianMirror()
  const env = { ...process.env, ...proxyEnvironment(), LC_ALL: 'C' }
  const again = { env, remedy: 'with the network there: node scripts/prepare.mjs' }
  const bootstrap = inNamespace('mount -t proc proc /proc 2>/dev/null; exec debootstrap "$@"', [
    '--variant=minbase',
    'trixie',
    part,
    mirror,
  ])
  await step(`Debian 13 root from ${new URL(mirror).host} (about half a minute, once)`, () =>
    run(bootstrap.command, bootstrap.args, again),
  )
  for (const file of ['/etc/hosts', '/etc/resolv.conf']) {
    if (!existsSync(file)) continue
    rmSync(join(part, file), { force: true })
    writeFileSync(join(part, file), readFileSync(file))
  }
  writeFileSync(join(part, 'etc/apt/apt.conf.d/90host-access'), `${aptAccess().join('\n')}\n`)
  const script = `
set -e
R=$1
mount --rbind /dev "$R/dev"
mount -t proc proc "$R/proc" 2>/dev/null || mount --rbind /proc "$R/proc"
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
  mkdir -p "$R/etc/ssl/certs"
  cp /etc/ssl/certs/ca-certificates.crt "$R/etc/ssl/certs/"
fi
exec chroot "$R" /bin/sh -ec "$2"`
  const install = inNamespace(script, [part, INSTALL_WINE])
  await step('Wine 10, 64 and 32 bit, into that root (about half a minute, once)', () =>
    run(install.command, install.args, again),
  )
  renameSync(part, DEBIAN_ROOT)
}

/** Returns { root, version, path }: the folder that is Wine's file system root, and PATH in there. */
export async function ensureWine() {
  const found = ownWine() ?? debianWine()
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
      `${wanted}; making a Debian 13 root for it needs root`,
      'sudo -E node scripts/prepare.mjs   (or install such a Wine)',
    )
  }
  await ensureTools(ROOT_TOOLS)
  await makeDebianRoot()
  const made = debianWine()
  if (!made)
    throw new Stop(
      `the Debian 13 root in ${DEBIAN_ROOT} has no working Wine`,
      `rm -rf --one-file-system ${DEBIAN_ROOT} && node scripts/prepare.mjs`,
    )
  return made
}
