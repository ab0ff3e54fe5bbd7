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
  return connection->Send(frame.buffer(), Deadline(kHelloMs), nullptr) == 0 ? connection
                                                                            : Ref<Connection>();
}

bool Connection::broken() {
  ExclusiveLock lock(&lock_);
  return broken_;
}

void Connection::Add(Call* call) {
  ExclusiveLock lock(&lock_);
  if (++next_call_ == 0) {
    next_call_ = 1;
  }
  call->id = next_call_;
  if (call->request != nullptr) {
    call->request->AddRef();
  }
  call->done = broken_;
  call->code = broken_ ? WSAENETDOWN : 0;
  call->awaits = false;
  call->next = nullptr;
  if (!broken_) {
    call->next = calls_;
    calls_ = call;
  } else if (call->request != nullptr) {
    call->request->Release();
  }
}

// Needs the lock. The list's reference to a request goes to the caller.
bool Connection::Unlink(const Call* call) {
  for (Call** at = &calls_; *at != nullptr; at = &(*at)->next) {
    if (*at == call) {
      *at = call->next;
      return true;
    }
  }
  return false;
}

// Needs the lock.
Call* Connection::FindCall(uint32_t id) const {
  Call* call = calls_;
  while (call != nullptr && call->id != id) {
    call = call->next;
  }
  return call;
}

bool Connection::Remove(Call* call) {
  bool found;
  {
    ExclusiveLock lock(&lock_);
    found = Unlink(call);
  }
  if (found && call->request != nullptr) {
    call->request->Release();
  }
  return found;
}

void Connection::Await(Call* call, const Deadline& deadline) {
  for (;;) {
    bool reader = false;
    bool leave;
    {
      ExclusiveLock lock(&lock_);
      call->awaits = true;
      leave = call->done || call->cancelled || deadline.LeftMs() == 0;
      if (leave) {
        Unlink(call);
      } else if (!reading_) {
        reading_ = true;
        reader = true;
      }
    }
    if (leave) {
      PassReading();
      return;
    }
    if (reader) {
      ReadStep(call->event.get(), deadline.LeftMs());
      ExclusiveLock lock(&lock_);
      reading_ = false;
    } else {
      CountWait();
      WaitForSingleObject(call->event.get(), deadline.LeftMs());
    }
  }
}

// Wakes somebody who can become the reader, if there is none. Who still waits for room in the pipe
// cannot; it looks for itself when it has found some.
void Connection::PassReading() {
  ExclusiveLock lock(&lock_);
  if (reading_) {
    return;
  }
  if (watcher_ != nullptr) {
    SetEvent(watcher_);
    return;
  }
  for (Call* call = calls_; call != nullptr; call = call->next) {
    if (call->awaits) {
      SetEvent(call->event.get());
      return;
    }
  }
}

void Connection::SetWatcher(HANDLE wake) {
  {
    ExclusiveLock lock(&lock_);
    watcher_ = wake;
  }
  PassReading();
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
  ReadStep(wake, ms);
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
    Call* all = std::exchange(calls_, nullptr);
    while (all != nullptr) {
      Call* call = all;
      all = call->next;
      call->done = true;
      call->code = WSAENETDOWN;
      if (call->request != nullptr) {
        call->next = requests;
        requests = call;
      } else {
        SetEvent(call->event.get());
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
