// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One frame to the host and its answer, for calls with and without a lookup handle: connecting, the
// rules of the host's own process, waiting, giving up.
#ifndef WINSOCK_NSP_PROVIDER_ROUND_TRIP_H_
#define WINSOCK_NSP_PROVIDER_ROUND_TRIP_H_

#include "call.h"
#include "control_view.h"
#include "deadline.h"
#include "frame.h"

namespace nsp {

class Provider;
class Connection;

// Sends a trip's frame on a connection, by whoever knows how to build it; refers to a function that
// outlives it. Answers 0, WSAENETDOWN (the frame was not read: it may be sent again), or why it
// could not be sent at all.
class SendRef {
 public:
  template <typename Function>
  explicit SendRef(const Function& function)
      : function_(&function), invoke_([](const void* target, Connection* connection) {
          return (*static_cast<const Function*>(target))(connection);
        }) {}
  DWORD operator()(Connection* connection) const { return invoke_(function_, connection); }

 private:
  const void* function_;
  DWORD (*invoke_)(const void* target, Connection* connection);
};

struct RoundTrip {
  Provider* provider;
  const ControlState* state;
  const Deadline* deadline;
  Call* call;
  uint64_t question;  // in the host's own process nobody asks the same twice at once
};

// Connects, sends and waits. Returns 0 (the call has its answer; or, if it belongs to a request, it
// was sent), WAIT_TIMEOUT (the host said nothing until the deadline), WSA_E_CANCELLED, or why the
// frame could not be sent or answered. A frame that the host may have read is never sent again.
[[nodiscard]] DWORD Transact(const RoundTrip& trip, const SendRef& send);

// The breaker around a synchronous trip: WAIT_TIMEOUT becomes WSAENETDOWN and is counted.
[[nodiscard]] DWORD TransactGuarded(const RoundTrip& trip, const SendRef& send);

// A whole synchronous call that belongs to no lookup. `body` begins with the place of the
// milliseconds left, as every call's does. WSAEINPROGRESS on a thread that runs the host's
// JavaScript.
[[nodiscard]] DWORD AskHost(Provider* provider, const ControlState& state, uint32_t kind,
                            const Buffer& body, const Deadline& deadline, Call* call);

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_ROUND_TRIP_H_
