// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Between the service classes of ANSI clients and the Unicode ones that providers know.
#ifndef RIG_ANSI_CLASS_H_
#define RIG_ANSI_CLASS_H_

#include <string>
#include <vector>

#include "winsock.h"

namespace rig {

// A class of an ANSI client as a provider gets it. Names are its own; everything else is shared
// with the client's structure, which must outlive it. Values are bytes in both forms.
class WideClass {
 public:
  // `from` has at most kMostProperties properties.
  explicit WideClass(const WSASERVICECLASSINFOA& from);
  WideClass(const WideClass&) = delete;
  WideClass& operator=(const WideClass&) = delete;

  WSASERVICECLASSINFOW* get() { return &info_; }

 private:
  std::wstring name_;
  std::vector<std::wstring> property_names_;
  std::vector<WSANSCLASSINFOW> properties_;
  WSASERVICECLASSINFOW info_{};
};

// A client's claim of more is not believed.
constexpr DWORD kMostProperties = 65536;

// Writes `from` as an ANSI class with everything it points to behind it. Returns the bytes that
// takes; nothing is written if they are more than `size`.
DWORD WriteAnsiClass(const WSASERVICECLASSINFOW& from, void* buffer, DWORD size);

}  // namespace rig

#endif  // RIG_ANSI_CLASS_H_
