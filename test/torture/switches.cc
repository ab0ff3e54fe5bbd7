// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The switches of the torture build of the provider DLL: NSP_TORTURE_OFF in the environment of a
// process names the protections that are off in it, with commas between.
#include <windows.h>

namespace {

char off[256];
LONG state;  // 0: not read, 1: being read, 2: read

void ReadOnce() {
  if (InterlockedCompareExchange(&state, 1, 0) == 0) {
    DWORD length = GetEnvironmentVariableA("NSP_TORTURE_OFF", off, sizeof off);
    if (length >= sizeof off) off[0] = 0;
    InterlockedExchange(&state, 2);
  }
  while (InterlockedCompareExchange(&state, 2, 2) != 2)
    SwitchToThread();
}

bool Ends(char character) {
  return character == 0 || character == ',';
}

}  // namespace

extern "C" bool NspSwitchedOff(const char* protection) {
  ReadOnce();
  for (const char* at = off; *at != 0;) {
    const char* name = protection;
    const char* word = at;
    while (*name != 0 && *word == *name) {
      ++name;
      ++word;
    }
    if (*name == 0 && Ends(*word)) return true;
    while (!Ends(*at))
      ++at;
    if (*at == ',') ++at;
  }
  return false;
}
