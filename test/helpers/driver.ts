// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What stands behind the provider in a test: data changes and host faults go through this one
// interface, so that the same tests run over the real thing and over the faulty provider.
import type { Arch } from './client.ts'
import { FaultyDriver } from './driver-faulty.ts'
import { NodeDriver } from './driver-node.ts'

export interface EntryRef {
  readonly id: string
  readonly namespace: number
}

export interface HostOptions {
  /** Deadlines and the grace period after a host loss; 2000 each unless given. */
  lookupMs?: number
  ioctlMs?: number
  graceMs?: number
  /** What the host vouches with for its data; none unless given. */
  revision?: string | undefined
}

export type SendArgs = Readonly<Record<string, string | number>>
export type Answer = Record<string, unknown>

export interface Driver {
  readonly kind: 'node' | 'faulty'
  readonly names: EntryRef
  readonly mesh: EntryRef
  /** Of the second provider, which answers SIO_NSP_NOTIFY_CHANGE itself. */
  readonly vouch: EntryRef
  /** Of the third, whose handles go on with what has changed. */
  readonly feed: EntryRef
  /** The host's process id; 0 while none runs. */
  readonly pid: number
  /** The DLL of that width, as it is loaded for the entry (default: names and mesh, which share one). */
  dll(arch: Arch, entry?: EntryRef): string
  /** Both catalogs. A re-installation takes a retired provider back into service. */
  install(): Promise<void>
  /** Idempotent. */
  uninstall(): Promise<void>
  /** Starts the host and waits until it serves; nothing if it runs. */
  start(options?: HostOptions): Promise<void>
  /** The host closes cleanly. Nothing if it does not run. */
  stop(): Promise<void>
  /** TerminateProcess: the host has no say. */
  kill(): Promise<void>
  suspend(): Promise<void>
  resume(): Promise<void>
  /** What uninstalling does to handles that are open: the control file says `retired`. */
  retire(): Promise<void>
  /** One command of the hosts' line protocol; rejects when the host answers {"ok":false}. */
  send(verb: string, args?: SendArgs): Promise<Answer>
}

/** The driver that NSP_DRIVER names: node (default) or faulty. */
export function openDriver(): Driver {
  const kind = process.env.NSP_DRIVER ?? 'node'
  if (kind === 'node') return new NodeDriver()
  if (kind === 'faulty') return new FaultyDriver()
  throw new Error(`NSP_DRIVER is ${kind}, which is neither node nor faulty`)
}
