// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The baseline "bool": a provider in C++ whose NSPIoctl reads one boolean and whose lookups come
// from a static table, with handles and guarded pointers as ours. What ours costs above it is the
// mechanism.
#include "handle_table.h"
#include "nsp_kit.h"
#include "static_names.h"

namespace bench {
namespace {

struct Lookup : Record {
  uint32_t row;
  DWORD name_space;
  std::atomic<uint32_t> told;
};

GUID started;
HandleTable table;
std::atomic<bool> changed{false};

int Compare(const Name& name, const StaticName& row) {
  const uint32_t units = name.units < row.units ? name.units : row.units;
  for (uint32_t i = 0; i < units; ++i) {
    const int difference = name.text[i] - row.name[i];
    if (difference != 0) {
      return difference;
    }
  }
  return static_cast<int>(name.units) - static_cast<int>(row.units);
}

bool FindRow(const Name& name, uint32_t* row) {
  uint32_t low = 0;
  uint32_t high = StaticNames::kAll;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    const int difference = Compare(name, kStaticNames.rows[middle]);
    if (difference == 0) {
      *row = middle;
      return true;
    }
    (difference < 0 ? high : low) = difference < 0 ? middle : middle + 1;
  }
  return false;
}

DWORD BeginLookup(const void* id, const void* restrictions, HANDLE* handle) {
  GUID guid;
  Name name;
  uint32_t row = 0;
  if (id == nullptr || handle == nullptr) {
    return WSAEINVAL;
  }
  if (!nsp::GuardedRead(&guid, id)) {
    return WSAEFAULT;
  }
  if (std::memcmp(&guid, &started, sizeof(guid)) != 0) {
    return WSAEINVALIDPROVIDER;
  }
  if (const DWORD code = CopyName(restrictions, &name)) {
    return code;
  }
  if (!FindRow(name, &row)) {
    return WSASERVICE_NOT_FOUND;
  }
  auto* const lookup = NewRecord<Lookup>();
  if (lookup == nullptr) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  lookup->row = row;
  lookup->name_space = name.name_space;
  const HANDLE made = table.Add(lookup);
  if (made == nullptr) {
    Release(lookup);
    return WSA_NOT_ENOUGH_MEMORY;
  }
  if (!nsp::GuardedWrite(handle, made)) {
    Release(table.Remove(made));
    return WSAEFAULT;
  }
  return 0;
}

DWORD NextResult(Lookup* lookup, void* length, void* results) {
  if (lookup->told.load(std::memory_order_acquire) != 0) {
    return WSA_E_NO_MORE;
  }
  const StaticName& row = kStaticNames.rows[lookup->row];
  Answer answer = {started, lookup->name_space, row.name, row.units, 0};
  std::memcpy(&answer.address, row.address, sizeof(answer.address));
  const DWORD code = WriteAnswer(answer, length, results);
  if (code == 0) {
    lookup->told.store(1, std::memory_order_release);
  }
  return code;
}

INT WSAAPI OnCleanup(LPGUID) {
  return 0;
}

INT WSAAPI OnBegin(LPGUID id, LPWSAQUERYSETW restrictions, LPWSASERVICECLASSINFOW, DWORD,
                   LPHANDLE handle) {
  const DWORD last_error = GetLastError();
  return Finish(last_error, BeginLookup(id, restrictions, handle));
}

INT WSAAPI OnNext(HANDLE handle, DWORD, LPDWORD length, LPWSAQUERYSETW results) {
  const DWORD last_error = GetLastError();
  Record* const record = table.Find(handle);
  if (record == nullptr) {
    return Finish(last_error, WSA_INVALID_HANDLE);
  }
  const DWORD code = NextResult(static_cast<Lookup*>(record), length, results);
  Release(record);
  return Finish(last_error, code);
}

INT WSAAPI OnEnd(HANDLE handle) {
  const DWORD last_error = GetLastError();
  Record* const record = table.Remove(handle);
  if (record == nullptr) {
    return Finish(last_error, WSA_INVALID_HANDLE);
  }
  Release(record);
  return Finish(last_error, 0);
}

DWORD Poll(DWORD code, void* bytes_returned, const void* completion) {
  if (code != SIO_NSP_NOTIFY_CHANGE || completion != nullptr) {
    return WSAEOPNOTSUPP;
  }
  const DWORD nothing = 0;
  if (bytes_returned != nullptr && !nsp::GuardedWrite(bytes_returned, nothing)) {
    return WSAEFAULT;
  }
  return changed.load(std::memory_order_acquire) ? 0 : WSAEWOULDBLOCK;
}

INT WSAAPI OnIoctl(HANDLE handle, DWORD code, LPVOID, DWORD, LPVOID, DWORD, LPDWORD bytes_returned,
                   LPWSACOMPLETION completion, LPWSATHREADID) {
  const DWORD last_error = GetLastError();
  Record* const record = table.Find(handle);
  if (record == nullptr) {
    return Finish(last_error, WSA_INVALID_HANDLE);
  }
  const DWORD answer = Poll(code, bytes_returned, completion);
  Release(record);
  return Finish(last_error, answer);
}

}  // namespace
}  // namespace bench

extern "C" INT WSAAPI NSPStartup(LPGUID id, LPNSP_ROUTINE routines) {
  using namespace bench;
  const DWORD last_error = GetLastError();
  if (id == nullptr || !nsp::GuardedRead(&started, id)) {
    return Finish(last_error, WSAEINVAL);
  }
  return Finish(last_error, FillTable(routines, {OnCleanup, OnBegin, OnNext, OnEnd, OnIoctl}));
}
