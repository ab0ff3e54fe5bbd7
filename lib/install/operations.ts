// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The operations of winsock-nsp/catalog over a given addon.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { NspError } from '../errors.ts'
import type { Guid } from '../guid.ts'
import { debug } from '../host/trace.ts'
import { type Definition, firstId } from '../internal/definition.ts'
import { IssueList, invalidArgument, isFields, show } from '../internal/issues.ts'
import type { Native, NativeCatalog } from '../internal/native.ts'
import { nativeError, notElevated } from '../internal/windows-error.ts'
import { catalogAfter } from './catalog-steps.ts'
import { installActions } from './installer.ts'
import { folderOfLibrary, layoutOf, packageVersion } from './layout.ts'
import { CATALOGS, findInstalled, type Installed } from './machine.ts'
import { isAbandoned, makeMarker, readMarker } from './marker.ts'
import { orderWarnings } from './order-warnings.ts'
import { isLeftover, removalActions, removeEmptyBases, sweepLeftover } from './removal.ts'
import { planSteps, runAllSteps, runSteps, type Step, StepFailed } from './steps.ts'

export interface CatalogEntry {
  readonly id: Guid
  readonly name: string
  readonly namespace: number
  readonly version: number
  readonly enabled: boolean
  readonly path: string
  readonly catalog: NativeCatalog
  /** The version of this package that made it; undefined for other people's. */
  readonly ours: string | undefined
}

export interface InstallOptions {
  /** The account the host will run as; the DLL talks to no other. Default: the one calling. */
  readonly account?:
    | 'current'
    | 'LocalService'
    | 'NetworkService'
    | 'LocalSystem'
    | { readonly sid: string }
    | undefined
  /** Where the versioned DLL copies go. Default under ProgramFiles; refused if ordinary users can write there. */
  readonly directory?: string | undefined
  /** Place among the others. Default last, which means that DNS is asked before us. */
  readonly order?: 'first' | 'last' | undefined
  /** List the steps, do nothing. */
  readonly dryRun?: boolean | undefined
}

/** Disposing uninstalls: `await using` in a test leaves the machine as it was. */
export interface Installation extends AsyncDisposable {
  readonly steps: readonly Step[]
  readonly entries: readonly CatalogEntry[]
  /** Processes that will see it only after a restart. */
  readonly alreadyRunning: readonly { readonly processId: number; readonly imagePath: string }[]
  /** What its place among other providers means, in sentences; empty outside Namespace.DNS. */
  readonly warnings: readonly string[]
}

/** A temporary installation whose process has gone. */
export interface LeftBehind {
  readonly provider: string
  readonly processId: number
  readonly steps: readonly Step[]
}

export interface CheckedInstallOptions {
  readonly sid: string | undefined
  readonly directory: string | undefined
  readonly order: 'first' | 'last'
  readonly dryRun: boolean
  readonly temporary: boolean
}

const ACCOUNTS: Readonly<Record<string, string>> = {
  LocalService: 'S-1-5-19',
  NetworkService: 'S-1-5-20',
  LocalSystem: 'S-1-5-18',
}

function checkAccount(issues: IssueList, account: unknown): string | undefined {
  if (account === undefined || account === 'current') return undefined
  if (typeof account === 'string' && Object.hasOwn(ACCOUNTS, account)) return ACCOUNTS[account]
  const sid = isFields(account) ? account['sid'] : undefined
  if (typeof sid === 'string' && /^S-1-\d+(-\d+){1,15}$/i.test(sid)) return sid
  return issues.add('account', `neither the name of an account nor { sid }: ${show(account)}`)
}

/** Every program on the machine loads the DLLs from there: neither a share nor where somebody happens to stand. */
function checkDirectory(issues: IssueList, directory: unknown): string | undefined {
  if (directory === undefined) return undefined
  const text = issues.text('directory', directory, 400)
  if (text === undefined || /^[a-z]:[\\/]/i.test(text)) return text
  return issues.add('directory', `${show(text)} is not an absolute path with a drive letter`)
}

/** The options of `uninstall`. @throws TypeError (`ERR_INVALID_ARG_VALUE`) */
export function checkUninstallOptions(options: unknown): { readonly dryRun: boolean } {
  const issues = new IssueList()
  const given = isFields(options) ? options : {}
  if (!isFields(options)) issues.add('options', `not an object: ${show(options)}`)
  issues.unknownKeys('', given, ['dryRun'])
  const dryRun = issues.boolean('dryRun', given['dryRun']) ?? false
  if (issues.issues.length > 0) throw invalidArgument(issues)
  return { dryRun }
}

/** @throws TypeError (`ERR_INVALID_ARG_VALUE`) */
export function checkInstallOptions(options: InstallOptions): CheckedInstallOptions {
  const issues = new IssueList()
  const given = isFields(options) ? options : {}
  if (!isFields(options)) issues.add('options', `not an object: ${show(options)}`)
  issues.unknownKeys('', given, ['account', 'directory', 'order', 'dryRun'])
  const order = given['order'] ?? 'last'
  if (order !== 'first' && order !== 'last') {
    issues.add('order', `${show(order)} is neither 'first' nor 'last'`)
  }
  const directory = checkDirectory(issues, given['directory'])
  const sid = checkAccount(issues, given['account'])
  const dryRun = issues.boolean('dryRun', given['dryRun']) ?? false
  if (issues.issues.length > 0) throw invalidArgument(issues)
  return { sid, directory, order: order === 'first' ? 'first' : 'last', dryRun, temporary: false }
}

