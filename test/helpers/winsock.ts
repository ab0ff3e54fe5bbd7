// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The numbers of Winsock that rows speak of, written down apart from lib/ so that a wrong number
// there is found.

export const LUP = {
  DEEP: 0x1,
  CONTAINERS: 0x2,
  NOCONTAINERS: 0x4,
  NEAREST: 0x8,
  NAME: 0x10,
  TYPE: 0x20,
  VERSION: 0x40,
  COMMENT: 0x80,
  ADDR: 0x100,
  BLOB: 0x200,
  ALIASES: 0x400,
  QUERY_STRING: 0x800,
  ALL: 0xff0,
  FLUSHCACHE: 0x1000,
  FLUSHPREVIOUS: 0x2000,
} as const

export const ERR = {
  INVALID_HANDLE: 6,
  INVALID_PARAMETER: 87,
  OPERATION_ABORTED: 995,
  IO_PENDING: 997,
  ACCES: 10013,
  FAULT: 10014,
  INVAL: 10022,
  WOULDBLOCK: 10035,
  INPROGRESS: 10036,
  ALREADY: 10037,
  OPNOTSUPP: 10045,
  NETDOWN: 10050,
  NOTINITIALISED: 10093,
  NO_MORE_OLD: 10102,
  INVALIDPROCTABLE: 10104,
  INVALIDPROVIDER: 10105,
  SERVICE_NOT_FOUND: 10108,
  TYPE_NOT_FOUND: 10109,
  NO_MORE: 10110,
  CANCELLED: 10111,
  TRY_AGAIN: 11002,
  NO_DATA: 11004,
} as const

/** WSAESETSERVICEOP, and the flag that goes with it. */
export const REGISTER = 0
export const DEREGISTER = 1
export const DELETE = 2
export const SERVICE_MULTIPLE = 1

export const RESULT_IS = { ALIAS: 0x1, ADDED: 0x10, CHANGED: 0x20, DELETED: 0x40 } as const

export const SIO_NSP_NOTIFY_CHANGE = 0x88000019

export const STATUS_PENDING = '0x103'
export const STATUS_CANCELLED = '0xc0000120'

export const AF_INET = 2
export const AF_IPX = 6
export const AF_INET6 = 23

/** SVCID_DNS_TYPE_A and _AAAA, as getaddrinfo asks for them. */
export const DNS_TYPE_A = '00090035-0000-0001-c000-000000000046'
export const DNS_TYPE_AAAA = '00090035-0000-001c-c000-000000000046'
/** SVCID_INET_HOSTADDRBYNAME and its relatives, as gethostbyname and its relatives ask for them. */
export const HOST_BY_NAME = '0002a803-0000-0000-c000-000000000046'
export const HOST_BY_ADDRESS = '0002a801-0000-0000-c000-000000000046'
export const SERVICE_BY_NAME = '0002a802-0000-0000-c000-000000000046'

/** The initial records of every test host that rows rely on. */
export const ONE = 'one.nsp.test'
export const TWO = 'two.nsp.test'
export const V6_ONLY = 'v6.nsp.test'
export const BARE = 'bare.nsp.test'
export const QUERY = 'query.nsp.test'
/** 40 records with a 3000 byte blob each. */
export const MANY = 'many.nsp.test'
export const MANY_COUNT = 40
export const manyName = (n: number): string => `n${n}.${MANY}`
