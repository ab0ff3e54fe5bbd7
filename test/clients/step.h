// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// One step: a command, the call it made, and the JSON line that tells of it.
#pragma once

#include <string>
#include <utility>

#include "command.h"
#include "json.h"

namespace client {

struct Step {
  explicit Step(Command c) : command(std::move(c)) {}

  // Runs one Winsock call with the last error preset (lasterror=, else 0) and takes result, last
  // error and time before anything else can disturb them.
  template <class F>
  int Call(const char* name, F call_it) {
    call = name;
    const auto preset = static_cast<DWORD>(command.Number("lasterror", 0));
    LARGE_INTEGER from;
    LARGE_INTEGER to;
    QueryPerformanceCounter(&from);
    SetLastError(preset);
    ret = static_cast<int>(call_it());
    err = GetLastError();
    QueryPerformanceCounter(&to);
    LARGE_INTEGER frequency;
    QueryPerformanceFrequency(&frequency);
    us = (to.QuadPart - from.QuadPart) * 1000000 / frequency.QuadPart;
    return ret;
  }
  std::string Line(uint64_t number) const;

  Command command;
  Json data;
  std::string call;
  int ret = 0;
  DWORD err = 0;
  int64_t us = 0;
  std::string error;
};

using Verb = void (*)(Step&);
void AddVerb(const char* name, Verb verb);
// Runs the command's verb on the current thread; what it throws ends up in step.error.
void RunStep(Step& step);
// Reads commands from standard input until it ends.
void RunCommands();
// Number of the step that is being read, for crash reports.
uint64_t CurrentStep();
void PrintLine(const std::string& line);

void AddCatalogVerbs();
void AddCompletionVerbs();
void AddConfigVerbs();
void AddIoctlVerbs();
void AddLookupVerbs();
void AddNameVerbs();
void AddProcessVerbs();
void AddRaceVerbs();
void AddRegistrationVerbs();
void AddRestrictVerbs();
void AddServiceClassVerbs();
void AddTableVerbs();
void AddWindowVerbs();

}  // namespace client
