// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Loads the file that a command names, and says what is wrong with it.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isNspError, NspError } from '../errors.ts'
import { type Guid, parseGuid } from '../guid.ts'
import { isProvider } from '../internal/definition.ts'
import { show } from '../internal/issues.ts'
import type { Provider } from '../types.ts'

function invalid(path: string, field: string, message: string, cause?: unknown): NspError {
  return new NspError('ERR_NSP_INVALID_FILE', `${path} is not a provider file`, {
    issues: [{ path: field, message }],
    remedy: 'The file must `export default defineProvider({ ... })`, as README.md shows.',
    cause,
  })
}

/** Where a syntax error is, if its stack says so: the first line is file:line. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const [place = ''] = (error.stack ?? '').split('\n')
  const line =
    error.name === 'SyntaxError' && /:\d+$/.test(place) ? ` (line ${place.split(':').at(-1)})` : ''
  return `${error.name}: ${error.message.split('\n')[0]}${line}`
}

/** Imports a provider file anew; `version` keeps apart what was saved at different times. */
export async function loadProvider(file: string, version = 0): Promise<Provider> {
  const path = resolve(file)
  if (!existsSync(path)) throw invalid(path, '', 'there is no such file')
  const url = pathToFileURL(path)
  if (version > 0) url.search = `?v=${version}`
  let module: { readonly default?: unknown }
  try {
    module = (await import(url.href)) as { readonly default?: unknown }
  } catch (error) {
    if (isNspError(error)) throw error
    throw invalid(path, '', describe(error), error)
  }
  if (isProvider(module.default)) return module.default
  const message = 'default' in module ? `not a provider: ${show(module.default)}` : 'missing'
  throw invalid(path, 'default', message)
}

/** A GUID, or the provider that a file exports. */
export async function providerOrGuid(which: string): Promise<Provider | Guid> {
  return parseGuid(which) ?? (await loadProvider(which))
}
