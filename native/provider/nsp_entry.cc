// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The entry points as ws2_32 calls them (NSP_ROUTINE): each is guard, validate, call, map. They run
// on the client's threads, several at once. SDK names end here.
#include <cstring>

#include "guarded_copy.h"
#include "lookup.h"
#include "provider.h"
#include "question_key.h"
#include "service_calls.h"

#ifndef SIO_NSP_NOTIFY_CHANGE
#define SIO_NSP_NOTIFY_CHANGE 0x88000019u
#endif

namespace nsp {
namespace {

// A failing entry sets the last error last; one that succeeds leaves it as it was.
template <typename Body>
INT Answer(Body body) {
  DWORD last_error = GetLastError();
  DWORD code = body();
  SetLastError(code == 0 ? last_error : code);
  return code == 0 ? 0 : SOCKET_ERROR;
}

bool ReadGuid(const void* guid, uint8_t* copy) {
  return GuardedRead(reinterpret_cast<uint8_t(*)[16]>(copy), guid);
}

bool KnowsFlags(DWORD flags) {
  return (flags & (LUP_CONTAINERS | LUP_NOCONTAINERS)) != (LUP_CONTAINERS | LUP_NOCONTAINERS);
}

// What is asked: 0, or what is wrong with it.
DWORD CopyQuestion(const void* restrictions, DWORD flags, Query* query, QuestionKey* key,
                   FilterQuestion* question) {
  if (DWORD code = query->Copy(restrictions)) {
    return code;
  }
  if (!KnowsFlags(flags)) {
    return WSA_INVALID_PARAMETER;
  }
  question->name_space = query->name_space();
  return key->Put(query->fields(), question);
}

DWORD EndLookup(HANDLE handle) {
  Ref<Lookup> lookup = Startup::TakeLookup(handle);
  if (!lookup) {
    return WSA_INVALID_HANDLE;
  }
  lookup->End();
  return 0;
}

// The checks in their order (contract 9): size and memory, flags, filter, then what we have no data
// for. No lock is held while the client's memory is read.
DWORD Begin(const void* id, const void* restrictions, DWORD flags, HANDLE* handle) {
  if (restrictions == nullptr || handle == nullptr || id == nullptr) {
    return WSAEINVAL;
  }
  uint8_t guid[16];
  if (!ReadGuid(id, guid)) {
    return WSAEFAULT;
  }
  Query query;
  QuestionKey key;
  FilterQuestion question;
  Ref<Provider> provider;
  ControlState state;
  MappedData data;
  if (DWORD code = CopyQuestion(restrictions, flags, &query, &key, &question)) {
    // An unknown GUID comes before.
    return Startup::Find(guid, &question.entry) ? code : static_cast<DWORD>(WSAEINVALIDPROVIDER);
  }
  if (DWORD code = Startup::Ask(guid, query.has_provider() ? query.provider() : nullptr, &question,
                                &provider, &state, &data)) {
    return code;
  }
  const ControlFilter& filter = state.filter();
  bool flat = (filter.entries[question.entry].flags & kEntryHierarchical) == 0;
  if ((flat && ((flags & LUP_CONTAINERS) != 0 || !query.has_plain_context())) ||
      !query.wants_ip()) {
    return WSANO_DATA;
  }
  Ref<Lookup> lookup =
      MakeRef<Lookup>(std::move(provider), question.entry, flags, std::move(state));
  if (!lookup) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  if (DWORD code = lookup->Begin(query, question, data)) {
    return code;
  }
  // Now it is the table's: another thread may end it at once, by a guess or with the last
  // NSPCleanup.
  LookupTable* const table = lookup->provider()->lookups();
  HANDLE made = table->Add(std::move(lookup));
  if (made == nullptr) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  if (!GuardedWrite(handle, made)) {
    static_cast<void>(EndLookup(made));
    return WSAEFAULT;
  }
  return 0;
}

INT WSAAPI OnCleanup(LPGUID id) {
  return Answer([=]() -> DWORD {
    uint8_t guid[16];
    return id != nullptr && ReadGuid(id, guid) ? Startup::Leave(guid) : WSAEINVAL;
  });
}

INT WSAAPI OnLookupServiceBegin(LPGUID id, LPWSAQUERYSETW restrictions, LPWSASERVICECLASSINFOW,
                                DWORD flags, LPHANDLE handle) {
  return Answer([=] { return Begin(id, restrictions, flags, handle); });
}

INT WSAAPI OnLookupServiceNext(HANDLE handle, DWORD flags, LPDWORD length, LPWSAQUERYSETW results) {
  return Answer([=]() -> DWORD {
    MappedData data;
    Ref<Lookup> lookup = Startup::FindLookup(handle, &data);
    return lookup ? lookup->Next(flags, length, results, &data) : WSA_INVALID_HANDLE;
  });
}

INT WSAAPI OnLookupServiceEnd(HANDLE handle) {
  return Answer([=] { return EndLookup(handle); });
}

INT WSAAPI OnSetService(LPGUID id, LPWSASERVICECLASSINFOW, LPWSAQUERYSETW service,
                        WSAESETSERVICEOP operation, DWORD flags) {
  return Answer([=] { return SetService(id, service, static_cast<uint32_t>(operation), flags); });
}

INT WSAAPI OnInstallServiceClass(LPGUID id, LPWSASERVICECLASSINFOW info) {
  return Answer([=] { return InstallServiceClass(id, info); });
}

INT WSAAPI OnRemoveServiceClass(LPGUID id, LPGUID service_class) {
  return Answer([=] { return RemoveServiceClass(id, service_class); });
}

INT WSAAPI OnGetServiceClassInfo(LPGUID id, LPDWORD length, LPWSASERVICECLASSINFOW info) {
  return Answer([=] { return GetServiceClassInfo(id, length, info); });
}

// Most polls find nothing. Many clients pass NULL although the page asks for a pointer.
DWORD StorePolled(void* bytes_returned) {
  const DWORD nothing = 0;
  return bytes_returned == nullptr || GuardedWrite(bytes_returned, nothing) ? WSAEWOULDBLOCK
                                                                            : WSAEFAULT;
}

// Apart, so that a poll saves no registers for it.
NSP_NOINLINE INT AnswerIoctl(HANDLE handle, const IoctlCall& call) {
  return Answer([handle, &call] { return Startup::Ioctl(handle, call); });
}

INT WSAAPI OnIoctl(HANDLE handle, DWORD code, LPVOID input, DWORD input_bytes, LPVOID output,
                   DWORD output_bytes, LPDWORD bytes_returned, LPWSACOMPLETION completion,
                   LPWSATHREADID thread_id) {
  if (code == SIO_NSP_NOTIFY_CHANGE && completion == nullptr && Startup::IsClean(handle)) {
    SetLastError(StorePolled(bytes_returned));
    return SOCKET_ERROR;
  }
  return AnswerIoctl(handle, {code, input, input_bytes, output, output_bytes, bytes_returned,
                              completion, thread_id});
}

constexpr DWORD kFullTable = sizeof(NSP_ROUTINE);
constexpr DWORD kTableWithoutIoctl = offsetof(NSP_ROUTINE, NSPIoctl);

NSP_ROUTINE MakeTable(DWORD size) {
  NSP_ROUTINE table = {};
  table.cbSize = size;
  table.dwMajorVersion = 1;
  table.dwMinorVersion = 1;
  table.NSPCleanup = OnCleanup;
  table.NSPLookupServiceBegin = OnLookupServiceBegin;
  table.NSPLookupServiceNext = OnLookupServiceNext;
  table.NSPLookupServiceEnd = OnLookupServiceEnd;
  table.NSPSetService = OnSetService;
  table.NSPInstallServiceClass = OnInstallServiceClass;
  table.NSPRemoveServiceClass = OnRemoveServiceClass;
  table.NSPGetServiceClassInfo = OnGetServiceClassInfo;
  table.NSPIoctl = OnIoctl;
  return table;
}

// NSPStartup: counts first, then fills the table; a table that cannot be written gives the count
// back.
DWORD Start(LPGUID id, LPNSP_ROUTINE routines) {
  uint8_t guid[16];
  DWORD size = 0;
  if (id == nullptr || routines == nullptr) {
    return WSAEINVAL;
  }
  if (!ReadGuid(id, guid) || !GuardedRead(&size, routines)) {
    return WSAEFAULT;
  }
  if (size < kTableWithoutIoctl) {
    return WSAEINVALIDPROCTABLE;
  }
  size = size < kFullTable ? kTableWithoutIoctl : kFullTable;
  if (DWORD code = Startup::Enter(guid)) {
    return code;
  }
  NSP_ROUTINE table = MakeTable(size);
  if (!GuardedCopy(routines, &table, size)) {
    static_cast<void>(Startup::Leave(guid));
    return WSAEFAULT;
  }
  return 0;
}

}  // namespace
}  // namespace nsp

extern "C" INT WSAAPI NSPStartup(LPGUID lpProviderId, LPNSP_ROUTINE lpnspRoutines) {
  return nsp::Answer([=] { return nsp::Start(lpProviderId, lpnspRoutines); });
}
