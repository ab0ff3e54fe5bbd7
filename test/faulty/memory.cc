// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See memory.h.
#include "memory.h"

#include <winsock2.h>
#include <windows.h>

namespace faulty {

bool ReadMemory(const void* from, void* to, size_t size) {
  SIZE_T done = 0;
  return size == 0 ||
         (ReadProcessMemory(GetCurrentProcess(), from, to, size, &done) && done == size);
}

bool WriteMemory(void* to, const void* from, size_t size) {
  SIZE_T done = 0;
  return size == 0 ||
         (WriteProcessMemory(GetCurrentProcess(), to, from, size, &done) && done == size);
}

bool ReadText(const wchar_t* from, std::wstring* text) {
  text->clear();
  for (size_t i = 0; i < 32767; ++i) {
    wchar_t unit = 0;
    if (!ReadMemory(from + i, &unit, sizeof(unit))) return false;
    if (unit == 0) return true;
    text->push_back(unit);
  }
  return false;
}

}  // namespace faulty
