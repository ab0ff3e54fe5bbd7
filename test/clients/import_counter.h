// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Counts what a DLL calls: each import of the module goes through a few bytes of code that count
// and jump on. That is how a test shows that an entry touched no pipe and waited for nothing,
// without asserting a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "windows_api.h"

namespace client {

// Counts every import of the module from now on; a second call for one module changes nothing.
// Returns the number of imports.
size_t CountImports(HMODULE module);
// Calls since the last reset, by function name, of all modules counted; zeros are left out.
std::map<std::string, uint64_t> ImportCounts(bool reset);

}  // namespace client
