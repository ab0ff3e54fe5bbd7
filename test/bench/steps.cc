// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// steps: how many instructions an operation takes, one by one by the processor's trap flag. Unlike
// times they are the same in every run, so that small gains can be told.
#include <intrin.h>

#include "bench.h"

namespace bench {
namespace {

constexpr unsigned kTrapFlag = 0x100;
constexpr uint64_t kWarm = 10000;  // until the heap and the caches are as they stay
constexpr uint64_t kTimes = 64;    // not every name takes as many

// Of the one thread that is being stepped.
volatile bool stepping = false;
volatile uint64_t taken = 0;

LONG CALLBACK OnStep(EXCEPTION_POINTERS* info) {
  if (info->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP) {
    return EXCEPTION_CONTINUE_SEARCH;
  }
  // The flag is clear in the handler's own context.
  if (stepping) {
    taken = taken + 1;
    info->ContextRecord->EFlags |= kTrapFlag;
  } else {
    info->ContextRecord->EFlags &= ~kTrapFlag;
  }
  return EXCEPTION_CONTINUE_EXECUTION;
}

// steps name=NAME: of one operation, the mean of some; in the provider, all that it calls in this
// process, and what checks its answer.
void Steps(const Command& command, Reply* reply) {
  Operation* const operation = MadeOperation(command);
  operation->Run(kWarm);
  void* const handler = AddVectoredExceptionHandler(1, OnStep);
  if (handler == nullptr) Fail("AddVectoredExceptionHandler");
  taken = 0;
  stepping = true;
  __writeeflags(__readeflags() | kTrapFlag);
  operation->Run(kTimes);
  stepping = false;
  RemoveVectoredExceptionHandler(handler);
  if (taken == 0) throw Failure("the trap flag stops nothing");
  reply->Set("steps", uint64_t{taken / kTimes});
}

}  // namespace

void AddSteps() {
  AddVerb("steps", Steps);
}

}  // namespace bench
