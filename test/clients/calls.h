// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// The five lookup calls, through ws2_32 or straight into a provider's table.
#pragma once

#include "objects.h"

namespace client {

struct BeginArguments {
  GUID* provider;                    // table mode only
  void* query;                       // WSAQUERYSETW or, with ansi, WSAQUERYSETA
  WSASERVICECLASSINFOW* class_info;  // table mode only
  DWORD flags;
  bool ansi;
};

inline int CallBegin(Table* table, const BeginArguments& a, HANDLE* handle) {
  auto* const query = static_cast<WSAQUERYSETW*>(a.query);
  if (table != nullptr) {
    return table->routine()->NSPLookupServiceBegin(a.provider, query, a.class_info, a.flags,
                                                   handle);
  }
  if (a.ansi) return WSALookupServiceBeginA(static_cast<WSAQUERYSETA*>(a.query), a.flags, handle);
  return WSALookupServiceBeginW(query, a.flags, handle);
}

inline int CallNext(Table* table, HANDLE handle, DWORD flags, DWORD* length, void* buffer,
                    bool ansi) {
  auto* const result = static_cast<WSAQUERYSETW*>(buffer);
  if (table != nullptr) {
    return table->routine()->NSPLookupServiceNext(handle, flags, length, result);
  }
  if (ansi) {
    return WSALookupServiceNextA(handle, flags, length, static_cast<WSAQUERYSETA*>(buffer));
  }
  return WSALookupServiceNextW(handle, flags, length, result);
}

inline int CallEnd(Table* table, HANDLE handle) {
  if (table != nullptr) return table->routine()->NSPLookupServiceEnd(handle);
  return WSALookupServiceEnd(handle);
}

struct IoctlArguments {
  DWORD code;
  void* in;
  DWORD in_size;
  void* out;
  DWORD out_size;
  DWORD* returned;
  WSACOMPLETION* completion;
  WSATHREADID* thread_id;  // table mode only; WSANSPIoctl supplies its own
};

inline int CallIoctl(Table* table, HANDLE handle, const IoctlArguments& a) {
  if (table != nullptr) {
    return table->routine()->NSPIoctl(handle, a.code, a.in, a.in_size, a.out, a.out_size,
                                      a.returned, a.completion, a.thread_id);
  }
  return WSANSPIoctl(handle, a.code, a.in, a.in_size, a.out, a.out_size, a.returned, a.completion);
}

// A WSATHREADID handle for the current thread as ws2_32 would hold it: open for the thread's life.
HANDLE CurrentThreadHandle();

// The completion routine whose calls `apc-log` tells.
LPWSAOVERLAPPED_COMPLETION_ROUTINE RecordingRoutine();

}  // namespace client
