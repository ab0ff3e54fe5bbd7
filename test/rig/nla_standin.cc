// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Stands in for Microsoft's network location provider ("NLAv1", NS_NLA): one network that never
// changes, change requests that stay pending until the query ends, a NULL class is accepted.
#include "provider_kit.h"

namespace {

constexpr ULONG_PTR kStatusPending = 0x103;
constexpr ULONG_PTR kStatusCancelled = 0xC0000120;

struct Lookup {
  GUID provider{};
  DWORD flags = 0;
  SRWLOCK lock = SRWLOCK_INIT;  // guards what follows
  bool delivered = false;
  bool pending = false;
  WSACOMPLETION completion{};
};

rig::LookupTable<Lookup> g_lookups;

// What a completion names its OVERLAPPED by; NULL for types without one.
WSAOVERLAPPED* OverlappedOf(const WSACOMPLETION& completion) {
  if (completion.Type == NSP_NOTIFY_EVENT) return completion.Parameters.Event.lpOverlapped;
  if (completion.Type == NSP_NOTIFY_PORT) return completion.Parameters.Port.lpOverlapped;
  return nullptr;
}

int Register(Lookup& lookup, const WSACOMPLETION& completion) {
  if (lookup.pending) return rig::Fail(WSAEINVAL);
  WSAOVERLAPPED* const overlapped = OverlappedOf(completion);
  if (overlapped == nullptr && completion.Type != NSP_NOTIFY_HWND) {
    return rig::Fail(completion.Type == NSP_NOTIFY_APC ? WSAEOPNOTSUPP : WSAEINVAL);
  }
  if (overlapped != nullptr) {
    overlapped->Internal = kStatusPending;
    overlapped->InternalHigh = 0;
  }
  lookup.completion = completion;
  lookup.pending = true;
  return rig::Fail(WSA_IO_PENDING);
}

void Abort(Lookup& lookup) {
  rig::ExclusiveLock lock(&lookup.lock);
  if (!lookup.pending) return;
  lookup.pending = false;
  WSAOVERLAPPED* const overlapped = OverlappedOf(lookup.completion);
  if (overlapped == nullptr) return;
  overlapped->Internal = kStatusCancelled;
  MemoryBarrier();
  if (lookup.completion.Type == NSP_NOTIFY_EVENT) {
    SetEvent(overlapped->hEvent);
  } else {
    const auto& port = lookup.completion.Parameters.Port;
    PostQueuedCompletionStatus(port.hPort, 0, port.Key, overlapped);
  }
}

INT WSAAPI Cleanup(LPGUID) {
  return 0;
}

INT WSAAPI Begin(LPGUID provider, LPWSAQUERYSETW, LPWSASERVICECLASSINFOW, DWORD flags,
                 LPHANDLE handle) {
  const auto lookup = std::make_shared<Lookup>();
  lookup->provider = *provider;
  lookup->flags = flags;
  *handle = g_lookups.Add(lookup);
  return 0;
}

INT WSAAPI Next(HANDLE handle, DWORD flags, LPDWORD length, LPWSAQUERYSETW results) {
  const std::shared_ptr<Lookup> lookup = g_lookups.Find(handle);
  if (lookup == nullptr) return rig::Fail(WSA_INVALID_HANDLE);
  rig::ExclusiveLock lock(&lookup->lock);
  if (lookup->delivered) return rig::Fail(WSA_E_NO_MORE);
  rig::Answer answer;
  answer.name = L"Network";
  answer.comment = L"the one network of the rig";
  const int result = rig::WriteAnswer(answer, lookup->provider, NS_NLA,
                                      rig::EffectiveFlags(lookup->flags, flags), length, results);
  if (result == 0) lookup->delivered = true;
  return result;
}

INT WSAAPI End(HANDLE handle) {
  const std::shared_ptr<Lookup> lookup = g_lookups.Remove(handle);
  if (lookup == nullptr) return rig::Fail(WSA_INVALID_HANDLE);
  Abort(*lookup);
  return 0;
}

INT WSAAPI Ioctl(HANDLE handle, DWORD code, LPVOID, DWORD, LPVOID, DWORD, LPDWORD returned,
                 LPWSACOMPLETION completion, LPWSATHREADID) {
  const std::shared_ptr<Lookup> lookup = g_lookups.Find(handle);
  if (lookup == nullptr) return rig::Fail(WSA_INVALID_HANDLE);
  if (code != SIO_NSP_NOTIFY_CHANGE) return rig::Fail(WSAEOPNOTSUPP);
  if (completion != nullptr && IsBadReadPtr(completion, sizeof *completion)) {
    return rig::Fail(WSAEFAULT);
  }
  if (returned != nullptr) *returned = 0;
  if (completion == nullptr || completion->Type == NSP_NOTIFY_IMMEDIATELY) {
    return rig::Fail(WSAEWOULDBLOCK);
  }
  rig::ExclusiveLock lock(&lookup->lock);
  return Register(*lookup, *completion);
}

}  // namespace

extern "C" INT WSAAPI NSPStartup(LPGUID, LPNSP_ROUTINE routines) {
  if (routines->cbSize < sizeof *routines) return rig::Fail(WSAEINVALIDPROCTABLE);
  rig::FillRoutines(routines);
  routines->NSPCleanup = Cleanup;
  routines->NSPLookupServiceBegin = Begin;
  routines->NSPLookupServiceNext = Next;
  routines->NSPLookupServiceEnd = End;
  routines->NSPIoctl = Ioctl;
  return 0;
}
