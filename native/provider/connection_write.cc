// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Writing: a frame is one message, so it is written whole or not at all, by any thread at any time.
#include "connection.h"

#include "memory.h"
#include "provider.h"
#include "test_counters.h"

namespace nsp {
namespace {

constexpr uint32_t kMaxUnsent = 65536;

}  // namespace

DWORD Connection::Write(const void* data, uint32_t size, const Deadline& deadline, Call* call) {
  UniqueHandle event(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  if (!event) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  OVERLAPPED overlapped = {};
  overlapped.hEvent = event.get();
  CountPipeOperation();
  DWORD written = 0;
  if (WriteFile(pipe_.get(), data, size, nullptr, &overlapped) ||
      GetLastError() == ERROR_IO_PENDING) {
    HANDLE handles[2] = {event.get(), call != nullptr ? call->event.get() : nullptr};
    while (WaitForSingleObject(event.get(), 0) != WAIT_OBJECT_0) {
      DWORD left = deadline.LeftMs();
      if (left == 0 || (call != nullptr && call->cancelled)) {
        break;
      }
      CountWait();
      WaitForMultipleObjects(call != nullptr ? 2 : 1, handles, FALSE, left);
    }
    // A cancelled write of a message was written whole or not at all.
    CancelIoEx(pipe_.get(), &overlapped);
    if (GetOverlappedResult(pipe_.get(), &overlapped, &written, TRUE)) {
      return 0;
    }
    if (GetLastError() == ERROR_OPERATION_ABORTED) {
      return call != nullptr && call->cancelled ? WSA_E_CANCELLED
                                                : static_cast<DWORD>(WAIT_TIMEOUT);
    }
  }
  Break();
  return WSAENETDOWN;
}

DWORD Connection::Send(const Buffer& frame, const Deadline& deadline, Call* call) {
  // What is left of it goes another time; if there is no room for this frame either, Write says so.
  static_cast<void>(FlushUnsent(deadline, call));
  return Write(frame.data(), frame.size(), deadline, call);
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
    DWORD code = Write(&first->header, sizeof(first->header), deadline, call);
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
  if (Write(&header, sizeof(header), Deadline(0), nullptr) == 0) {
    return;
  }
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
