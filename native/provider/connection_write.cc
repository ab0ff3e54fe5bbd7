// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Writing: a frame is one message, so it is written whole or not at all, by any thread at any time.
#include "connection.h"

#include "memory.h"
#include "pending_request.h"
#include "provider.h"
#include "test_counters.h"

namespace nsp {
namespace {

constexpr uint32_t kMaxUnsent = 65536;

}  // namespace

// Where the pipe has room, one operation and nothing else.
DWORD Connection::Write(const Frame& frame, const Deadline& deadline, Call* call) {
  Call none;
  if (call == nullptr) {
    call = &none;
    if (!none.TakeEvents(provider_->events())) {
      return WSA_NOT_ENOUGH_MEMORY;
    }
  }
  OVERLAPPED overlapped = {};
  overlapped.hEvent = call->events.io.get();
  CountPipeOperation();
  DWORD code = 0;
  if (!WriteFile(pipe_.get(), frame.data(), frame.size(), nullptr, &overlapped)) {
    code = GetLastError() == ERROR_IO_PENDING ? FinishWrite(&overlapped, deadline, call)
                                              : static_cast<DWORD>(WSAENETDOWN);
  }
  if (code == WSAENETDOWN) {
    Break();
  }
  return code;
}

// The write waits for room.
DWORD Connection::FinishWrite(OVERLAPPED* overlapped, const Deadline& deadline, Call* call) {
  HANDLE handles[2] = {overlapped->hEvent, call->events.wake.get()};
  for (;;) {
    DWORD left = deadline.LeftMs();
    if (left == 0 || call->cancelled) {
      // A cancelled write of a message was written whole or not at all.
      CancelIoEx(pipe_.get(), overlapped);
      break;
    }
    CountWait();
    if (WaitForMultipleObjects(2, handles, FALSE, left) == WAIT_OBJECT_0) {
      break;
    }
  }
  DWORD written = 0;
  if (GetOverlappedResult(pipe_.get(), overlapped, &written, TRUE)) {
    return 0;
  }
  if (GetLastError() != ERROR_OPERATION_ABORTED) {
    return WSAENETDOWN;
  }
  return call->cancelled ? WSA_E_CANCELLED : static_cast<DWORD>(WAIT_TIMEOUT);
}

DWORD Connection::SendCall(Frame* frame, const Deadline& deadline, Call* call) {
  Ends ends;
  bool unsent;
  {
    ExclusiveLock lock(&lock_);
    if (++next_call_ == 0) {
      next_call_ = 1;
    }
    call->id = next_call_;
    call->done = broken();
    call->code = call->done ? WSAENETDOWN : 0;
    if (call->done) {
      return WSAENETDOWN;
    }
    if (call->request != nullptr) {
      call->request->AddRef();
    }
    calls_.Add(call);
    frame->SetCall(call->id);
    TakeEnds(frame, &ends);
    unsent = unsent_ != nullptr;
    // Where nobody reads, the frame can go with the read.
    call->reads = call->request == nullptr && !unsent && !reading_ && watcher_ == nullptr;
    reading_ = reading_ || call->reads;
  }
  if (unsent) {
    // What is left of it goes another time; if there is no room for this frame either, Write says
    // so.
    static_cast<void>(FlushUnsent(deadline, call));
  }
  // The host hears of it when it answers again.
  const bool opened = provider_->breaker()->TakeOpening();
  if (opened) {
    frame->SayBreakerOpened();
  }
  if (call->reads && !Exchange(*frame)) {
    StopReading(call);  // a write may have to wait
  }
  DWORD code = call->reads ? 0 : Write(*frame, deadline, call);
  if (code != 0) {
    static_cast<void>(Remove(call));
    GiveEndsBack(ends);
    if (opened) {
      provider_->breaker()->NoteOpening();
    }
  }
  return code;
}

DWORD Connection::Send(const Frame& frame, const Deadline& deadline) {
  static_cast<void>(FlushUnsent(deadline, nullptr));
  return Write(frame, deadline, nullptr);
}

// Needs the lock. Puts what is deferred into a frame that may carry it.
void Connection::TakeEnds(Frame* frame, Ends* ends) {
  if (ends_.count == 0 || !frame->AddEnds(ends_.lookups, ends_.count)) {
    return;
  }
  ends->count = std::exchange(ends_.count, 0u);
  std::memcpy(ends->lookups, ends_.lookups, ends->count * sizeof(ends->lookups[0]));
}

// The frame that carried them was not sent.
void Connection::GiveEndsBack(const Ends& ends) {
  for (uint32_t i = 0; i < ends.count; ++i) {
    if (!KeepEnd(ends.lookups[i])) {
      KeepUnsent({sizeof(FrameHeader), kFrameEnd, 0, 0, ends.lookups[i]});
    }
  }
}

// False: there are as many as a frame may carry.
bool Connection::KeepEnd(uint32_t lookup) {
  ExclusiveLock lock(&lock_);
  if (ends_.count == kMaxDeferredEnds) {
    return false;
  }
  ends_.lookups[ends_.count++] = lookup;
  return true;
}

void Connection::DeferEnd(uint32_t lookup) {
  if (!KeepEnd(lookup)) {
    Post(kFrameEnd, 0, lookup);
  }
}

// A frame that is nothing but a header, and what is deferred with an End.
DWORD Connection::SendHeader(const FrameHeader& header, const Deadline& deadline, Call* call) {
  Frame frame;
  Ends ends;
  if (!frame.Start(header.kind, 0, header.lookup, 0)) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  frame.SetCall(header.call);
  if (header.kind == kFrameEnd) {
    ExclusiveLock lock(&lock_);
    TakeEnds(&frame, &ends);
  }
  DWORD code = Write(frame, deadline, call);
  if (code != 0) {
    GiveEndsBack(ends);
  }
  return code;
}

bool Connection::FlushUnsent(const Deadline& deadline, Call* call) {
  for (;;) {
    Unsent* first;
    {
      ExclusiveLock lock(&lock_);
      first = unsent_;
      if (first == nullptr) {
        return true;
      }
      unsent_ = first->next;
      --unsent_count_;
    }
    DWORD code = SendHeader(first->header, deadline, call);
    if (code == 0 || broken()) {
      Delete(first);
      continue;
    }
    ExclusiveLock lock(&lock_);
    first->next = unsent_;
    unsent_ = first;
    ++unsent_count_;
    return false;
  }
}

void Connection::Post(uint16_t kind, uint32_t call, uint32_t lookup) {
  FrameHeader header = {sizeof(FrameHeader), kind, 0, call, lookup};
  if (SendHeader(header, Deadline(0), nullptr) != 0 && !broken()) {
    KeepUnsent(header);
  }
}

void Connection::KeepUnsent(const FrameHeader& header) {
  auto* unsent = New<Unsent>();
  bool too_many = unsent == nullptr;
  if (unsent != nullptr) {
    ExclusiveLock lock(&lock_);
    unsent->header = header;
    unsent->next = unsent_;
    unsent_ = unsent;
    too_many = ++unsent_count_ > kMaxUnsent;
  }
  if (too_many) {
    Break();  // the host learns of all ended lookups at once, by the end of the connection
  } else {
    provider_->watcher()->Flush();  // this process may have no further call for the host
  }
}

}  // namespace nsp
