// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The round trips of one handle. Its first frame on a connection carries the query, once, even if
// two threads race.
#include <cstring>

#include "host_calls.h"
#include "host_pipe.h"
#include "lookup.h"
#include "provider.h"
#include "test_counters.h"

namespace nsp {
namespace {

// Checks a batch completely, so that the cursor can walk it without further ado.
bool CheckItems(const Buffer& body, uint32_t count) {
  uint32_t offset = sizeof(BatchBody);
  for (uint32_t i = 0; i < count; ++i) {
    QuerySetView item;
    if (!ReadQuerySet(body.data() + offset, body.size() - offset, &item)) {
      return false;
    }
    offset += item.head.size;
  }
  return offset == body.size();
}

}  // namespace

bool Lookup::Enlist(Call* call) {
  ExclusiveLock lock(&lock_);
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

// Sends one operation. `body` has its fixed part only; the query follows it if this connection has
// not got it, and its length is stored at `query_bytes_at` (0: the frame has no such field). Ioctl
// input is part of `body`, behind the fixed part, and stays behind the query.
DWORD Lookup::SendOn(Connection* connection, uint32_t kind, const Buffer& body,
                     uint32_t query_bytes_at, const Deadline& deadline, Call* call) {
  bool carries = false;
  uint32_t wire_id = 0;
  {
    ExclusiveLock lock(&lock_);
    while (query_sending_ && !ended_) {
      DWORD left = deadline.LeftMs();
      CountWait();
      if (left == 0 || !SleepConditionVariableSRW(&changed_, &lock_, left, 0)) {
        return WAIT_TIMEOUT;
      }
    }
    if (ended_) {
      return WSA_E_CANCELLED;
    }
    if (query_on_ != connection->serial()) {
      if (kind == kFrameNext && received_) {
        return WSAENETDOWN;  // the host that knew the rest has gone
      }
      carries = true;
      query_sending_ = true;
    }
    wire_id = wire_id_;
  }
  uint32_t fixed = kind == kFrameIoctl ? static_cast<uint32_t>(sizeof(IoctlBody)) : body.size();
  uint32_t query_bytes = carries ? query_.size() : 0;
  Frame frame;
  DWORD code = WSAENOBUFS;
  if (frame.Start(kind, carries ? kFrameHasQuery : 0, wire_id, body.size() + query_bytes)) {
    Buffer head;
    if (head.Resize(fixed)) {
      // Every call's body begins with what is left of its deadline now, after connecting.
      uint32_t left = deadline.LeftMs();
      std::memcpy(head.data(), body.data(), fixed);
      std::memcpy(head.data(), &left, sizeof(left));
      if (query_bytes_at != 0) {
        std::memcpy(head.data() + query_bytes_at, &query_bytes, sizeof(query_bytes));
      }
      frame.Append(head.data(), fixed);
      frame.Append(query_.data(), query_bytes);
      frame.Append(body.data() + fixed, body.size() - fixed);
      connection->Add(call);
      frame.SetCall(call->id);
      code = connection->Send(frame.buffer(), deadline, call);
      if (code != 0) {
        static_cast<void>(connection->Remove(call));
      }
    }
  }
  bool tell_end = false;
  if (carries) {
    ExclusiveLock lock(&lock_);
    query_sending_ = false;
    if (code == 0) {
      query_on_ = connection->serial();
      tell_end = ended_;
    }
    WakeAllConditionVariable(&changed_);
  }
  if (tell_end) {
    // End came while the query was under way and found nothing to take back.
    connection->Post(kFrameEnd, 0, wire_id);
  }
  return code;
}

// Connects and sends. A connection that broke while nobody was looking is replaced once: the frame
// was not read.
DWORD Lookup::Transact(const ControlState& state, uint32_t kind, const Buffer& body,
                       uint32_t query_bytes_at, const Deadline& deadline, Call* call) {
  HostCall host_call;
  if (InHostProcess(state.filter->filter) && call->request == nullptr) {
    // Only lookups answer themselves; two ioctls on one name are two questions.
    host_call.question = kind == kFrameNext ? question_ : reinterpret_cast<uintptr_t>(call);
    DWORD refused =
        provider_->host_calls()->Enter(&host_call, state.filter->filter.host_wait_limit);
    if (refused != 0) {
      return refused;
    }
  }
  DWORD code = TransactFreely(state, kind, body, query_bytes_at, deadline, call);
  provider_->host_calls()->Leave(&host_call);
  return code == ERROR_PIPE_BUSY ? static_cast<DWORD>(WAIT_TIMEOUT) : code;
}

DWORD Lookup::TransactFreely(const ControlState& state, uint32_t kind, const Buffer& body,
                             uint32_t query_bytes_at, const Deadline& deadline, Call* call) {
  DWORD code = WSAENETDOWN;
  for (int attempt = 0; attempt < 2 && code == WSAENETDOWN; ++attempt) {
    Ref<Connection> connection;
    code = provider_->Connect(state, deadline, call, &connection);
    if (code != 0) {
      return code;
    }
    code = SendOn(connection.get(), kind, body, query_bytes_at, deadline, call);
    if (code != 0) {
      if (call->request != nullptr && !call->request->pending()) {
        return code;  // completed by the break: it must not be sent again
      }
      continue;
    }
    if (call->request != nullptr) {
      return 0;  // the watcher reads
    }
    connection->Await(call, deadline);
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

// The next batch. Returns 0 if the handle knows more than before, or why it does not.
DWORD Lookup::Fetch(const Deadline& deadline) {
  ControlState state = provider_->control()->State();
  if (!state || state_.mapping->retired()) {
    return WSAENETDOWN;
  }
  const ControlFilter& filter = state.filter->filter;
  if (OnHostThread(filter)) {
    return WSAEINPROGRESS;
  }
  if (!provider_->breaker()->Allow(filter)) {
    return WSAENETDOWN;
  }
  Call call;
  Buffer body;
  DWORD code = WSA_NOT_ENOUGH_MEMORY;
  if (call.MakeEvent() && body.Resize(sizeof(NextBody))) {
    code = WSA_E_CANCELLED;
    if (Enlist(&call)) {
      NextBody next = {deadline.LeftMs(), 0};
      std::memcpy(body.data(), &next, sizeof(next));
      {
        ExclusiveLock lock(&lock_);
        sample_.NoteNext(*state_.mapping);
      }
      code = Transact(state, kFrameNext, body, 0, deadline, &call);
      Delist(&call);
    }
  }
  if (code == 0) {
    provider_->breaker()->Answered();
    return TakeBatch(call);
  }
  if (code == WAIT_TIMEOUT) {
    provider_->breaker()->TimedOut(filter);
    Restart();
    return WSAENETDOWN;
  }
  return code;
}

// A call that ran into its deadline may still be answered to nobody; what comes after it must not
// mix with it.
void Lookup::Restart() {
  Ref<Connection> connection = provider_->Current();
  uint32_t old_id;
  bool tell;
  {
    ExclusiveLock lock(&lock_);
    old_id = wire_id_;
    tell = query_on_ != 0 && connection && connection->serial() == query_on_;
    wire_id_ = provider_->NextLookupId();
    query_on_ = 0;
    if (received_) {
      finished_ = true;
      final_ = WSAENETDOWN;
    }
  }
  if (tell) {
    connection->Post(kFrameEnd, 0, old_id);
  }
}

DWORD Lookup::TakeBatch(const Call& call) {
  BatchBody head;
  bool sound = call.kind == kFrameBatch && call.body.size() >= sizeof(head);
  if (sound) {
    std::memcpy(&head, call.body.data(), sizeof(head));
    sound = CheckItems(call.body, head.count) &&
            (head.count != 0 || (call.flags & kFrameLastBatch) != 0);
  }
  if (!sound) {
    return WSANO_RECOVERY;
  }
  Batch* batch = nullptr;
  if (head.count != 0) {
    batch = New<Batch>();
    if (batch == nullptr || !batch->body.Resize(call.body.size())) {
      Delete(batch);
      return WSA_NOT_ENOUGH_MEMORY;
    }
    std::memcpy(batch->body.data(), call.body.data(), call.body.size());
    batch->offset = sizeof(head);
    batch->left = head.count;
  }
  bool again = false;
  {
    ExclusiveLock lock(&lock_);
    if (batch != nullptr) {
      (last_ != nullptr ? last_->next : first_) = batch;
      last_ = batch;
      received_ = true;
    }
    if ((call.flags & kFrameLastBatch) != 0) {
      finished_ = true;
      final_ = head.status == 0 ? static_cast<DWORD>(WSA_E_NO_MORE) : head.status;
      again = !received_ && final_ != WSA_E_NO_MORE && final_ != WSASERVICE_NOT_FOUND &&
              final_ != WSANO_DATA;
    }
  }
  if (again) {
    Restart();  // a passing fault: the next call asks anew, under a new number
  }
  return 0;
}

}  // namespace nsp
