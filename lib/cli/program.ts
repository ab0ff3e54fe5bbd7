// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The commands and their options. Exit codes: 0 done, 1 failed, 2 wrongly called.
import { Argument, Command, CommanderError, Option } from 'commander'
import type { Position } from '../catalog.ts'
import { packageVersion } from '../install/layout.ts'
import {
  disableCommand,
  enableCommand,
  installCommand,
  listCommand,
  orderCommand,
  uninstallCommand,
} from './catalog-commands.ts'
import { ioctlCommand, queryCommand, watchCommand } from './client-commands.ts'
import { dev } from './dev.ts'
import { type Output, printError, standardOutput } from './output.ts'
import { serveCommand } from './serve-command.ts'
import {
  parseClass,
  parseCode,
  parseHex,
  parseNamespace,
  parseProvider,
  parseSize,
} from './values.ts'

const FAILED = 1
const USAGE = 2
const FILE = 'file whose default export is defineProvider(...)'
const WHICH = 'such a file, or a GUID'
const NAME = 'the name that is asked; without it: all'

function addInstall(program: Command, output: Output): void {
  program
    .command('install')
    .description(
      'put a provider into both catalogs, for 64-bit and 32-bit programs (administrator)',
    )
    .argument('<file>', FILE)
    .option(
      '--account <account>',
      'account of the host: LocalService, NetworkService, LocalSystem or a SID (default: you)',
    )
    .option(
      '--directory <folder>',
      'where the DLLs go; only administrators may be able to write there',
    )
    .addOption(
      new Option('--order <order>', 'place among other providers')
        .choices(['first', 'last'])
        .default('last'),
    )
    .option('--dry-run', 'list the steps and do nothing')
    .action((file: string, options) => installCommand(output, file, options))
}

function addUninstall(program: Command, output: Output): void {
  program
    .command('uninstall')
    .description('take a provider off the machine (administrator)')
    .argument('[which]', WHICH)
    .option('--all', 'everything that any copy of winsock-nsp has installed')
    .option('--dry-run', 'list the steps and do nothing')
    .action((which: string | undefined, options, command: Command) => {
      if ((which === undefined) === (options.all !== true)) {
        command.error(
          `error: name a file or GUID, or say --all${which === undefined ? '' : '; not both'}`,
        )
      }
      return uninstallCommand(output, which, options)
    })
}

function addOrder(program: Command, output: Output): void {
  program
    .command('order')
    .description('move a provider among the others, in both catalogs (administrator)')
    .argument('<which>', WHICH)
    .addArgument(
      new Argument('[position]', 'before or after all others').choices(['first', 'last']),
    )
    .option('--before <guid>', 'before the entry with that GUID')
    .option('--after <guid>', 'after the entry with that GUID')
    .action((which: string, end: 'first' | 'last' | undefined, options, command: Command) => {
      const { before, after } = options as { readonly before?: string; readonly after?: string }
      const given = [end, before, after].filter((one) => one !== undefined)
      if (given.length !== 1) {
        command.error('error: say one of first, last, --before GUID and --after GUID')
      }
      const position = before !== undefined ? { before } : after !== undefined ? { after } : end
      return orderCommand(output, which, position as Position)
    })
}

function addRest(program: Command, output: Output): void {
  program
    .command('list')
    .description('show the namespace providers of both catalogs')
    .option('--json', 'as JSON')
    .option('--ours', 'only those of winsock-nsp')
    .option('--watch', 'again after each change, until Ctrl+C')
    .action((options) => listCommand(output, options))
  program
    .command('enable')
    .description('let Winsock ask a provider again (administrator)')
    .argument('<which>', WHICH)
    .action((which: string) => enableCommand(output, which))
  program
    .command('disable')
    .description('keep a provider in the catalog, but let nobody ask it (administrator)')
    .argument('<which>', WHICH)
    .action((which: string) => disableCommand(output, which))
  program
    .command('serve')
    .description('serve an installed provider until Ctrl+C')
    .argument('<file>', FILE)
    .action((file: string) => serveCommand(output, file))
  program
    .command('dev')
    .description(
      'install temporarily, serve, reload on save, print each call; uninstall on Ctrl+C (administrator)',
    )
    .argument('<file>', FILE)
    .action((file: string) => dev(output, file))
}

/** What restricts a query, for all commands that ask. */
function addRestrictions(command: Command): Command {
  return command
    .option(
      '--class <class>',
      'service class: a GUID, A, AAAA, PTR, ..., tcp:PORT, udp:PORT',
      parseClass,
    )
    .option('--namespace <number>', 'a number, or a name like DNS (default: all)', parseNamespace)
    .option('--provider <id>', 'GUID of the provider to ask (default: all)', parseProvider)
    .option('--json', 'one JSON object a line')
}

function addClient(program: Command, output: Output): void {
  addRestrictions(program.command('query'))
    .description('ask the providers of this machine for a name')
    .argument('[name]', NAME)
    .option('--watch', 'then go on as the command watch')
    .action((name: string | undefined, options) => queryCommand(output, name, options))
  addRestrictions(program.command('watch'))
    .description('show the answer of one provider, and each change of it, until Ctrl+C')
    .argument('[name]', NAME)
    .action((name: string | undefined, options) => watchCommand(output, name, options))
  addRestrictions(program.command('ioctl'))
    .description('send a control code to one provider and show what it answers')
    .argument('<name>', 'the name of the query that it is about')
    .argument('<code>', 'decimal or hexadecimal (0xd8000001)', parseCode)
    .addOption(
      new Option('--hex <bytes>', 'input, as hexadecimal digits')
        .argParser(parseHex)
        .conflicts('text'),
    )
    .option('--text <text>', 'input, sent as UTF-8')
    .option('--size <bytes>', 'room for the output (default: 65536)', parseSize)
    .action((name: string, code: number, options) => ioctlCommand(output, name, code, options))
}

function makeProgram(output: Output): Command {
  const program = new Command('winsock-nsp')
    .description('Winsock namespace providers written in TypeScript')
    .version(packageVersion())
    .showHelpAfterError('(winsock-nsp --help says how)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => output.out(text), writeErr: (text) => output.err(text) })
  addInstall(program, output)
  addUninstall(program, output)
  addOrder(program, output)
  addRest(program, output)
  addClient(program, output)
  return program
}

/** Runs one command line; resolves with the exit code. */
export async function run(
  args: readonly string[],
  output: Output = standardOutput(),
): Promise<number> {
  try {
    await makeProgram(output).parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE
    printError(output, error)
    return FAILED
  }
}
