// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A request that was answered WSA_IO_PENDING and owes its client exactly one completion.
#ifndef WINSOCK_NSP_PROVIDER_PENDING_REQUEST_H_
#define WINSOCK_NSP_PROVIDER_PENDING_REQUEST_H_

#include "call.h"
#include "completion.h"
#include "counter_sample.h"

namespace nsp {

class Lookup;
class PendingRequest;

// Linked both ways, so that a request leaves it in one step. A listed request has a reference more.
struct RequestList {
  PendingRequest* first = nullptr;
  PendingRequest* last = nullptr;

  // Behind `before`, or first.
  void Insert(PendingRequest* request, PendingRequest* before);
  void Remove(PendingRequest* request);
};

class PendingRequest : public Counted<PendingRequest> {
 public:
  // Out of line: here Lookup is not complete yet.
  PendingRequest();
  ~PendingRequest();

  // preparing -> pending: the completion is acquired, from now on it can be delivered.
  void Arm();
  // preparing -> finished: nothing was started.
  void Abandon();
  // Nobody has claimed it.
  bool pending() const;
  // pending -> claimed. Exactly one caller gets true and must call Finish or Drop, holding no lock.
  [[nodiscard]] bool Claim();
  // As Claim, but a request that is being prepared or delivered by another thread is waited for: a
  // matter of a few instructions over there. Holding no lock.
  [[nodiscard]] bool ClaimOrWait();
  // Delivers. The client may free everything it gave us the moment this has signalled.
  void Finish(const Outcome& outcome);
  // Ends without a delivery, for a call that fails after all.
  void Drop();

 private:
  std::atomic<uint32_t> state_{0};

 public:
  // In an order without gaps: there may be very many.
  Completion completion;
  Ref<Lookup> lookup;  // whose slot it holds; immutable

  // Notify requests. Immutable once it pends.
  Subscription subscription;
  bool custom = false;  // not a notify request; immutable
  // Guarded by the watcher's lock: the list it stands in. `next` also links what has been taken off
  // to be completed, by whoever took it off.
  RequestList* list = nullptr;
  PendingRequest* next = nullptr;
  PendingRequest* previous = nullptr;
  uint32_t sequence = 0;  // of its subscription
  uint32_t output_bytes = 0;

  // Custom requests: where the answer goes, and the call that brings it (guarded by its
  // connection's lock).
  void* output = nullptr;
  uint64_t due = 0;
  Call call;
};

// Each of these completes the request if nobody has yet, and frees its slot on the handle first, so
// that a client that is told can register again at once. Holding no lock.
// Of requests linked by `next`, off the list, each with a reference: all are told first and freed
// afterwards.
void CompleteTaken(PendingRequest* requests, const Outcome& outcome);
void CompleteNotify(PendingRequest* request, const Outcome& outcome);
void CompleteCustom(PendingRequest* request, const Outcome& outcome);
// The answer stands in request->call.
void CompleteFromReply(PendingRequest* request);
// End and Cleanup: completes with WSA_OPERATION_ABORTED, or waits for a delivery on its way.
void AbortRequest(PendingRequest* request);

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_PENDING_REQUEST_H_
