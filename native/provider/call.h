// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One frame that awaits its answer on a connection. Lies on the waiter's stack, or in a
// PendingRequest.
#ifndef WINSOCK_NSP_PROVIDER_CALL_H_
#define WINSOCK_NSP_PROVIDER_CALL_H_

#include "event_pool.h"
#include "memory.h"

namespace nsp {

class PendingRequest;

struct Call {
  Call() = default;
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // Guarded by the connection's lock while the call is in its list.
  Call* next = nullptr;
  uint32_t id = 0;
  bool done = false;
  DWORD code = 0;  // 0: `kind`, `flags` and `body` are the answer; else why there is none
  uint16_t kind = 0;
  uint16_t flags = 0;
  Buffer body;
  // Completed instead of waking a waiter; the list holds a reference.
  PendingRequest* request = nullptr;
  bool reads = false;  // its caller is the reader already, before it begins to wait
  // Of those that wait while another thread reads; one of them reads when it leaves.
  bool waits = false;
  Call* next_waiter = nullptr;
  Call* previous_waiter = nullptr;

  // `wake` wakes the waiter for an answer, a cancellation, or to take over the reading.
  CallEvents events;
  // Set by NSPLookupServiceEnd on another thread, before it sets the event.
  std::atomic<bool> cancelled{false};
  // Guarded by the lookup's lock: the calls that End has to wake.
  Call* next_of_lookup = nullptr;

  // From a pool that outlives the call.
  [[nodiscard]] bool TakeEvents(EventPool* pool);
  void GiveEvents();

 private:
  EventPool* pool_ = nullptr;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_CALL_H_
