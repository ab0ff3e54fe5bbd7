// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// GetAddrInfoEx: namespace and provider chosen by the caller, at once or overlapped, cancellable.
#include <map>
#include <memory>

#include "addrinfo.h"
#include "startup.h"
#include "switches.h"

namespace rig {
namespace {

constexpr ULONG_PTR kStatusPending = 0x103;

// The headers at hand know the routine only as a pointer to nothing in particular.
using CompletionRoutine = void(CALLBACK*)(DWORD error, DWORD bytes, OVERLAPPED* overlapped);

struct Operation {
  NameRequest request;
  Interrupt interrupt;
  ADDRINFOEXW** result = nullptr;
  OVERLAPPED* overlapped = nullptr;
  CompletionRoutine routine = nullptr;
  HANDLE handle = nullptr;
  HMODULE self = nullptr;  // keeps this DLL loaded while the operation runs
};

// Operations that can be cancelled, by the number the caller was given.
struct Operations {
  SRWLOCK lock = SRWLOCK_INIT;  // guards both members
  std::map<HANDLE, std::shared_ptr<Operation>> running;
  ULONG_PTR next = 0x4e530004;
};

// Never destroyed, as other tables of the process.
Operations& TheOperations() {
  static Operations& operations = *new Operations;
  return operations;
}

int Failed(DWORD code) {
  SetLastError(code);
  return static_cast<int>(code);
}

void Enlist(const std::shared_ptr<Operation>& operation) {
  Operations& all = TheOperations();
  ExclusiveLock lock(&all.lock);
  operation->handle = reinterpret_cast<HANDLE>(all.next);
  all.next += 8;
  all.running.emplace(operation->handle, operation);
}

std::shared_ptr<Operation> Find(HANDLE handle) {
  Operations& all = TheOperations();
  ExclusiveLock lock(&all.lock);
  const auto found = all.running.find(handle);
  return found == all.running.end() ? nullptr : found->second;
}

void Delist(const Operation& operation) {
  Operations& all = TheOperations();
  ExclusiveLock lock(&all.lock);
  all.running.erase(operation.handle);
}

// From the end of the handle on it can't be cancelled any more; then result, status and signal.
void Complete(const std::shared_ptr<Operation>& operation) {
  NameList list;
  int code = ResolveNames(operation->request, &list, &operation->interrupt);
  Delist(*operation);
  if (operation->interrupt.raised()) code = WSA_E_CANCELLED;
  if (code == 0) code = MakeInfo(list, operation->result);
  OVERLAPPED* const overlapped = operation->overlapped;
  const HANDLE event = overlapped->hEvent;
  overlapped->InternalHigh = 0;
  MemoryBarrier();
  overlapped->Internal = static_cast<ULONG_PTR>(code);
  if (operation->routine != nullptr) {
    operation->routine(static_cast<DWORD>(code), 0, overlapped);
  } else {
    SetEvent(event);
  }
}

void CALLBACK Run(PTP_CALLBACK_INSTANCE instance, void* context) {
  const std::unique_ptr<std::shared_ptr<Operation>> operation(
      static_cast<std::shared_ptr<Operation>*>(context));
  FreeLibraryWhenCallbackReturns(instance, (*operation)->self);
  CallbackMayRunLong(instance);
  Complete(*operation);
}

int Start(const std::shared_ptr<Operation>& operation, HANDLE* handle) {
  OVERLAPPED* const overlapped = operation->overlapped;
  if (operation->routine == nullptr && overlapped->hEvent == nullptr) return Failed(WSAEINVAL);
  const auto here = reinterpret_cast<LPCWSTR>(&Run);
  if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, here, &operation->self)) {
    return Failed(WSA_NOT_ENOUGH_MEMORY);
  }
  overlapped->Internal = kStatusPending;
  overlapped->InternalHigh = 0;
  overlapped->Pointer = operation->result;
  Enlist(operation);
  if (handle != nullptr) *handle = operation->handle;
  auto context = std::make_unique<std::shared_ptr<Operation>>(operation);
  if (!TrySubmitThreadpoolCallback(Run, context.get(), nullptr)) {
    Delist(*operation);
    FreeLibrary(operation->self);
    return Failed(WSA_NOT_ENOUGH_MEMORY);
  }
  context.release();
  return Failed(WSA_IO_PENDING);
}

