// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Begin, Next and End of one handle. The round trips are in lookup_host.cc, NSPIoctl in
// lookup_ioctl.cc.
#include "lookup.h"

#include <cstring>

#include "guarded_copy.h"
#include "hash.h"
#include "provider.h"
#include "result_writer.h"
#include "test_counters.h"

namespace nsp {
namespace {

// Only a thread that was killed in the middle of a delivery lets End wait so long.
constexpr uint32_t kDeliveryMs = 5000;

// What ends a lookup without being a fault.
bool IsEnd(DWORD code) {
  return code == WSA_E_NO_MORE || code == WSASERVICE_NOT_FOUND || code == WSANO_DATA;
}

// All types of DNS are one question: getaddrinfo asks for A and then for AAAA, and a handler that
// resolves its own name would be asked by the second.
uint32_t ClassHash(const uint8_t* service_class) {
  constexpr uint32_t kDnsType = 0x00090035;
  if (service_class == nullptr) {
    return 0;
  }
  uint32_t first;
  std::memcpy(&first, service_class, sizeof(first));
  return first == kDnsType ? kDnsType : HashGuid(service_class);
}

}  // namespace

SpareBlock Lookup::spare;

Lookup::Lookup(Ref<Provider> provider, uint32_t entry, uint32_t flags, ControlState state)
    : provider_(std::move(provider)),
      entry_(entry),
      flags_(flags),
      feed_((state.filter().entries[entry].flags & kEntryFeed) != 0),
      state_(std::move(state)) {}

Lookup::~Lookup() {
  while (first_ != nullptr) {
    DropBatch();
  }
}

DWORD Lookup::Begin(const Query& query, const FilterQuestion& question, const MappedData& data) {
  if (!sample_.Start(state_.mapping(), question)) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  if (question.has_name && data.mapping) {
    data.mapping->FetchAhead(sample_.name_hash());
  }
  name_is_key_ = question.name_is_key;
  name_alone_ = query.has_name_alone();
  class_hash_ = ClassHash(question.service_class);
  return query.Encode(entry_, flags_, &query_);
}

// The item at the cursor. Items were checked when their batch came.
bool Lookup::Current(QuerySetView* item) const {
  return first_ != nullptr && ReadQuerySet(first_->body.data() + first_->offset,
                                           first_->body.size() - first_->offset, item);
}

bool Lookup::CurrentHead(QuerySetHead* head) const {
  if (first_ == nullptr) {
    return false;
  }
  std::memcpy(head, first_->body.data() + first_->offset, sizeof(*head));
  return true;
}

void Lookup::DropItem() {
  QuerySetHead head;
  refused_ = false;
  if (!CurrentHead(&head)) {
    return;
  }
  first_->offset += head.size;
  if (--first_->left == 0) {
    DropBatch();
  }
}

void Lookup::DropBatch() {
  Batch* batch = first_;
  first_ = batch->next;
  if (first_ == nullptr) {
    last_ = nullptr;
  }
  if (batch == &only_) {
    batch->body.Clear();
  } else {
    Delete(batch);
  }
}

// Aliases are results of their own, left out of a Next that does not want them. True: some were.
bool Lookup::SkipAliases(DWORD wanted) {
  QuerySetHead head;
  bool skipped = false;
  while ((wanted & LUP_RETURN_ALIASES) == 0 && CurrentHead(&head) &&
         (head.flags & RESULT_IS_ALIAS) != 0) {
    DropItem();
    skipped = true;
  }
  return skipped;
}

DWORD Lookup::Write(const QuerySetView& item, DWORD wanted, DWORD room, void* results,
                    uint32_t* need) const {
  return WriteResult({&item, wanted, state_.filter().entries[entry_].name_space,
                      provider_->entry_id(entry_), results, room},
                     need);
}

DWORD Lookup::WriteItem(DWORD wanted, void* length, DWORD room, void* results) {
  QuerySetView item;
  if (!Current(&item)) {
    return WSANO_RECOVERY;
  }
  uint32_t need = 0;
  DWORD code = Write(item, wanted, room, results, &need);
  if (code == 0) {
    DropItem();
  } else if (code == WSAEFAULT && need != 0) {
    refused_ = true;
    static_cast<void>(GuardedWrite(length, static_cast<DWORD>(need)));
  }
  return code;
}

// A feed goes on behind its end as soon as something has changed since its last round began.
bool Lookup::FeedHasMore() const {
  return end_told_ && IsEnd(final_) && (stale_ || sample_.ChangedSinceRound(state_.mapping()));
}

// No item is left and none will come.
DWORD Lookup::EndStatus() {
  DWORD code = final_;
  clean_ = 0;
  if (feed_ && IsEnd(code)) {
    end_told_ = true;
    received_ = true;  // the host knows what this handle was told; no other could go on
  }
  if (code == WSA_E_NO_MORE && feed_) {
    sample_.AcknowledgeRound(again_);
  } else if (code == WSA_E_NO_MORE) {
    sample_.Acknowledge();
  } else if (!received_ && !IsEnd(code)) {
    finished_ = false;  // a passing fault: the next call asks anew
  }
  return code;
}

DWORD Lookup::Next(DWORD flags, void* length, void* results, MappedData* data) {
  DWORD room = 0;
  if (!GuardedRead(&room, length)) {
    return WSAEFAULT;
  }
  // No RETURN bits at Next means: as at Begin.
  DWORD wanted = ((flags & LUP_RETURN_ALL) == 0 ? flags_ : flags & flags_) & LUP_RETURN_ALL;
  Deadline deadline(state_.filter().lookup_deadline_ms);
  bool skip = (flags & LUP_FLUSHPREVIOUS) != 0;
  AcquireSRWLockExclusive(&lock_);
  DWORD code = 0;
  for (;;) {
    if (ended_) {
      code = WSA_E_CANCELLED;
      break;
    }
    if (skip && refused_) {
      DropItem();
    }
    skip = false;
    if (SkipAliases(wanted)) {
      continue;
    }
    if (first_ != nullptr) {
      code = WriteItem(wanted, length, room, results);
      break;
    }
    if (finished_ && !FeedHasMore()) {
      code = EndStatus();
      break;
    }
    if (fetching_) {
      CountWait();
      data->mapping.Reset();
      DWORD left = deadline.LeftMs();
      if (left == 0 || !Sleep(left)) {
        code = WSAENETDOWN;
        break;
      }
      continue;
    }
    bool written = false;
    if (TakePublished(wanted, room, results, data, &written)) {
      if (written) {
        break;
      }
      continue;
    }
    fetching_ = true;
    ReleaseSRWLockExclusive(&lock_);
    // No wait keeps a file mapped: an old one is deleted as soon as nobody does.
    data->mapping.Reset();
    code = Fetch(deadline);
    AcquireSRWLockExclusive(&lock_);
    fetching_ = false;
    WakeSleepers();
    if (code != 0) {
      code = ended_ ? WSA_E_CANCELLED : code;
      break;
    }
  }
  ReleaseSRWLockExclusive(&lock_);
  return code;
}

void Lookup::BeginDelivery(PendingRequest* request, bool reported) {
  // One step for End: it finds the request in its slot, or the delivery.
  Ref<PendingRequest> old;
  ExclusiveLock lock(&lock_);
  ClearSlot(request, &old);
  ++delivering_;
  if (reported && !request->custom) {
    sample_.Report(state_.mapping());
  }
}

void Lookup::EndDelivery() {
  ExclusiveLock lock(&lock_);
  --delivering_;
  WakeSleepers();
}

void Lookup::End() {
  if (IsSole()) {
    // No call is under way, and no request: each would have a reference.
    TellEnd({wire_id_, query_on_}, finished_ && !feed_);
    TellEnd(left_, false);
    return;
  }
  Ref<PendingRequest> notify;
  Ref<PendingRequest> custom;
  Known known;
  Known left;
  bool idle;
  bool delivering;
  {
    ExclusiveLock lock(&lock_);
    ended_.store(true, std::memory_order_release);
    for (Call* call = waiting_; call != nullptr; call = call->next_of_lookup) {
      call->cancelled = true;
      SetEvent(call->events.wake.get());
    }
    notify = notify_;
    custom = custom_;
    known = {wire_id_, query_on_};
    left = left_;
    // A feed is told of at once: its provider may hold something for it.
    idle = finished_ && !feed_ && waiting_ == nullptr && !custom_ && !query_sending_;
    delivering = delivering_ != 0;
    WakeSleepers();
  }
  if (notify) {
    AbortRequest(notify.get());
  }
  if (custom) {
    AbortRequest(custom.get());
  }
  if (notify || custom || delivering) {
    WaitForDeliveries();
  }
  TellEnd(known, idle);
  TellEnd(left, false);
}

// Needs the lock. False: the time is over.
bool Lookup::Sleep(DWORD ms) {
  ++sleepers_;
  BOOL woken = SleepConditionVariableSRW(&changed_, &lock_, ms, 0);
  --sleepers_;
  return woken != FALSE;
}

// Needs the lock.
void Lookup::WakeSleepers() {
  if (sleepers_ != 0) {
    WakeAllConditionVariable(&changed_);
  }
}

// A delivery that another thread has begun is a few instructions from its end, and holds no lock
// there.
void Lookup::WaitForDeliveries() {
  Deadline deadline(kDeliveryMs);
  ExclusiveLock lock(&lock_);
  while (delivering_ != 0 && deadline.LeftMs() != 0) {
    Sleep(deadline.LeftMs());
  }
}

}  // namespace nsp
