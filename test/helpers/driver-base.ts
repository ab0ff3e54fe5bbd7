// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What both drivers do alike: they hold at most one host process and pass commands on to it.
import type { Answer, HostOptions, SendArgs } from './driver.ts'
import { type HostCommand, HostProcess } from './driver-process.ts'

export abstract class DriverBase {
  #host: HostProcess | undefined
  #options: HostOptions | undefined
  #lost: Error | undefined

  protected abstract command(): HostCommand

  get pid(): number {
    return this.#host?.pid ?? 0
  }
  protected get running(): boolean {
    return this.#host !== undefined
  }
  protected get host(): HostProcess {
    if (!this.#host) throw new Error('no host is running')
    return this.#host
  }

  /** After a host that ended by itself this says so, once: a crash between two rows must show. */
  async start(options?: HostOptions): Promise<void> {
    const lost = this.#lost
    this.#lost = undefined
    if (lost) throw lost
    if (this.#host) return
    this.#options = options
    this.#host = await HostProcess.start({ ...this.command(), options: this.#options })
  }
  async stop(): Promise<void> {
    const host = this.#host
    this.#host = undefined
    this.#lost = host?.failure
    if (!this.#lost) await host?.quit()
  }
  async kill(): Promise<void> {
    const host = this.#host
    this.#host = undefined
    await host?.kill()
  }
  suspend(): Promise<void> {
    return this.host.suspend()
  }
  resume(): Promise<void> {
    return this.host.resume()
  }
  send(verb: string, args: SendArgs = {}): Promise<Answer> {
    return this.#host ? this.host.send(verb, args) : Promise.reject(new Error('no host is running'))
  }
}
