// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See round_trip.h.
#include "round_trip.h"

#include <cstring>

#include "host_calls.h"
#include "host_pipe.h"
#include "pending_request.h"
#include "provider.h"
#include "switches.h"

namespace nsp {
namespace {

// A connection that broke while nobody was looking is replaced once: the frame was not read.
DWORD TransactFreely(const RoundTrip& trip, const SendRef& send) {
  Call* call = trip.call;
  DWORD code = WSAENETDOWN;
  for (int attempt = 0; attempt < 2 && code == WSAENETDOWN; ++attempt) {
    Ref<Connection> connection;
    code = trip.provider->Connect(*trip.state, *trip.deadline, call, &connection);
    if (code != 0) {
      return code;
    }
    code = send(connection.get());
    if (code != 0) {
      if (call->request != nullptr && !call->request->pending()) {
        return code;  // completed by the break: it must not be sent again
      }
      continue;
    }
    if (call->request != nullptr) {
      return 0;  // the watcher reads
    }
    connection->Await(call, *trip.deadline);
    if (call->done) {
      return call->code;
    }
    if (call->cancelled) {
      return WSA_E_CANCELLED;
    }
    connection->Post(kFrameCancel, call->id, 0);
    return WAIT_TIMEOUT;
  }
  return code;
}

}  // namespace

DWORD Transact(const RoundTrip& trip, const SendRef& send) {
  const ControlFilter& filter = trip.state->filter();
  HostCall host_call;
  if (InHostProcess(filter) && trip.call->request == nullptr && !SwitchedOff("host-calls")) {
    host_call.question = trip.question;
    DWORD refused = trip.provider->host_calls()->Enter(&host_call, filter.host_wait_limit);
    if (refused != 0) {
      return refused;
    }
  }
  DWORD code = TransactFreely(trip, send);
  trip.provider->host_calls()->Leave(&host_call);
  return code == ERROR_PIPE_BUSY ? static_cast<DWORD>(WAIT_TIMEOUT) : code;
}

DWORD TransactGuarded(const RoundTrip& trip, const SendRef& send) {
  Breaker* breaker = trip.provider->breaker();
  const ControlFilter& filter = trip.state->filter();
  if (!breaker->Allow(filter)) {
    return WSAENETDOWN;
  }
  DWORD code = Transact(trip, send);
  if (code == WAIT_TIMEOUT) {
    breaker->TimedOut(filter);
    return WSAENETDOWN;
  }
  if (code == 0) {
    breaker->Answered();
  }
  return code;
}

DWORD AskHost(Provider* provider, const ControlState& state, uint32_t kind, const Buffer& body,
              const Deadline& deadline, Call* call) {
  if (OnHostThread(state.filter())) {
    return WSAEINPROGRESS;
  }
  if (!call->TakeEvents(provider->events())) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  auto send = [&](Connection* connection) -> DWORD {
    Frame frame;
    if (!frame.Start(kind, 0, 0, body.size())) {
      return WSAENOBUFS;
    }
    uint32_t left = deadline.LeftMs();
    frame.Append(&left, sizeof(left));
    frame.Append(body.data() + sizeof(left), body.size() - sizeof(left));
    return connection->SendCall(&frame, deadline, call);
  };
  // No two of these are the same question.
  uint64_t question = reinterpret_cast<uintptr_t>(call);
  return TransactGuarded({provider, &state, &deadline, call, question}, SendRef(send));
}

}  // namespace nsp
