// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One frame that awaits its answer on a connection. Lies on the waiter's stack, or in a
// PendingRequest.
#ifndef WINSOCK_NSP_PROVIDER_CALL_H_
#define WINSOCK_NSP_PROVIDER_CALL_H_

#include "memory.h"
#include "unique_handle.h"

namespace nsp {

class PendingRequest;

struct Call {
  // Guarded by the connection's lock while the call is in its list.
  Call* next = nullptr;
  uint32_t id = 0;
  bool done = false;
  DWORD code = 0;  // 0: `kind`, `flags` and `body` are the answer; else why there is none
  uint16_t kind = 0;
  uint16_t flags = 0;
  Buffer body;
  bool awaits = false;  // its waiter is in Await, and can read for the others
  PendingRequest* request =
      nullptr;  // completes this instead of waking a waiter; the list holds a reference

  // Auto-reset; wakes the waiter for an answer, a cancellation, or to take over the reading.
  UniqueHandle event;
  // Set by NSPLookupServiceEnd on another thread, before it sets the event.
  std::atomic<bool> cancelled{false};
  // Guarded by the lookup's lock: the calls that End has to wake.
  Call* next_of_lookup = nullptr;

  [[nodiscard]] bool MakeEvent() {
    event = UniqueHandle(CreateEventW(nullptr, FALSE, FALSE, nullptr));
    return static_cast<bool>(event);
  }
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_CALL_H_
