// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See completion.h.
#include "completion.h"

#include "guarded_copy.h"
#include "switches.h"

namespace nsp {
namespace {

constexpr ULONG_PTR kStatusPending = 0x103;
constexpr ULONG_PTR kStatusCancelled = 0xC0000120u;
// NTSTATUS of facility Win32: GetOverlappedResult translates it back into the code.
constexpr ULONG_PTR kStatusWin32 = 0xC0070000u;

ULONG_PTR StatusOf(DWORD code) {
  if (code == 0) {
    return 0;
  }
  return code == WSA_OPERATION_ABORTED ? kStatusCancelled : kStatusWin32 | code;
}

UniqueHandle Duplicate(HANDLE handle) {
  if (SwitchedOff("duplicates")) {
    return UniqueHandle(handle);
  }
  HANDLE copy = nullptr;
  HANDLE self = GetCurrentProcess();
  if (handle == nullptr ||
      !DuplicateHandle(self, handle, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
    return UniqueHandle();
  }
  return UniqueHandle(copy);
}

}  // namespace

DWORD ReadCompletion(const void* completion, CompletionRequest* request) {
  *request = {};
  if (completion == nullptr) {
    return 0;
  }
  if (!GuardedRead(&request->copy, completion)) {
    return WSAEFAULT;
  }
  // As a number: the enumeration promotes to a signed type, and junk is not one of its values.
  if (static_cast<uint32_t>(request->copy.Type) > NSP_NOTIFY_APC) {
    return WSAEINVAL;
  }
  request->asynchronous = request->copy.Type != NSP_NOTIFY_IMMEDIATELY;
  return 0;
}

DWORD Completion::AcquireWindow() {
  // Loading user32 would turn the client into a GUI process; who has a window has it already.
  HMODULE user32 = GetModuleHandleW(L"user32.dll");
  if (user32 == nullptr || copy_.Parameters.WindowMessage.hWnd == nullptr) {
    return WSAEINVAL;
  }
  post_message_ = reinterpret_cast<decltype(&PostMessageW)>(
      reinterpret_cast<void*>(GetProcAddress(user32, "PostMessageW")));
  return post_message_ == nullptr ? WSAEINVAL : 0;
}

DWORD Completion::AcquireEvent(const OVERLAPPED& overlapped) {
  // The low bit of hEvent is a mark for I/O completion ports, not part of the handle.
  auto value = reinterpret_cast<ULONG_PTR>(overlapped.hEvent) & ~ULONG_PTR{1};
  handle_ = Duplicate(reinterpret_cast<HANDLE>(value));
  return handle_ ? 0 : WSAEINVAL;
}

DWORD Completion::AcquirePort() {
  handle_ = Duplicate(copy_.Parameters.Port.hPort);
  return handle_ ? 0 : WSAEINVAL;
}

DWORD Completion::AcquireThread(const void* thread_id) {
  if (copy_.Parameters.Apc.lpfnCompletionProc == nullptr) {
    return WSAEINVAL;
  }
  if (!routine_.Allocate()) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  WSATHREADID given = {};
  if (GuardedRead(&given, thread_id)) {
    handle_ = Duplicate(given.ThreadHandle);
    reserved_ = given.Reserved;
  }
  // The call is made on the client's thread, so the thread's own handle names the same one.
  if (!handle_ || GetThreadId(handle_.get()) == 0) {
    handle_ = Duplicate(GetCurrentThread());
  }
  return handle_ ? 0 : WSAEINVAL;
}

DWORD Completion::Acquire(const WSACOMPLETION& from, const void* thread_id) {
  copy_ = from;
  if (copy_.Type == NSP_NOTIFY_HWND) {
    return AcquireWindow();
  }
  // Event, Port and Apc have lpOverlapped in the same place.
  overlapped_ = copy_.Parameters.Event.lpOverlapped;
  if (overlapped_ == nullptr) {
    return WSAEINVAL;
  }
  OVERLAPPED overlapped;
  if (!GuardedRead(&overlapped, overlapped_)) {
    return WSAEFAULT;
  }
  DWORD code = copy_.Type == NSP_NOTIFY_EVENT  ? AcquireEvent(overlapped)
               : copy_.Type == NSP_NOTIFY_PORT ? AcquirePort()
                                               : AcquireThread(thread_id);
  if (code != 0) {
    return code;
  }
  const ULONG_PTR pending[2] = {kStatusPending, 0};
  return GuardedCopy(overlapped_, pending, sizeof(pending)) ? 0 : WSAEFAULT;
}

// InternalHigh first: who sees Internal change finds the length there.
bool Completion::Store(const Outcome& outcome) const {
  ULONG_PTR high = outcome.bytes;
  ULONG_PTR status = StatusOf(outcome.code);
  bool stored = GuardedCopy(&overlapped_->InternalHigh, &high, sizeof(high));
  std::atomic_thread_fence(std::memory_order_release);
  return GuardedCopy(&overlapped_->Internal, &status, sizeof(status)) && stored;
}

void Completion::Deliver(const Outcome& outcome) {
  // Failures have nobody to go to: a window that has gone, a port that is full. They are dropped
  // (contract 2.4 h).
  switch (copy_.Type) {
    case NSP_NOTIFY_HWND:
      if (outcome.code != WSA_OPERATION_ABORTED) {
        const auto& window = copy_.Parameters.WindowMessage;
        post_message_(window.hWnd, window.uMsg, window.context, 0);
      }
      break;
    case NSP_NOTIFY_EVENT:
      static_cast<void>(Store(outcome));
      SetEvent(handle_.get());
      break;
    case NSP_NOTIFY_PORT:
      static_cast<void>(Store(outcome));
      PostQueuedCompletionStatus(handle_.get(), outcome.bytes, copy_.Parameters.Port.Key,
                                 overlapped_);
      break;
    case NSP_NOTIFY_APC:
      static_cast<void>(Store(outcome));
      routine_.Queue({copy_.Parameters.Apc.lpfnCompletionProc, overlapped_, outcome.code,
                      outcome.bytes, reserved_},
                     std::move(handle_));
      break;
    default:
      break;
  }
}

}  // namespace nsp
