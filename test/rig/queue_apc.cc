// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// WPUQueueApc, which only the second build of the rig exports. On Windows it is an upcall that
// transport providers get in a table; its page describes it as queueing to the stored thread.
// NSP_RIG_QUEUE_APC=refuse makes it fail, which shows who calls it.
#include "winsock.h"

#include <cwchar>

namespace {

bool Refuses() {
  wchar_t value[16];
  const DWORD length = GetEnvironmentVariableW(L"NSP_RIG_QUEUE_APC", value, 16);
  return length != 0 && length < 16 && wcscmp(value, L"refuse") == 0;
}

}  // namespace

extern "C" int WSPAPI WPUQueueApc(LPWSATHREADID thread, LPWSAUSERAPC routine, DWORD_PTR context,
                                  LPINT error) {
  if (thread == nullptr || routine == nullptr) {
    if (error != nullptr) *error = WSAEFAULT;
    return SOCKET_ERROR;
  }
  if (Refuses()) {
    if (error != nullptr) *error = WSAEINVAL;
    return SOCKET_ERROR;
  }
  const auto apc = reinterpret_cast<PAPCFUNC>(reinterpret_cast<void*>(routine));
  if (QueueUserAPC(apc, thread->ThreadHandle, context) != 0) return 0;
  if (error != nullptr) *error = WSAEINVAL;
  return SOCKET_ERROR;
}
