// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Numbers of Winsock by name. The table of codes is the same as native/common/wsa_codes.inc; a test compares them.

const codes = {
  WSA_INVALID_HANDLE: 6,
  WSA_NOT_ENOUGH_MEMORY: 8,
  WSA_INVALID_PARAMETER: 87,
  WSA_OPERATION_ABORTED: 995,
  WSA_IO_INCOMPLETE: 996,
  WSA_IO_PENDING: 997,
  WSAEINTR: 10004,
  WSAEBADF: 10009,
  WSAEACCES: 10013,
  WSAEFAULT: 10014,
  WSAEINVAL: 10022,
  WSAEMFILE: 10024,
  WSAEWOULDBLOCK: 10035,
  WSAEINPROGRESS: 10036,
  WSAEALREADY: 10037,
  WSAEMSGSIZE: 10040,
  WSAEPROTONOSUPPORT: 10043,
  WSAESOCKTNOSUPPORT: 10044,
  WSAEOPNOTSUPP: 10045,
  WSAEPFNOSUPPORT: 10046,
  WSAEAFNOSUPPORT: 10047,
  WSAEADDRINUSE: 10048,
  WSAEADDRNOTAVAIL: 10049,
  WSAENETDOWN: 10050,
  WSAENETUNREACH: 10051,
  WSAECONNABORTED: 10053,
  WSAECONNRESET: 10054,
  WSAENOBUFS: 10055,
  WSAETOOMANYREFS: 10059,
  WSAETIMEDOUT: 10060,
  WSAECONNREFUSED: 10061,
  WSAEHOSTDOWN: 10064,
  WSAEHOSTUNREACH: 10065,
  WSASYSNOTREADY: 10091,
  WSAVERNOTSUPPORTED: 10092,
  WSANOTINITIALISED: 10093,
  WSAEINVALIDPROCTABLE: 10104,
  WSAEINVALIDPROVIDER: 10105,
  WSAEPROVIDERFAILEDINIT: 10106,
  WSASYSCALLFAILURE: 10107,
  WSASERVICE_NOT_FOUND: 10108,
  WSATYPE_NOT_FOUND: 10109,
  WSA_E_NO_MORE: 10110,
  WSA_E_CANCELLED: 10111,
  WSAEREFUSED: 10112,
  WSAHOST_NOT_FOUND: 11001,
  WSATRY_AGAIN: 11002,
  WSANO_RECOVERY: 11003,
  WSANO_DATA: 11004,
} as const

/**
 * Winsock error codes by name.
 * @example
 * WinsockCode.WSAEACCES // 10013
 */
export const WinsockCode: Readonly<typeof codes> = Object.freeze(codes)
export type WinsockCodeName = keyof typeof codes

const names: ReadonlyMap<number, WinsockCodeName> = new Map(
  Object.entries(codes).map(([name, code]) => [code, name as WinsockCodeName]),
)

/** The name of a code, or undefined if it is none of Winsock's. */
export function winsockCodeName(code: number): WinsockCodeName | undefined {
  return names.get(code)
}

const namespaces = {
  ALL: 0,
  SAP: 1,
  NDS: 2,
  PEER_BROWSE: 3,
  SLP: 5,
  DHCP: 6,
  TCPIP_LOCAL: 10,
  TCPIP_HOSTS: 11,
  DNS: 12,
  NETBT: 13,
  WINS: 14,
  NLA: 15,
  BTH: 16,
  NBP: 20,
  MS: 30,
  STDA: 31,
  NTDS: 32,
  EMAIL: 37,
  PNRPNAME: 38,
  PNRPCLOUD: 39,
  X500: 40,
  NIS: 41,
  NISPLUS: 42,
  WRQ: 50,
  NETDES: 60,
} as const

/** NS_* numbers. A private namespace is any number that nobody else uses, say 1000 or above. */
export const Namespace: Readonly<typeof namespaces> = Object.freeze(namespaces)

const lookupFlags = {
  DEEP: 0x1,
  CONTAINERS: 0x2,
  NOCONTAINERS: 0x4,
  NEAREST: 0x8,
  RETURN_NAME: 0x10,
  RETURN_TYPE: 0x20,
  RETURN_VERSION: 0x40,
  RETURN_COMMENT: 0x80,
  RETURN_ADDR: 0x100,
  RETURN_BLOB: 0x200,
  RETURN_ALIASES: 0x400,
  RETURN_QUERY_STRING: 0x800,
  RETURN_ALL: 0xff0,
  FLUSHCACHE: 0x1000,
  FLUSHPREVIOUS: 0x2000,
  NON_AUTHORITATIVE: 0x4000,
  RES_SERVICE: 0x8000,
  RETURN_PREFERRED_NAMES: 0x10000,
  DNS_ONLY: 0x20000,
  ADDRCONFIG: 0x100000,
  DUAL_ADDR: 0x200000,
  FILESERVER: 0x400000,
  DISABLE_IDN_ENCODING: 0x800000,
  API_ANSI: 0x1000000,
  RESOLUTION_HANDLE: 0x80000000,
} as const

/** LUP_* flags of a query. */
export const LookupFlag: Readonly<typeof lookupFlags> = Object.freeze(lookupFlags)

/** The one control code that all providers share: poll for, or wait for, a change of what was answered. */
export const SIO_NSP_NOTIFY_CHANGE = 0x88000019
