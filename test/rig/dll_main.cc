// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Attach and detach of the rig's ws2_32.dll. Providers are not touched here: at process exit
// nobody calls NSPCleanup, as on Windows.
#include "thread_buffer.h"
#include "thread_id.h"

extern "C" BOOL WINAPI DllMain(HINSTANCE, DWORD reason, LPVOID process_ends) {
  if (reason == DLL_PROCESS_ATTACH) {
    return rig::PrepareThreadIds() && rig::PrepareThreadBuffers();
  }
  if (reason == DLL_THREAD_DETACH) {
    rig::ReleaseThreadId();
    rig::ReleaseThreadBuffers();
  }
  if (reason == DLL_PROCESS_DETACH && process_ends == nullptr) {
    rig::DisposeThreadIds();
    rig::DisposeThreadBuffers();
  }
  return TRUE;
}
