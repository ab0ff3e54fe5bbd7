// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// NSPStartup and the table it fills. Each entry is a thin shim: call, then put the code into the
// thread's last error, or leave that error as it was.
#include <winsock2.h>
#include <windows.h>
#include <ws2spi.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "lookup.h"
#include "registration.h"
#include "switches.h"
#include "watch.h"

namespace faulty {
namespace {

SRWLOCK count_lock = SRWLOCK_INIT;  // guards the counts
int counts[kEntries];
bool ever_ended = false;

int Finish(DWORD last_error, DWORD code) {
  if (code == 0) {
    SetLastError(last_error != 0 && Broken(Switch::kLastErrorCleared) ? 0 : last_error);
    return 0;
  }
  SetLastError(code);
  return SOCKET_ERROR;
}

bool AnyStarted() {
  for (const int count : counts) {
    if (count > 0) return true;
  }
  return false;
}

DWORD RefuseCleanup() {
  return Broken(Switch::kCleanupUncounted) ? 0 : WSAEINVAL;
}

DWORD WINAPI ParkedThread(void* never) {
  WaitForSingleObject(never, INFINITE);
  return 0;
}

void LeakThread() {
  HoldModule();
  StartThread(ParkedThread, CreateEventW(nullptr, TRUE, FALSE, nullptr));
}

DWORD CleanUp(const GUID* id) {
  const int entry = id ? EntryIndex(*id) : -1;
  if (entry < 0) return RefuseCleanup();
  AcquireSRWLockExclusive(&count_lock);
  int& count = counts[entry];
  const bool counted = count > 0;
  if (counted) count = count > 1 && Broken(Switch::kFirstCleanupEnds) ? 0 : count - 1;
  const bool last = counted && count == 0;
  if (last) ever_ended = true;
  const bool shared = last && AnyStarted() && Broken(Switch::kSharedCount);
  if (shared) std::fill(counts, counts + kEntries, 0);
  const bool nothing = !AnyStarted();
  ReleaseSRWLockExclusive(&count_lock);
  if (!counted) return RefuseCleanup();
  for (int i = 0; last && i < kEntries; ++i) {
    if (i == entry || shared) EndAllLookups(i);
  }
  if (nothing) {
    StopWatching();
    SweepQueued();
    ForgetControl();
  }
  if (last && Broken(Switch::kCleanupLeaks)) LeakThread();
  return 0;
}

int WSAAPI Cleanup(LPGUID id) {
  const DWORD last_error = GetLastError();
  return Finish(last_error, CleanUp(id));
}

int WSAAPI Begin(LPGUID id, LPWSAQUERYSETW query, LPWSASERVICECLASSINFOW info, DWORD flags,
                 LPHANDLE handle) {
  const DWORD last_error = GetLastError();
  const int entry = id ? EntryIndex(*id) : -1;
  const DWORD code = entry < 0 ? WSAEINVAL : BeginLookup(entry, query, info, flags, handle);
  return Finish(last_error, code);
}

int WSAAPI Next(HANDLE handle, DWORD flags, LPDWORD length, LPWSAQUERYSETW results) {
  const DWORD last_error = GetLastError();
  return Finish(last_error, NextResult(handle, flags, length, results));
}

int WSAAPI End(HANDLE handle) {
  const DWORD last_error = GetLastError();
  return Finish(last_error, EndLookup(handle));
}

int WSAAPI Ioctl(HANDLE handle, DWORD code, LPVOID in, DWORD in_size, LPVOID out, DWORD out_size,
                 LPDWORD returned, LPWSACOMPLETION completion, LPWSATHREADID thread) {
  const DWORD last_error = GetLastError();
  return Finish(last_error, ControlLookup(handle, code, in, in_size, out, out_size, returned,
                                          completion, thread));
}

int WSAAPI SetServiceEntry(LPGUID id, LPWSASERVICECLASSINFOW, LPWSAQUERYSETW set,
                           WSAESETSERVICEOP operation, DWORD flags) {
  const DWORD last_error = GetLastError();
  return Finish(last_error, SetService(id, set, static_cast<DWORD>(operation), flags));
}

int WSAAPI InstallServiceClass(LPGUID id, LPWSASERVICECLASSINFOW info) {
  const DWORD last_error = GetLastError();
  return Finish(last_error, InstallClass(id, info));
}

int WSAAPI RemoveServiceClass(LPGUID id, LPGUID service_class) {
  const DWORD last_error = GetLastError();
  return Finish(last_error, RemoveClass(id, service_class));
}

int WSAAPI GetServiceClassInfo(LPGUID id, LPDWORD length, LPWSASERVICECLASSINFOW info) {
  const DWORD last_error = GetLastError();
  return Finish(last_error, GetClassInfo(id, length, info));
}

constexpr DWORD kFull = sizeof(NSP_ROUTINE);
constexpr DWORD kWithoutIoctl = offsetof(NSP_ROUTINE, NSPIoctl);

void FillTable(NSP_ROUTINE* table) {
  const DWORD room = table->cbSize;
  const bool full = room >= kFull || Broken(Switch::kShortTableOverrun);
  table->cbSize = full ? kFull : kWithoutIoctl;
  table->dwMajorVersion = Broken(Switch::kVersion44) ? 4 : 1;
  table->dwMinorVersion = Broken(Switch::kVersion44) ? 4 : 1;
  table->NSPCleanup = Cleanup;
  table->NSPLookupServiceBegin = Begin;
  table->NSPLookupServiceNext = Next;
  table->NSPLookupServiceEnd = End;
  table->NSPSetService = SetServiceEntry;
  table->NSPInstallServiceClass = InstallServiceClass;
  table->NSPRemoveServiceClass = RemoveServiceClass;
  table->NSPGetServiceClassInfo = GetServiceClassInfo;
  if (full) table->NSPIoctl = Ioctl;
  if (room > kFull && Broken(Switch::kLargeTableOverrun)) {
    std::memset(reinterpret_cast<uint8_t*>(table) + kFull, 0, room - kFull);
  }
}

bool HostAnswers() {
  const Control control = CurrentControl();
  if (!control) return false;
  Bytes reply;
  const Bytes request = DescribeQuery(Op::kPing, Query(), (*control)->lookup_ms);
  return Ask(**control, request, (*control)->lookup_ms, nullptr, &reply) == Asked::kAnswered;
}

DWORD StartUp(const GUID* id, NSP_ROUTINE* table) {
  if (ActiveSwitch() == Switch::kUnknown) return WSAEPROVIDERFAILEDINIT;
  if (!id || !table) return Broken(Switch::kNullStartupCode) ? WSAEFAULT : WSAEINVAL;
  int entry = EntryIndex(*id);
  if (entry < 0 && Broken(Switch::kForeignGuidAccepted)) entry = 0;
  if (entry < 0) return WSAEINVALIDPROVIDER;
  if (table->cbSize < kWithoutIoctl) {
    return Broken(Switch::kTinyTableCode) ? WSAEINVAL : WSAEINVALIDPROCTABLE;
  }
  if (ever_ended && Broken(Switch::kStartupOnce)) return WSASYSNOTREADY;
  if (Broken(Switch::kStartupNeedsHost) && !HostAnswers()) return WSASYSNOTREADY;
  AcquireSRWLockExclusive(&count_lock);
  const bool repeated = counts[entry]++ > 0;
  ReleaseSRWLockExclusive(&count_lock);
  if (!(repeated && Broken(Switch::kSecondTableEmpty))) FillTable(table);
  return 0;
}

}  // namespace
}  // namespace faulty

extern "C" int WSAAPI NSPStartup(LPGUID id, LPNSP_ROUTINE table) {
  const DWORD last_error = GetLastError();
  return faulty::Finish(last_error, faulty::StartUp(id, table));
}

// How much the DLL has done in this process that may block: the rows that forbid waiting compare
// these before and after.
extern "C" void WSAAPI NspTestCounters(DWORD* pipe_operations, DWORD* waits) {
  faulty::ReadCounters(pipe_operations, waits);
}
