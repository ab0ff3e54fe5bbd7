// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// install, uninstall, enable, disable, order and list.
import {
  type CatalogEntry,
  disable,
  enable,
  type InstallOptions,
  install,
  list,
  order,
  type Position,
  uninstall,
  watchCatalog,
} from '../catalog.ts'
import { type Output, printSteps, printTable, say } from './output.ts'
import { loadProvider, providerOrGuid } from './provider-file.ts'
import { untilStopped } from './serve-command.ts'

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

export async function installCommand(
  output: Output,
  file: string,
  options: InstallArguments,
): Promise<void> {
  const { account, directory, order, dryRun } = options
  const provider = await loadProvider(file)
  const { steps, entries, alreadyRunning, warnings } = await install(provider, {
    account: accountOf(account),
    directory,
    order,
    dryRun,
  })
  printSteps(output, steps)
  if (dryRun !== true)
    say(output, `${provider.name} is installed: ${entries.length} catalog entries.`)
  for (const warning of warnings) say(output, `warning: ${warning}`)
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

export async function orderCommand(
  output: Output,
  which: string,
  position: Position,
): Promise<void> {
  await order(await providerOrGuid(which), position)
  say(output, 'Ordered.')
}

export interface ListArguments {
  readonly json?: boolean
  readonly ours?: boolean
  readonly watch?: boolean
}

function printEntries(
  output: Output,
  all: readonly CatalogEntry[],
  { json, ours, watch }: ListArguments,
): void {
  const entries = all.filter((entry) => ours !== true || entry.ours !== undefined)
  // One line for each state of the catalog, so that a program can read them.
  if (json === true) say(output, JSON.stringify(entries, undefined, watch === true ? 0 : 2))
  else printTable(output, [['programs', '', 'ns', 'id', 'name', 'by'], ...entries.map(rowOf)])
}

export async function listCommand(output: Output, options: ListArguments): Promise<void> {
  if (options.watch !== true) return printEntries(output, await list(), options)
  const stop = new AbortController()
  const stopped = untilStopped(output).then(() => stop.abort())
  try {
    for await (const entries of watchCatalog({ signal: stop.signal })) {
      printEntries(output, entries, options)
      if (options.json !== true) say(output, `-- ${new Date().toLocaleTimeString()}; Ctrl+C ends`)
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
    await stopped
  }
}
