// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See event_pool.h.
#include "event_pool.h"

namespace nsp {

bool EventPool::Take(CallEvents* events) {
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

void EventPool::Give(CallEvents* events) {
  ExclusiveLock lock(&lock_);
  if (events->wake && events->io && count_ != kKept) {
    kept_[count_++] = std::move(*events);
  }
}

}  // namespace nsp
