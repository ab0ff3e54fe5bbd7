// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// WSAProviderConfigChange over change pipes. What a handle has told its client lies in the pipe
// itself, as the serial that the last one to connect has left there.
#include <winternl.h>

#include "catalog.h"
#include "change_pipe.h"
#include "registry.h"
#include "startup.h"
#include "switches.h"
#include "winsock.h"

namespace rig {
namespace {

constexpr ULONG kPipeDisconnect = 0x110004;  // FSCTL_PIPE_DISCONNECT of the driver kit
constexpr ULONG kPipeListen = 0x110008;      // FSCTL_PIPE_LISTEN
constexpr NTSTATUS kPending = 0x103;
constexpr ULONG_PTR kNoPacket = 1;  // in an event handle: no packet for a completion port

// A serial that no catalog has: whatever it is compared with is a change.
constexpr DWORD kNoSerial = 0;

// Orders the requests of this process, since making one takes several steps.
SRWLOCK g_lock = SRWLOCK_INIT;

class Event {
 public:
  Event() : handle_(CreateEventW(nullptr, TRUE, FALSE, nullptr)) {}
  ~Event() { CloseHandle(handle_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  HANDLE get() const { return handle_; }

 private:
  HANDLE handle_;
};

enum class Told { kSerial, kNothing, kListening };

// What the client knows. kListening: another request pends, or one was cancelled. Waits for a
// writer that has connected and not written yet.
Told TakeSerial(HANDLE pipe, DWORD* serial) {
  const Event done;
  OVERLAPPED read{};
  read.hEvent = reinterpret_cast<HANDLE>(reinterpret_cast<ULONG_PTR>(done.get()) | kNoPacket);
  DWORD code = 0;
  if (!ReadFile(pipe, serial, sizeof *serial, nullptr, &read)) code = GetLastError();
  if (code == ERROR_IO_PENDING) WaitForSingleObject(done.get(), INFINITE);
  if (code == ERROR_PIPE_LISTENING) return Told::kListening;
  const bool good = code == 0 || code == ERROR_IO_PENDING;
  return good && read.Internal == 0 && read.InternalHigh == sizeof *serial ? Told::kSerial
                                                                           : Told::kNothing;
}

void Disconnect(HANDLE pipe) {
  IO_STATUS_BLOCK status{};
  NtFsControlFile(pipe, nullptr, nullptr, nullptr, &status, kPipeDisconnect, nullptr, 0, nullptr,
                  0);
}

// Runs on the client's thread at an alertable wait; the routine travels as the context.
void NTAPI RunRoutine(void* routine, IO_STATUS_BLOCK* status, ULONG) {
  const auto client = reinterpret_cast<LPWSAOVERLAPPED_COMPLETION_ROUTINE>(routine);
  auto* const overlapped = reinterpret_cast<WSAOVERLAPPED*>(status);
  client(status->Status < 0 ? WSA_OPERATION_ABORTED : 0, static_cast<DWORD>(status->Information),
         overlapped, 0);
}

NTSTATUS Listen(HANDLE pipe, WSAOVERLAPPED* overlapped,
                LPWSAOVERLAPPED_COMPLETION_ROUTINE routine) {
  overlapped->Internal = kPending;
  overlapped->InternalHigh = 0;
  // An OVERLAPPED begins with what the kernel takes as its status block.
  auto* const status = reinterpret_cast<IO_STATUS_BLOCK*>(overlapped);
  if (routine != nullptr) {
    return NtFsControlFile(pipe, nullptr, RunRoutine, reinterpret_cast<void*>(routine), status,
                           kPipeListen, nullptr, 0, nullptr, 0);
  }
  const bool packet = (reinterpret_cast<ULONG_PTR>(overlapped->hEvent) & kNoPacket) == 0;
  return NtFsControlFile(pipe, overlapped->hEvent, nullptr, packet ? overlapped : nullptr, status,
                         kPipeListen, nullptr, 0, nullptr, 0);
}

DWORD Open(HANDLE* pipe) {
  KeepLastError keep;
  DWORD serial = kNoSerial;
  RegistryKey catalog;
  const DWORD code = ReadCatalogSerial(&catalog, &serial);
  return code != 0 ? code : CreateChangePipe(serial, Broken(Switch::kConfigChangeNever), pipe);
}

// Starts a request. The order matters: first listen, then look whether the catalog has changed
// since the client was told; a change after that look finds the pipe listening.
DWORD Request(HANDLE pipe, WSAOVERLAPPED* overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine) {
  const std::wstring path = ChangePipePath(pipe);
  if (path.empty()) return WSA_INVALID_HANDLE;
  ExclusiveLock lock(&g_lock);
  DWORD known = kNoSerial;
  const Told told = TakeSerial(pipe, &known);
  if (told == Told::kNothing) known = kNoSerial;
  if (told != Told::kListening) Disconnect(pipe);
  NTSTATUS status = Listen(pipe, overlapped, routine);
  bool look = told != Told::kListening;
  if (status != kPending && told == Told::kListening) {
    // A writer came between the two calls: that change has not been told.
    known = kNoSerial;
    look = true;
    Disconnect(pipe);
    status = Listen(pipe, overlapped, routine);
  }
  if (status != kPending) return WSA_INVALID_HANDLE;
  DWORD now = kNoSerial;
  RegistryKey catalog;
  if (!look || Broken(Switch::kConfigChangeNever) || ReadCatalogSerial(&catalog, &now) != 0) {
    return 0;
  }
  if (now != known) ConnectChangePipe(path, now);
  return 0;
}

int Wait(HANDLE pipe) {
  const Event changed;
  WSAOVERLAPPED overlapped{};
  overlapped.hEvent =
      reinterpret_cast<HANDLE>(reinterpret_cast<ULONG_PTR>(changed.get()) | kNoPacket);
  const DWORD code = Request(pipe, &overlapped, nullptr);
  if (code != 0) return Fail(code);
  WaitForSingleObject(changed.get(), INFINITE);
  return overlapped.Internal == 0 ? 0 : Fail(WSA_OPERATION_ABORTED);
}

}  // namespace
}  // namespace rig

extern "C" INT WSAAPI WSAProviderConfigChange(LPHANDLE handle, LPWSAOVERLAPPED overlapped,
                                              LPWSAOVERLAPPED_COMPLETION_ROUTINE routine) {
  if (!rig::Started()) return rig::Fail(WSANOTINITIALISED);
  if (handle == nullptr) return rig::Fail(WSAEFAULT);
  if (*handle == nullptr) {
    const DWORD code = rig::Open(handle);
    return code == 0 ? 0 : rig::Fail(code);
  }
  if (overlapped == nullptr) return rig::Wait(*handle);
  const DWORD code = rig::Request(*handle, overlapped, routine);
  return rig::Fail(code == 0 ? WSA_IO_PENDING : code);
}
