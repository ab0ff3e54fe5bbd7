// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The module winsock-nsp/directory: the seam between the contract's object model and any store of services.
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { IssueList, invalidArgument, isFields, show } from './internal/issues.ts'
import type { FileDirectory, FileDirectoryOptions } from './store/directory.ts'
import { ZoneFile } from './store/file-directory.ts'
import type { NamedService } from './store/stored.ts'

export type {
  Directory,
  DirectoryClasses,
  DirectoryEvent,
  DirectoryOperation,
  DirectoryOptions,
  DirectoryReset,
  DirectoryWatchOptions,
  FileDirectory,
  FileDirectoryOptions,
} from './store/directory.ts'
export { MemoryDirectory } from './store/memory-directory.ts'
export type { NamedService }

function fileOptions(path: unknown, options: unknown): FileDirectoryOptions {
  const issues = new IssueList()
  const given = isFields(options) ? options : {}
  if (typeof path !== 'string' && !(path instanceof URL))
    issues.add('path', `neither a path nor a URL: ${show(path)}`)
  if (!isFields(options)) issues.add('', `not an object: ${show(options)}`)
  issues.unknownKeys('', given, ['save', 'onError'])
  issues.boolean('save', given['save'])
  issues.callable('onError', given['onError'])
  if (issues.issues.length > 0) throw invalidArgument(issues)
  return given
}

/**
 * A zone file, watched: edits become notifications. `{"records": [{"name", "class", "addresses", "aliases", "version",
 * "comment", "context", "queryString", "blob", "ttl"}], "classes": [{"id", "name", "properties"}]}`; bytes are
 * hexadecimal, a class is a GUID or 'tcp/80'.
 * @example
 * export default defineProvider({ name: 'Zone', entries, directory: await fileDirectory('zone.json') })
 * @throws NspError ERR_NSP_INVALID_FILE, whose `issues` name file, line and field. TypeError (`ERR_INVALID_ARG_VALUE`)
 * for bad options.
 */
export async function fileDirectory(
  path: string | URL,
  options: FileDirectoryOptions = {},
): Promise<FileDirectory> {
  const { save = false, onError = (error) => process.emitWarning(error) } = fileOptions(
    path,
    options,
  )
  const file = resolve(path instanceof URL ? fileURLToPath(path) : path)
  return new ZoneFile({ path: file, save, onError }).begin()
}
