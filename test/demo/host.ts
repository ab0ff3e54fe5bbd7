// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Starts and ends the demo's host process (zone-host.ts).
import { NodeProgram } from './node-program.ts'

export interface HostLine {
  readonly ready?: boolean
  readonly pid?: number
  readonly invalidated?: boolean
  readonly at?: string
  readonly code?: string
  readonly message?: string
  readonly remedy?: string
}

export class ZoneHost extends NodeProgram<HostLine> {
  constructor(zone: string, env: NodeJS.ProcessEnv) {
    super({ what: 'the host', file: './zone-host.ts', env: { ...env, ZONE_FILE: zone } })
  }

  /** What it says when it serves, or why it does not. */
  ready(): Promise<HostLine> {
    return this.line((line) => line.ready !== undefined)
  }

  /** When it told the clients of the first change after `since` (both in nanoseconds of hrtime). */
  async invalidatedAfter(since: bigint): Promise<bigint> {
    const line = await this.line(
      ({ invalidated, at }) => invalidated === true && BigInt(at ?? 0) > since,
    )
    return BigInt(line.at ?? 0)
  }
}
