// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See pending_request.h.
#include "pending_request.h"

#include "lookup.h"
#include "provider.h"
#include "reply.h"
#include "switches.h"

namespace nsp {
namespace {

// First the other thread gets the processor, then it gets time: seconds only if it was killed in
// the middle.
constexpr uint32_t kSpinTurns = 64;
constexpr uint32_t kMaxTurns = 5000;

enum State : uint32_t { kPreparing, kPending, kClaimed, kFinished };

// Delivers, and takes the request out of everything that knows it: out of the slot first, for the
// next one; out of the list last, since the client need not wait for that.
void Deliver(PendingRequest* request, const Outcome& outcome, bool listed = true) {
  Lookup* lookup = request->lookup.get();
  lookup->BeginDelivery(request, outcome.code != WSA_OPERATION_ABORTED);
  if (request->custom) {
    // The answer of an aborted request may never come; the connection must not wait for it.
    if (Ref<Connection> connection = lookup->provider()->Current()) {
      static_cast<void>(connection->Remove(&request->call));
    }
  }
  request->Finish(outcome);
  if (listed) {
    lookup->provider()->watcher()->Remove(request);
  }
  lookup->EndDelivery();
}

// The request is claimed, so the client's buffer is still valid.
Outcome TakeReply(const PendingRequest& request) {
  Outcome outcome;
  outcome.code =
      StoreReply(ReadReply(request.call), request.output, request.output_bytes, &outcome.bytes);
  return outcome;
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
  if (SwitchedOff("exactly-once")) {
    bool mine = pending();
    Sleep(1);
    state_.store(kClaimed, std::memory_order_release);
    return mine;
  }
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

void RequestList::Insert(PendingRequest* request, PendingRequest* before) {
  PendingRequest* behind = before != nullptr ? before->next : first;
  request->list = this;
  request->previous = before;
  request->next = behind;
  (before != nullptr ? before->next : first) = request;
  (behind != nullptr ? behind->previous : last) = request;
}

void RequestList::Remove(PendingRequest* request) {
  (request->previous != nullptr ? request->previous->next : first) = request->next;
  (request->next != nullptr ? request->next->previous : last) = request->previous;
  request->list = nullptr;
}

void CompleteTaken(PendingRequest* requests, const Outcome& outcome) {
  for (PendingRequest* request = requests; request != nullptr; request = request->next) {
    if (request->Claim()) {
      Deliver(request, outcome, false);
    }
  }
  while (requests != nullptr) {
    std::exchange(requests, requests->next)->Release();
  }
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
    Deliver(request, TakeReply(*request));
  }
}

void AbortRequest(PendingRequest* request) {
  if (!SwitchedOff("abort") && request->ClaimOrWait()) {
    Deliver(request, {WSA_OPERATION_ABORTED, 0});
  }
}

}  // namespace nsp
