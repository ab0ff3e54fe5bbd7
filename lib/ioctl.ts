// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Control codes for NSPIoctl: one definition types the handler in the provider and the call in a client.
import { SIO_NSP_NOTIFY_CHANGE } from './codes.ts'
import type { Awaitable, CallContext, Query } from './types.ts'
import { decodeUtf16, encodeUtf16 } from './wire/bytes.ts'

/** Turns a buffer into a value and back. A failing `decode` of the input answers WSAEINVAL. */
export interface Codec<T> {
  encode(value: T): Uint8Array
  decode(bytes: Uint8Array): Awaitable<T>
}

/** https://standardschema.dev: zod, valibot and arktype schemas fit as they are. */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (
      value: unknown,
    ) => Awaitable<
      | { readonly value: T; readonly issues?: undefined }
      | { readonly issues: readonly { readonly message: string }[] }
    >
  }
}

/** Shared by provider and client, so that both ends are typed from one line. */
export interface IoctlDefinition<Input, Output> {
  readonly code: number
  readonly input: Codec<Input>
  readonly output: Codec<Output>
}

export interface IoctlRequest<Input> {
  readonly code: number
  readonly input: Input
  /** Room in the caller's output buffer. More than that is answered WSAEFAULT with the size needed. */
  readonly outputSize: number
  readonly query: Query
  readonly completion: 'sync' | 'event' | 'port' | 'apc'
}

/** What `onIoctl` returns. */
export interface IoctlHandler {
  readonly code: number
}

/** The hidden half of an IoctlHandler; found by symbol so that two copies of this package understand each other. */
export interface IoctlBinding {
  readonly definition: IoctlDefinition<unknown, unknown>
  readonly handle: (request: IoctlRequest<unknown>, context: CallContext) => Awaitable<unknown>
}

const BINDING: unique symbol = Symbol.for('winsock-nsp.ioctl') as never

function argument(
  kind: typeof TypeError | typeof RangeError,
  code: string,
  message: string,
): Error {
  return Object.assign(new kind(message), { code })
}

function need(bytes: Uint8Array, size: number, what: string): Uint8Array {
  if (bytes.length !== size) throw new RangeError(`${what} has ${size} bytes, not ${bytes.length}`)
  return bytes
}

const bytesCodec: Codec<Uint8Array> = {
  encode: (value) => value,
  decode: (bytes) => bytes,
}

const noneCodec: Codec<void> = {
  encode: () => new Uint8Array(0),
  decode: (bytes) => void need(bytes, 0, 'an empty buffer'),
}

const uint32Codec: Codec<number> = {
  encode(value) {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff)
      throw new RangeError(`not a uint32: ${value}`)
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setUint32(0, value, true)
    return bytes
  },
  decode(bytes) {
    need(bytes, 4, 'a uint32')
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)
  },
}

const utf16Codec: Codec<string> = {
  encode: (value) => encodeUtf16(value),
  decode(bytes) {
    if (bytes.length % 2 !== 0) throw new RangeError('UTF-16 text has an even number of bytes')
    const text = decodeUtf16(bytes)
    return text.endsWith('\0') ? text.slice(0, -1) : text
  },
}

function jsonCodec<T>(schema: StandardSchema<T>): Codec<T> {
  return {
    encode: (value) => new TextEncoder().encode(JSON.stringify(value)),
    async decode(bytes) {
      const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
      const result = await schema['~standard'].validate(value)
      if (result.issues !== undefined)
        throw new TypeError(result.issues.map(({ message }) => message).join('; '))
      return result.value
    },
  }
}

/**
 * Codecs for the buffers of an ioctl.
 * @example
 * defineIoctl({ code: controlCode('inout', 1), input: codec.utf16, output: codec.uint32 })
 */
export const codec: {
  readonly bytes: Codec<Uint8Array>
  /** An empty buffer. */
  readonly none: Codec<void>
  readonly uint32: Codec<number>
  /** UTF-16LE; one terminating zero is taken off. */
  readonly utf16: Codec<string>
  /** UTF-8 JSON, validated when decoded. */
  json<T>(schema: StandardSchema<T>): Codec<T>
} = Object.freeze({
  bytes: Object.freeze(bytesCodec),
  none: Object.freeze(noneCodec),
  uint32: Object.freeze(uint32Codec),
  utf16: Object.freeze(utf16Codec),
  json: jsonCodec,
})

const DIRECTIONS = { none: 0x20000000, out: 0x40000000, in: 0x80000000, inout: 0xc0000000 } as const
const IOC_VENDOR = 0x18000000

/**
 * _WSAIO, _WSAIOR, _WSAIOW, _WSAIORW with IOC_VENDOR.
 * @example
 * controlCode('inout', 1) // 0xD8000001
 * @throws RangeError for a number outside 0 to 65535.
 */
export function controlCode(direction: 'none' | 'out' | 'in' | 'inout', number: number): number {
  if (
    !Object.hasOwn(DIRECTIONS, direction) ||
    !Number.isInteger(number) ||
    number < 0 ||
    number > 0xffff
  ) {
    throw argument(
      RangeError,
      'ERR_OUT_OF_RANGE',
      `no control code: ${String(direction)}, ${String(number)}`,
    )
  }
  return DIRECTIONS[direction] + IOC_VENDOR + number
}

/** Why a code cannot be declared; undefined if it can. */
export function controlCodeFault(code: unknown): string | undefined {
  if (typeof code !== 'number' || !Number.isInteger(code) || code < 0 || code > 0xffffffff) {
    return `not a 32-bit control code: ${String(code)}`
  }
  return code === SIO_NSP_NOTIFY_CHANGE
    ? 'SIO_NSP_NOTIFY_CHANGE is declared by `stillValid` alone'
    : undefined
}

/**
 * One control code with the codecs of its buffers; without codecs both are bytes.
 * @example
 * export const Latency = defineIoctl({ code: controlCode('out', 1), input: codec.none, output: codec.uint32 })
 * @throws RangeError for something that is no control code.
 */
export function defineIoctl(init: { code: number }): IoctlDefinition<Uint8Array, Uint8Array>
export function defineIoctl<Input, Output>(init: {
  code: number
  input: Codec<Input>
  output: Codec<Output>
}): IoctlDefinition<Input, Output>
export function defineIoctl(init: { code: number; input?: unknown; output?: unknown }): unknown {
  const fault = controlCodeFault(init.code)
  if (fault !== undefined) throw argument(RangeError, 'ERR_OUT_OF_RANGE', fault)
  return Object.freeze({
    code: init.code,
    input: init.input ?? codec.bytes,
    output: init.output ?? codec.bytes,
  })
}

/**
 * Binds a handler to a control code, for `ioctl: [...]` of a provider.
 * @example
 * ioctl: [onIoctl(Latency, async ({ query }) => measure(query.name))]
 */
export function onIoctl<Input, Output>(
  definition: IoctlDefinition<Input, Output>,
  handle: (request: IoctlRequest<Input>, context: CallContext) => Awaitable<Output>,
): IoctlHandler {
  if (typeof handle !== 'function')
    throw argument(TypeError, 'ERR_INVALID_ARG_TYPE', 'onIoctl needs a function')
  return Object.freeze(
    Object.defineProperty({ code: definition.code }, BINDING, { value: { definition, handle } }),
  )
}

/** The hidden half, or undefined for something that onIoctl did not make. */
export function ioctlBinding(handler: unknown): IoctlBinding | undefined {
  if (typeof handler !== 'object' || handler === null) return undefined
  return (handler as { readonly [BINDING]?: IoctlBinding })[BINDING]
}
