// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See connection.h.
#include "connection.h"

#include <algorithm>

#include "frame_check.h"
#include "switches.h"

namespace nsp {
namespace {

// Most frames are smaller, also those of ioctls with a page of input. A larger one takes two reads
// and grows the buffer to its size, and back afterwards.
constexpr size_t kInputBytes = 8192;
// What a client may leave unread: room for some of the largest answers at once.
constexpr size_t kMaxOutputBytes = 16 * size_t{kMaxFrameBytes};

}  // namespace

Connection::Connection(uint32_t id, UniqueFile pipe, HANDLE port)
    : id_(id),
      pipe_(std::move(pipe)),
      port_(port),
      connect_(Operation::Kind::kConnect, this),
      read_(Operation::Kind::kRead, this),
      write_(Operation::Kind::kWrite, this),
      input_(kInputBytes) {}

Status Connection::Listen(const Lock&) {
  const bool connected = ConnectNamedPipe(pipe_.get(), &connect_);
  const DWORD error = connected ? ERROR_PIPE_CONNECTED : GetLastError();
  if (error != ERROR_IO_PENDING) {
    if (error != ERROR_PIPE_CONNECTED) return {error, "ConnectNamedPipe"};
    // A client was faster than this call, which then makes no completion.
    static_cast<OVERLAPPED&>(connect_) = {};
    if (!PostQueuedCompletionStatus(port_, 0, id_, &connect_)) {
      return Status::Last("PostQueuedCompletionStatus");
    }
  }
  connect_.pending = true;
  return {};
}

Operation* Connection::Completed(const OVERLAPPED* packet) {
  for (Operation* each : {&connect_, &read_, &write_}) {
    if (each == packet) return each->pending && HasOverlappedIoCompleted(each) ? each : nullptr;
  }
  return nullptr;
}

Status Connection::Read() {
  static_cast<OVERLAPPED&>(read_) = {};
  if (whole_) {
    filled_ = 0;
    whole_ = false;
  }
  if (filled_ == 0 && input_.size() > kInputBytes) {
    input_.resize(kInputBytes);
    input_.shrink_to_fit();
  }
  const bool read = ReadFile(pipe_.get(), input_.data() + filled_,
                             static_cast<DWORD>(input_.size() - filled_), nullptr, &read_);
  const DWORD error = read ? 0 : GetLastError();
  if (!read && error != ERROR_IO_PENDING && error != ERROR_MORE_DATA) return {error, "ReadFile"};
  read_at_once_ = error != ERROR_IO_PENDING;
  read_.pending = true;
  return {};
}

Status Connection::Repost() {
  if (!PostQueuedCompletionStatus(port_, 0, id_, &read_)) {
    read_.pending = false;  // nobody will take it
    return Status::Last("PostQueuedCompletionStatus");
  }
  return {};
}

Connection::Progress Connection::OnRead(DWORD bytes, bool more) {
  filled_ += bytes;
  whole_ = !more;
  if (whole_) return Progress::kFrame;
  // The buffer is full and the message goes on: its header must announce that.
  FrameHeader header = {};
  if (!ReadFrameHeader(input_.data(), filled_, &header) || header.size <= filled_) {
    return Progress::kBad;
  }
  input_.resize(header.size);
  return Progress::kMore;
}

bool Connection::Send(const Lock&, std::vector<uint8_t> frame) {
  if (output_bytes_ + frame.size() > kMaxOutputBytes && !SwitchedOff("output-limit")) return false;
  output_bytes_ += frame.size();
  output_.push_back(std::move(frame));
  if (!write_.pending) WriteNext();
  return true;
}

void Connection::OnWritten(const Lock&, bool succeeded) {
  PopOutput();
  if (!succeeded) broken = true;
  WriteNext();
}

void Connection::Cancel(const Lock&) {
  // What is queued behind the frame in flight goes nowhere; the frame itself is the kernel's until
  // its write completes.
  while (output_.size() > (write_.pending ? 1u : 0u)) {
    output_bytes_ -= output_.back().size();
    output_.pop_back();
  }
  CancelIoEx(pipe_.get(), nullptr);
}

// Overlapped, so it does not wait; under the lock, so frames leave in the order they were queued.
void Connection::WriteNext() {
  while (!output_.empty() && !broken) {
    static_cast<OVERLAPPED&>(write_) = {};
    const std::vector<uint8_t>& frame = output_.front();
    if (WriteFile(pipe_.get(), frame.data(), static_cast<DWORD>(frame.size()), nullptr, &write_)) {
      PopOutput();
    } else if (GetLastError() == ERROR_IO_PENDING) {
      write_.pending = true;
      return;
    } else {
      broken = true;
    }
  }
  // Nobody reads the rest.
  output_.clear();
  output_bytes_ = 0;
}

void Connection::PopOutput() {
  output_bytes_ -= output_.front().size();
  output_.pop_front();
}

}  // namespace nsp
