// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The thread that looks after what pends. The list is in watcher.cc.
#include "watcher.h"

#include "frame.h"
#include "provider.h"
#include "switches.h"
#include "test_counters.h"

namespace nsp {
namespace {

constexpr DWORD kFirstBackoffMs = 50;
constexpr DWORD kLastBackoffMs = 2000;
constexpr DWORD kFirstFlushMs = 10;  // how often a full pipe is tried again
// A quiet watcher looks around this often; every wait has an end.
constexpr DWORD kIdleMs = 60000;

}  // namespace

// Needs the lock. The pool is private, so that its thread is ours alone and ends with our work.
bool Watcher::StartThread() {
  UniquePool pool(CreateThreadpool(nullptr));
  if (!pool) {
    return false;
  }
  SetThreadpoolThreadMaximum(pool.get(), 1);
  TP_CALLBACK_ENVIRON environment;
  InitializeThreadpoolEnvironment(&environment);
  SetThreadpoolCallbackPool(&environment, pool.get());
  SetThreadpoolCallbackRunsLong(&environment);
  provider_->AddRef();
  if (!TrySubmitThreadpoolCallback(Run, this, &environment)) {
    provider_->Release();
    return false;
  }
  running_ = true;
  pool_ = std::move(pool);
  return true;
}

DWORD Watcher::NextDueMs() {
  ExclusiveLock lock(&lock_);
  if (custom_.first == nullptr) {
    return kIdleMs;
  }
  uint64_t now = GetTickCount64();
  uint64_t due = custom_.first->due;
  return due <= now ? 0 : due - now < kIdleMs ? static_cast<DWORD>(due - now) : kIdleMs;
}

bool Watcher::Ended() {
  ExclusiveLock lock(&lock_);
  if (count_ != 0 || flush_) {
    return false;
  }
  running_ = false;
  pool_.reset();
  return true;
}

void CALLBACK Watcher::Run(PTP_CALLBACK_INSTANCE, void* context) {
  auto* watcher = static_cast<Watcher*>(context);
  Provider* provider = watcher->provider_;
  watcher->backoff_ms_ = kFirstBackoffMs;
  watcher->flush_ms_ = kFirstFlushMs;
  watcher->down_since_ = 0;
  for (;;) {
    while (watcher->NextDueMs() == 0) {
      watcher->Complete(Pick::kExpired, nullptr);
    }
    // The next thread is another watcher.
    if (!watcher->watched_ && watcher->Ended()) {
      break;
    }
    watcher->Turn();
  }
  provider->Release();
}

// Nothing pends; the thread is here for what is to be sent. Begins a turn.
bool Watcher::Idle() {
  ExclusiveLock lock(&lock_);
  woken_ = false;
  return count_ == 0;
}

void Watcher::Unwatch() {
  if (watched_) {
    watched_->SetWatcher(nullptr);
    watched_.Reset();
  }
}

// Sends what waits for room in the pipe. When to try again, if some of it still waits.
DWORD Watcher::FlushMs() {
  {
    ExclusiveLock lock(&lock_);
    if (!std::exchange(flush_, false)) {
      flush_ms_ = kFirstFlushMs;
      return kIdleMs;
    }
  }
  // Without a connection nothing is left: its end told the host all.
  Ref<Connection> connection = provider_->Current();
  if (!connection || connection->FlushUnsent(Deadline(0), nullptr)) {
    flush_ms_ = kFirstFlushMs;
    return kIdleMs;
  }
  ExclusiveLock lock(&lock_);
  flush_ = true;
  flush_ms_ = flush_ms_ * 2 < kLastBackoffMs ? flush_ms_ * 2 : kLastBackoffMs;
  return flush_ms_;
}

void Watcher::Turn() {
  bool idle = Idle();
  DWORD flush_ms = FlushMs();
  if (idle) {
    Unwatch();
    if (flush_ms != kIdleMs) {
      CountWait();
      WaitForSingleObject(wake_.get(), flush_ms);
    }
    return;
  }
  ControlState state = provider_->control()->State();
  if (!state) {
    Unwatch();
    Complete(Pick::kAllNotify, nullptr);
    DWORD due = NextDueMs();
    CountWait();
    WaitForSingleObject(wake_.get(), due < kLastBackoffMs ? due : kLastBackoffMs);
    return;
  }
  Ref<Connection> connection;
  if (provider_->Connect(state, Deadline(0), nullptr, &connection) != 0) {
    Unwatch();
    WaitForHost(state);
    return;
  }
  down_since_ = 0;
  backoff_ms_ = kFirstBackoffMs;
  if (watched_.get() != connection.get()) {
    Unwatch();
    watched_ = connection;
    connection->SetWatcher(wake_.get());
  }
  if (Subscribe(connection.get(), state)) {
    DWORD due = NextDueMs();
    connection->Watch(wake_.get(), due < flush_ms ? due : flush_ms);
  }
}

// The host is away. A change that the counters show completes at once, a new start of the host
// among them; everything else when the grace is over.
void Watcher::WaitForHost(const ControlState& state) {
  uint64_t now = GetTickCount64();
  if (down_since_ == 0) {
    down_since_ = now;
  }
  Complete(Pick::kDirty, &state.mapping());
  uint64_t gone = now - down_since_;
  uint32_t grace = SwitchedOff("grace") ? 0 : state.filter().grace_ms;
  if (gone >= grace) {
    Complete(Pick::kAllNotify, nullptr);
    return;
  }
  // Jitter keeps the clients of a machine from knocking in step.
  DWORD wait = backoff_ms_ / 2 + static_cast<DWORD>(now * 2654435761u) % (backoff_ms_ / 2 + 1);
  backoff_ms_ = backoff_ms_ * 2 < kLastBackoffMs ? backoff_ms_ * 2 : kLastBackoffMs;
  DWORD due = NextDueMs();
  DWORD left = static_cast<DWORD>(grace - gone);
  wait = wait < due ? wait : due;
  CountWait();
  WaitForSingleObject(wake_.get(), wait < left ? wait : left);
}

// The next one that the host of this connection is to be told of. It counts as told: what has
// changed since it was put together is answered at once.
bool Watcher::NextToSubscribe(uint32_t serial, Ref<PendingRequest>* request) {
  ExclusiveLock lock(&lock_);
  if (told_on_ != serial) {
    told_on_ = serial;
    for (RequestList& list : index_->lists) {
      PendingRequest* told;
      while (!SwitchedOff("resubscribe") && (told = list.first) != nullptr) {
        list.Remove(told);
        fresh_.Insert(told, nullptr);
      }
    }
  }
  PendingRequest* next = fresh_.first;
  if (next == nullptr) {
    return false;
  }
  uint32_t counter = 0;
  for (uint32_t i = 0; i < next->subscription.count && counter != kCounterAny; ++i) {
    uint32_t index = next->subscription.index[i];
    counter = index == kCounterAny || index >= kCounterNames ? index : counter;
  }
  fresh_.Remove(next);
  index_->lists[counter % Index::kLists].Insert(next, nullptr);
  next->sequence = ++sequence_;
  *request = Ref<PendingRequest>(next);
  return true;
}

// Subscribes what is not subscribed on this connection. False: the connection broke or took too
// long; the next turn goes on.
bool Watcher::Subscribe(Connection* connection, const ControlState& state) {
  Ref<PendingRequest> request;
  while (NextToSubscribe(connection->serial(), &request)) {
    const Subscription& subscription = request->subscription;
    SubscribeBody body = {sequence_, subscription.count};
    Frame frame;
    DWORD code = WSA_NOT_ENOUGH_MEMORY;
    if (frame.Start(kFrameSubscribe, 0, 0, sizeof(body) + body.count * sizeof(CounterValue))) {
      frame.Append(&body, sizeof(body));
      for (uint32_t i = 0; i < body.count; ++i) {
        CounterValue value = {subscription.index[i], subscription.seen[i]};
        frame.Append(&value, sizeof(value));
      }
      code = connection->Send(frame, Deadline(state.filter().register_deadline_ms));
    }
    if (code != 0) {
      ExclusiveLock lock(&lock_);
      if (request->list != nullptr) {
        request->list->Remove(request.get());
        fresh_.Insert(request.get(), nullptr);
      }
      return false;
    }
  }
  return true;
}

}  // namespace nsp
