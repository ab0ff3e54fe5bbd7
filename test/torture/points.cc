// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One of everything that a client does, always in the same order, for the bench that kills it at
// each point of that in turn.
#include "requests.h"
#include "verbs.h"

namespace torture {
namespace {

constexpr uint32_t kTypes[] = {NSP_NOTIFY_EVENT, NSP_NOTIFY_PORT, NSP_NOTIFY_APC, NSP_NOTIFY_HWND};

// Reads to the end, polls, sends a control code and ends.
bool Ask(const Target& target, const std::wstring& name) {
  HANDLE handle = nullptr;
  uint32_t version = 0;
  if (target.Begin(name, &handle) != 0) return false;
  const DWORD end = Drain(handle, &version);
  const DWORD polled = Poll(handle);
  const DWORD echoed = Echo(handle);
  return End(handle) == 0 && end == WSA_E_NO_MORE && polled == WSAEWOULDBLOCK && echoed == 0;
}

// A request that hears of a change.
bool Hear(const Target& target, const std::wstring& name, Requests* requests, uint32_t type) {
  Request* const request = requests->StartRead(type, name);
  HANDLE handle = nullptr;
  if (request == nullptr || target.Begin(name, &handle) != 0 || Change(handle) != 0) return false;
  End(handle);
  const uint64_t end = GetTickCount64() + 10000;
  while (request->pending && GetTickCount64() < end)
    requests->Take(20);
  const bool heard = !request->pending;
  requests->Stop(request);
  return heard;
}

}  // namespace

int RunPoints(const Arguments& arguments) {
  const Target target(arguments);
  // Of its own: nobody else changes it.
  const std::wstring name = arguments.Text(L"name", L"points.load");
  Requests requests(target);
  if (!Ask(target, name)) return Result(false, "not answered");
  for (const uint32_t type : kTypes) {
    if (type == NSP_NOTIFY_HWND && !requests.has_window()) continue;
    if (!Hear(target, name, &requests, type)) return Result(false, "not told of a change");
  }
  // What still pends is aborted by the end of its handle, and of all.
  requests.Stop(requests.StartRead(NSP_NOTIFY_EVENT, name));
  if (requests.StartRead(kCustom | NSP_NOTIFY_PORT, name) == nullptr || WSACleanup() != 0) {
    return Result(false, "cleanup");
  }
  requests.Forget();
  return Result(requests.Settle(5000), "points");
}

}  // namespace torture
