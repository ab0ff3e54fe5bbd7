// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What torture.exe and hostile.exe are alike in: VERB key=value..., one JSON line at the end.
#pragma once

#include <span>

#include "ask.h"

namespace torture {

struct Verb {
  const wchar_t* name;
  int (*run)(const Arguments& arguments);
};

// Runs the verb that the first argument names; log= names the file of its records. A crash is told.
// Returns the exit code.
int RunProgram(int argc, wchar_t** argv, std::span<const Verb> verbs);

// Set when standard input says anything or ends.
HANDLE StopEvent();

}  // namespace torture
