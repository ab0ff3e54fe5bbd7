// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What torture.exe can do; each gives the program's exit code.
#pragma once

#include "ask.h"

namespace torture {

// Load until standard input says anything or ends.
int RunLoad(const Arguments& arguments);
// Resolves a name by getaddrinfo, with our entries and without them.
int RunNames(const Arguments& arguments);
// Reads, registers, waits for the change, and again.
int RunFollow(const Arguments& arguments);

// Faults of a client; each with a completion for every type where that matters.
int RunLeak(const Arguments& arguments);
int RunExitThreads(const Arguments& arguments);
int RunCleanup(const Arguments& arguments);
int RunUnload(const Arguments& arguments);
int RunExitInside(const Arguments& arguments);
int RunImpersonate(const Arguments& arguments);
int RunClosed(const Arguments& arguments);
int RunReused(const Arguments& arguments);
int RunEnded(const Arguments& arguments);
int RunMemory(const Arguments& arguments);
int RunRace(const Arguments& arguments);
int RunPoints(const Arguments& arguments);

}  // namespace torture
