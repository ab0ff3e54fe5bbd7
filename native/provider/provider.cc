// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See provider.h.
#include "provider.h"

#include <cstring>

#include "file_checks.h"
#include "host_pipe.h"
#include "lookup.h"
#include "test_counters.h"

namespace nsp {
namespace {

// A wait for a pipe instance cannot be cancelled, so it is cut into slices of this length.
constexpr DWORD kSliceMs = 20;
constexpr wchar_t kSidecarName[] = L"winsock-nsp.sidecar";

bool ReadSidecar(HMODULE module, Sidecar* sidecar) {
  wchar_t path[kMaxPathChars];
  DWORD length = GetModuleFileNameW(module, path, kMaxPathChars);
  if (length == 0 || length >= kMaxPathChars) {
    return false;
  }
  while (length != 0 && path[length - 1] != L'\\' && path[length - 1] != L'/') {
    --length;
  }
  if (length + sizeof(kSidecarName) / sizeof(wchar_t) > kMaxPathChars) {
    return false;
  }
  std::memcpy(path + length, kSidecarName, sizeof(kSidecarName));
  UniqueFile file(CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr,
                              OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
  DWORD got = 0;
  LARGE_INTEGER size = {};
  return file && GetFileSizeEx(file.get(), &size) && size.QuadPart == sizeof(*sidecar) &&
         ReadFile(file.get(), sidecar, sizeof(*sidecar), &got, nullptr) &&
         CheckSidecar(*sidecar, got);
}

}  // namespace

Ref<Provider> Provider::Load(HMODULE module) {
  // Not on the stack: this may be a thread with little of it.
  auto* sidecar = New<Sidecar>();
  if (sidecar == nullptr) {
    return {};
  }
  Ref<Provider> provider;
  if (ReadSidecar(module, sidecar)) {
    provider = MakeRef<Provider>(*sidecar);
  }
  Delete(sidecar);
  return provider;
}

Provider::Provider(const Sidecar& sidecar)
    : sidecar_(sidecar),
      control_(reinterpret_cast<const wchar_t*>(sidecar_.control_path), Startup::Lock()),
      lookups_(Startup::Lock()),
      watcher_(this) {}

Provider::~Provider() = default;

Ref<Connection> Provider::Current() {
  Ref<Connection> connection;
  {
    SharedLock lock(&lock_);
    connection = connection_;
  }
  return connection && !connection->broken() ? connection : Ref<Connection>();
}

DWORD Provider::Open(const ControlState& state, const Deadline& deadline, const Call* call,
                     Ref<Connection>* connection) {
  const ControlFilter& filter = state.filter();
  UniqueFile pipe;
  for (;;) {
    DWORD code = OpenHostPipe(filter, sidecar_, &pipe);
    if (code == 0) {
      break;
    }
    if (code != ERROR_PIPE_BUSY) {
      return code;
    }
    if (call != nullptr && call->cancelled) {
      return WSA_E_CANCELLED;
    }
    DWORD left = deadline.LeftMs();
    if (left == 0) {
      return ERROR_PIPE_BUSY;
    }
    WaitForHostPipe(filter, left < kSliceMs ? left : kSliceMs);
  }
  uint32_t serial;
  {
    ExclusiveLock lock(&lock_);
    serial = ++serial_;
  }
  *connection = Connection::Start(this, std::move(pipe), serial);
  return *connection ? 0 : WSAENETDOWN;
}

DWORD Provider::Connect(const ControlState& state, const Deadline& deadline, const Call* call,
                        Ref<Connection>* connection) {
  *connection = Current();
  if (*connection) {
    return 0;
  }
  {
    ExclusiveLock lock(&lock_);
    while (connecting_) {
      DWORD left = deadline.LeftMs();
      if (left == 0) {
        return ERROR_PIPE_BUSY;
      }
      if (call != nullptr && call->cancelled) {
        return WSA_E_CANCELLED;
      }
      CountWait();
      SleepConditionVariableSRW(&connected_, &lock_, left < kSliceMs ? left : kSliceMs, 0);
    }
    if (shut_down_) {
      return WSAENETDOWN;
    }
    if (connection_ && !connection_->broken()) {
      *connection = connection_;
      return 0;
    }
    connecting_ = true;
  }
  DWORD code = Open(state, deadline, call, connection);
  Ref<Connection> old;
  {
    ExclusiveLock lock(&lock_);
    connecting_ = false;
    if (code == 0 && !shut_down_) {
      old = connection_;
      connection_ = *connection;
    }
  }
  WakeAllConditionVariable(&connected_);
  return code;
}

void Provider::Shutdown() {
  lookups_.EndAll();
  Ref<Connection> connection;
  {
    ExclusiveLock lock(&lock_);
    shut_down_ = true;
    std::swap(connection, connection_);
  }
  if (connection) {
    connection->Close();
  }
}

}  // namespace nsp
