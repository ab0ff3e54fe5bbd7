// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Exports that not every Windows (or not every Wine) has, looked up at run time.
#ifndef WINSOCK_NSP_ADDON_SYSTEM_FUNCTION_H_
#define WINSOCK_NSP_ADDON_SYSTEM_FUNCTION_H_

#include "windows_headers.h"

namespace nsp {

// Null if the module is null or has no such export.
template <typename Function>
[[nodiscard]] Function SystemFunction(HMODULE module, const char* name) {
  if (module == nullptr) return nullptr;
  // By way of void*: compilers warn of a cast between function types, which is what is meant here.
  return reinterpret_cast<Function>(reinterpret_cast<void*>(GetProcAddress(module, name)));
}

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_SYSTEM_FUNCTION_H_
