// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The switches: each makes the provider wrong in one way, so that a test can be seen to fail. The
// name comes from the environment variable NSP_FAULTY, read once; none is on without it.
#pragma once

namespace faulty {

enum class Switch {
  kNone,
#define X(constant, name) constant,
#include "switches.inc"
#undef X
  kUnknown,
};

// The one switch that is on in this process. kUnknown when NSP_FAULTY names none: NSPStartup then
// refuses, so that a misspelt name fails every row instead of none.
Switch ActiveSwitch();

// Asked last in every condition: where it is not asked at all, the switch can change nothing. With
// NSP_FAULTY_TRACE=FOLDER each process notes which switches it has asked for, in a file that
// NSP_ROW names; so it is known which rows a switch can reach.
bool Broken(Switch which);

}  // namespace faulty
