// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Counts of pipe operations, waits and allocations, so that tests can assert "no round trip"
// instead of a time. They exist in the test build alone.
#ifndef WINSOCK_NSP_PROVIDER_TEST_COUNTERS_H_
#define WINSOCK_NSP_PROVIDER_TEST_COUNTERS_H_

#include "windows_headers.h"

namespace nsp {

#if defined(NSP_TEST_BUILD)
void CountPipeOperation();
void CountWait();
void CountAllocation();
LONG Allocations();
#else
inline void CountPipeOperation() {}
inline void CountWait() {}
inline void CountAllocation() {}
#endif

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_TEST_COUNTERS_H_
