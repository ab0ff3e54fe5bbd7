// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See channel.h.
#include "channel.h"

#include <atomic>

#include "switches.h"

namespace faulty {
namespace {

std::atomic<DWORD> pipe_operations{0};
std::atomic<DWORD> waits{0};
SRWLOCK control_lock = SRWLOCK_INIT;  // guards CachedControl()

Control& CachedControl() {
  static auto* cached = new Control;
  return *cached;
}

Control MapControl() {
  const HANDLE file = CreateFileW(ControlPath().c_str(), GENERIC_READ,
                                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                  OPEN_EXISTING, 0, nullptr);
  if (file == INVALID_HANDLE_VALUE) return nullptr;
  LARGE_INTEGER size = {};
  const void* view = nullptr;
  if (GetFileSizeEx(file, &size) && size.QuadPart >= static_cast<LONGLONG>(sizeof(ControlFile))) {
    const HANDLE section = CreateFileMappingW(file, nullptr, PAGE_READONLY, 0, 0, nullptr);
    if (section) {
      view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, sizeof(ControlFile));
      CloseHandle(section);
    }
  }
  CloseHandle(file);
  if (!view) return nullptr;
  auto control = std::make_shared<ControlView>(static_cast<const ControlFile*>(view));
  return (*control)->magic == kControlMagic ? control : nullptr;
}

DWORD TimeLeft(ULONGLONG deadline) {
  const ULONGLONG now = GetTickCount64();
  return now >= deadline ? 0 : static_cast<DWORD>(deadline - now);
}

HANDLE OpenPipe(const ControlFile& control, ULONGLONG deadline, HANDLE cancel) {
  for (;;) {
    CountPipeOperation();
    const HANDLE pipe = CreateFileW(control.pipe, GENERIC_READ | GENERIC_WRITE, 0, nullptr,
                                    OPEN_EXISTING, FILE_FLAG_OVERLAPPED, nullptr);
    if (pipe != INVALID_HANDLE_VALUE) {
      DWORD mode = PIPE_READMODE_MESSAGE;
      SetNamedPipeHandleState(pipe, &mode, nullptr, nullptr);
      return pipe;
    }
    if (GetLastError() != ERROR_PIPE_BUSY || TimeLeft(deadline) == 0) return pipe;
    if (cancel && CountedWait(1, &cancel, 0) == WAIT_OBJECT_0) return pipe;
    waits.fetch_add(1);
    WaitNamedPipeW(control.pipe, 20);
  }
}

// Waits for one overlapped operation; on timeout or cancel it is taken back before returning.
Asked Finish(HANDLE pipe, OVERLAPPED* overlapped, ULONGLONG deadline, HANDLE cancel, DWORD* done) {
  const HANDLE handles[2] = {overlapped->hEvent, cancel};
  const DWORD got = CountedWait(cancel ? 2 : 1, handles, TimeLeft(deadline));
  if (got != WAIT_OBJECT_0) CancelIoEx(pipe, overlapped);
  const BOOL complete = GetOverlappedResult(pipe, overlapped, done, TRUE);
  if (complete) return Asked::kAnswered;
  if (GetLastError() == ERROR_MORE_DATA) return Asked::kAnswered;
  if (got == WAIT_OBJECT_0 + 1) return Asked::kCancelled;
  return got == WAIT_TIMEOUT ? Asked::kTimeout : Asked::kBroken;
}

Asked ReadAll(HANDLE pipe, HANDLE event, ULONGLONG deadline, HANDLE cancel, Bytes* reply) {
  reply->clear();
  for (bool more = true; more;) {
    uint8_t piece[16384];
    OVERLAPPED overlapped = {};
    overlapped.hEvent = event;
    DWORD done = 0;
    CountPipeOperation();
    more = false;
    Asked asked = Asked::kAnswered;
    if (ReadFile(pipe, piece, sizeof(piece), nullptr, &overlapped)) {
      GetOverlappedResult(pipe, &overlapped, &done, TRUE);
    } else if (GetLastError() == ERROR_IO_PENDING) {
      asked = Finish(pipe, &overlapped, deadline, cancel, &done);
      more = asked == Asked::kAnswered && done == sizeof(piece);
    } else if (GetLastError() == ERROR_MORE_DATA) {
      GetOverlappedResult(pipe, &overlapped, &done, TRUE);
      done = sizeof(piece);
      more = true;
    } else {
      asked = Asked::kBroken;
    }
    if (asked != Asked::kAnswered) return asked;
    reply->insert(reply->end(), piece, piece + done);
  }
  return Asked::kAnswered;
}

// After three questions in a row that ran into their deadline the host is asked once a second.
constexpr DWORD kSilentAnswers = 3;
constexpr DWORD kProbeMs = 1000;
std::atomic<DWORD> silent_answers{0};
std::atomic<ULONGLONG> next_probe{0};

bool MayAsk() {
  if (silent_answers.load() < kSilentAnswers || Broken(Switch::kBreakerNeverOpens)) return true;
  const ULONGLONG now = GetTickCount64();
  ULONGLONG due = next_probe.load();
  return now >= due && next_probe.compare_exchange_strong(due, now + kProbeMs);
}

void NoteAnswer(Asked asked, bool late) {
  if (asked == Asked::kAnswered) {
    silent_answers.store(0);
  } else if (late) {
    silent_answers.fetch_add(1);
    next_probe.store(GetTickCount64() + kProbeMs);
  }
}

Asked AskUntil(const ControlFile& control, const Bytes& request, ULONGLONG deadline, HANDLE cancel,
               Bytes* reply) {
  const HANDLE pipe = OpenChannel(control, request, TimeLeft(deadline), cancel);
  if (pipe == INVALID_HANDLE_VALUE) return Asked::kUnreachable;
  const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  const Asked asked = ReadAll(pipe, event, deadline, cancel, reply);
  CloseHandle(event);
  CloseHandle(pipe);
  return asked;
}

}  // namespace

