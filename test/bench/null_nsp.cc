// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The baseline "null": a provider whose entries return at once, the floor below every other one.
#include "nsp_kit.h"

namespace bench {
namespace {

// The one handle that it gives.
const HANDLE kHandle = reinterpret_cast<HANDLE>(static_cast<uintptr_t>(0x1000));

INT WSAAPI OnCleanup(LPGUID) {
  return 0;
}

// Takes what begins with "h" and refuses the rest.
INT WSAAPI OnBegin(LPGUID, LPWSAQUERYSETW restrictions, LPWSASERVICECLASSINFOW, DWORD,
                   LPHANDLE handle) {
  if (restrictions->lpszServiceInstanceName[0] != L'h') {
    return Finish(0, WSASERVICE_NOT_FOUND);
  }
  *handle = kHandle;
  return 0;
}

INT WSAAPI OnNext(HANDLE, DWORD, LPDWORD, LPWSAQUERYSETW) {
  return Finish(0, WSA_E_NO_MORE);
}

INT WSAAPI OnEnd(HANDLE) {
  return 0;
}

INT WSAAPI OnIoctl(HANDLE, DWORD, LPVOID, DWORD, LPVOID, DWORD, LPDWORD, LPWSACOMPLETION,
                   LPWSATHREADID) {
  return Finish(0, WSAEWOULDBLOCK);
}

}  // namespace
}  // namespace bench

extern "C" INT WSAAPI NSPStartup(LPGUID, LPNSP_ROUTINE routines) {
  using namespace bench;
  return Finish(0, FillTable(routines, {OnCleanup, OnBegin, OnNext, OnEnd, OnIoctl}));
}
