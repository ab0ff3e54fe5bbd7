// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Remembers the module and nothing else: whatever is needed is made at first use, and a process
// that exits takes everything with it.
#include "provider.h"

extern "C" BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID) {
  if (reason == DLL_PROCESS_ATTACH) {
    nsp::SetModule(instance);
    DisableThreadLibraryCalls(instance);
  }
  return TRUE;
}
