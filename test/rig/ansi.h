// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Between the query sets of ANSI clients and the Unicode ones that providers know.
#ifndef RIG_ANSI_H_
#define RIG_ANSI_H_

#include <string>

#include "winsock.h"

namespace rig {

// Sizes told to ANSI clients are larger than what the Unicode result needs by this much.
constexpr DWORD kAnsiSlack = 18;

// Text of the process's ANSI code page. NULL becomes an empty string in both directions.
std::wstring Widen(const char* text);
std::string Narrow(const wchar_t* text);

// A restriction of an ANSI client as a provider gets it. Strings are its own; everything else is
// shared with the client's structure, which must outlive it.
class WideRestrictions {
 public:
  explicit WideRestrictions(const WSAQUERYSETA& from);
  WideRestrictions(const WideRestrictions&) = delete;
  WideRestrictions& operator=(const WideRestrictions&) = delete;

  WSAQUERYSETW* get() { return &set_; }

 private:
  std::wstring name_, comment_, context_, query_;
  WSAQUERYSETW set_{};
};

// Writes `from` as an ANSI result with everything it points to behind it. Returns the bytes that
// takes; nothing is written if they are more than `size`.
DWORD WriteAnsiResult(const WSAQUERYSETW& from, void* buffer, DWORD size);

}  // namespace rig

#endif  // RIG_ANSI_H_
