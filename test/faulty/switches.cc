// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See switches.h.
#include "switches.h"

#include <winsock2.h>
#include <windows.h>

#include <cstring>
#include <string>

namespace faulty {
namespace {

struct Named {
  Switch which;
  const char* name;
};

constexpr Named kTable[] = {
#define X(constant, name) {Switch::constant, name},
#include "switches.inc"
#undef X
};

Switch ReadSwitch() {
  char name[64] = "";
  const DWORD length = GetEnvironmentVariableA("NSP_FAULTY", name, sizeof(name));
  if (length == 0) return Switch::kNone;
  if (length >= sizeof(name)) return Switch::kUnknown;
  for (const Named& entry : kTable) {
    if (std::strcmp(entry.name, name) == 0) return entry.which;
  }
  return Switch::kUnknown;
}

// A byte a switch, in a mapped file: noting one is no call that a row could count.
volatile char* MapTrace() {
  wchar_t folder[MAX_PATH] = L"";
  wchar_t row[64] = L"";
  const DWORD length = GetEnvironmentVariableW(L"NSP_FAULTY_TRACE", folder, MAX_PATH);
  if (length == 0 || length >= MAX_PATH) return nullptr;
  if (GetEnvironmentVariableW(L"NSP_ROW", row, 64) >= 64) return nullptr;
  const std::wstring path = std::wstring(folder) + L"\\" + (row[0] ? row : L"host") + L".trace";
  const HANDLE file =
      CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                  nullptr, OPEN_ALWAYS, 0, nullptr);
  if (file == INVALID_HANDLE_VALUE) return nullptr;
  const HANDLE section = CreateFileMappingW(file, nullptr, PAGE_READWRITE, 0, 256, nullptr);
  CloseHandle(file);
  if (!section) return nullptr;
  auto* view = static_cast<volatile char*>(MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 256));
  CloseHandle(section);
  return view;
}

}  // namespace

Switch ActiveSwitch() {
  static const Switch which = ReadSwitch();
  return which;
}

bool Broken(Switch which) {
  static volatile char* const trace = MapTrace();
  static_assert(static_cast<size_t>(Switch::kUnknown) < 256);
  if (trace) trace[static_cast<size_t>(which)] = '1';
  return ActiveSwitch() == which;
}

}  // namespace faulty
