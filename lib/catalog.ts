// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The module winsock-nsp/catalog: providers on and off the machine. What changes anything needs an administrator.
import { type Guid, parseGuid } from './guid.ts'
import { CatalogIterator, checkWatchOptions } from './install/catalog-watch.ts'
import type { Position } from './install/entry-changes.ts'
import * as changes from './install/entry-changes.ts'
import type {
  CatalogEntry,
  Installation,
  InstallOptions,
  LeftBehind,
} from './install/operations.ts'
import * as operations from './install/operations.ts'
import type { Step } from './install/steps.ts'
import { loadNative } from './internal/binding.ts'
import { definitionOf, firstId, isProvider } from './internal/definition.ts'
import { IssueList, invalidArgument, show } from './internal/issues.ts'
import type { Provider } from './types.ts'

export type { Position } from './install/entry-changes.ts'
export type {
  CatalogEntry,
  Installation,
  InstallOptions,
  LeftBehind,
} from './install/operations.ts'
export type { Step } from './install/steps.ts'
export type { Guid, Provider }

function idOf(which: Provider | Guid): Guid {
  const id = isProvider(which) ? firstId(definitionOf(which)) : parseGuid(which)
  if (id !== undefined) return id
  const issues = new IssueList()
  const fault = `${show(which)} is neither a provider nor a GUID`
  issues.add('which', `${fault}; give what defineProvider returns, or the GUID of an entry`)
  throw invalidArgument(issues)
}

/**
 * Installs a provider for 64-bit and 32-bit programs, or not at all. Repeating it updates in place.
 * @example
 * await using installation = await install(provider)
 * @throws NspError ERR_NSP_NOT_ELEVATED, ERR_NSP_INSTALL_REFUSED, ERR_NSP_INVALID_PROVIDER,
 * ERR_NSP_UNSUPPORTED_PLATFORM, ERR_NSP_NATIVE_NOT_LOADED; WinsockError if Windows refuses.
 */
export async function install(
  provider: Provider,
  options: InstallOptions = {},
): Promise<Installation> {
  const definition = definitionOf(provider)
  const checked = operations.checkInstallOptions(options)
  return operations.install(loadNative(), definition, checked)
}

/**
 * Takes a provider off the machine. Idempotent; works with the host dead, the package gone, or half installed.
 * Without an argument: everything that this package ever installed.
 * @example
 * await uninstall('6b1f0c6e-2f2b-4f0c-8b7c-0f5b7f6f0001')
 * @throws NspError ERR_NSP_NOT_ELEVATED if there is something to do; AggregateError if steps failed.
 */
export async function uninstall(
  which?: Provider | Guid,
  options: { readonly dryRun?: boolean | undefined } = {},
): Promise<readonly Step[]> {
  const id = which === undefined ? undefined : idOf(which)
  const { dryRun } = operations.checkUninstallOptions(options)
  return operations.uninstall(loadNative(), id, dryRun)
}

/**
 * Lets Winsock ask the provider again after `disable`: both widths or neither. A GUID that is not the provider's first
 * means that entry alone.
 * @throws NspError ERR_NSP_NOT_INSTALLED, ERR_NSP_NOT_ELEVATED
 */
export async function enable(which: Provider | Guid): Promise<void> {
  const id = idOf(which)
  changes.setEnabled(loadNative(), id, true)
}

/**
 * Keeps the provider in the catalog, but lets nobody ask it. Programs that run may go on asking.
 * @throws NspError ERR_NSP_NOT_INSTALLED, ERR_NSP_NOT_ELEVATED
 */
export async function disable(which: Provider | Guid): Promise<void> {
  const id = idOf(which)
  changes.setEnabled(loadNative(), id, false)
}

/**
 * Moves a provider's entries among the others, in both catalogs or in neither; the others keep their order among
 * themselves. A GUID that is not the provider's first means that entry alone.
 * @example
 * await order(provider, 'first')
 * await order(provider, { after: '22059d40-7e9e-11cf-ae5a-00aa00a7112b' })
 * @throws NspError ERR_NSP_NOT_INSTALLED, ERR_NSP_NOT_ELEVATED; WinsockError if Windows refuses.
 */
export async function order(which: Provider | Guid, position: Position): Promise<void> {
  const id = idOf(which)
  const checked = changes.checkPosition(position)
  changes.order(loadNative(), id, checked)
}

/**
 * Both catalogs as they are, other people's entries included, in their order.
 * @example
 * const ours = (await list()).filter((entry) => entry.ours !== undefined)
 */
export async function list(): Promise<readonly CatalogEntry[]> {
  return operations.list(loadNative())
}

/**
 * The catalogs as they are, then again after each change, whoever makes it. Leaving the loop or aborting releases what
 * it holds; until then it keeps the process alive.
 * @example
 * for await (const entries of watchCatalog({ signal })) console.log(entries.length)
 * @throws The signal's reason; NspError ERR_NSP_UNSUPPORTED_PLATFORM, ERR_NSP_NATIVE_NOT_LOADED; WinsockError.
 */
export function watchCatalog(
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncIterable<readonly CatalogEntry[]> {
  const signal = checkWatchOptions(options)
  return { [Symbol.asyncIterator]: () => new CatalogIterator(loadNative, signal) }
}

/**
 * Takes back temporary installations whose process has gone without doing so, and says what it found. `dev` and
 * `serve(..., { install: 'temporary' })` do this at their start.
 * @throws NspError ERR_NSP_NOT_ELEVATED if there is something to do.
 */
export async function removeLeftBehind(): Promise<readonly LeftBehind[]> {
  return operations.removeLeftBehind(loadNative())
}
