// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The switches of the torture build of the provider DLL: NSP_TORTURE_OFF in the environment of a
// process names the protections that are off in it, with commas between. Each place that asks for a
// switch is a point of a call, too, every access to foreign memory among them: at the one that
// NSP_TORTURE_KILL numbers the process is killed, and at that of NSP_TORTURE_HALT its thread stays.
#include <windows.h>

namespace {

constexpr UINT kKilled = 107;

char off[256];
LONG kill_at;
LONG halt_at;
LONG points;
LONG state;  // 0: not read, 1: being read, 2: read

LONG NumberOf(const char* variable) {
  char digits[12];
  const DWORD length = GetEnvironmentVariableA(variable, digits, sizeof digits);
  LONG number = 0;
  for (DWORD i = 0; i < length && length < sizeof digits; ++i)
    number = number * 10 + (digits[i] - '0');
  return number;
}

void ReadOnce() {
  if (InterlockedCompareExchange(&state, 1, 0) == 0) {
    DWORD length = GetEnvironmentVariableA("NSP_TORTURE_OFF", off, sizeof off);
    if (length >= sizeof off) off[0] = 0;
    kill_at = NumberOf("NSP_TORTURE_KILL");
    halt_at = NumberOf("NSP_TORTURE_HALT");
    InterlockedExchange(&state, 2);
  }
  while (InterlockedCompareExchange(&state, 2, 2) != 2)
    SwitchToThread();
}

// Told first: the end of a process may take its time (docs/wine.md).
void Kill() {
  static const char line[] = "{\"killed\":true}\n";
  DWORD written = 0;
  WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), line, sizeof line - 1, &written, nullptr);
  TerminateProcess(GetCurrentProcess(), kKilled);
}

void PassPoint() {
  const LONG point = InterlockedIncrement(&points);
  if (point == kill_at) Kill();
  if (point == halt_at) Sleep(INFINITE);
}

bool Ends(char character) {
  return character == 0 || character == ',';
}

}  // namespace

extern "C" bool NspSwitchedOff(const char* protection) {
  ReadOnce();
  PassPoint();
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
