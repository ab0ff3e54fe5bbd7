// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// install, uninstall, enable, disable and list.
import {
  type CatalogEntry,
  disable,
  enable,
  type InstallOptions,
  install,
  list,
  uninstall,
} from '../catalog.ts'
import { Namespace } from '../codes.ts'
import { type Output, printSteps, printTable, say } from './output.ts'
import { loadProvider, providerOrGuid } from './provider-file.ts'

export interface InstallArguments {
  readonly account?: string
  readonly directory?: string
  readonly order: 'first' | 'last'
  readonly dryRun?: boolean
}

function accountOf(text: string | undefined): InstallOptions['account'] {
  if (text === undefined) return undefined
  return text.startsWith('S-') ? { sid: text } : (text as 'LocalService')
}

function warnAboutOrder(output: Output, entries: readonly CatalogEntry[]): void {
  if (!entries.some(({ namespace }) => namespace === Namespace.DNS)) return
  say(
    output,
    'Windows asks its own DNS before this provider. --order first asks this one before it.',
  )
}

export async function installCommand(
  output: Output,
  file: string,
  options: InstallArguments,
): Promise<void> {
  const { account, directory, order, dryRun } = options
  const provider = await loadProvider(file)
  const { steps, entries, alreadyRunning } = await install(provider, {
    account: accountOf(account),
    directory,
    order,
    dryRun,
  })
  printSteps(output, steps)
  if (dryRun === true) return
  say(output, `${provider.name} is installed: ${entries.length} catalog entries.`)
  if (order === 'last') warnAboutOrder(output, entries)
  if (alreadyRunning.length > 0) {
    say(output, `${alreadyRunning.length} running programs see it when they are started again.`)
  }
}

export async function uninstallCommand(
  output: Output,
  which: string | undefined,
  { dryRun }: { readonly dryRun?: boolean },
): Promise<void> {
  const target = which === undefined ? undefined : await providerOrGuid(which)
  const steps = await uninstall(target, { dryRun })
  printSteps(output, steps)
  if (steps.length === 0) say(output, 'Nothing is installed.')
  else if (dryRun !== true) say(output, 'Uninstalled.')
}

export async function enableCommand(output: Output, which: string): Promise<void> {
  await enable(await providerOrGuid(which))
  say(output, 'Enabled.')
}

export async function disableCommand(output: Output, which: string): Promise<void> {
  await disable(await providerOrGuid(which))
  say(output, 'Disabled.')
}

function rowOf(entry: CatalogEntry): string[] {
  const { catalog, enabled, namespace, id, name, ours } = entry
  return [
    catalog === 'x86' ? '32-bit' : '64-bit',
    enabled ? 'on' : 'off',
    String(namespace),
    id,
    name,
    ours === undefined ? '' : `winsock-nsp ${ours}`,
  ]
}

export async function listCommand(
  output: Output,
  { json, ours }: { readonly json?: boolean; readonly ours?: boolean },
): Promise<void> {
  const entries = (await list()).filter((entry) => ours !== true || entry.ours !== undefined)
  if (json === true) say(output, JSON.stringify(entries, undefined, 2))
  else printTable(output, [['programs', '', 'ns', 'id', 'name', 'by'], ...entries.map(rowOf)])
}
