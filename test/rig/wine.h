// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Functions of Wine's own ws2_32 under its second name. By name at run time: a static import would
// carry the names that this DLL exports itself.
#ifndef RIG_WINE_H_
#define RIG_WINE_H_

#include "winsock.h"

namespace rig {

// Null if this Wine has no such function.
template <class Function>
Function WineFunction(const char* name) {
  KeepLastError keep;
  const HMODULE wine = LoadLibraryW(L"ws2_wine.dll");
  if (wine == nullptr) return nullptr;
  return reinterpret_cast<Function>(reinterpret_cast<void*>(GetProcAddress(wine, name)));
}

}  // namespace rig

// Wine's function of the same name and type as one that is declared.
#define RIG_WINE(name) (::rig::WineFunction<decltype(&::name)>(#name))

#endif  // RIG_WINE_H_
