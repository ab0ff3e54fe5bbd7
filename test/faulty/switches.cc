// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See switches.h.
#include "switches.h"

#include <winsock2.h>
#include <windows.h>

#include <cstring>

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

}  // namespace

Switch ActiveSwitch() {
  static const Switch which = ReadSwitch();
  return which;
}

}  // namespace faulty
