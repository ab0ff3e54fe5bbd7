// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A lock file that names its process, so that two runs never share one Wine prefix and a run that
// was killed doesn't block the next one.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { say } from './say.mjs'

function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** A process id alone may have been given to another process since: its start time tells. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return process.platform === 'linux' || !isAlive(pid) ? undefined : 'unknown'
  }
}

function ownerOf(path) {
  try {
    const [pid, start] = readFileSync(path, 'utf8').trim().split(' ')
    return { pid: Number(pid), alive: start !== undefined && startOf(pid) === start }
  } catch {
    return undefined
  }
}

function tryLock(path) {
  // Written beside it and linked: a lock file is never seen empty.
  const mine = `${path}.${process.pid}`
  writeFileSync(mine, `${process.pid} ${startOf(process.pid)}\n`)
  try {
    linkSync(mine, path)
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  } finally {
    rmSync(mine, { force: true })
  }
}

function dropStale(path) {
  // Renamed before it is removed, so that of two takers one wins; the loser just tries again.
  const stale = `${path}.stale.${process.pid}`
  try {
    renameSync(path, stale)
    if (ownerOf(stale)?.alive) renameSync(stale, path)
    else rmSync(stale, { force: true })
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
}

/** Takes the lock, waiting while a living process has it. Returns the function that gives it back. */
export async function lock(path, what) {
  mkdirSync(dirname(path), { recursive: true })
  let told
  while (!tryLock(path)) {
    const owner = ownerOf(path)
    if (owner && !owner.alive) {
      dropStale(path)
      continue
    }
    if (owner && told !== owner.pid) {
      told = owner.pid
      say(`… waiting for process ${owner.pid}, which is using ${what}`)
    }
    await delay(200)
  }
  const release = () => {
    process.off('exit', release)
    if (ownerOf(path)?.pid === process.pid) rmSync(path, { force: true })
  }
  process.on('exit', release)
  return release
}
