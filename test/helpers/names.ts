// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The name functions as client.exe calls them (test/clients/names.cc, entries.cc), and ping.
import { spawn } from 'node:child_process'
import type { Arch, Client, Special } from './client.ts'
import type { Running, Step } from './client-types.ts'

export const AF_INET = 2
export const AF_INET6 = 23
export const AI_CANONNAME = 2
export const NS_DNS = 12
export const WSAHOST_NOT_FOUND = 11001
export const WSANO_DATA = 11004
/** What a failing getaddrinfo returns is its result, not only the last error. */
export const NOT_THERE: readonly number[] = [WSAHOST_NOT_FOUND, WSANO_DATA]

export interface ResolveOptions extends Running {
  name: string | Special
  service?: string
  family?: number
  flags?: number
  /** 1, a stream, unless given. */
  socktype?: number
  hints?: Special
  ansi?: boolean
}

export interface ResolveExOptions extends ResolveOptions {
  /** NS_DNS unless given. */
  ns?: number
  nsp?: string
  /** Overlapped; `a` names it for the verbs getaddrinfoex-result and -cancel. */
  how?: 'event' | 'routine'
  a?: string
}

export interface ResolveData {
  results: {
    flags: number
    family: number
    socktype: number
    protocol: number
    length: number
    address: string
    port: number
    canonical?: string
    provider?: string
  }[]
  /** Of the results, in their order. */
  addresses: string[]
  canonical?: string
}

export interface HostData {
  name: string
  aliases: string[]
  type: number
  length: number
  /** Hexadecimal bytes. */
  addresses: string[]
}

export interface ServiceData {
  name: string
  aliases: string[]
  port: number
  protocol: string
}

export function resolveName(client: Client, options: ResolveOptions): Promise<Step<ResolveData>> {
  return client.send('getaddrinfo', options)
}
export function resolveNameEx(
  client: Client,
  options: ResolveExOptions,
): Promise<Step<ResolveData>> {
  return client.send('getaddrinfoex', options)
}

const PING_MS = 60_000

/** What the system's ping of that width prints. */
export function ping(arch: Arch, name: string): Promise<string> {
  const folder = arch === 'x64' ? 'system32' : 'syswow64'
  const program = `${process.env['SystemRoot'] ?? 'C:\\windows'}\\${folder}\\ping.exe`
  const child = spawn(program, ['-n', '1', name], { stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill(), PING_MS)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      clearTimeout(timer)
      resolve(text)
    })
  })
}
