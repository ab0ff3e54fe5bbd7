// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// WSALookupServiceBegin, Next and End in their Unicode and ANSI forms: the dispatcher's own checks,
// then the query. Around provider calls the thread's last error is left alone.
#include <algorithm>

#include "ansi.h"
#include "provider_view.h"
#include "query.h"
#include "startup.h"
#include "switches.h"
#include "winsock.h"

namespace rig {
namespace {

// No result is larger; a client's claim of a larger buffer is not believed when memory is taken.
constexpr DWORD kLargestResult = 16u << 20;

// The checks that come before any provider. 0 or the error.
template <class Set>
DWORD CheckBegin(const Set* restrictions, DWORD flags, const HANDLE* handle) {
  if (!Started()) return WSANOTINITIALISED;
  if (restrictions == nullptr || handle == nullptr) {
    return Broken(Switch::kBeginNullPointer) ? WSAEINVAL : WSAEFAULT;
  }
  if (restrictions->dwSize < sizeof *restrictions) {
    return Broken(Switch::kBeginZeroSize) ? WSAEFAULT : WSA_INVALID_PARAMETER;
  }
  if (restrictions->lpServiceClassId == nullptr && (flags & LUP_DEEP) != 0 &&
      Broken(Switch::kBeginNullClass)) {
    return WSAEFAULT;
  }
  return 0;
}

int Begin(WSAQUERYSETW* restrictions, DWORD flags, HANDLE* handle, DWORD last_error) {
  Providers selected;
  const DWORD code =
      SelectProviders(restrictions->lpNSProviderId, restrictions->dwNameSpace, &selected);
  if (code != 0) return Fail(code);
  if (selected.empty() && restrictions->lpNSProviderId == nullptr &&
      Broken(Switch::kBeginNoMatchCode) && CountEntries(restrictions->dwNameSpace) == 0) {
    return Fail(WSAEINVAL);
  }
  const bool all = restrictions->lpNSProviderId == nullptr && restrictions->dwNameSpace == NS_ALL;
  if (all && Broken(Switch::kFanOutReversed)) std::reverse(selected.begin(), selected.end());
  const auto query = std::make_shared<Query>();
  SetLastError(last_error);
  if (query->Begin(selected, restrictions, flags) != 0) return SOCKET_ERROR;
  KeepLastError keep;
  *handle = AddQuery(query);
  return 0;
}

// The checks before a Next. The query, or null with the last error set.
std::shared_ptr<Query> CheckNext(HANDLE handle, const DWORD* length, const void* results) {
  const DWORD before = GetLastError();
  std::shared_ptr<Query> query;
  if (!Started()) {
    SetLastError(WSANOTINITIALISED);
    return query;
  }
  query = FindQuery(handle);
  if (query == nullptr) {
    SetLastError(WSA_INVALID_HANDLE);
  } else if (length == nullptr || (results == nullptr && *length != 0)) {
    query.reset();
    SetLastError(WSAEFAULT);
  } else {
    SetLastError(before);
  }
  return query;
}

// Tells the client how large its buffer must be.
int TooSmall(DWORD needed, DWORD* length) {
  *length = Broken(Switch::kNextAnsiSize) ? needed / 2 : needed + kAnsiSlack;
  return Fail(WSAEFAULT);
}

int NextAnsi(Query& query, DWORD flags, DWORD* length, WSAQUERYSETA* results) {
  std::vector<BYTE> wide = query.TakeAnsiResult();
  if (!wide.empty() && (flags & LUP_FLUSHPREVIOUS) != 0) {
    // The provider has given this item away already and must not skip another one for it.
    wide.clear();
    flags &= ~static_cast<DWORD>(LUP_FLUSHPREVIOUS);
  }
  if (wide.empty()) {
    DWORD size = std::min(*length, kLargestResult);
    wide.resize(std::max<size_t>(size, sizeof(WSAQUERYSETW)));
    const int result = query.Next(flags, &size, reinterpret_cast<WSAQUERYSETW*>(wide.data()));
    if (result != 0) return GetLastError() == WSAEFAULT ? TooSmall(size, length) : result;
  }
  const DWORD last_error = GetLastError();
  const auto* set = reinterpret_cast<const WSAQUERYSETW*>(wide.data());
  const DWORD needed = WriteAnsiResult(*set, results, *length);
  if (needed > *length) {
    // Rare: text that is longer in the ANSI code page. The retry gets this item.
    query.KeepAnsiResult(std::move(wide));
    return TooSmall(needed, length);
  }
  SetLastError(last_error);
  return 0;
}

}  // namespace
}  // namespace rig

extern "C" INT WSAAPI WSALookupServiceBeginW(LPWSAQUERYSETW restrictions, DWORD flags,
                                             LPHANDLE handle) {
  const DWORD last_error = GetLastError();
  const DWORD code = rig::CheckBegin(restrictions, flags, handle);
  if (code != 0) return rig::Fail(code);
  return rig::Begin(restrictions, flags, handle, last_error);
}

extern "C" INT WSAAPI WSALookupServiceBeginA(LPWSAQUERYSETA restrictions, DWORD flags,
                                             LPHANDLE handle) {
  const DWORD last_error = GetLastError();
  const DWORD code = rig::CheckBegin(restrictions, flags, handle);
  if (code != 0) return rig::Fail(code);
  rig::WideRestrictions wide(*restrictions);
  return rig::Begin(wide.get(), flags, handle, last_error);
}

extern "C" INT WSAAPI WSALookupServiceNextW(HANDLE handle, DWORD flags, LPDWORD length,
                                            LPWSAQUERYSETW results) {
  const auto query = rig::CheckNext(handle, length, results);
  return query == nullptr ? SOCKET_ERROR : query->Next(flags, length, results);
}

extern "C" INT WSAAPI WSALookupServiceNextA(HANDLE handle, DWORD flags, LPDWORD length,
                                            LPWSAQUERYSETA results) {
  const auto query = rig::CheckNext(handle, length, results);
  return query == nullptr ? SOCKET_ERROR : rig::NextAnsi(*query, flags, length, results);
}

extern "C" INT WSAAPI WSALookupServiceEnd(HANDLE handle) {
  const DWORD last_error = GetLastError();
  if (!rig::Started()) return rig::Fail(WSANOTINITIALISED);
  if (handle == nullptr && rig::Broken(rig::Switch::kEndNull)) return 0;
  const std::shared_ptr<rig::Query> query = rig::RemoveQuery(handle);
  if (query == nullptr) return rig::Fail(WSA_INVALID_HANDLE);
  SetLastError(last_error);
  query->End();
  return 0;
}
