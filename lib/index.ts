// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The module winsock-nsp. Importing it opens nothing and works on any OS.
export type { WinsockCodeName } from './codes.ts'
export { LookupFlag, Namespace, SIO_NSP_NOTIFY_CHANGE, WinsockCode } from './codes.ts'
export type { Issue, NspErrorCode, NspErrorOptions, WinsockErrorOptions } from './errors.ts'
export { NspError, WinsockError } from './errors.ts'
export type { Guid } from './guid.ts'
export type { Codec, IoctlDefinition, IoctlHandler, IoctlRequest, StandardSchema } from './ioctl.ts'
export { codec, controlCode, defineIoctl, onIoctl } from './ioctl.ts'
export { defineProvider } from './provider.ts'
export { serve } from './serve.ts'
export type { DnsRecordType } from './service-class.ts'
export { ServiceClass } from './service-class.ts'
export type {
  AccessRule,
  Address,
  AddressInit,
  Allow,
  Awaitable,
  CallContext,
  Client,
  Deadlines,
  DisconnectReason,
  Entry,
  EntryInit,
  HandlerFailure,
  Host,
  HostEvents,
  HostStats,
  InvalidateScope,
  Limits,
  LookupAnswer,
  LookupHandle,
  Many,
  NamedServiceInit,
  Operation,
  OperationStats,
  Provider,
  ProviderInit,
  Publication,
  Query,
  QueryField,
  ServeOptions,
  Service,
  ServiceChange,
  ServiceClassInfo,
  ServiceInit,
} from './types.ts'
