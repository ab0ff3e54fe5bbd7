// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Counts the calls that a loaded module makes into other DLLs: its import address table is pointed
// at small pieces of code that count and jump on. For bench.exe and for the addon hop.node.
#ifndef WINSOCK_NSP_BENCH_IMPORT_COUNTER_H_
#define WINSOCK_NSP_BENCH_IMPORT_COUNTER_H_

#include <windows.h>

#include <cstdint>
#include <map>
#include <string>

namespace bench {

// Begins to count; false where no such code can be made for this processor. Once a module.
bool CountImports(HMODULE module);
// All counts so far that are not 0.
std::map<std::string, uint64_t> ImportCounts();

}  // namespace bench

#endif  // WINSOCK_NSP_BENCH_IMPORT_COUNTER_H_
