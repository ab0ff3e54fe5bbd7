// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Delivery of a completion (request.h): status first, then the signal, after which nothing of the
// client's is touched again.
#include "memory.h"
#include "request.h"
#include "switches.h"

namespace faulty {
namespace {

constexpr ULONG_PTR kStatusCancelled = 0xC0000120;
constexpr ULONG_PTR kFailureStatus = 0xC0070000;

struct Result {
  ULONG_PTR status;
  DWORD error;
  DWORD bytes;
};

Result ResultOf(const Request& request, Outcome outcome, DWORD code, DWORD bytes) {
  if (outcome == Outcome::kAbort) {
    const bool raw = request.type == NSP_NOTIFY_EVENT && Broken(Switch::kEventAbortRaw);
    return {raw ? WSA_OPERATION_ABORTED : kStatusCancelled, WSA_OPERATION_ABORTED, 0};
  }
  if (outcome == Outcome::kFailure) {
    const bool lost = code == WSAEFAULT && Broken(Switch::kCustomNeedLost);
    const ULONG_PTR status = Broken(Switch::kCustomErrorRaw) ? code : kFailureStatus | code;
    return {status, code, lost ? 0 : bytes};
  }
  const bool lost = outcome == Outcome::kAnswer && Broken(Switch::kCustomLengthLost);
  return {0, 0, lost ? 0 : bytes};
}

bool HasEnded(DWORD thread_id) {
  const HANDLE thread = OpenThread(SYNCHRONIZE, FALSE, thread_id);
  if (!thread) return true;
  const bool ended = WaitForSingleObject(thread, 0) == WAIT_OBJECT_0;
  CloseHandle(thread);
  return ended;
}

// False when a switch has something against this delivery.
bool StillWanted(const Request& request, Outcome outcome) {
  DWORD type = request.type;
  if (request.client && !ReadMemory(&request.client->Type, &type, sizeof(type))) type = ~0u;
  if (type != request.type && Broken(Switch::kCompletionByPointer)) return false;
  WSATHREADID now = {request.thread_as_given, 0};
  if (request.client_thread && !ReadMemory(request.client_thread, &now, sizeof(now))) now = {};
  if (now.ThreadHandle != request.thread_as_given && Broken(Switch::kThreadIdByPointer)) {
    return false;
  }
  const bool change = outcome == Outcome::kChange;
  if (change && HasEnded(request.registrant) && Broken(Switch::kDiesWithThread)) return false;
  if (outcome == Outcome::kAbort) {
    if (request.type == NSP_NOTIFY_PORT && Broken(Switch::kPortAbortSilent)) return false;
    if (request.type == NSP_NOTIFY_APC && Broken(Switch::kApcAbortDropped)) return false;
  }
  return true;
}

void PostToWindow(const Request& request) {
  using PostMessageFunction = BOOL(WINAPI*)(HWND, UINT, WPARAM, LPARAM);
  const HMODULE user32 = GetModuleHandleW(L"user32.dll");
  if (!user32) return;
  const auto post = reinterpret_cast<PostMessageFunction>(
      reinterpret_cast<void*>(GetProcAddress(user32, "PostMessageW")));
  const LPARAM parameter = Broken(Switch::kWindowLParam) ? 1 : 0;
  const BOOL posted = post && post(request.window, request.message, request.context, parameter);
  if (!posted && Broken(Switch::kWindowGoneCrash))
    TerminateProcess(GetCurrentProcess(), 0xC0000005);
}

void WriteStatus(const Request& request, const Result& result, Outcome outcome) {
  if (!request.overlapped) return;
  const ULONG_PTR bytes = result.bytes;
  WriteMemory(&request.overlapped->InternalHigh, &bytes, sizeof(bytes));
  MemoryBarrier();
  const bool left = request.type == NSP_NOTIFY_EVENT && outcome == Outcome::kChange &&
                    Broken(Switch::kEventStatusLeft);
  if (!left) WriteMemory(&request.overlapped->Internal, &result.status, sizeof(result.status));
  MemoryBarrier();
}

void Deliver(const RequestRef& request, Outcome outcome, const Result& result) {
  if (!StillWanted(*request, outcome)) return;
  if (request->type == NSP_NOTIFY_HWND) {
    const bool quiet = outcome == Outcome::kAbort && !Broken(Switch::kWindowEndPosts);
    if (!quiet) PostToWindow(*request);
    return;
  }
  WriteStatus(*request, result, outcome);
  if (request->type == NSP_NOTIFY_EVENT) {
    SetEvent(request->target);
  } else if (request->type == NSP_NOTIFY_PORT) {
    const ULONG_PTR key = request->key + (Broken(Switch::kPortWrongKey) ? 1 : 0);
    PostQueuedCompletionStatus(request->target, result.bytes, key, request->overlapped);
  } else {
    const bool wrong = outcome == Outcome::kChange && Broken(Switch::kApcFlags);
    QueueCompletion(request, result.error, result.bytes, wrong ? 1 : 0);
  }
}

}  // namespace

bool CompleteRequest(const RequestRef& request, Outcome outcome, DWORD code, DWORD bytes) {
  Stage expected = Stage::kPending;
  if (!request->stage.compare_exchange_strong(expected, Stage::kDelivering)) return false;
  Deliver(request, outcome, ResultOf(*request, outcome, code, bytes));
  request->stage.store(Stage::kDone);
  return true;
}

void AbortRequest(const RequestRef& request) {
  SweepQueued();
  if (CompleteRequest(request, Outcome::kAbort, 0, 0)) return;
  while (request->stage.load() == Stage::kDelivering)
    SwitchToThread();
  if (request->type == NSP_NOTIFY_EVENT && Broken(Switch::kEndCompletesAgain)) {
    SetEvent(request->target);
  }
}

void DropRequest(const RequestRef& request) {
  Stage expected = Stage::kPending;
  request->stage.compare_exchange_strong(expected, Stage::kDone);
}

}  // namespace faulty
