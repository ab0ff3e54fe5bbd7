// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The call list and waiting. Reading is in connection_read.cc, writing in connection_write.cc.
#include "connection.h"

#include "frame.h"
#include "pending_request.h"
#include "test_counters.h"

namespace nsp {
namespace {

constexpr uint32_t kFirstBufferBytes = 4096;
constexpr uint32_t kHelloMs = 1000;

#if defined(_M_ARM64) || defined(__aarch64__)
constexpr uint32_t kMachine = IMAGE_FILE_MACHINE_ARM64;
#elif defined(_M_X64) || defined(__x86_64__)
constexpr uint32_t kMachine = IMAGE_FILE_MACHINE_AMD64;
#else
constexpr uint32_t kMachine = IMAGE_FILE_MACHINE_I386;
#endif

}  // namespace

Connection::Connection(Provider* provider, UniqueFile pipe, uint32_t serial)
    : provider_(provider), pipe_(std::move(pipe)), serial_(serial) {}

Connection::~Connection() {
  if (read_.issued) {
    // The read ends by its cancellation or by having been quicker; either way the buffer is ours
    // again.
    DWORD got = 0;
    CancelIoEx(pipe_.get(), &read_.overlapped);
    GetOverlappedResult(pipe_.get(), &read_.overlapped, &got, TRUE);
  }
  while (unsent_ != nullptr) {
    Unsent* next = unsent_->next;
    Delete(unsent_);
    unsent_ = next;
  }
}

Ref<Connection> Connection::Start(Provider* provider, UniqueFile pipe, uint32_t serial) {
  Ref<Connection> connection = MakeRef<Connection>(provider, std::move(pipe), serial);
  if (!connection) {
    return {};
  }
  connection->read_.event = UniqueHandle(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  HelloBody hello = {kWireVersion, kMachine, GetCurrentProcessId(), 0};
  Frame frame;
  if (!connection->read_.event || !connection->read_.buffer.Resize(kFirstBufferBytes) ||
      !frame.Start(kFrameHello, 0, 0, sizeof(hello))) {
    return {};
  }
  frame.Append(&hello, sizeof(hello));
  return connection->Send(frame, Deadline(kHelloMs)) == 0 ? connection : Ref<Connection>();
}

bool Connection::Remove(Call* call) {
  bool found;
  {
    ExclusiveLock lock(&lock_);
    found = calls_.Remove(call);
  }
  if (found && call->request != nullptr) {
    call->request->Release();
  }
  return found;
}

// Needs the lock, as RemoveWaiter does.
void Connection::AddWaiter(Call* call) {
  if (call->waits) {
    return;
  }
  call->waits = true;
  call->previous_waiter = nullptr;
  call->next_waiter = waiters_;
  if (waiters_ != nullptr) {
    waiters_->previous_waiter = call;
  }
  waiters_ = call;
}

void Connection::RemoveWaiter(Call* call) {
  if (!call->waits) {
    return;
  }
  call->waits = false;
  (call->previous_waiter != nullptr ? call->previous_waiter->next_waiter : waiters_) =
      call->next_waiter;
  if (call->next_waiter != nullptr) {
    call->next_waiter->previous_waiter = call->previous_waiter;
  }
}

void Connection::Await(Call* call, const Deadline& deadline) {
  bool reader = std::exchange(call->reads, false);
  for (;;) {
    {
      ExclusiveLock lock(&lock_);
      if (call->done || call->cancelled || deadline.LeftMs() == 0) {
        if (!call->done) {
          calls_.Remove(call);
        }
        RemoveWaiter(call);
        reading_ = reading_ && !reader;
        PassReading();
        return;
      }
      if (!reading_) {
        reading_ = reader = true;
        RemoveWaiter(call);
      } else if (!reader) {
        AddWaiter(call);
      }
    }
    if (reader) {
      ReadStep(call, call->events.wake.get(), deadline.LeftMs());
    } else {
      CountWait();
      WaitForSingleObject(call->events.wake.get(), deadline.LeftMs());
    }
  }
}

// Needs the lock. Wakes somebody who can become the reader, if there is none. Who still waits for
// room in the pipe cannot; it looks for itself when it has found some.
void Connection::PassReading() {
  if (reading_) {
    return;
  }
  if (watcher_ != nullptr) {
    SetEvent(watcher_);
  } else if (waiters_ != nullptr) {
    SetEvent(waiters_->events.wake.get());
  }
}

// For a call that was to be the reader and cannot wait yet.
void Connection::StopReading(Call* call) {
  ExclusiveLock lock(&lock_);
  call->reads = reading_ = false;
  PassReading();
}

// The watcher looks for itself first; only a break that it has missed wakes it.
void Connection::SetWatcher(HANDLE wake) {
  ExclusiveLock lock(&lock_);
  watcher_ = wake;
  if (wake == nullptr) {
    PassReading();
  } else if (broken()) {
    SetEvent(wake);
  }
}

void Connection::Watch(HANDLE wake, DWORD ms) {
  bool reader = false;
  {
    ExclusiveLock lock(&lock_);
    if (!reading_ && !broken_) {
      reading_ = true;
      reader = true;
    }
  }
  if (!reader) {
    CountWait();
    WaitForSingleObject(wake, ms);
    return;
  }
  ReadStep(nullptr, wake, ms);
  ExclusiveLock lock(&lock_);
  reading_ = false;
}

void Connection::Close() {
  Break();
}

void Connection::Break() {
  Call* requests = nullptr;
  {
    ExclusiveLock lock(&lock_);
    broken_ = true;
    Call* all = calls_.TakeAll();
    while (all != nullptr) {
      Call* call = all;
      all = call->next;
      call->done = true;
      call->code = WSAENETDOWN;
      if (call->request != nullptr) {
        call->next = requests;
        requests = call;
      } else {
        SetEvent(call->events.wake.get());
      }
    }
    if (watcher_ != nullptr) {
      SetEvent(watcher_);
    }
  }
  while (requests != nullptr) {
    Call* call = requests;
    requests = call->next;
    Ref<PendingRequest> request = Ref<PendingRequest>::Adopt(call->request);
    CompleteCustom(request.get(), {WSAENETDOWN, 0});
  }
}

}  // namespace nsp
