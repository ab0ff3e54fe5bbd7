// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See host_pipe.h.
#include "host_pipe.h"

#include <utility>

#include "switches.h"
#include "test_counters.h"

namespace nsp {
namespace {

// Read and write data and attributes, read control, synchronise. GENERIC_WRITE would include the
// right to create instances of the pipe, which no client may have.
constexpr DWORD kPipeAccess = 0x120183;

// Takes the thread's impersonation token off for its lifetime: the pipe is opened as the process.
class WithoutImpersonation {
 public:
  WithoutImpersonation() {
    HANDLE token = nullptr;
    if (OpenThreadToken(GetCurrentThread(), TOKEN_IMPERSONATE, TRUE, &token)) {
      token_ = UniqueHandle(token);
      SetThreadToken(nullptr, nullptr);
    }
  }
  ~WithoutImpersonation() {
    if (token_) {
      SetThreadToken(nullptr, token_.get());
    }
  }
  WithoutImpersonation(const WithoutImpersonation&) = delete;
  WithoutImpersonation& operator=(const WithoutImpersonation&) = delete;

 private:
  UniqueHandle token_;
};

bool IsRecordedOwner(HANDLE pipe, const Sidecar& sidecar) {
  // A self-relative descriptor with the largest SID fits.
  alignas(8) uint8_t descriptor[SECURITY_DESCRIPTOR_MIN_LENGTH + kMaxSidBytes + 64];
  DWORD need = 0;
  PSID owner = nullptr;
  BOOL defaulted = FALSE;
  uint8_t recorded[kMaxSidBytes];
  for (uint32_t i = 0; i < kMaxSidBytes; ++i) {
    recorded[i] = sidecar.host_sid[i];
  }
  return GetKernelObjectSecurity(pipe, OWNER_SECURITY_INFORMATION, descriptor, sizeof(descriptor),
                                 &need) &&
         GetSecurityDescriptorOwner(descriptor, &owner, &defaulted) && owner != nullptr &&
         EqualSid(owner, recorded);
}

bool IsRecordedProcess(HANDLE pipe, const ControlFilter& filter) {
  ULONG process_id = 0;
  return GetNamedPipeServerProcessId(pipe, &process_id) && process_id == filter.host_pid;
}

const wchar_t* NameOf(const ControlFilter& filter) {
  return reinterpret_cast<const wchar_t*>(filter.pipe_name);
}

}  // namespace

DWORD OpenHostPipe(const ControlFilter& filter, const Sidecar& sidecar, UniqueFile* pipe) {
  if (filter.host_pid == 0 || filter.wire_min > kWireVersion || filter.wire_max < kWireVersion) {
    return WSAENETDOWN;
  }
  WithoutImpersonation scope;
  CountPipeOperation();
  UniqueFile opened(
      CreateFileW(NameOf(filter), kPipeAccess, 0, nullptr, OPEN_EXISTING,
                  FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, nullptr));
  if (!opened) {
    return GetLastError() == ERROR_PIPE_BUSY ? ERROR_PIPE_BUSY : WSAENETDOWN;
  }
  DWORD mode = PIPE_READMODE_MESSAGE;
  if (!SetNamedPipeHandleState(opened.get(), &mode, nullptr, nullptr) ||
      !IsRecordedProcess(opened.get(), filter) || !IsRecordedOwner(opened.get(), sidecar)) {
    return WSAENETDOWN;
  }
  *pipe = std::move(opened);
  return 0;
}

void WaitForHostPipe(const ControlFilter& filter, DWORD ms) {
  CountWait();
  WaitNamedPipeW(NameOf(filter), ms);
}

bool InHostProcess(const ControlFilter& filter) {
  return filter.host_pid != 0 && filter.host_pid == GetCurrentProcessId();
}

bool OnHostThread(const ControlFilter& filter) {
  if (!InHostProcess(filter) || SwitchedOff("host-thread")) {
    return false;
  }
  DWORD thread = GetCurrentThreadId();
  for (uint32_t i = 0; i < filter.js_thread_count; ++i) {
    if (filter.js_threads[i] == thread) {
      return true;
    }
  }
  return false;
}

}  // namespace nsp
