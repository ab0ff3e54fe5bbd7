// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// serve: makes this process the host of an installed provider.
import { NspError } from './errors.ts'
import { startHost } from './host/host.ts'
import { type CheckedServeOptions, checkServeOptions } from './host/options.ts'
import { debug } from './host/trace.ts'
import { isInstalled, locate } from './install/locate.ts'
import { install, removeLeftBehind, uninstall } from './install/operations.ts'
import { loadNative } from './internal/binding.ts'
import { type Definition, definitionOf, firstId } from './internal/definition.ts'
import type { Native } from './internal/native.ts'
import { isNativeFailure } from './internal/windows-error.ts'
import type { Host, Provider, ServeOptions } from './types.ts'

const ERROR_ACCESS_DENIED = 5
const ERROR_LOCK_VIOLATION = 33
const ERROR_FILE_NOT_FOUND = 2
const ERROR_FILE_CORRUPT = 1392

/** What a failing takeover means. */
function serveFailed(error: unknown, controlPath: string): unknown {
  if (!isNativeFailure(error)) return error
  const { hostPid } = error as { readonly hostPid?: number }
  if (error.errno === ERROR_LOCK_VIOLATION || hostPid !== undefined) {
    return new NspError(
      'ERR_NSP_ALREADY_SERVED',
      `process ${hostPid ?? 'unknown'} serves this provider already`,
      {
        issues: [{ path: controlPath, message: `held by process ${hostPid ?? 'unknown'}` }],
        remedy: `Stop the other host (process ${hostPid ?? 'unknown'}), or give this provider other GUIDs.`,
        cause: error,
      },
    )
  }
  if (error.errno === ERROR_ACCESS_DENIED) {
    return new NspError('ERR_NSP_CHANNEL_TAKEN', `${error.syscall}: access denied`, {
      issues: [{ path: controlPath, message: 'pipe or file belongs to another account' }],
      remedy:
        'Run the host as the account that the provider was installed for (install --account).',
      cause: error,
    })
  }
  if (error.errno === ERROR_FILE_NOT_FOUND || error.errno === ERROR_FILE_CORRUPT) {
    return new NspError(
      'ERR_NSP_VERSION_MISMATCH',
      'the control file of the installation is missing or of another version',
      {
        issues: [{ path: controlPath, message: error.message }],
        remedy: 'As administrator: npx winsock-nsp install ./provider.ts',
        cause: error,
      },
    )
  }
  return error
}

/** Installs for as long as the host lives; returns what takes it back. */
function installTemporarily(native: Native, definition: Definition): () => Promise<void> {
  for (const { provider, processId } of removeLeftBehind(native)) {
    debug('removed %s, left behind by process %d', provider, processId)
  }
  // What somebody installed for good stays.
  if (isInstalled(native, definition)) return async () => undefined
  const options = {
    sid: undefined,
    directory: undefined,
    order: 'last',
    dryRun: false,
    temporary: true,
  } as const
  install(native, definition, options)
  return async () => void uninstall(native, firstId(definition), false)
}

/** `serve` over a given addon. */
export async function serveWith(
  native: Native,
  provider: Provider,
  options: CheckedServeOptions,
  signal?: AbortSignal,
): Promise<Host> {
  const definition = definitionOf(provider)
  const afterClose =
    options.install === 'temporary' ? installTemporarily(native, definition) : async () => undefined
  let controlPath = ''
  try {
    controlPath = locate(native, definition).sidecar.controlPath
    return await startHost(
      { native, provider, definition, controlPath, options, afterClose },
      signal,
    )
  } catch (error) {
    await afterClose()
    throw serveFailed(error, controlPath)
  }
}

/**
 * Makes this process the host of a provider: its handlers are called by every process on the machine that asks.
 * @example
 * const host = await serve(provider)
 * host.on('connect', (client) => console.log(client.imagePath))
 * @throws NspError ERR_NSP_NOT_INSTALLED, ERR_NSP_ALREADY_SERVED, ERR_NSP_CHANNEL_TAKEN, ERR_NSP_VERSION_MISMATCH,
 * ERR_NSP_UNSUPPORTED_PLATFORM, ERR_NSP_NATIVE_NOT_LOADED, ERR_NSP_INVALID_PROVIDER; with `install: 'temporary'`
 * also ERR_NSP_NOT_ELEVATED and ERR_NSP_INSTALL_REFUSED. TypeError (`ERR_INVALID_ARG_VALUE`) for bad options.
 */
export async function serve(provider: Provider, options: ServeOptions = {}): Promise<Host> {
  definitionOf(provider)
  const checked = checkServeOptions(options)
  options.signal?.throwIfAborted()
  return serveWith(loadNative(), provider, checked, options.signal)
}
