// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// dev: a temporary installation that is served, reloaded on save, watched, and taken back in the end.
import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { removeLeftBehind } from '../catalog.ts'
import { describeFailure } from '../host/failure-log.ts'
import { install, uninstall } from '../install/operations.ts'
import { loadNative } from '../internal/binding.ts'
import { definitionOf, firstId } from '../internal/definition.ts'
import { notElevated } from '../internal/windows-error.ts'
import { serve } from '../serve.ts'
import type { Host, Provider } from '../types.ts'
import { watchCalls } from './call-lines.ts'
import { type Output, printError, say } from './output.ts'
import { loadProvider } from './provider-file.ts'
import { describeHost, untilStopped } from './serve-command.ts'

// Editors write a file in several steps; one reload is enough for all of them.
const SETTLE_MS = 100

/** What the catalog and the sidecar depend on: if this is the same, a reload needs no new installation. */
function installationOf(provider: Provider): string {
  const { name, entries } = definitionOf(provider)
  return JSON.stringify([
    name,
    entries.map(({ entry: { id, namespace }, displayName, version }) => [
      id,
      namespace,
      displayName,
      version,
    ]),
  ])
}

class Session {
  readonly #output: Output
  readonly #file: string
  #version = 0
  #provider: Provider
  #host: Host | undefined
  #work: Promise<void> = Promise.resolve()

  constructor(output: Output, file: string, provider: Provider) {
    this.#output = output
    this.#file = file
    this.#provider = provider
  }

  async begin(): Promise<void> {
    this.#install(this.#provider)
    await this.#serve()
  }

  /** Reloads run one after the other, and none beside the end. */
  reload(): void {
    this.#work = this.#work.then(() => this.#reload())
  }

  async end(): Promise<void> {
    await this.#work
    await this.#host?.close()
    this.#uninstall()
  }

  #install(provider: Provider): void {
    const options = {
      sid: undefined,
      directory: undefined,
      order: 'last',
      dryRun: false,
      temporary: true,
    } as const
    const { entries, warnings } = install(loadNative(), definitionOf(provider), options)
    say(this.#output, `installed for now: ${entries.length} catalog entries`)
    for (const warning of warnings) say(this.#output, `warning: ${warning}`)
  }

  #uninstall(): void {
    const steps = uninstall(loadNative(), firstId(definitionOf(this.#provider)), false)
    say(this.#output, `uninstalled: ${steps.length} steps`)
  }

  async #serve(): Promise<void> {
    const host = await serve(this.#provider)
    host.on('handlerError', (failure) => say(this.#output, `! ${describeFailure(failure)}`))
    this.#host = host
    say(this.#output, `serving ${describeHost(host)}`)
  }

  async #reload(): Promise<void> {
    try {
      const provider = await loadProvider(this.#file, ++this.#version)
      const isSame = installationOf(provider) === installationOf(this.#provider)
      await this.#host?.close()
      this.#host = undefined
      if (!isSame) this.#uninstall()
      this.#provider = provider
      if (!isSame) this.#install(provider)
      await this.#serve()
    } catch (error) {
      printError(this.#output, error)
      say(
        this.#output,
        this.#host === undefined
          ? 'not serving; save the file again'
          : 'the last good version goes on',
      )
    }
  }
}

function watchFile(file: string, changed: () => void): FSWatcher {
  const path = resolve(file)
  let timer: NodeJS.Timeout | undefined
  // The folder is watched: many editors put a new file in place of the old one.
  return watch(dirname(path), (_event, name) => {
    if (name !== null && name !== basename(path)) return
    clearTimeout(timer)
    timer = setTimeout(changed, SETTLE_MS)
  })
}

export async function dev(output: Output, file: string): Promise<void> {
  const provider = await loadProvider(file)
  if (!loadNative().isElevated()) throw notElevated('dev')
  for (const { provider: name, processId, steps } of await removeLeftBehind()) {
    say(
      output,
      `found ${name}, left behind by process ${processId}: removed in ${steps.length} steps`,
    )
  }
  const stopped = untilStopped(output)
  const session = new Session(output, file, provider)
  const unwatch = watchCalls((line) => say(output, line))
  let watcher: FSWatcher | undefined
  try {
    await session.begin()
    watcher = watchFile(file, () => session.reload())
    say(output, 'Save the file to reload it (files that it imports are not reloaded); Ctrl+C ends.')
    await stopped
  } finally {
    watcher?.close()
    unwatch()
    await session.end()
  }
}