export function list(native: Native): readonly CatalogEntry[] {
  const entries = CATALOGS.flatMap((catalog) =>
    native
      .catalogList(catalog)
      .map((entry) =>
        Object.freeze({ ...entry, catalog, ours: folderOfLibrary(entry.path)?.version }),
      ),
  )
  return Object.freeze(entries)
}

/** Throws unless this process may change what only administrators may. */
function requireElevation(native: Native, what: string): void {
  if (!native.isElevated()) throw notElevated(what)
}

/** A failed installation as the user sees it. */
function installFailed({ action, cause, left }: StepFailed, saved: string): Error {
  const error = nativeError(cause, `${action.call} ${action.target}`)
  if (left.length === 0) return error
  const kept = existsSync(saved) ? `Both catalogs as they were are in ${saved}. ` : ''
  const steps = left.map(
    ({ step, error: fault }) => `${step.call} ${step.target}: ${String(fault)}`,
  )
  return new NspError(
    'ERR_NSP_INSTALL_REFUSED',
    `installing failed, and could not be taken back completely`,
    {
      issues: steps.map((message) => ({ path: '', message })),
      remedy: `${kept}To take away what is left: npx winsock-nsp uninstall --all`,
      cause: error,
    },
  )
}

/** Programs that have Winsock loaded read the catalog again when they start, not before. */
function alreadyRunning(native: Native): Installation['alreadyRunning'] {
  const root = process.env['SystemRoot'] ?? 'C:\\Windows'
  try {
    return native
      .processesUsing(join(root, 'System32', 'ws2_32.dll'))
      .filter(({ processId }) => processId !== process.pid)
  } catch (error) {
    debug('which processes use ws2_32.dll is not known: %o', error)
    return []
  }
}

export function install(
  native: Native,
  definition: Definition,
  options: CheckedInstallOptions,
): Installation {
  const { directory, order, dryRun, temporary } = options
  if (!dryRun) requireElevation(native, 'install')
  const hostSid = options.sid ?? native.currentUserSid()
  const marker = temporary ? makeMarker(definition.name) : undefined
  const actions = installActions({ native, definition, hostSid, directory, order, marker })
  const id = firstId(definition)
  const layout = layoutOf(native, id, packageVersion(), directory)
  // Reckoned before the first step, so that a dry run says the same.
  const after = CATALOGS.map((catalog) =>
    catalogAfter({ native, definition, order }, layout, catalog),
  )
  const ids = definition.entries.map(({ entry }) => entry.id)
  const warnings = orderWarnings(after, ids, id)
  let steps: readonly Step[]
  try {
    steps = dryRun ? planSteps(actions) : runSteps(actions)
  } catch (error) {
    throw error instanceof StepFailed ? installFailed(error, layout.savedCatalogs) : error
  }
  return {
    steps,
    warnings,
    entries: Object.freeze(list(native).filter((entry) => ids.includes(entry.id))),
    alreadyRunning: Object.freeze(dryRun || temporary ? [] : alreadyRunning(native)),
    async [Symbol.asyncDispose]() {
      if (!dryRun) uninstall(native, id, false)
    },
  }
}

function remove(native: Native, found: readonly Installed[]): readonly Step[] {
  const { steps, faults } = runAllSteps(found.flatMap((one) => removalActions(native, one)))
  removeEmptyBases(native, found)
  if (faults.length === 0) return steps
  const errors = faults.map(({ action, error }) =>
    nativeError(error, `${action.call} ${action.target}`),
  )
  throw errors.length === 1
    ? errors[0]
    : new AggregateError(errors, `${errors.length} steps failed`)
}

export function uninstall(native: Native, id: Guid | undefined, dryRun: boolean): readonly Step[] {
  const all = findInstalled(native).filter((one) => id === undefined || one.ids.includes(id))
  const leftovers = all.filter(isLeftover)
  if (!dryRun && leftovers.length > 0) {
    for (const one of leftovers) sweepLeftover(one)
    removeEmptyBases(native, leftovers)
  }
  const found = all.filter((one) => !leftovers.includes(one))
  const actions = found.flatMap((one) => removalActions(native, one))
  if (dryRun) return planSteps(actions)
  if (actions.length === 0) return Object.freeze([])
  requireElevation(native, 'uninstall')
  return remove(native, found)
}

export function removeLeftBehind(native: Native): readonly LeftBehind[] {
  const left = findInstalled(native).flatMap((found) => {
    const marker = readMarker(found)
    return marker !== undefined && isAbandoned(marker) ? [{ found, marker }] : []
  })
  if (left.length > 0) requireElevation(native, 'uninstall')
  return left.map(({ found, marker: { provider, processId } }) => ({
    provider,
    processId,
    steps: remove(native, [found]),
  }))
}
