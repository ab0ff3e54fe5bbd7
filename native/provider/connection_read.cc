// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Reading: one read is outstanding at a time, and it outlives its reader, so that handing the
// reading over costs nothing. Who asks while nobody reads sends its frame with the read. I/O dies
// with the thread that issued it; such a read is issued again and never taken for a lost host.
#include <cstring>

#include "connection.h"
#include "pending_request.h"
#include "provider.h"
#include "switches.h"
#include "test_counters.h"

namespace nsp {
namespace {

constexpr uint32_t kMaxExchangeBytes = 16384;  // a copy is kept of what is sent

}  // namespace

// One turn of the reader: waits for a frame at most `ms` or until `wake` is set, and dispatches
// what came. `own` is the call that the reader waits for itself, if any.
void Connection::ReadStep(const Call* own, HANDLE wake, DWORD ms) {
  if (!read_.issued && !IssueRead()) {
    Break();
    return;
  }
  if (!read_.ready) {
    HANDLE handles[2] = {read_.event.get(), wake};
    CountWait();
    if (WaitForMultipleObjects(2, handles, FALSE, ms) != WAIT_OBJECT_0) {
      return;
    }
  }
  if (!FinishRead(own)) {
    Break();
  }
}

// Resets the event, if it does not find something to read already.
bool Connection::IssueRead() {
  Read& read = read_;
  read.overlapped = {};
  read.overlapped.hEvent = read.event.get();
  CountPipeOperation();
  return NoteIssued(ReadFile(pipe_.get(), read.buffer.data() + read.filled,
                             read.buffer.size() - read.filled, nullptr, &read.overlapped));
}

bool Connection::NoteIssued(BOOL done) {
  DWORD error = done ? 0 : GetLastError();
  read_.ready = done || error == ERROR_MORE_DATA;
  read_.issued = read_.ready || error == ERROR_IO_PENDING;
  return read_.issued;
}

// Sends a frame and issues the read for its answer, in one operation that does not wait for room.
// The reader's alone. False: nothing was sent (a read is outstanding, something is there to be
// read, the frame is long, or the pipe is lost); whoever writes the frame learns why.
bool Connection::Exchange(const Frame& frame) {
  Read& read = read_;
  if (read.issued || read.filled != 0 || frame.size() > kMaxExchangeBytes ||
      (read.sent.size() < frame.size() && !read.sent.Resize(frame.size()))) {
    return false;
  }
  std::memcpy(read.sent.data(), frame.data(), frame.size());
  read.overlapped = {};
  read.overlapped.hEvent = read.event.get();
  CountPipeOperation();
  return NoteIssued(TransactNamedPipe(pipe_.get(), read.sent.data(), frame.size(),
                                      read.buffer.data(), read.buffer.size(), nullptr,
                                      &read.overlapped));
}

// The read is done. False: the pipe is lost or the host talks nonsense.
bool Connection::FinishRead(const Call* own) {
  DWORD got = 0;
  BOOL whole = GetOverlappedResult(pipe_.get(), &read_.overlapped, &got, FALSE);
  DWORD error = whole ? 0 : GetLastError();
  if (error == ERROR_IO_INCOMPLETE) {
    return true;
  }
  read_.issued = read_.ready = false;
  if (error == ERROR_OPERATION_ABORTED && !SwitchedOff("read-again")) {
    return true;
  }
  if (error == ERROR_MORE_DATA) {
    return GrowForRest(got);
  }
  if (error != 0) {
    return false;
  }
  read_.filled += got;
  bool sound = Dispatch(own);
  read_.filled = 0;
  return sound;
}

// The message is longer than the buffer; its header says how long.
bool Connection::GrowForRest(DWORD got) {
  FrameHeader header;
  read_.filled += got;
  if (read_.filled != read_.buffer.size() || read_.filled < sizeof(header)) {
    return false;
  }
  std::memcpy(&header, read_.buffer.data(), sizeof(header));
  if (header.size <= read_.filled || header.size > kMaxFrameBytes) {
    return false;
  }
  Buffer larger;
  if (!larger.Resize(header.size)) {
    return false;
  }
  std::memcpy(larger.data(), read_.buffer.data(), read_.filled);
  read_.buffer = std::move(larger);
  return true;
}

bool Connection::Dispatch(const Call* own) {
  FrameHeader header;
  if (read_.filled < sizeof(header)) {
    return false;
  }
  std::memcpy(&header, read_.buffer.data(), sizeof(header));
  if (header.size != read_.filled) {
    return false;
  }
  switch (header.kind) {
    case kFrameBatch:
    case kFrameReply:
      return DispatchAnswer(header, own);
    case kFrameChange:
      return DispatchChange(header);
    default:
      return false;
  }
}

bool Connection::DispatchAnswer(const FrameHeader& header, const Call* own) {
  uint32_t bytes = header.size - static_cast<uint32_t>(sizeof(header));
  Ref<PendingRequest> request;
  {
    ExclusiveLock lock(&lock_);
    Call* call = calls_.Find(header.call);
    if (call == nullptr) {
      return true;  // an answer that nobody waits for any more
    }
    calls_.Remove(call);
    call->done = true;
    call->kind = header.kind;
    call->flags = header.flags;
    if (call->body.Resize(bytes)) {
      std::memcpy(call->body.data(), read_.buffer.data() + sizeof(header), bytes);
    } else {
      call->code = WSA_NOT_ENOUGH_MEMORY;
    }
    if (call->request == nullptr) {
      if (call != own) {
        SetEvent(call->events.wake.get());
      }
      return true;
    }
    request = Ref<PendingRequest>::Adopt(call->request);
  }
  CompleteFromReply(request.get());
  return true;
}

bool Connection::DispatchChange(const FrameHeader& header) {
  ChangeBody body;
  uint32_t bytes = header.size - static_cast<uint32_t>(sizeof(header));
  if (bytes < sizeof(body)) {
    return false;
  }
  const uint8_t* at = read_.buffer.data() + sizeof(header);
  std::memcpy(&body, at, sizeof(body));
  if (body.count > kCounterCount || bytes != sizeof(body) + body.count * sizeof(ChangeItem)) {
    return false;
  }
  provider_->watcher()->OnChange(serial_, at + sizeof(body), body.count);
  return true;
}

}  // namespace nsp
