// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The control file's writer and the pipe's server: a thread for each connection, which answers one
// question, or tells of changes until its client leaves.
#include "host.h"

namespace faulty {
namespace {

HANDLE NewInstance(const wchar_t* name, bool first) {
  const DWORD open = PIPE_ACCESS_DUPLEX | (first ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0);
  return CreateNamedPipeW(name, open,
                          PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_REJECT_REMOTE_CLIENTS,
                          PIPE_UNLIMITED_INSTANCES, 262144, 65536, 0, nullptr);
}

bool ReadMessage(HANDLE pipe, Bytes* message) {
  for (;;) {
    uint8_t piece[16384];
    DWORD done = 0;
    const BOOL whole = ReadFile(pipe, piece, sizeof(piece), &done, nullptr);
    message->insert(message->end(), piece, piece + done);
    if (whole) return done > 0;
    if (GetLastError() != ERROR_MORE_DATA) return false;
  }
}

bool HasLeft(HANDLE pipe) {
  DWORD waiting = 0;
  return !PeekNamedPipe(pipe, nullptr, 0, nullptr, &waiting, nullptr);
}

// Counters first, then the word: whoever is woken finds them raised.
void TellChanges(HANDLE pipe) {
  Host& host = TheHost();
  std::unique_lock lock(host.mutex);
  // The first word comes at once: a change before this line is found by whoever looks after it.
  uint32_t told = host.change_number - 1;
  while (!host.stopping) {
    if (told == host.change_number) host.changed.Wait(&host.mutex, 50);
    const uint32_t now = host.change_number;
    lock.unlock();
    DWORD done = 0;
    const bool left =
        now == told ? HasLeft(pipe) : !WriteFile(pipe, &now, sizeof(now), &done, nullptr);
    lock.lock();
    told = now;
    if (left) return;
  }
}

void ServeConnection(HANDLE pipe) {
  Bytes request;
  if (ReadMessage(pipe, &request)) {
    uint32_t op = 0;
    if (request.size() >= sizeof(op)) std::memcpy(&op, request.data(), sizeof(op));
    if (op == static_cast<uint32_t>(Op::kWatch)) {
      TellChanges(pipe);
    } else {
      const Bytes reply = Answer(request, [pipe] { return HasLeft(pipe); });
      DWORD done = 0;
      WriteFile(pipe, reply.data(), static_cast<DWORD>(reply.size()), &done, nullptr);
      FlushFileBuffers(pipe);
    }
  }
  CloseHandle(pipe);
}

void Listen(HANDLE pipe, std::wstring name) {
  for (;;) {
    const BOOL connected = ConnectNamedPipe(pipe, nullptr);
    const bool served = connected || GetLastError() == ERROR_PIPE_CONNECTED;
    const HANDLE next = NewInstance(name.c_str(), false);
    if (served) {
      Detach([pipe] { ServeConnection(pipe); });
    } else {
      CloseHandle(pipe);
    }
    pipe = next;
  }
}

}  // namespace

bool OpenControl(bool create) {
  const HANDLE file = CreateFileW(ControlPath().c_str(), GENERIC_READ | GENERIC_WRITE,
                                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                  create ? OPEN_ALWAYS : OPEN_EXISTING, 0, nullptr);
  if (file == INVALID_HANDLE_VALUE) return false;
  const HANDLE section =
      CreateFileMappingW(file, nullptr, PAGE_READWRITE, 0, sizeof(ControlFile), nullptr);
  CloseHandle(file);
  if (!section) return false;
  TheHost().control =
      static_cast<ControlFile*>(MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, sizeof(ControlFile)));
  CloseHandle(section);
  return TheHost().control != nullptr;
}

void Retire(bool retired) {
  Host& host = TheHost();
  const std::lock_guard lock(host.mutex);
  host.control->magic = kControlMagic;
  InterlockedExchange(&host.control->retired, retired ? 1 : 0);
  ++host.change_number;
  host.changed.NotifyAll();
}

void ServePipe(uint32_t revision) {
  ControlFile* control = TheHost().control;
  const std::wstring name = L"\\\\.\\pipe\\nsp-faulty-" + std::to_wstring(GetCurrentProcessId()) +
                            L"-" + std::to_wstring(GetTickCount64());
  const HANDLE first = NewInstance(name.c_str(), true);
  control->host_pid = GetCurrentProcessId();
  control->host_thread = GetCurrentThreadId();
  wcsncpy(control->pipe, name.c_str(), 63);
  control->magic = kControlMagic;
  InterlockedIncrement(&control->epoch);
  // Unless both hosts vouch for the same data, all may have changed.
  const bool same = revision != 0 && revision == control->revision;
  control->revision = revision;
  if (!same) InterlockedIncrement(&control->global);
  Detach([first, name] { Listen(first, name); });
}

}  // namespace faulty
