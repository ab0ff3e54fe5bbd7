// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// WSAStartup and WSACleanup: Wine's own do the work for sockets, this file ends the namespace half
// with the last WSACleanup.
#include "startup.h"

#include "provider_view.h"
#include "query.h"
#include "switches.h"
#include "thread_id.h"
#include "winsock.h"

namespace rig {
namespace {

volatile LONG g_started = 0;

// By name: a static import would carry the names that this DLL exports itself.
template <class Function>
Function Wine(const char* name) {
  const HMODULE wine = LoadLibraryW(L"ws2_wine.dll");
  if (wine == nullptr) return nullptr;
  return reinterpret_cast<Function>(reinterpret_cast<void*>(GetProcAddress(wine, name)));
}

// Open queries do not keep providers: NSPCleanup stands for the End of each.
void EndNamespaces() {
  KeepLastError keep;
  ForgetQueries();
  DropView();
  ReleaseAllThreadIds();
}

}  // namespace

bool Started() {
  return g_started > 0 || Broken(Switch::kNoStartupCheck);
}

}  // namespace rig

extern "C" int WSAAPI WSAStartup(WORD version, LPWSADATA data) {
  static const auto wine = rig::Wine<decltype(&WSAStartup)>("WSAStartup");
  if (wine == nullptr || rig::UnknownSwitch()) return WSASYSNOTREADY;
  const int result = wine(version, data);
  if (result == 0) InterlockedIncrement(&rig::g_started);
  return result;
}

extern "C" int WSAAPI WSACleanup() {
  static const auto wine = rig::Wine<decltype(&WSACleanup)>("WSACleanup");
  if (wine == nullptr) return rig::Fail(WSASYSNOTREADY);
  LONG count = rig::g_started;
  for (;;) {
    if (count == 0) return rig::Fail(WSANOTINITIALISED);
    const LONG seen = InterlockedCompareExchange(&rig::g_started, count - 1, count);
    if (seen == count) break;
    count = seen;
  }
  // Before Wine's, because a provider may still use sockets in NSPCleanup.
  if (count == 1) rig::EndNamespaces();
  return wine();
}
