// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The module winsock-nsp/catalog: providers on and off the machine. What changes anything needs an administrator.
import { type Guid, parseGuid } from './guid.ts'
import { loadNative } from './internal/binding.ts'
import { definitionOf, firstId, isProvider } from './internal/definition.ts'
import { show } from './internal/issues.ts'
import type {
  CatalogEntry,
  Installation,
  InstallOptions,
  LeftBehind,
} from './internal/operations.ts'
import * as operations from './internal/operations.ts'
import type { Step } from './internal/steps.ts'
import type { Provider } from './types.ts'

export type {
  CatalogEntry,
  Installation,
  InstallOptions,
  LeftBehind,
} from './internal/operations.ts'
export type { Step } from './internal/steps.ts'
export type { Guid, Provider }

function idOf(which: Provider | Guid): Guid {
  const id = isProvider(which) ? firstId(definitionOf(which)) : parseGuid(which)
  if (id !== undefined) return id
  throw Object.assign(new TypeError(`neither a provider nor a GUID: ${show(which)}`), {
    code: 'ERR_INVALID_ARG_VALUE',
  })
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
  return operations.uninstall(loadNative(), id, options.dryRun === true)
}

/**
 * Lets Winsock ask the provider again after `disable`, for both widths.
 * @throws NspError ERR_NSP_NOT_INSTALLED, ERR_NSP_NOT_ELEVATED
 */
export async function enable(which: Provider | Guid): Promise<void> {
  operations.setEnabled(loadNative(), idOf(which), true)
}

/**
 * Keeps the provider in the catalog, but lets nobody ask it.
 * @throws NspError ERR_NSP_NOT_INSTALLED, ERR_NSP_NOT_ELEVATED
 */
export async function disable(which: Provider | Guid): Promise<void> {
  operations.setEnabled(loadNative(), idOf(which), false)
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
 * Takes back temporary installations whose process has gone without doing so, and says what it found. `dev` and
 * `serve(..., { install: 'temporary' })` do this at their start.
 * @throws NspError ERR_NSP_NOT_ELEVATED if there is something to do.
 */
export async function removeLeftBehind(): Promise<readonly LeftBehind[]> {
  return operations.removeLeftBehind(loadNative())
}
