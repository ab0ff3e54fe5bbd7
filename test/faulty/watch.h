// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The one thread that exists while notify requests pend: it hears of changes through a connection
// to the host and compares the counters.
#pragma once

#include "lookup.h"

namespace faulty {

// `lookup` has a notify request that pends.
void WatchLookup(const LookupRef& lookup);
// Asks the thread to end; does not wait for it.
void StopWatching();
// Delivers at once if the lookup's request must complete by now.
void EvaluateLookup(const LookupRef& lookup);
// Starts a thread that keeps the DLL loaded until it has ended.
bool StartThread(LPTHREAD_START_ROUTINE routine, void* parameter);
[[noreturn]] void EndThread(HMODULE module);
HMODULE HoldModule();

}  // namespace faulty
