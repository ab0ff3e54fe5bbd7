// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The checked form of a provider, and where a Provider keeps it.
import type { CidrBlock } from '../address.ts'
import { NspError } from '../errors.ts'
import type { Guid } from '../guid.ts'
import type { NamePattern } from '../host/filter.ts'
import type { IoctlBinding } from '../ioctl.ts'
import type { Allow, Entry, Provider, ProviderInit } from '../types.ts'

export interface DefinedEntry {
  /** What the user sees of it. */
  readonly entry: Entry
  readonly index: number
  readonly displayName: string
  readonly version: number
  readonly hierarchical: boolean
  readonly ownsByDefault: boolean
  readonly patterns: readonly NamePattern[]
  readonly blocks: readonly CidrBlock[]
  /** undefined: all classes. */
  readonly classes: readonly Guid[] | undefined
}

/** The handlers that a directory can stand in for, whoever gave them; bound. */
export type SharedHandlers = Readonly<
  Pick<
    ProviderInit,
    'lookup' | 'register' | 'deregister' | 'remove' | 'installClass' | 'removeClass' | 'classInfo'
  >
>

export interface Definition {
  readonly init: ProviderInit
  readonly handlers: SharedHandlers
  readonly name: string
  /** In the order of the sidecar and the control file. */
  readonly entries: readonly DefinedEntry[]
  readonly ioctls: ReadonlyMap<number, IoctlBinding>
  readonly deadlines: {
    readonly lookupMs: number
    readonly ioctlMs: number
    readonly registerMs: number
  }
  /** A Winsock code. */
  readonly onFailure: number
  readonly allow: Allow
}

// Found by a registered symbol, so that the command line of one copy can serve a file that loads another.
const DEFINITION: unique symbol = Symbol.for('winsock-nsp.definition') as never

export function attachDefinition(provider: Provider, definition: Definition): void {
  Object.defineProperty(provider, DEFINITION, { value: definition })
}

export function isProvider(value: unknown): value is Provider {
  return typeof value === 'object' && value !== null && DEFINITION in value
}

/** @throws NspError ERR_NSP_INVALID_PROVIDER for what defineProvider did not make. */
export function definitionOf(provider: unknown): Definition {
  if (isProvider(provider))
    return (provider as unknown as { readonly [DEFINITION]: Definition })[DEFINITION]
  throw new NspError('ERR_NSP_INVALID_PROVIDER', 'this is not a provider', {
    issues: [{ path: '', message: 'not made by defineProvider' }],
    remedy: 'Pass what defineProvider({ name, entries, lookup }) returns.',
  })
}

/** The first GUID names folder, control file and pipe of the whole provider. */
export function firstId(definition: Definition): Guid {
  return definition.entries[0]?.entry.id ?? ''
}