template <class Char, class Info>
NameRequest RequestOf(const Char* node, const Char* service, DWORD name_space, const GUID* provider,
                      const Info* hints) {
  NameRequest request;
  request.node = TextOf(node);
  request.service = TextOf(service);
  request.name_space = name_space;
  if (provider != nullptr) request.provider = *provider;
  request.hints = HintsOf(hints);
  request.ansi = sizeof(Char) == 1;
  return request;
}

}  // namespace
}  // namespace rig

extern "C" INT WSAAPI GetAddrInfoExW(PCWSTR node, PCWSTR service, DWORD name_space, LPGUID provider,
                                     const ADDRINFOEXW* hints, PADDRINFOEXW* result, timeval*,
                                     LPOVERLAPPED overlapped,
                                     LPLOOKUPSERVICE_COMPLETION_ROUTINE routine, LPHANDLE handle) {
  if (!rig::Started()) return rig::Failed(WSANOTINITIALISED);
  if (handle != nullptr) *handle = nullptr;
  if (result == nullptr || (overlapped == nullptr && routine != nullptr)) {
    return rig::Failed(WSAEINVAL);
  }
  *result = nullptr;
  const rig::NameRequest request = rig::RequestOf(node, service, name_space, provider, hints);
  if (overlapped != nullptr) {
    const auto operation = std::make_shared<rig::Operation>();
    operation->request = request;
    operation->result = result;
    operation->overlapped = overlapped;
    operation->routine = reinterpret_cast<rig::CompletionRoutine>(routine);
    return rig::Start(operation, handle);
  }
  rig::NameList list;
  const int code = rig::ResolveNames(request, &list);
  return code != 0 ? code : rig::MakeInfo(list, result);
}

// The ANSI form is never overlapped.
extern "C" INT WSAAPI GetAddrInfoExA(PCSTR node, PCSTR service, DWORD name_space, LPGUID provider,
                                     const ADDRINFOEXA* hints, PADDRINFOEXA* result, timeval*,
                                     LPOVERLAPPED overlapped,
                                     LPLOOKUPSERVICE_COMPLETION_ROUTINE routine, LPHANDLE handle) {
  if (!rig::Started()) return rig::Failed(WSANOTINITIALISED);
  if (handle != nullptr) *handle = nullptr;
  if (result == nullptr || overlapped != nullptr || routine != nullptr) {
    return rig::Failed(WSAEINVAL);
  }
  *result = nullptr;
  rig::NameList list;
  const auto request = rig::RequestOf(node, service, name_space, provider, hints);
  const int code = rig::ResolveNames(request, &list);
  return code != 0 ? code : rig::MakeInfo(list, result);
}

// What is running stops and completes with WSA_E_CANCELLED.
extern "C" INT WSAAPI GetAddrInfoExCancel(LPHANDLE handle) {
  const auto operation = handle != nullptr ? rig::Find(*handle) : nullptr;
  if (operation == nullptr) return rig::Failed(WSA_INVALID_HANDLE);
  operation->interrupt.Raise();
  return 0;
}

extern "C" INT WSAAPI GetAddrInfoExOverlappedResult(LPOVERLAPPED overlapped) {
  if (overlapped == nullptr) return rig::Failed(WSAEINVAL);
  const ULONG_PTR status = overlapped->Internal;
  return status == rig::kStatusPending ? WSAEINPROGRESS : static_cast<int>(status);
}

#undef FreeAddrInfoEx
extern "C" void WSAAPI FreeAddrInfoEx(PADDRINFOEXA info) {
  rig::FreeInfo(info);
}

extern "C" void WSAAPI FreeAddrInfoExW(PADDRINFOEXW info) {
  rig::FreeInfo(info);
}
