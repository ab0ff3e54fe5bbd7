// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See request.h: the checks at registration and what is taken over then.
#include "request.h"

#include "memory.h"
#include "switches.h"

namespace faulty {
namespace {

constexpr ULONG_PTR kStatusPending = 0x103;

HANDLE Duplicate(HANDLE handle) {
  HANDLE copy = nullptr;
  DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, 0, FALSE,
                  DUPLICATE_SAME_ACCESS);
  return copy;
}

DWORD TakeTarget(HANDLE handle, Request* request) {
  if (!handle) return WSAEINVAL;
  if (Broken(Switch::kHandlesNotDuplicated)) {
    request->target = handle;
    request->borrowed = true;
    return 0;
  }
  request->target = Duplicate(handle);
  return request->target ? 0 : WSAEINVAL;
}

DWORD PrepareWindow(const WSACOMPLETION& completion, Request* request) {
  request->window = completion.Parameters.WindowMessage.hWnd;
  request->message = completion.Parameters.WindowMessage.uMsg;
  request->context = completion.Parameters.WindowMessage.context;
  const bool absent = GetModuleHandleW(L"user32.dll") == nullptr;
  if (absent && Broken(Switch::kLoadsUser32)) LoadLibraryW(L"user32.dll");
  return request->window && GetModuleHandleW(L"user32.dll") ? 0 : WSAEINVAL;
}

DWORD PrepareEvent(const WSACOMPLETION& completion, Request* request) {
  OVERLAPPED copy;
  request->overlapped = completion.Parameters.Event.lpOverlapped;
  if (!request->overlapped) return WSAEINVAL;
  if (!ReadMemory(request->overlapped, &copy, sizeof(copy))) return WSAEFAULT;
  if (completion.Parameters.Port.Key != 0 && Broken(Switch::kEventTailRead)) return WSAEINVAL;
  if (!copy.hEvent && Broken(Switch::kNullEventAccepted)) return 0;
  // The low bit of the handle is a convention of file I/O and no part of it.
  const auto value = reinterpret_cast<ULONG_PTR>(copy.hEvent) & ~static_cast<ULONG_PTR>(1);
  return TakeTarget(reinterpret_cast<HANDLE>(value), request);
}

DWORD PreparePort(const WSACOMPLETION& completion, Request* request) {
  request->overlapped = completion.Parameters.Port.lpOverlapped;
  request->key = completion.Parameters.Port.Key;
  return request->overlapped ? TakeTarget(completion.Parameters.Port.hPort, request) : WSAEINVAL;
}

DWORD PrepareApc(const WSACOMPLETION& completion, const WSATHREADID* thread, Request* request) {
  request->overlapped = completion.Parameters.Apc.lpOverlapped;
  request->routine = completion.Parameters.Apc.lpfnCompletionProc;
  if (!request->overlapped || !request->routine) return WSAEINVAL;
  WSATHREADID given = {};
  if (thread && ReadMemory(thread, &given, sizeof(given)) && given.ThreadHandle) {
    request->client_thread = thread;
    request->thread_as_given = given.ThreadHandle;
    if (Broken(Switch::kThreadNotDuplicated)) {
      request->target = given.ThreadHandle;
      request->borrowed = true;
      return 0;
    }
    if (GetThreadId(given.ThreadHandle) != 0) request->target = Duplicate(given.ThreadHandle);
  }
  // The call is made on the client's thread, so this names the same one.
  if (!request->target) request->target = Duplicate(GetCurrentThread());
  return request->target ? 0 : WSAEINVAL;
}

}  // namespace

Request::~Request() {
  if (target && !borrowed) CloseHandle(target);
}

DWORD PrepareRequest(const WSACOMPLETION& completion, const WSATHREADID* thread, Request* request) {
  SweepQueued();
  request->type = completion.Type;
  request->registrant = GetCurrentThreadId();
  switch (completion.Type) {
    case NSP_NOTIFY_HWND:
      return PrepareWindow(completion, request);
    case NSP_NOTIFY_EVENT:
      return PrepareEvent(completion, request);
    case NSP_NOTIFY_PORT:
      return PreparePort(completion, request);
    case NSP_NOTIFY_APC:
      return PrepareApc(completion, thread, request);
    default:
      return WSAEINVAL;
  }
}

DWORD MarkPending(const Request& request) {
  if (!request.overlapped) return 0;
  const bool left = request.type == NSP_NOTIFY_EVENT && Broken(Switch::kPendingStatusLeft);
  const ULONG_PTR zero = 0;
  const ULONG_PTR status = left ? 0 : kStatusPending;
  return WriteMemory(&request.overlapped->InternalHigh, &zero, sizeof(zero)) &&
                 WriteMemory(&request.overlapped->Internal, &status, sizeof(status))
             ? 0
             : WSAEFAULT;
}

void PinModule() {
  if (Broken(Switch::kNoPin)) return;
  HMODULE module = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                     reinterpret_cast<LPCWSTR>(&PinModule), &module);
}

}  // namespace faulty
