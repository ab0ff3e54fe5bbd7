// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Private mount and process namespaces: what is mounted or started inside is gone when the command
// ends, however it or this process ends.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRoot } from './host.mjs'
import { Stop } from './say.mjs'

const flags = (propagation) => [
  '--mount',
  '--pid',
  '--fork',
  '--kill-child=SIGKILL',
  '--propagation',
  propagation,
]
const AS_USER = ['--user', '--map-root-user']

const isMounted = (path) =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[4] === path)

/** Mounts something in such a namespace; true if that works and stays there. */
function staysInside(options) {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'winsock-nsp-mount-'))
  try {
    const { status } = spawnSync('unshare', [...options, 'mount', '-t', 'tmpfs', 'tmpfs', folder])
    if (status !== 0) return false
    if (!isMounted(folder)) return true
    spawnSync('umount', [folder])
    return false
  } finally {
    rmdirSync(folder)
  }
}

let prefix
/**
 * Finds out once how this process may make namespaces: as root, or in a user namespace. In a chroot
 * whose root is no mount point the propagation cannot be changed; then it must be private already.
 */
function unshare() {
  if (prefix) return prefix
  const kinds = [flags('private'), flags('unchanged')]
  const ways = [...(isRoot() ? kinds : []), ...kinds.map((kind) => [...AS_USER, ...kind])]
  prefix = ways.find(staysInside)
  if (prefix) return prefix
  throw new Stop(
    'this machine forbids private mount namespaces (unshare --mount --pid), which the rig runs in',
    isRoot()
      ? 'in a container, start it with: --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined'
      : 'run as root, or allow user namespaces: sudo sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0',
  )
}

/**
 * The command that runs a shell script with arguments in namespaces of its own. setpriv ties it to
 * this process, so that SIGKILL here ends it too.
 */
export function inNamespace(script, args = []) {
  // chroot and mount lie where only root's PATH looks.
  const shell = ['sh', '-c', `PATH="$PATH:/usr/sbin:/sbin"\n${script}`, 'sh', ...args]
  return { command: 'setpriv', args: ['--pdeathsig', 'KILL', 'unshare', ...unshare(), ...shell] }
}

/**
 * Shell lines that make the folder $R a root to run Wine in. After it come pairs of paths that are
 * bound into it at the same place.
 */
export const ENTER_ROOT = `
set -e
mount --rbind /dev "$R/dev"
mount -t proc proc "$R/proc" 2>/dev/null || mount --rbind /proc "$R/proc"
mount -t tmpfs -o mode=1777 tmpfs "$R/tmp"
for file in /etc/hosts /etc/resolv.conf; do
  if [ -e "$file" ] && [ -e "$R$file" ]; then mount --bind "$file" "$R$file"; fi
done
bind() { mkdir -p "$R$1"; mount --rbind "$1" "$R$1"; }
`
