// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the baseline providers share: how an entry ends, the entries that none of them has, and the
// table as NSPStartup fills it. Freestanding, as the provider DLL is.
#ifndef WINSOCK_NSP_BENCH_NSP_KIT_H_
#define WINSOCK_NSP_BENCH_NSP_KIT_H_

#include <winsock2.h>
#include <windows.h>
#include <ws2spi.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "native/provider/guarded_copy.h"

#ifndef SIO_NSP_NOTIFY_CHANGE
#define SIO_NSP_NOTIFY_CHANGE 0x88000019u
#endif

namespace bench {

inline INT Finish(DWORD last_error, DWORD code) {
  SetLastError(code == 0 ? last_error : code);
  return code == 0 ? 0 : SOCKET_ERROR;
}

inline INT WSAAPI NoSetService(LPGUID, LPWSASERVICECLASSINFOW, LPWSAQUERYSETW, WSAESETSERVICEOP,
                               DWORD) {
  return Finish(0, WSAEOPNOTSUPP);
}
inline INT WSAAPI NoInstallClass(LPGUID, LPWSASERVICECLASSINFOW) {
  return Finish(0, WSAEOPNOTSUPP);
}
inline INT WSAAPI NoRemoveClass(LPGUID, LPGUID) {
  return Finish(0, WSAEOPNOTSUPP);
}
inline INT WSAAPI NoClassInfo(LPGUID, LPDWORD, LPWSASERVICECLASSINFOW) {
  return Finish(0, WSAEOPNOTSUPP);
}

struct Entries {
  LPNSPCLEANUP cleanup;
  LPNSPLOOKUPSERVICEBEGIN begin;
  LPNSPLOOKUPSERVICENEXT next;
  LPNSPLOOKUPSERVICEEND end;
  LPNSPIOCTL ioctl;
};

inline DWORD FillTable(LPNSP_ROUTINE routines, const Entries& entries) {
  DWORD size = 0;
  if (routines == nullptr) {
    return WSAEINVAL;
  }
  if (!nsp::GuardedRead(&size, routines)) {
    return WSAEFAULT;
  }
  if (size < sizeof(NSP_ROUTINE)) {
    return WSAEINVALIDPROCTABLE;
  }
  NSP_ROUTINE table = {};
  table.cbSize = sizeof(table);
  table.dwMajorVersion = 1;
  table.dwMinorVersion = 1;
  table.NSPCleanup = entries.cleanup;
  table.NSPLookupServiceBegin = entries.begin;
  table.NSPLookupServiceNext = entries.next;
  table.NSPLookupServiceEnd = entries.end;
  table.NSPSetService = NoSetService;
  table.NSPInstallServiceClass = NoInstallClass;
  table.NSPRemoveServiceClass = NoRemoveClass;
  table.NSPGetServiceClassInfo = NoClassInfo;
  table.NSPIoctl = entries.ioctl;
  return nsp::GuardedWrite(routines, table) ? 0 : WSAEFAULT;
}

// Of a query: its name in lower case without the final dot, and the namespace.
struct Name {
  static constexpr uint32_t kMost = 256;
  uint16_t text[kMost];
  uint32_t units = 0;
  DWORD name_space = 0;
};

// What a result says: the name's units have no terminator.
struct Answer {
  const GUID& provider;
  DWORD name_space;
  const uint16_t* name;
  uint32_t units;
  DWORD address;
};

// Copies what a lookup needs of a query: 0, or what NSPLookupServiceBegin answers.
inline DWORD CopyName(const void* restrictions, Name* name) {
  WSAQUERYSETW set;
  DWORD size = 0;
  if (restrictions == nullptr) {
    return WSAEINVAL;
  }
  if (!nsp::GuardedRead(&size, restrictions) || size < sizeof(set) ||
      !nsp::GuardedRead(&set, restrictions)) {
    return WSAEFAULT;
  }
  if (set.lpszServiceInstanceName == nullptr) {
    return WSASERVICE_NOT_FOUND;
  }
  name->name_space = set.dwNameSpace;
  if (!nsp::GuardedLength(set.lpszServiceInstanceName, Name::kMost - 1, &name->units) ||
      !nsp::GuardedText(name->text, set.lpszServiceInstanceName, &name->units)) {
    return WSAEFAULT;
  }
  for (uint32_t i = 0; i < name->units; ++i) {
    const uint16_t unit = name->text[i];
    name->text[i] = static_cast<uint16_t>(unit >= 'A' && unit <= 'Z' ? unit + 32 : unit);
  }
  if (name->units != 0 && name->text[name->units - 1] == '.') {
    --name->units;
  }
  return 0;
}

// One result, with all that ours has: the name, one IPv4 address, and whose it is. 0, or WSAEFAULT
// and the size in *length.
inline DWORD WriteAnswer(const Answer& answer, void* length, void* results) {
  struct Packed {
    WSAQUERYSETW set;
    GUID provider;
    CSADDR_INFO info;
    SOCKADDR_IN local;
    SOCKADDR_IN remote;
    uint16_t text[Name::kMost];
  };
  Packed packed;
  DWORD room = 0;
  const DWORD need = static_cast<DWORD>(offsetof(Packed, text)) +
                     (answer.units + 1) * static_cast<DWORD>(sizeof(uint16_t));
  if (!nsp::GuardedRead(&room, length)) {
    return WSAEFAULT;
  }
  if (results == nullptr || room < need) {
    static_cast<void>(nsp::GuardedWrite(length, need));
    return WSAEFAULT;
  }
  auto* const base = static_cast<uint8_t*>(results);
  const auto at = [base](size_t offset) { return static_cast<void*>(base + offset); };
  std::memset(&packed, 0, offsetof(Packed, text));
  std::memcpy(packed.text, answer.name, answer.units * sizeof(uint16_t));
  packed.text[answer.units] = 0;
  packed.set.dwSize = sizeof(packed.set);
  packed.set.lpszServiceInstanceName = static_cast<wchar_t*>(at(offsetof(Packed, text)));
  packed.set.dwNameSpace = answer.name_space;
  packed.set.lpNSProviderId = static_cast<GUID*>(at(offsetof(Packed, provider)));
  packed.provider = answer.provider;
  packed.set.dwNumberOfCsAddrs = 1;
  packed.set.lpcsaBuffer = static_cast<CSADDR_INFO*>(at(offsetof(Packed, info)));
  packed.local.sin_family = AF_INET;
  packed.remote.sin_family = AF_INET;
  packed.remote.sin_addr.s_addr = answer.address;
  packed.info.LocalAddr = {static_cast<SOCKADDR*>(at(offsetof(Packed, local))),
                           sizeof(SOCKADDR_IN)};
  packed.info.RemoteAddr = {static_cast<SOCKADDR*>(at(offsetof(Packed, remote))),
                            sizeof(SOCKADDR_IN)};
  packed.info.iSocketType = SOCK_STREAM;
  packed.info.iProtocol = IPPROTO_TCP;
  return nsp::GuardedCopy(results, &packed, need) ? 0 : WSAEFAULT;
}

}  // namespace bench

#endif  // WINSOCK_NSP_BENCH_NSP_KIT_H_
