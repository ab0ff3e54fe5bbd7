// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Remembers the module, and gives back what is kept between lookups: whatever is needed is made at
// first use, and a process that exits takes everything with it.
#include "lookup.h"
#include "provider.h"

extern "C" BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID process_ends) {
  if (reason == DLL_PROCESS_ATTACH) {
    nsp::SetModule(instance);
    DisableThreadLibraryCalls(instance);
  } else if (reason == DLL_PROCESS_DETACH && process_ends == nullptr) {
    nsp::Lookup::spare.Give(nullptr);
  }
  return TRUE;
}
