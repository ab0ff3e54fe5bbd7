// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What can be changed about entries that are installed: their place, and whether they are asked. In both catalogs or
// in neither.
import { NspError } from '../errors.ts'
import { type Guid, parseGuid } from '../guid.ts'
import { IssueList, invalidArgument, isFields, show } from '../internal/issues.ts'
import type { Native, NativeCatalog } from '../internal/native.ts'
import { nativeError, notElevated } from '../internal/windows-error.ts'
import { enableCall, orderAction } from './catalog-steps.ts'
import { CATALOGS, findInstalled, type OurEntry } from './machine.ts'
import { type Action, runSteps, StepFailed } from './steps.ts'

/** Where entries go: before or after all others, or beside the entry with that GUID. */
export type Position = 'first' | 'last' | { readonly before: Guid } | { readonly after: Guid }

type Side = 'before' | 'after'

const WIDTH: Readonly<Record<NativeCatalog, string>> = { native: '64-bit', x86: '32-bit' }
const USAGE = "'first', 'last', { before: GUID } or { after: GUID }"

/** @throws TypeError (`ERR_INVALID_ARG_VALUE`) */
export function checkPosition(position: unknown): Position {
  const issues = new IssueList()
  const add = (path: string, message: string) => {
    issues.add(path, message)
    return invalidArgument(issues)
  }
  if (position === 'first' || position === 'last') return position
  if (!isFields(position)) throw add('position', `${show(position)} is not ${USAGE}`)
  const keys = Object.keys(position)
  const [side] = keys
  if (keys.length !== 1 || (side !== 'before' && side !== 'after')) {
    throw add('position', `has ${keys.length === 0 ? 'no fields' : keys.join(', ')}; give ${USAGE}`)
  }
  const id = parseGuid(position[side])
  if (id === undefined) {
    const fault = `${show(position[side])} is not a GUID; winsock-nsp list shows those of all entries`
    throw add(`position.${side}`, fault)
  }
  return side === 'before' ? { before: id } : { after: id }
}

/** The entries that `id` means: all of the provider, or with a GUID that is not its first that entry alone. */
function entriesOf(native: Native, id: Guid): readonly OurEntry[] {
  const found = findInstalled(native).find((one) => one.ids.includes(id))
  const entries = found?.entries.filter(({ entry }) => id === found.id || entry.id === id) ?? []
  if (entries.length > 0) return entries
  throw new NspError('ERR_NSP_NOT_INSTALLED', `${id} is not installed`, {
    remedy: 'Install it first: npx winsock-nsp install ./provider.ts',
  })
}

/** A change that failed as the user sees it. */
function changeFailed({ action, cause, left }: StepFailed): Error {
  const error = nativeError(cause, `${action.call} ${action.target}`)
  if (left.length === 0) return error
  return new NspError('ERR_NSP_INSTALL_REFUSED', 'it failed, and could not be taken back', {
    issues: left.map(({ step, error: fault }) => ({
      path: `${step.call} ${step.target}`,
      message: String(fault),
    })),
    remedy: 'See what is there with: npx winsock-nsp list; then try again.',
    cause: error,
  })
}

function runChanges(native: Native, what: string, actions: readonly Action[]): void {
  if (!native.isElevated()) throw notElevated(what)
  try {
    runSteps(actions)
  } catch (error) {
    throw error instanceof StepFailed ? changeFailed(error) : error
  }
}

export function setEnabled(native: Native, id: Guid, enabled: boolean): void {
  const entries = entriesOf(native, id)
  const actions = entries.map(({ catalog, entry }) => ({
    call: enableCall(catalog),
    target: entry.id,
    run: () => native.catalogEnable(catalog, entry.id, enabled),
    undo: () => native.catalogEnable(catalog, entry.id, entry.enabled),
  }))
  runChanges(native, enabled ? 'enable' : 'disable', actions)
}

function missingAnchor(side: Side, anchor: Guid, catalog: NativeCatalog): NspError {
  const message = `there is no entry ${anchor} in the catalog of ${WIDTH[catalog]} programs`
  return new NspError('ERR_NSP_NOT_INSTALLED', 'nothing was moved', {
    issues: [{ path: `position.${side}`, message }],
    remedy:
      'Name an entry that both catalogs have; npx winsock-nsp list shows them. first and last always work.',
  })
}

function ordered(
  before: readonly Guid[],
  moved: readonly Guid[],
  position: Position,
  catalog: NativeCatalog,
): readonly Guid[] {
  const others = before.filter((id) => !moved.includes(id))
  // Ours keep their order among themselves, whatever it is.
  const ours = before.filter((id) => moved.includes(id))
  if (position === 'first') return [...ours, ...others]
  if (position === 'last') return [...others, ...ours]
  const [side, anchor] =
    'before' in position
      ? (['before', position.before] as const)
      : (['after', position.after] as const)
  const at = others.indexOf(anchor)
  if (at === -1) throw missingAnchor(side, anchor, catalog)
  return others.toSpliced(side === 'before' ? at : at + 1, 0, ...ours)
}

/** @throws TypeError if the position is relative to what is moved. */
function checkAnchor(position: Position, moved: readonly Guid[]): void {
  if (typeof position === 'string') return
  const anchor = 'before' in position ? position.before : position.after
  if (!moved.includes(anchor)) return
  const issues = new IssueList()
  issues.add(
    `position.${'before' in position ? 'before' : 'after'}`,
    `${anchor} is itself one of the entries to be moved; name another one, or only one of them`,
  )
  throw invalidArgument(issues)
}

/** Moves ours in both catalogs; the others keep their order among themselves. */
export function order(native: Native, id: Guid, position: Position): void {
  const entries = entriesOf(native, id)
  checkAnchor(
    position,
    entries.map(({ entry }) => entry.id),
  )
  const actions = CATALOGS.flatMap((catalog) => {
    const moved = entries.filter((one) => one.catalog === catalog).map(({ entry }) => entry.id)
    if (moved.length === 0) return []
    const before = native.catalogList(catalog).map((entry) => entry.id)
    const ids = ordered(before, moved, position, catalog)
    if (ids.every((one, i) => one === before[i])) return []
    return [orderAction(native, catalog, { target: moved.join(' '), ids, before })]
  })
  runChanges(native, 'order', actions)
}
