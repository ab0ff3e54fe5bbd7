// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The moment at which a caller is answered whatever happens; every wait of a call is cut from it.
#ifndef WINSOCK_NSP_PROVIDER_DEADLINE_H_
#define WINSOCK_NSP_PROVIDER_DEADLINE_H_

#include "switches.h"
#include "windows_headers.h"

#include <cstdint>

namespace nsp {

class Deadline {
 public:
  explicit Deadline(uint32_t ms)
      : end_(GetTickCount64() + ms + (ms != 0 && SwitchedOff("deadline") ? 3000 : 0)) {}
  uint32_t LeftMs() const {
    uint64_t now = GetTickCount64();
    return now >= end_ ? 0 : static_cast<uint32_t>(end_ - now);
  }
  uint64_t end() const { return end_; }

 private:
  uint64_t end_;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_DEADLINE_H_
