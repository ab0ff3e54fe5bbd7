// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The list of what pends: any thread adds, takes and completes. Its thread is in watcher_thread.cc.
#include "watcher.h"

#include <cstring>

#include "provider.h"
#include "switches.h"

namespace nsp {

// Needs the lock, as all do that no thread calls from outside.
bool Watcher::Prepare() {
  if (!wake_) {
    wake_ = UniqueHandle(CreateEventW(nullptr, FALSE, FALSE, nullptr));
  }
  return static_cast<bool>(wake_);
}

void Watcher::Wake() {
  if (!std::exchange(woken_, true)) {
    SetEvent(wake_.get());
  }
}

bool Watcher::Add(PendingRequest* request) {
  ExclusiveLock lock(&lock_);
  if (index_ == nullptr) {
    index_ = New<Index>();
  }
  if (!Prepare() || index_ == nullptr || (!running_ && !StartThread())) {
    return false;
  }
  request->AddRef();
  Put(request);
  return true;
}

// The thread has something to do then, unless a request with an earlier deadline does it for it.
void Watcher::Put(PendingRequest* request) {
  PendingRequest* before = nullptr;
  if (request->custom) {
    before = custom_.last;
    while (before != nullptr && before->due > request->due) {
      before = before->previous;
    }
  }
  (request->custom ? custom_ : fresh_).Insert(request, before);
  ++count_;
  if (before == nullptr) {
    Wake();
  }
}

// Off the list, and in front of `taken`.
void Watcher::Take(PendingRequest* request, PendingRequest** taken) {
  request->list->Remove(request);
  request->next = *taken;
  *taken = request;
  --count_;
}

// Whoever takes calls this when the client has been told, who need not wait for it.
void Watcher::WakeIfIdle() {
  ExclusiveLock lock(&lock_);
  if (count_ == 0) {
    Wake();  // the thread has nothing left to wait for
  }
}

void Watcher::Flush() {
  if (!PinModule()) {
    return;
  }
  ExclusiveLock lock(&lock_);
  if (Prepare() && (running_ || StartThread())) {
    flush_ = true;
    SetEvent(wake_.get());
  }
}

void Watcher::Remove(PendingRequest* request) {
  PendingRequest* taken = nullptr;
  {
    ExclusiveLock lock(&lock_);
    if (request->list == nullptr) {
      return;
    }
    Take(request, &taken);
  }
  request->Release();
  WakeIfIdle();
}

// An older message cannot complete a newer subscription: that one has its own comparison behind it.
bool Watcher::Concerned(const PendingRequest& request) const {
  const Subscription& subscription = request.subscription;
  for (uint32_t i = 0; i < subscription.count; ++i) {
    uint32_t counter = subscription.index[i];
    if (index_->changed[counter] &&
        static_cast<int32_t>(index_->sequence[counter] - request.sequence) >= 0) {
      return true;
    }
  }
  return false;
}

void Watcher::TakeChanged(RequestList* list, PendingRequest** taken) {
  for (PendingRequest* request = list->first; request != nullptr;) {
    PendingRequest* next = request->next;
    if (Concerned(*request)) {
      Take(request, taken);
    }
    request = next;
  }
}

// Only what the items can concern is looked at: a name's counter finds its requests, and what waits
// for `any` is in a list of its own. Everything else may concern all.
void Watcher::OnChange(uint32_t serial, const uint8_t* items, uint32_t count) {
  PendingRequest* taken = nullptr;
  {
    ExclusiveLock lock(&lock_);
    if (index_ == nullptr || told_on_ != serial) {
      return;
    }
    bool all = false;
    ChangeItem item;
    for (uint32_t i = 0; i < count; ++i) {
      std::memcpy(&item, items + i * sizeof(item), sizeof(item));
      if (item.index < kCounterCount) {
        index_->changed[item.index] = true;
        index_->sequence[item.index] = item.sequence;
        all = all || (item.index != kCounterAny && item.index < kCounterNames);
      }
    }
    for (uint32_t i = 0; i < (all ? Index::kLists : count); ++i) {
      std::memcpy(&item, items + (all ? 0 : i * sizeof(item)), sizeof(item));
      TakeChanged(&index_->lists[(all ? i : item.index) % Index::kLists], &taken);
    }
    std::memset(index_->changed, 0, sizeof(index_->changed));
  }
  if (taken != nullptr) {
    CompleteTaken(taken, {});
    WakeIfIdle();
  }
}

// All of them, or those whose counters differ.
void Watcher::TakeNotify(RequestList* list, const ControlMapping* mapping, PendingRequest** taken) {
  for (PendingRequest* request = list->first; request != nullptr;) {
    PendingRequest* next = request->next;
    if (mapping == nullptr || request->subscription.Dirty(*mapping)) {
      Take(request, taken);
    }
    request = next;
  }
}

void Watcher::Complete(Pick pick, const ControlMapping* mapping) {
  PendingRequest* taken = nullptr;
  {
    ExclusiveLock lock(&lock_);
    if (pick == Pick::kExpired) {
      uint64_t now = GetTickCount64();
      while (custom_.first != nullptr && custom_.first->due <= now) {
        Take(custom_.first, &taken);
      }
    } else if (index_ != nullptr) {
      TakeNotify(&fresh_, mapping, &taken);
      for (RequestList& list : index_->lists) {
        TakeNotify(&list, mapping, &taken);
      }
    }
  }
  if (taken != nullptr) {
    CompleteTaken(taken, {pick == Pick::kExpired ? static_cast<DWORD>(WSAENETDOWN) : 0, 0});
    WakeIfIdle();
  }
}

}  // namespace nsp
