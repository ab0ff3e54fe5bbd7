// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// query, watch and ioctl: ask the machine's Winsock as any program does.
import { type Lookup, open, type QueryInit, query, type Snapshot, watch } from '../client.ts'
import { codec, defineIoctl } from '../ioctl.ts'
import type { Address, Service } from '../types.ts'
import { className } from './call-lines.ts'
import { type Output, say } from './output.ts'
import { untilStopped } from './serve-command.ts'

export interface QueryArguments {
  readonly class?: string
  readonly namespace?: number
  readonly provider?: string
  readonly watch?: boolean
  readonly json?: boolean
}

export interface IoctlArguments extends QueryArguments {
  readonly hex?: Uint8Array
  readonly text?: string
  readonly size?: number
}

function queryOf(name: string | undefined, options: QueryArguments): QueryInit {
  return {
    name,
    serviceClass: options.class,
    namespace: options.namespace,
    providerId: options.provider,
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** JSON with bytes as hexadecimal text. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part instanceof Uint8Array ? hexOf(part) : part,
  )
}

function addressText({ address, port, scopeId, family, remote, local }: Address): string {
  if (address === undefined)
    return `family ${family}: ${hexOf(remote ?? local ?? new Uint8Array())}`
  const scoped = scopeId === undefined || scopeId === 0 ? address : `${address}%${scopeId}`
  if (port === undefined || port === 0) return scoped
  return family === 2 ? `${scoped}:${port}` : `[${scoped}]:${port}`
}

/** One line: name, class, addresses, and what else there is. */
function serviceText(service: Service): string {
  const { name, serviceClass, addresses, alias, version, comment, context, blob } = service
  const parts = [
    `${name ?? '(no name)'}${className(serviceClass)}`,
    ...(alias ? ['alias'] : []),
    ...(addresses.length === 0 ? [] : [addresses.map(addressText).join(', ')]),
    ...(version === undefined ? [] : [`version ${version}`]),
    ...(context ? [`context ${context}`] : []),
    ...(comment ? [`"${comment}"`] : []),
    ...(blob === undefined ? [] : [`${blob.length} bytes`]),
  ]
  return parts.join('  ')
}

function printSnapshot(output: Output, snapshot: Snapshot, json: boolean): void {
  if (json) {
    say(output, jsonOf(snapshot))
    return
  }
  const { services, added, changed, deleted } = snapshot
  for (const [mark, list] of [
    ['+', added],
    ['~', changed],
    ['-', deleted],
  ] as const) {
    for (const service of list) say(output, `${mark} ${serviceText(service)}`)
  }
  say(output, `= ${services.length} now`)
}

/** Prints the answer, then each change, until Ctrl+C. */
export async function watchCommand(
  output: Output,
  name: string | undefined,
  options: QueryArguments,
): Promise<void> {
  const controller = new AbortController()
  const stopped = Symbol('stopped')
  void untilStopped(output).then(() => controller.abort(stopped))
  try {
    for await (const snapshot of watch(queryOf(name, options), { signal: controller.signal })) {
      printSnapshot(output, snapshot, options.json === true)
    }
  } catch (error) {
    if (error !== stopped) throw error
  }
}

export async function queryCommand(
  output: Output,
  name: string | undefined,
  options: QueryArguments,
): Promise<void> {
  if (options.watch === true) {
    await watchCommand(output, name, options)
    return
  }
  for await (const service of query(queryOf(name, options))) {
    if (output.closed?.aborted === true) return
    say(output, options.json === true ? jsonOf(service) : serviceText(service))
  }
}

function inputOf({ hex, text }: IoctlArguments): Uint8Array {
  return hex ?? new TextEncoder().encode(text ?? '')
}

/** The bytes as UTF-8 text, if they are such without control characters. */
function printable(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return /^[^\p{Cc}]+$/u.test(text) ? text : undefined
  } catch {
    return undefined
  }
}

export async function ioctlCommand(
  output: Output,
  name: string,
  code: number,
  options: IoctlArguments,
): Promise<void> {
  const definition = defineIoctl({ code, input: codec.bytes, output: codec.bytes })
  await using lookup: Lookup = await open(queryOf(name, options))
  const bytes = await lookup.ioctl(definition, inputOf(options), { outputSize: options.size })
  const [hex, text] = [hexOf(bytes), printable(bytes)]
  if (options.json === true) say(output, JSON.stringify({ code, bytes: bytes.length, hex, text }))
  else
    say(output, `${bytes.length} bytes  ${hex}${text === undefined ? '' : `  "${text}"`}`.trimEnd())
}
