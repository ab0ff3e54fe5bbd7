// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// WSANSPIoctl: finds the one provider of the query and adds the calling thread's WSATHREADID.
// Buffers and completion are the provider's business, whatever they point to.
#include "query.h"
#include "startup.h"
#include "switches.h"
#include "thread_id.h"
#include "winsock.h"

extern "C" INT WSAAPI WSANSPIoctl(HANDLE lookup, DWORD code, LPVOID in, DWORD in_size, LPVOID out,
                                  DWORD out_size, LPDWORD returned, LPWSACOMPLETION completion) {
  const DWORD before = GetLastError();
  if (!rig::Started()) return rig::Fail(WSANOTINITIALISED);
  const std::shared_ptr<rig::Query> query = rig::FindQuery(lookup);
  if (query == nullptr) return rig::Fail(WSA_INVALID_HANDLE);
  if (rig::Broken(rig::Switch::kIoctlProbesCompletion) && completion != nullptr &&
      IsBadReadPtr(completion, sizeof *completion)) {
    return rig::Fail(WSAEINVAL);
  }
  // A copy on the stack, spoilt afterwards: a provider that kept the pointer finds nothing there.
  WSATHREADID thread = rig::CallingThreadId();
  WSATHREADID* const passed = rig::Broken(rig::Switch::kIoctlNoThread) ? nullptr : &thread;
  SetLastError(before);
  const int result = query->Ioctl(code, in, in_size, out, out_size, returned, completion, passed);
  SecureZeroMemory(&thread, sizeof thread);
  return result;
}