bool ControlView::Open() const {
  return file_->retired == 0 || Broken(Switch::kRetiredIgnored);
}

bool ControlView::HostThread() const {
  return file_->host_pid == GetCurrentProcessId() && file_->host_thread == GetCurrentThreadId() &&
         !Broken(Switch::kHostThreadServed);
}

Control CurrentControl() {
  AcquireSRWLockExclusive(&control_lock);
  Control control = CachedControl();
  if (!control || (*control)->retired != 0) {
    // A re-installation may have made a new file, so a retired view is looked up again.
    const Control fresh = MapControl();
    if (fresh) control = CachedControl() = fresh;
  }
  ReleaseSRWLockExclusive(&control_lock);
  return control;
}

void ForgetControl() {
  AcquireSRWLockExclusive(&control_lock);
  CachedControl() = nullptr;
  ReleaseSRWLockExclusive(&control_lock);
}

HANDLE OpenChannel(const ControlFile& control, const Bytes& request, DWORD ms, HANDLE cancel) {
  const ULONGLONG deadline = GetTickCount64() + ms;
  const HANDLE pipe = OpenPipe(control, deadline, cancel);
  if (pipe == INVALID_HANDLE_VALUE) return pipe;
  OVERLAPPED overlapped = {};
  overlapped.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  DWORD done = 0;
  CountPipeOperation();
  bool sent =
      WriteFile(pipe, request.data(), static_cast<DWORD>(request.size()), nullptr, &overlapped);
  if (!sent && GetLastError() == ERROR_IO_PENDING) {
    sent = Finish(pipe, &overlapped, deadline, cancel, &done) == Asked::kAnswered;
  }
  CloseHandle(overlapped.hEvent);
  if (sent) return pipe;
  CloseHandle(pipe);
  return INVALID_HANDLE_VALUE;
}

Asked Ask(const ControlFile& control, const Bytes& request, DWORD ms, HANDLE cancel, Bytes* reply) {
  if (!MayAsk()) return Asked::kUnreachable;
  const ULONGLONG deadline = GetTickCount64() + ms;
  const Asked asked = AskUntil(control, request, deadline, cancel, reply);
  NoteAnswer(asked, TimeLeft(deadline) == 0);
  return asked;
}

bool HostReachable(const ControlFile& control) {
  CountPipeOperation();
  const HANDLE pipe = CreateFileW(control.pipe, GENERIC_READ | GENERIC_WRITE, 0, nullptr,
                                  OPEN_EXISTING, FILE_FLAG_OVERLAPPED, nullptr);
  if (pipe == INVALID_HANDLE_VALUE) return GetLastError() == ERROR_PIPE_BUSY;
  CloseHandle(pipe);
  return true;
}

DWORD CountedWait(DWORD count, const HANDLE* handles, DWORD ms) {
  waits.fetch_add(1);
  return WaitForMultipleObjects(count, handles, FALSE, ms);
}

void CountPipeOperation() {
  pipe_operations.fetch_add(1);
}

void ReadCounters(DWORD* operations, DWORD* wait_count) {
  if (operations) *operations = pipe_operations.load();
  if (wait_count) *wait_count = waits.load();
}

}  // namespace faulty
