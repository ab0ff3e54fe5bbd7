// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See watcher.h.
#include "watcher.h"

#include <cstring>

#include "frame.h"
#include "provider.h"
#include "test_counters.h"

namespace nsp {
namespace {

constexpr DWORD kFirstBackoffMs = 50;
constexpr DWORD kLastBackoffMs = 2000;
// How often a full pipe is tried again.
constexpr DWORD kFirstFlushMs = 10;
// A quiet watcher looks around this often; every wait has an end.
constexpr DWORD kIdleMs = 60000;

}  // namespace

// Needs the lock.
bool Watcher::Prepare() {
  if (!wake_) {
    wake_ = UniqueHandle(CreateEventW(nullptr, FALSE, FALSE, nullptr));
  }
  return static_cast<bool>(wake_);
}

bool Watcher::Add(PendingRequest* request) {
  ExclusiveLock lock(&lock_);
  if (!Prepare()) {
    return false;
  }
  request->AddRef();
  request->listed = true;
  request->next = list_;
  list_ = request;
  if (!running_ && !StartThread()) {
    list_ = request->next;
    request->listed = false;
    request->Release();
    return false;
  }
  SetEvent(wake_.get());
  return true;
}

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
  {
    ExclusiveLock lock(&lock_);
    if (!request->listed) {
      return;
    }
    for (PendingRequest** at = &list_; *at != nullptr; at = &(*at)->next) {
      if (*at == request) {
        *at = request->next;
        break;
      }
    }
    request->listed = false;
    if (list_ == nullptr) {
      SetEvent(wake_.get());  // the thread has nothing left to wait for
    }
  }
  request->Release();
}

void Watcher::OnChange(uint32_t serial, const uint8_t* items, uint32_t count) {
  Picked* picked = nullptr;
  {
    ExclusiveLock lock(&lock_);
    for (PendingRequest* request = list_; request != nullptr; request = request->next) {
      bool concerned = false;
      for (uint32_t i = 0; i < count && !concerned; ++i) {
        ChangeItem item;
        std::memcpy(&item, items + i * sizeof(item), sizeof(item));
        // An older message cannot complete a newer subscription: that one has its own comparison
        // behind it.
        concerned = static_cast<int32_t>(item.sequence - request->sequence) >= 0 &&
                    request->sample.Contains(item.index);
      }
      if (!concerned || request->custom || request->connection != serial) {
        continue;
      }
      auto* one = New<Picked>();
      if (one == nullptr) {
        request->connection =
            0;  // the watcher subscribes anew, and the comparison finds the change
        SetEvent(wake_.get());
        continue;
      }
      request->AddRef();
      *one = {request, picked};
      picked = one;
    }
  }
  while (picked != nullptr) {
    Picked* one = std::exchange(picked, picked->next);
    Ref<PendingRequest> request = Ref<PendingRequest>::Adopt(one->request);
    Delete(one);
    CompleteNotify(request.get(), {});
  }
}

void Watcher::CompletePicked(Pick pick, const ControlMapping* mapping) {
  for (;;) {
    Ref<PendingRequest> found;
    {
      ExclusiveLock lock(&lock_);
      uint64_t now = GetTickCount64();
      for (PendingRequest* request = list_; request != nullptr; request = request->next) {
        bool take = pick == Pick::kExpired ? request->custom && request->due <= now
                    : request->custom      ? false
                    : pick == Pick::kDirty ? request->sample.Dirty(*mapping)
                                           : true;
        if (take) {
          found = Ref<PendingRequest>(request);
          break;
        }
      }
    }
    if (!found) {
      return;
    }
    // Each completion takes the request off the list; one that another thread completes leaves it
    // there shortly.
    if (found->custom) {
      CompleteCustom(found.get(), {WSAENETDOWN, 0});
    } else {
      CompleteNotify(found.get(), {});
    }
    Remove(found.get());
  }
}

