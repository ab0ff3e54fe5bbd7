// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See pending_request.h.
#include "pending_request.h"

#include <cstring>

#include "guarded_copy.h"
#include "lookup.h"
#include "provider.h"
#include "wire.h"

namespace nsp {
namespace {

// First the other thread gets the processor, then it gets time: seconds only if it was killed in
// the middle.
constexpr uint32_t kSpinTurns = 64;
constexpr uint32_t kMaxTurns = 5000;

enum State : uint32_t { kPreparing, kPending, kClaimed, kFinished };

// Takes the request out of everything that knows it, then delivers.
void Deliver(PendingRequest* request, const Outcome& outcome) {
  Lookup* lookup = request->lookup.get();
  lookup->BeginDelivery(request, outcome.code != WSA_OPERATION_ABORTED);
  lookup->provider()->watcher()->Remove(request);
  if (request->custom) {
    // The answer of an aborted request may never come; the connection must not wait for it.
    if (Ref<Connection> connection = lookup->provider()->Current()) {
      static_cast<void>(connection->Remove(&request->call));
    }
  }
  request->Finish(outcome);
  lookup->EndDelivery();
}

// The output of a custom code, into the client's buffer. The request is claimed, so the buffer is
// still valid.
Outcome StoreReply(const PendingRequest& request) {
  const Call& call = request.call;
  ReplyBody reply;
  if (call.code != 0) {
    return {call.code, 0};
  }
  if (call.kind != kFrameReply || call.body.size() < sizeof(reply)) {
    return {WSANO_RECOVERY, 0};
  }
  std::memcpy(&reply, call.body.data(), sizeof(reply));
  uint32_t follows = call.body.size() - static_cast<uint32_t>(sizeof(reply));
  if (reply.status != 0) {
    return {reply.status, reply.status == WSAEFAULT ? reply.bytes : 0};
  }
  if (reply.bytes > follows) {
    return {WSANO_RECOVERY, 0};
  }
  if (reply.bytes > request.output_bytes) {
    return {WSAEFAULT, reply.bytes};
  }
  if (reply.bytes != 0 &&
      !GuardedCopy(request.output, call.body.data() + sizeof(reply), reply.bytes)) {
    return {WSAEFAULT, 0};
  }
  return {0, reply.bytes};
}

}  // namespace

PendingRequest::PendingRequest() = default;
PendingRequest::~PendingRequest() = default;

void PendingRequest::Arm() {
  state_.store(kPending, std::memory_order_release);
}
void PendingRequest::Abandon() {
  state_.store(kFinished, std::memory_order_release);
}
void PendingRequest::Drop() {
  state_.store(kFinished, std::memory_order_release);
}

bool PendingRequest::pending() const {
  return state_.load(std::memory_order_acquire) == kPending;
}

bool PendingRequest::Claim() {
  uint32_t expected = kPending;
  return state_.compare_exchange_strong(expected, kClaimed, std::memory_order_acq_rel);
}

bool PendingRequest::ClaimOrWait() {
  for (uint32_t turn = 0; turn < kMaxTurns; ++turn) {
    if (state_.load(std::memory_order_acquire) == kFinished) {
      return false;
    }
    if (Claim()) {
      return true;
    }
    if (turn < kSpinTurns) {
      SwitchToThread();
    } else {
      Sleep(1);
    }
  }
  return false;
}

void PendingRequest::Finish(const Outcome& outcome) {
  completion.Deliver(outcome);
  state_.store(kFinished, std::memory_order_release);
}

void CompleteNotify(PendingRequest* request, const Outcome& outcome) {
  if (request->Claim()) {
    Deliver(request, outcome);
  }
}

void CompleteCustom(PendingRequest* request, const Outcome& outcome) {
  if (request->Claim()) {
    Deliver(request, outcome);
  }
}

void CompleteFromReply(PendingRequest* request) {
  if (request->Claim()) {
    Deliver(request, StoreReply(*request));
  }
}

void AbortRequest(PendingRequest* request) {
  if (request->ClaimOrWait()) {
    Deliver(request, {WSA_OPERATION_ABORTED, 0});
  }
}

}  // namespace nsp
