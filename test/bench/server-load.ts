// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// How busy Wine's server process is: every trip of a kernel object goes there, so it is what limits
// several processes at once. Read from Linux's own tables, which a program in Wine can see.
import { readdirSync, readFileSync } from 'node:fs'

const PROC = 'Z:\\proc'
/** Linux counts processor time in these; the same on all machines that the rig runs on. */
const TICKS_A_SECOND = 100

function findServer(): string | undefined {
  try {
    return readdirSync(PROC).find((name) => {
      if (!/^\d+$/.test(name)) return false
      try {
        return readFileSync(`${PROC}\\${name}\\comm`, 'latin1').startsWith('wineserver')
      } catch {
        return false // it has ended meanwhile
      }
    })
  } catch {
    return undefined // not Wine
  }
}

/** Seconds of processor time that a process has had. */
function seconds(process: string): number {
  const text = readFileSync(`${PROC}\\${process}\\stat`, 'latin1')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
}

export class ServerLoad {
  readonly #process = findServer()
  #busy = 0
  #wall = 0
  #from = { busy: 0, wall: 0 }

  begin(): void {
    if (this.#process === undefined) return
    this.#from = { busy: seconds(this.#process), wall: performance.now() }
  }

  end(): void {
    if (this.#process === undefined) return
    this.#busy += seconds(this.#process) - this.#from.busy
    this.#wall += (performance.now() - this.#from.wall) / 1000
  }

  /** Of one core, over all that was measured; undefined where there is no such process. */
  share(): number | undefined {
    return this.#process === undefined || this.#wall === 0 ? undefined : this.#busy / this.#wall
  }
}
