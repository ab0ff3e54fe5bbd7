// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The round trips of one handle. Its first frame on a connection carries the query, once, even if
// two threads race.
#include <cstring>

#include "host_pipe.h"
#include "lookup.h"
#include "provider.h"
#include "reply.h"
#include "round_trip.h"
#include "switches.h"
#include "test_counters.h"

namespace nsp {
namespace {

// Checks a batch completely, so that the cursor can walk it without further ado.
bool CheckItems(const Buffer& body, uint32_t count) {
  constexpr uint32_t kHead = sizeof(BatchBody);
  size_t bytes = 0;
  return MeasureBlocks({body.data() + kHead, body.size() - kHead}, count, &bytes) &&
         bytes == body.size() - kHead;
}

}  // namespace

bool Lookup::Enlist(Call* call) {
  ExclusiveLock lock(&lock_);
  return EnlistLocked(call);
}

// Needs the lock.
bool Lookup::EnlistLocked(Call* call) {
  if (ended_) {
    return false;
  }
  call->next_of_lookup = waiting_;
  waiting_ = call;
  return true;
}

void Lookup::Delist(Call* call) {
  ExclusiveLock lock(&lock_);
  for (Call** at = &waiting_; *at != nullptr; at = &(*at)->next_of_lookup) {
    if (*at == call) {
      *at = call->next_of_lookup;
      return;
    }
  }
}

// The frame of one operation. Every call's body begins with what is left of its deadline now, after
// connecting. False: no memory, or no frame can carry it.
bool Lookup::BuildFrame(const Outgoing& out, uint32_t wire_id, bool with_query,
                        const Deadline& deadline, Frame* frame) {
  const Bytes& body = out.body;
  uint32_t fixed = out.kind == kFrameIoctl ? static_cast<uint32_t>(sizeof(IoctlBody)) : body.size;
  uint32_t query_bytes = with_query ? query_.size() : 0;
  if (!frame->Start(out.kind, with_query ? kFrameHasQuery : 0, wire_id, body.size + query_bytes)) {
    return false;
  }
  frame->Append(body.data, fixed);
  frame->Append(query_.data(), query_bytes);
  frame->Append(body.data + fixed, body.size - fixed);
  frame->Put(0, deadline.LeftMs());
  if (out.query_bytes_at != 0) {
    frame->Put(out.query_bytes_at, query_bytes);
  }
  return true;
}

// Sends one operation on a connection, with the query if that has not got it.
DWORD Lookup::SendOn(Connection* connection, const Outgoing& out, const Deadline& deadline,
                     Call* call) {
  bool carries = false;
  uint32_t wire_id = 0;
  {
    ExclusiveLock lock(&lock_);
    while (query_sending_ && !ended_) {
      DWORD left = deadline.LeftMs();
      CountWait();
      if (left == 0 || !Sleep(left)) {
        return WAIT_TIMEOUT;
      }
    }
    if (ended_) {
      return WSA_E_CANCELLED;
    }
    if (out.kind == kFrameNext && received_ && results_on_ != connection->serial() &&
        !SwitchedOff("same-host")) {
      return WSAENETDOWN;  // the host that knew the rest has gone
    }
    if (query_on_ != connection->serial()) {
      carries = true;
      query_sending_ = true;
    }
    if (wire_id_ == 0) {
      wire_id_ = provider_->NextLookupId();
    }
    wire_id = wire_id_;
  }
  Frame frame;
  DWORD code = WSAENOBUFS;
  if (BuildFrame(out, wire_id, carries, deadline, &frame)) {
    code = connection->SendCall(&frame, deadline, call);
  }
  bool tell_end = false;
  {
    ExclusiveLock lock(&lock_);
    if (code == 0 && out.kind == kFrameNext) {
      results_on_ = connection->serial();
    }
    if (carries) {
      query_sending_ = false;
      if (code == 0 && wire_id == wire_id_) {
        query_on_ = connection->serial();
      } else if (code == 0) {
        left_ = {wire_id, connection->serial()};  // Restart came meanwhile
      }
      tell_end = code == 0 && ended_;
      WakeSleepers();
    }
  }
  if (tell_end) {
    // End came while the query was under way and found nothing to take back.
    connection->Post(kFrameEnd, 0, wire_id);
  }
  return code;
}

RoundTrip Lookup::TripOf(const ControlState& state, uint32_t kind, const Deadline& deadline,
                         Call* call) {
  // Only lookups answer themselves; two ioctls on one name are two questions.
  const uint64_t asked = uint64_t{sample_.name_hash()} << 32 | class_hash_;
  uint64_t question = kind == kFrameNext ? asked : reinterpret_cast<uintptr_t>(call);
  return {provider_.get(), &state, &deadline, call, question};
}

// The next batch. Returns 0 if the handle knows more than before, or why it does not.
DWORD Lookup::Fetch(const Deadline& deadline) {
  ControlState state = provider_->control()->State();
  if (!state || state_.mapping().retired()) {
    return WSAENETDOWN;
  }
  const ControlFilter& filter = state.filter();
  if (OnHostThread(filter)) {
    return WSAEINPROGRESS;
  }
  if (!provider_->breaker()->Allow(filter)) {
    return WSAENETDOWN;
  }
  Call call;
  DWORD code = FetchInto(&call, state, deadline);
  if (code == 0) {
    provider_->breaker()->Answered();
    code = TakeBatch(&call);
  } else if (code == WAIT_TIMEOUT) {
    provider_->breaker()->TimedOut(filter);
    Restart(false);
    return WSAENETDOWN;
  }
  if (code != 0 && call.done) {
    SpoilFeed(code);
  }
  return code;
}

// Asks for it.
DWORD Lookup::FetchInto(Call* call, const ControlState& state, const Deadline& deadline) {
  if (!call->TakeEvents(provider_->events())) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  {
    ExclusiveLock lock(&lock_);
    if (!EnlistLocked(call)) {
      return WSA_E_CANCELLED;
    }
    sample_.NoteNext(state_.mapping());
    if (feed_ && !in_round_) {
      sample_.StartRound(state_.mapping());
      stale_ = true;
    }
  }
  const NextBody next = {};
  const Bytes body = {reinterpret_cast<const uint8_t*>(&next), sizeof(next)};
  auto send = [&](Connection* connection) {
    return SendOn(connection, {kFrameNext, body, 0}, deadline, call);
  };
  DWORD code = Transact(TripOf(state, kFrameNext, deadline, call), SendRef(send));
  Delist(call);
  return code;
}

// The host may forget it. With the connection it has done so already. `idle`: nothing runs for it
// there.
void Lookup::TellEnd(const Known& known, bool idle) {
  if (known.on == 0) {
    return;
  }
  Ref<Connection> connection = provider_->Current();
  if (!connection || connection->serial() != known.on) {
    return;
  }
  if (idle) {
    connection->DeferEnd(known.number);
  } else {
    connection->Post(kFrameEnd, 0, known.number);
  }
}

// A call that ran into its deadline may still be answered to nobody; what comes after it must not
// mix with it. Ioctls that are under way go on under the old number, until the next one is given
// up or the handle ends. `answered`: the last batch of the old number has come.
void Lookup::Restart(bool answered) {
  Known over;
  {
    ExclusiveLock lock(&lock_);
    if (query_on_ != 0) {
      over = {wire_id_, query_on_};
      if (waiting_ != nullptr || custom_) {
        std::swap(over, left_);
        answered = false;
      }
    }
    wire_id_ = provider_->NextLookupId();
    query_on_ = 0;
    in_round_ = false;
    if (received_) {
      finished_ = true;
      final_ = WSAENETDOWN;
    }
  }
  TellEnd(over, answered);
}

// An answer of a later round is lost: the host takes it for told, so the feed has a hole.
void Lookup::SpoilFeed(DWORD code) {
  ExclusiveLock lock(&lock_);
  if (feed_ && received_) {
    finished_ = true;
    final_ = code;
  }
}

// Appends the items of a checked batch. Needs the lock. False: no memory.
bool Lookup::KeepBatch(Buffer body, uint32_t count) {
  if (count == 0) {
    return true;
  }
  Batch* batch = first_ == nullptr ? &only_ : New<Batch>();
  if (batch == nullptr) {
    return false;
  }
  batch->next = nullptr;
  batch->body = std::move(body);
  batch->offset = sizeof(BatchBody);
  batch->left = count;
  (last_ != nullptr ? last_->next : first_) = batch;
  last_ = batch;
  received_ = true;
  return true;
}

// Needs the lock.
void Lookup::EndRound(DWORD status) {
  finished_ = true;
  in_round_ = false;
  final_ = status == 0 ? static_cast<DWORD>(WSA_E_NO_MORE) : HostStatus(status);
}

DWORD Lookup::TakeBatch(Call* call) {
  BatchBody head;
  bool last = (call->flags & kFrameLastBatch) != 0;
  bool sound = call->kind == kFrameBatch && call->body.size() >= sizeof(head);
  if (sound) {
    std::memcpy(&head, call->body.data(), sizeof(head));
    sound = (CheckItems(call->body, head.count) && (head.count != 0 || last)) ||
            SwitchedOff("batch-check");
  }
  if (!sound) {
    return WSANO_RECOVERY;
  }
  bool again = false;
  {
    ExclusiveLock lock(&lock_);
    if (!KeepBatch(std::move(call->body), head.count)) {
      return WSA_NOT_ENOUGH_MEMORY;
    }
    again_ = again_ || end_told_;
    end_told_ = false;
    stale_ = false;
    finished_ = false;
    in_round_ = true;
    if (last) {
      EndRound(head.status);
      again = !received_ && final_ != WSA_E_NO_MORE && final_ != WSASERVICE_NOT_FOUND &&
              final_ != WSANO_DATA;
    }
  }
  if (again) {
    Restart(true);  // a passing fault: the next call asks anew, under a new number
  }
  return 0;
}

}  // namespace nsp
