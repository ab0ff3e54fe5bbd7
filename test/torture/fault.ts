// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a fault is: how it is tried with the DLL as it is shipped, and how it is tried with the protection switched
// off, where it must show.
import type { Bench, Tried } from './bench.ts'
import type { Variant } from './provider.ts'

/** How one try is made: with which DLL, and what is off in the clients. */
export interface Mode {
  readonly variant: Variant
  readonly off?: string | undefined
  /** The control of a fault whose protection is not in the DLL: the host or a client misbehaves more. */
  readonly control: boolean
}

/**
 * The switch in the torture build of the DLL, or what a host or client does worse; `shows` must be found in a failure
 * then. Or why there is none.
 */
export type Control =
  | { readonly off: string; readonly shows: RegExp }
  | { readonly host: string; readonly shows: RegExp }
  | { readonly none: string }

export interface Fault {
  readonly name: string
  /** What is done, for docs/reliability.md. */
  readonly what: string
  /** What protects, for docs/reliability.md. */
  readonly protection: string
  /** Part of the smoke run: the fault alone, or its control, too. */
  readonly smoke?: 'fault' | 'control'
  /** What nobody else is to meet: changes to the catalog, or to the one provider that serves itself. */
  readonly alone?: boolean
  /** What the rig cannot judge: what it says is not taken for a pass. */
  readonly windowsOnly?: string
  readonly try: (bench: Bench, mode: Mode) => Promise<Tried>
  readonly control: Control
}

export const PLAIN: Mode = { variant: 'plain', control: false }
