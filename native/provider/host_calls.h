// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Rules for calls made inside the host's own process: few may wait, so that its thread pool never
// fills up with them, and a name whose handler runs is not asked for again by that handler (design:
// the host's own process).
#ifndef WINSOCK_NSP_PROVIDER_HOST_CALLS_H_
#define WINSOCK_NSP_PROVIDER_HOST_CALLS_H_

#include "memory.h"

namespace nsp {

// One waiting call; lies on the waiter's stack.
struct HostCall {
  uint64_t question = 0;  // hash of name and class
  HostCall* next = nullptr;
  bool listed = false;
};

class HostCalls {
 public:
  // 0; WSATRY_AGAIN if `limit` calls wait already; WSASERVICE_NOT_FOUND if this question is being
  // asked.
  [[nodiscard]] DWORD Enter(HostCall* call, uint32_t limit) {
    ExclusiveLock lock(&lock_);
    uint32_t waiting = 0;
    for (HostCall* other = calls_; other != nullptr; other = other->next) {
      ++waiting;
      if (other->question == call->question) {
        return WSASERVICE_NOT_FOUND;
      }
    }
    if (waiting >= limit) {
      return WSATRY_AGAIN;
    }
    call->next = calls_;
    calls_ = call;
    call->listed = true;
    return 0;
  }
  void Leave(HostCall* call) {
    if (!call->listed) {
      return;
    }
    ExclusiveLock lock(&lock_);
    for (HostCall** at = &calls_; *at != nullptr; at = &(*at)->next) {
      if (*at == call) {
        *at = call->next;
        return;
      }
    }
  }

 private:
  SRWLOCK lock_ = SRWLOCK_INIT;  // guards the list
  HostCall* calls_ = nullptr;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_HOST_CALLS_H_
