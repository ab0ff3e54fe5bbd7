// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// For the tests of the addon: addon_pipe_client.exe as a client that may send anything, and frames
// made by hand. Nothing here uses the library's own packing.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import { type Arch, programFolder } from '../helpers/client.ts'

export const HELLO = 1
export const NEXT = 2
export const IOCTL = 3
export const SUBSCRIBE = 5
export const END = 6
export const CANCEL = 7
export const REMOVE_CLASS = 10
export const CLASS_INFO = 11
export const BATCH = 129
export const REPLY = 130
export const CHANGE = 131
export const LAST_BATCH = 1
export const HAS_ENDS = 2
export const BREAKER_OPENED = 4

const MACHINE = { x64: 0x8664, x86: 0x14c }

export interface Frame {
  readonly kind: number
  readonly flags: number
  readonly call: number
  readonly lookup: number
  readonly body: Buffer
}

/** Little-endian numbers of 32 bits. */
export function words(...numbers: number[]): Buffer {
  const buffer = Buffer.alloc(numbers.length * 4)
  for (const [i, number] of numbers.entries()) buffer.writeUInt32LE(number, i * 4)
  return buffer
}

export function frame(
  kind: number,
  body: Buffer,
  { flags = 0, call = 0, lookup = 0 } = {},
): Buffer {
  const header = words(16 + body.length, 0, call, lookup)
  header.writeUInt16LE(kind, 4)
  header.writeUInt16LE(flags, 6)
  return Buffer.concat([header, body])
}

export const next = (call: number, deadlineMs: number, lookup = 1): Buffer =>
  frame(NEXT, words(deadlineMs, 0), { call, lookup })

export const ioctl = (call: number, deadlineMs: number, input: Buffer = Buffer.alloc(0)): Buffer =>
  frame(IOCTL, Buffer.concat([words(deadlineMs, 1, 64, 0, 0, input.length), input]), {
    call,
    lookup: 1,
  })

/** A call that belongs to no lookup: what is known of a class. */
export const aboutClass = (kind: number, call: number, deadlineMs: number): Buffer =>
  frame(kind, Buffer.concat([words(deadlineMs, 0), Buffer.alloc(16, 7)]), { call })

export const subscribe = (
  sequence: number,
  pairs: readonly (readonly [number, number])[],
): Buffer =>
  frame(SUBSCRIBE, Buffer.concat([words(sequence, pairs.length), words(...pairs.flat())]))

function parse(hex: string): Frame {
  const bytes = Buffer.from(hex, 'hex')
  return {
    kind: bytes.readUInt16LE(4),
    flags: bytes.readUInt16LE(6),
    call: bytes.readUInt32LE(8),
    lookup: bytes.readUInt32LE(12),
    body: bytes.subarray(16),
  }
}

interface Answer {
  readonly ok: boolean
  readonly error?: number
  readonly pid?: number
  readonly server?: number
  readonly owner?: string
  readonly frame?: string
  readonly sent?: number
}

export class Peer {
  readonly arch: Arch
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: Interface
  readonly #exited: Promise<undefined>

  constructor(arch: Arch = 'x64') {
    this.arch = arch
    this.#child = spawn(`${programFolder(arch)}addon_pipe_client.exe`, [], { stdio: 'pipe' })
    this.#child.stdin.on('error', () => {})
    this.#lines = createInterface({ input: this.#child.stdout })
    this.#exited = new Promise((resolve) => this.#child.once('close', () => resolve(undefined)))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async ask(command: string): Promise<Answer> {
    const line = new Promise<string>((resolve) => this.#lines.once('line', resolve))
    this.#child.stdin.write(`${command}\n`)
    const answer = await Promise.race([line, this.#exited])
    if (answer === undefined) throw new Error(`the pipe client ended in: ${command.slice(0, 40)}`)
    return JSON.parse(answer) as Answer
  }

  /** Opens the pipe and says hello like a provider. */
  async greet(pipeName: string): Promise<this> {
    const opened = await this.ask(`open ${pipeName}`)
    if (!opened.ok) throw new Error(`the pipe did not open: ${opened.error}`)
    await this.send(this.hello(opened.pid ?? 0))
    return this
  }

  hello(processId: number, version = 1): Buffer {
    return frame(HELLO, words(version, MACHINE[this.arch], processId, 0))
  }

  send(bytes: Buffer): Promise<Answer> {
    return this.ask(`send ${bytes.toString('hex')}`)
  }

  /** The next frame; undefined if the host has closed the pipe. Fails after the watchdog. */
  async read(watchdogMs = 20_000): Promise<Frame | undefined> {
    const answer = await this.ask(`read ${watchdogMs}`)
    if (answer.ok) return parse(answer.frame ?? '')
    const closed = [109, 232, 233] // broken pipe, no data, not connected
    if (closed.includes(answer.error ?? 0)) return undefined
    throw new Error(`reading failed with ${answer.error}`)
  }

  /** True if nothing comes: asked right after something that would have come before. */
  async quiet(): Promise<boolean> {
    return (await this.ask('read 50')).error === 258
  }

  /** Ends with the pipe open. */
  async die(): Promise<void> {
    this.#child.stdin.write('die\n')
    await this.#exited
  }

  async end(): Promise<void> {
    this.#child.stdin.end()
    await this.#exited
  }
}
