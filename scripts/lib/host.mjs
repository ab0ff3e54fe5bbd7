// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the Linux machine itself must have: compilers and tools, as Debian packages. They are
// installed only when one is missing, and only as root.
import { existsSync, readFileSync } from 'node:fs'
import { Stop, step } from './say.mjs'
import { output, run, which } from './shell.mjs'

const APT_ENV = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }

/** libFuzzer and the sanitizers' runtime, of the clang that is there. */
function hasFuzzer() {
  const name = 'libclang_rt.fuzzer-x86_64.a'
  const found = output('clang++', [`-print-file-name=${name}`])?.trim()
  return found !== undefined && found !== name && existsSync(found)
}

/** For the fuzzers, test/fuzz. */
export const FUZZ_TOOLS = [
  ['clang++', 'clang'],
  ['llvm-cov', 'llvm'],
  ['llvm-profdata', 'llvm'],
  [hasFuzzer, 'libclang-rt-dev'],
]

/** Each tool by the program that shows that it is there, or by a function that tells. */
const TOOLS = [
  ['x86_64-w64-mingw32-g++-posix', 'g++-mingw-w64-x86-64-posix'],
  ['i686-w64-mingw32-g++-posix', 'g++-mingw-w64-i686-posix'],
  ['cmake', 'cmake'],
  ['ninja', 'ninja-build'],
  ['g++', 'g++'],
  ['python3', 'python3'],
  ...FUZZ_TOOLS,
]
export const ROOT_TOOLS = [['debootstrap', 'debootstrap']]

export const isRoot = () => process.getuid?.() === 0

export function osRelease() {
  try {
    const lines = readFileSync('/etc/os-release', 'utf8').split('\n')
    const pairs = lines.filter((line) => line.includes('=')).map((line) => line.split('='))
    return Object.fromEntries(
      pairs.map(([key, ...rest]) => [key, rest.join('=').replaceAll('"', '')]),
    )
  } catch {
    return {}
  }
}

export function isDebian() {
  const { ID, VERSION_ID } = osRelease()
  return ID === 'debian' && Number(VERSION_ID) >= 12
}

function missingPackages(tools) {
  const isThere = (tool) => (typeof tool === 'string' ? which(tool) : tool())
  const missing = tools.filter(([tool]) => !isThere(tool)).map(([, name]) => name)
  if (!existsSync('/etc/ssl/certs/ca-certificates.crt')) missing.push('ca-certificates')
  return [...new Set(missing)]
}

export async function ensureTools(tools = TOOLS) {
  const missing = missingPackages(tools)
  if (missing.length === 0) return
  const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`
  if (!which('apt-get')) {
    throw new Stop(
      `these are missing: ${missing.join(', ')} (named as Debian's packages)`,
      "install them with this system's package manager, or use Debian 12",
    )
  }
  if (!isRoot())
    throw new Stop(`these packages are missing: ${missing.join(', ')}`, `sudo sh -c '${command}'`)
  await step(`Debian packages: ${missing.join(' ')}`, () => installPackages(missing, command))
}

async function installPackages(missing, command) {
  const install = ['install', '-y', '--no-install-recommends', ...missing]
  await run('apt-get', ['update'], { env: APT_ENV, remedy: `with the network there: ${command}` })
  await run('apt-get', install, { env: APT_ENV, remedy: `with the network there: ${command}` })
}

/** The mirror that this machine's own apt takes Debian's main packages from. */
export function debianMirror() {
  const format = '$(CREATED_BY)|$(RELEASE)|$(CODENAME)|$(COMPONENT)|$(REPO_URI)'
  const targets = output('apt-get', ['indextargets', '--format', format], { env: APT_ENV }) ?? ''
  const { VERSION_CODENAME } = osRelease()
  const names = [VERSION_CODENAME, 'stable', 'oldstable']
  for (const line of targets.split('\n')) {
    const [kind, release, codename, component, uri] = line.split('|')
    // Not the security or updates archive: they lie elsewhere or hold only a part.
    if (kind !== 'Packages' || component !== 'main' || !uri) continue
    if (names.includes(release) || (codename === VERSION_CODENAME && !release.includes('-'))) {
      return uri.replace(/\/$/, '')
    }
  }
  throw new Stop(
    "apt's sources name no mirror with Debian's main packages",
    `put one into /etc/apt/sources.list: deb MIRROR ${VERSION_CODENAME ?? 'bookworm'} main`,
  )
}

/** How this machine's apt reaches its mirror: proxies and certificates, as apt.conf lines. */
export function aptAccess() {
  const dump = output('apt-config', ['dump', '--no-empty'], { env: APT_ENV }) ?? ''
  const wanted =
    /^Acquire::(https?|ftp)(::[^ ]+)?::(Proxy|Proxy-Auto-Detect|CaInfo|Verify-Peer|Verify-Host)\b/i
  return dump.split('\n').filter((line) => wanted.test(line) && /"[^"]+";$/.test(line))
}

/** The proxy for programs that don't read apt's configuration (debootstrap fetches by wget). */
export function proxyEnvironment() {
  const env = {}
  for (const line of aptAccess()) {
    const match = /^Acquire::(https?)::Proxy "([^"]+)";$/i.exec(line)
    if (match && match[2] !== 'DIRECT') env[`${match[1].toLowerCase()}_proxy`] = match[2]
  }
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy']) {
    const own = process.env[name] ?? process.env[name.toUpperCase()]
    if (own) env[name] = own
  }
  return env
}

export function requireLinux() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Stop(
      `the rig runs on Linux on x86-64, this is ${process.platform} on ${process.arch}`,
    )
  }
  const [major] = process.versions.node.split('.').map(Number)
  if (major < 20)
    throw new Stop(`Node ${process.versions.node} is too old`, 'install Node 20 or newer')
  for (const name of ['unshare', 'setpriv', 'mount', 'chroot']) {
    if (!which(name))
      throw new Stop(`${name} is missing`, 'apt-get install -y util-linux coreutils mount')
  }
}
