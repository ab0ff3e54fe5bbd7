// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// After several calls in a row that a silent host let run into their deadline, the rest fail at
// once and one probe at a time finds out whether it is back.
#ifndef WINSOCK_NSP_PROVIDER_BREAKER_H_
#define WINSOCK_NSP_PROVIDER_BREAKER_H_

#include <atomic>

#include "control_file.h"
#include "switches.h"
#include "windows_headers.h"

namespace nsp {

class Breaker {
 public:
  // False: answer WSAENETDOWN at once. True: go on, and tell how it went.
  [[nodiscard]] bool Allow(const ControlFilter& filter) {
    if (SwitchedOff("breaker") || filter.breaker_failures == 0 ||
        failures_.load(std::memory_order_relaxed) < filter.breaker_failures) {
      return true;
    }
    uint64_t now = GetTickCount64();
    uint64_t next = next_probe_.load(std::memory_order_relaxed);
    return now >= next && next_probe_.compare_exchange_strong(next, now + filter.breaker_probe_ms);
  }
  void Answered() { failures_.store(0, std::memory_order_relaxed); }
  void TimedOut(const ControlFilter& filter) {
    if (failures_.fetch_add(1, std::memory_order_relaxed) + 1 == filter.breaker_failures) {
      NoteOpening();
    }
    next_probe_.store(GetTickCount64() + filter.breaker_probe_ms, std::memory_order_relaxed);
  }
  // Whether it has opened since this was asked. Who cannot tell the host notes it again.
  [[nodiscard]] bool TakeOpening() {
    return opened_.load(std::memory_order_relaxed) && opened_.exchange(false);
  }
  void NoteOpening() { opened_.store(true, std::memory_order_relaxed); }

 private:
  std::atomic<bool> opened_{false};
  std::atomic<uint32_t> failures_{0};
  std::atomic<uint64_t> next_probe_{0};
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_BREAKER_H_
