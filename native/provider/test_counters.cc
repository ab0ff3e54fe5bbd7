// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See test_counters.h. Exported by the test build's module definition only.
#include "test_counters.h"

#if defined(NSP_TEST_BUILD)
namespace nsp {
namespace {
LONG pipe_operations;
LONG waits;
LONG allocations;
}  // namespace

void CountPipeOperation() {
  InterlockedIncrement(&pipe_operations);
}
void CountWait() {
  InterlockedIncrement(&waits);
}
void CountAllocation() {
  InterlockedIncrement(&allocations);
}
LONG Allocations() {
  return allocations;
}
}  // namespace nsp

extern "C" void WINAPI NspTestCounters(DWORD* pipe_operations, DWORD* waits) {
  *pipe_operations = static_cast<DWORD>(nsp::pipe_operations);
  *waits = static_cast<DWORD>(nsp::waits);
}
#endif
