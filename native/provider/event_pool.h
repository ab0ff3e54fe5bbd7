// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The events that waiting calls need, kept for the next ones: making and closing them costs as much
// as a pipe operation.
#ifndef WINSOCK_NSP_PROVIDER_EVENT_POOL_H_
#define WINSOCK_NSP_PROVIDER_EVENT_POOL_H_

#include "memory.h"
#include "unique_handle.h"

namespace nsp {

struct CallEvents {
  // Auto-reset; may still be set from its last use, so every wait for it looks at what it waits for
  // and goes on.
  UniqueHandle wake;
  // Manual-reset; of an overlapped operation, which resets it when it begins.
  UniqueHandle io;
};

class EventPool {
 public:
  // False: the system has none.
  [[nodiscard]] bool Take(CallEvents* events) {
    {
      ExclusiveLock lock(&lock_);
      if (count_ != 0) {
        *events = std::move(kept_[--count_]);
        return true;
      }
    }
    events->wake = UniqueHandle(CreateEventW(nullptr, FALSE, FALSE, nullptr));
    events->io = UniqueHandle(CreateEventW(nullptr, TRUE, FALSE, nullptr));
    return events->wake && events->io;
  }

  // Nobody may know the events any more. What is not kept is closed with `events`.
  void Give(CallEvents* events) {
    ExclusiveLock lock(&lock_);
    if (events->wake && events->io && count_ != kKept) {
      kept_[count_++] = std::move(*events);
    }
  }

 private:
  static constexpr uint32_t kKept = 16;

  SRWLOCK lock_ = SRWLOCK_INIT;  // guards the members below
  uint32_t count_ = 0;
  CallEvents kept_[kKept];
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_EVENT_POOL_H_
