// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A plain static provider: namespace 2001, three records that never change. It is the first
// stranger that the rig serves.
#include <cwchar>

#include "provider_kit.h"

namespace {

constexpr DWORD kNameSpace = 2001;

struct Record {
  const wchar_t* name;
  const wchar_t* comment;
  const char* address;
};

constexpr Record kRecords[] = {
    {L"alpha.plain", L"first of three", "192.0.2.1"},
    {L"beta.plain", L"with an umlaut: \u00e4", "192.0.2.2"},
    {L"gamma.plain", L"last of three", "192.0.2.3"},
};

struct Lookup {
  GUID provider;
  std::wstring name;  // empty: all records
  DWORD flags;
  SRWLOCK lock = SRWLOCK_INIT;  // guards next
  size_t next = 0;
};

rig::LookupTable<Lookup> g_lookups;

rig::Answer AnswerOf(const Record& record) {
  rig::Answer answer;
  answer.name = record.name;
  answer.comment = record.comment;
  SOCKADDR_STORAGE storage{};
  auto* const address = reinterpret_cast<SOCKADDR_IN*>(&storage);
  address->sin_family = AF_INET;
  address->sin_addr.s_addr = inet_addr(record.address);
  answer.addresses.push_back(storage);
  answer.blob.assign(record.address, record.address + strlen(record.address));
  return answer;
}

INT WSAAPI Cleanup(LPGUID) {
  return 0;
}

INT WSAAPI Begin(LPGUID provider, LPWSAQUERYSETW restrictions, LPWSASERVICECLASSINFOW, DWORD flags,
                 LPHANDLE handle) {
  if (restrictions == nullptr || handle == nullptr) return rig::Fail(WSAEINVAL);
  const auto lookup = std::make_shared<Lookup>();
  lookup->provider = *provider;
  lookup->flags = flags;
  const wchar_t* const name = restrictions->lpszServiceInstanceName;
  if (name != nullptr) lookup->name = name;
  *handle = g_lookups.Add(lookup);
  return 0;
}

INT WSAAPI Next(HANDLE handle, DWORD flags, LPDWORD length, LPWSAQUERYSETW results) {
  const std::shared_ptr<Lookup> lookup = g_lookups.Find(handle);
  if (lookup == nullptr) return rig::Fail(WSA_INVALID_HANDLE);
  rig::ExclusiveLock lock(&lookup->lock);
  const size_t count = sizeof kRecords / sizeof kRecords[0];
  const auto matches = [&](const Record& record) {
    return lookup->name.empty() || _wcsicmp(lookup->name.c_str(), record.name) == 0;
  };
  while (lookup->next < count && !matches(kRecords[lookup->next]))
    ++lookup->next;
  if (lookup->next == count) return rig::Fail(WSA_E_NO_MORE);
  const DWORD effective = rig::EffectiveFlags(lookup->flags, flags);
  const int result = rig::WriteAnswer(AnswerOf(kRecords[lookup->next]), lookup->provider,
                                      kNameSpace, effective, length, results);
  if (result == 0) ++lookup->next;
  return result;
}

INT WSAAPI End(HANDLE handle) {
  return g_lookups.Remove(handle) != nullptr ? 0 : rig::Fail(WSA_INVALID_HANDLE);
}

// Nothing ever changes, so a poll always finds the results valid and no request can be promised.
INT WSAAPI Ioctl(HANDLE handle, DWORD code, LPVOID, DWORD, LPVOID, DWORD, LPDWORD,
                 LPWSACOMPLETION completion, LPWSATHREADID) {
  if (g_lookups.Find(handle) == nullptr) return rig::Fail(WSA_INVALID_HANDLE);
  const bool poll = completion == nullptr || completion->Type == NSP_NOTIFY_IMMEDIATELY;
  return rig::Fail(code == SIO_NSP_NOTIFY_CHANGE && poll ? WSAEWOULDBLOCK : WSAEOPNOTSUPP);
}

}  // namespace

extern "C" INT WSAAPI NSPStartup(LPGUID, LPNSP_ROUTINE routines) {
  if (routines == nullptr) return rig::Fail(WSAEINVAL);
  if (routines->cbSize < sizeof *routines) return rig::Fail(WSAEINVALIDPROCTABLE);
  rig::FillRoutines(routines);
  routines->NSPCleanup = Cleanup;
  routines->NSPLookupServiceBegin = Begin;
  routines->NSPLookupServiceNext = Next;
  routines->NSPLookupServiceEnd = End;
  routines->NSPIoctl = Ioctl;
  return 0;
}
