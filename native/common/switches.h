// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The protections that the test bench can switch off, to show that their absence is noticed. Only
// the builds for that have the switches (test/torture/switches.cc); elsewhere this is the constant
// false, and neither names nor branches get into DLL and addon.
#ifndef WINSOCK_NSP_COMMON_SWITCHES_H_
#define WINSOCK_NSP_COMMON_SWITCHES_H_

#if defined(NSP_TORTURE_BUILD)
extern "C" bool NspSwitchedOff(const char* protection);
#endif

namespace nsp {

#if defined(NSP_TORTURE_BUILD)
inline bool SwitchedOff(const char* protection) {
  return NspSwitchedOff(protection);
}
#else
constexpr bool SwitchedOff(const char*) {
  return false;
}
#endif

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_SWITCHES_H_