DWORD Watcher::NextDueMs() {
  ExclusiveLock lock(&lock_);
  uint64_t now = GetTickCount64();
  uint64_t left = kIdleMs;
  for (PendingRequest* request = list_; request != nullptr; request = request->next) {
    if (request->custom) {
      uint64_t due = request->due > now ? request->due - now : 0;
      left = due < left ? due : left;
    }
  }
  return static_cast<DWORD>(left);
}

bool Watcher::Ended() {
  ExclusiveLock lock(&lock_);
  if (list_ != nullptr || flush_) {
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
      watcher->CompletePicked(Pick::kExpired, nullptr);
    }
    if (watcher->Ended()) {
      break;
    }
    watcher->Turn();
  }
  provider->Release();
}

// Nothing pends; the thread is here for what is to be sent.
bool Watcher::Idle() {
  ExclusiveLock lock(&lock_);
  return list_ == nullptr;
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
  DWORD flush_ms = FlushMs();
  if (Idle()) {
    if (flush_ms != kIdleMs) {
      CountWait();
      WaitForSingleObject(wake_.get(), flush_ms);
    }
    return;
  }
  ControlState state = provider_->control()->State();
  if (!state) {
    CompletePicked(Pick::kAllNotify, nullptr);
    CountWait();
    WaitForSingleObject(wake_.get(), NextDueMs() < kLastBackoffMs ? NextDueMs() : kLastBackoffMs);
    return;
  }
  Ref<Connection> connection;
  if (!Connect(state, &connection)) {
    WaitForHost(state);
    return;
  }
  down_since_ = 0;
  backoff_ms_ = kFirstBackoffMs;
  connection->SetWatcher(wake_.get());
  if (Subscribe(connection.get(), state)) {
    DWORD due = NextDueMs();
    connection->Watch(wake_.get(), due < flush_ms ? due : flush_ms);
  }
  connection->SetWatcher(nullptr);
}

bool Watcher::Connect(const ControlState& state, Ref<Connection>* connection) {
  return provider_->Connect(state, Deadline(0), nullptr, connection) == 0;
}

// The host is away. A change that the counters show completes at once, a new start of the host
// among them; everything else when the grace is over.
void Watcher::WaitForHost(const ControlState& state) {
  uint64_t now = GetTickCount64();
  if (down_since_ == 0) {
    down_since_ = now;
  }
  CompletePicked(Pick::kDirty, state.mapping.get());
  uint64_t gone = now - down_since_;
  uint32_t grace = state.filter->filter.grace_ms;
  if (gone >= grace) {
    CompletePicked(Pick::kAllNotify, nullptr);
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

// Subscribes what is not subscribed on this connection. False: the connection broke or took too
// long; the next turn goes on.
bool Watcher::Subscribe(Connection* connection, const ControlState& state) {
  for (;;) {
    Ref<PendingRequest> request;
    {
      ExclusiveLock lock(&lock_);
      for (PendingRequest* at = list_; at != nullptr && !request; at = at->next) {
        if (!at->custom && at->connection != connection->serial()) {
          request = Ref<PendingRequest>(at);
          at->connection = connection->serial();
          at->sequence = ++sequence_;
        }
      }
    }
    if (!request) {
      return true;
    }
    const CounterSample& sample = request->sample;
    SubscribeBody body = {sequence_, sample.count()};
    Frame frame;
    DWORD code = WSA_NOT_ENOUGH_MEMORY;
    if (frame.Start(kFrameSubscribe, 0, 0, sizeof(body) + body.count * sizeof(CounterValue))) {
      frame.Append(&body, sizeof(body));
      for (uint32_t i = 0; i < body.count; ++i) {
        CounterValue value = {sample.index(i), sample.seen(i)};
        frame.Append(&value, sizeof(value));
      }
      code = connection->Send(frame, Deadline(state.filter->filter.register_deadline_ms));
    }
    if (code != 0) {
      ExclusiveLock lock(&lock_);
      request->connection = 0;
      return false;
    }
  }
}

}  // namespace nsp
