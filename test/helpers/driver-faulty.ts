// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The faulty provider (test/faulty): faulty-host.exe behind faulty.dll, or whatever DLLs and host
// NSP_DLL_X64, NSP_DLL_X86 and NSP_DLL_HOST name. Its catalog entries are made by the foreign client,
// which calls WSCInstallNameSpace and its 32-bit form as any installer would.
import { ARCHS, type Arch, Client, programFolder } from './client.ts'
import type { Driver, EntryRef } from './driver.ts'
import { DriverBase } from './driver-base.ts'
import { type HostCommand, runProgram } from './driver-process.ts'

const host = () => process.env.NSP_DLL_HOST ?? `${programFolder('x64')}faulty-host.exe`
/** The one switch that no code in the DLL can stand for: its export has another name. */
const MISNAMED = 'export-decorated'

export class FaultyDriver extends DriverBase implements Driver {
  readonly kind = 'faulty'
  readonly names: EntryRef = { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e1001', namespace: 12 }
  readonly mesh: EntryRef = { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e1002', namespace: 1001 }
  readonly vouch: EntryRef = { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e1003', namespace: 1002 }
  readonly feed: EntryRef = { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e1004', namespace: 1003 }

  protected command(): HostCommand {
    return { program: host(), args: [] }
  }
  dll(arch: Arch): string {
    const named = arch === 'x64' ? process.env.NSP_DLL_X64 : process.env.NSP_DLL_X86
    const path = named ?? `${programFolder(arch)}faulty.dll`
    return process.env.NSP_FAULTY === MISNAMED ? path.replace(/\.dll$/i, '-misnamed.dll') : path
  }
  async install(): Promise<void> {
    await runProgram(host(), ['init'])
    await this.#uncatalog()
    for (const arch of ARCHS) {
      await using client = await Client.start(arch)
      for (const [key, entry] of this.#entries()) {
        const step = await client.send('install', {
          id: `Faulty ${key}`,
          path: this.dll(arch),
          ns: entry.namespace,
          guid: entry.id,
        })
        if (step.ret !== 0) throw new Error(`WSCInstallNameSpace (${arch}) gave ${step.err}`)
      }
    }
  }
  async uninstall(): Promise<void> {
    await runProgram(host(), ['retire'])
    await this.#uncatalog()
    // A client that still has it mapped keeps it; the next installation takes it over.
    await runProgram(host(), ['purge']).catch(() => {})
  }
  async retire(): Promise<void> {
    if (this.running) await this.send('retire')
    else await runProgram(host(), ['retire'])
  }

  #entries(): [string, EntryRef][] {
    return [
      ['names', this.names],
      ['mesh', this.mesh],
      ['vouch', this.vouch],
      ['feed', this.feed],
    ]
  }
  async #uncatalog(): Promise<void> {
    for (const arch of ARCHS) {
      await using client = await Client.start(arch)
      // An entry that is not there is none to take away.
      for (const [, entry] of this.#entries()) await client.send('uninstall', { guid: entry.id })
    }
  }
}
