// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The half of pipe_server.h that the I/O thread runs: completions, timers, and the end of
// connections.
#include <algorithm>

#include "control_writer.h"
#include "pipe_server.h"

namespace nsp {
namespace {

// How often `retired` is looked at, and a missing instance is tried again.
constexpr auto kControlTime = std::chrono::seconds(1);
// A client says hello together with its first frame; one that does not is none.
constexpr auto kGreetingTime = std::chrono::seconds(5);
// A process that ends closes its pipes first and is known to have ended a moment later.
constexpr auto kFateTime = std::chrono::milliseconds(100);
constexpr ULONG kBatch = 64;
// Frames of one client that are taken in a row while others wait.
constexpr int kFramesAtOnce = 16;
// Of all connections one process may have this part, and a few in any case: it needs one, and
// another while it has not noticed the end of that.
constexpr uint32_t kShare = 8;
constexpr uint32_t kLeastShare = 4;

}  // namespace

void PipeServer::Run() {
  Lock lock(mutex_);
  DWORD timeout = NextTimeout(lock);
  for (bool running = true; running;) {
    lock.unlock();
    OVERLAPPED_ENTRY entries[kBatch];
    ULONG count = 0;
    if (!GetQueuedCompletionStatusEx(port_.get(), entries, kBatch, &count, timeout, FALSE)) {
      count = 0;  // the time is up; the port itself cannot fail while it is open
    }
    lock.lock();
    for (ULONG i = 0; i < count; ++i) {
      if (entries[i].lpOverlapped != nullptr) Complete(&lock, entries[i]);
    }
    Tick(&lock);
    running = !closing_ || !connections_.empty();
    timeout = NextTimeout(lock);
  }
  lock.unlock();
  sink_->Ended();
}

void PipeServer::Complete(Lock* lock, const OVERLAPPED_ENTRY& entry) {
  // By its number: the packet of an operation that was done with earlier may come when the
  // connection is gone.
  Connection* connection = Find(static_cast<uint32_t>(entry.lpCompletionKey));
  if (connection == nullptr) return;
  Operation* operation = connection->Completed(entry.lpOverlapped);
  if (operation == nullptr) return;
  DWORD bytes = 0;
  const DWORD error =
      GetOverlappedResult(connection->pipe(), operation, &bytes, FALSE) ? 0 : GetLastError();
  operation->pending = false;
  // One that begins or ends is looked at once more, as Tick does after these.
  if (connection->state != Connection::State::kOpen) attention_.insert(connection->id());
  switch (operation->kind) {
    case Operation::Kind::kConnect:
      OnConnected(lock, connection, error);
      break;
    case Operation::Kind::kRead:
      OnReadable(lock, connection, bytes, error);
      break;
    case Operation::Kind::kWrite:
      OnWritten(*lock, connection, error);
      break;
  }
}

// One process cannot keep the others out by connecting again and again.
bool PipeServer::HasRoomFor(const Lock&, uint32_t process) const {
  uint32_t clients = 0;
  uint32_t own = 0;
  for (const auto& [id, connection] : connections_) {
    if (connection->state != Connection::State::kGreeting &&
        connection->state != Connection::State::kOpen) {
      continue;
    }
    ++clients;
    own += connection->process.id() == process ? 1 : 0;
  }
  return clients < options_->max_clients &&
         own < std::max(kLeastShare, options_->max_clients / kShare);
}

void PipeServer::OnConnected(Lock* lock, Connection* connection, DWORD error) {
  if (listening_ == connection->id()) listening_ = 0;
  if (connection->state == Connection::State::kClosing) return;
  // Next first: there is always an instance for the client after this one.
  if (accepting_ && listening_ == 0) (void)OpenInstance(*lock, false).ok();
  if (error != 0 || !connection->process.Open(connection->pipe()).ok()) {
    Close(*lock, connection, CloseReason::kClosed);
  } else if (!accepting_ || !HasRoomFor(*lock, connection->process.id())) {
    Refuse(*lock, connection);
  } else {
    connection->state = Connection::State::kGreeting;
    connection->look_at = Clock::now() + kGreetingTime;
    ReadOn(lock, connection);
  }
}

// Takes what was read, and goes on as long as more is there already.
void PipeServer::OnReadable(Lock* lock, Connection* connection, DWORD bytes, DWORD error) {
  for (int frames = 0; OnRead(lock, connection, bytes, error) && BeginRead(lock, connection);) {
    Operation* read = connection->CompletedRead();
    if (read == nullptr) return;
    if (++frames == kFramesAtOnce) {
      // The others' turn.
      if (!connection->Repost().ok()) Reject(*lock, connection);
      return;
    }
    error = GetOverlappedResult(connection->pipe(), read, &bytes, FALSE) ? 0 : GetLastError();
    read->pending = false;
  }
}

// False: nothing more is to be read.
bool PipeServer::OnRead(Lock* lock, Connection* connection, DWORD bytes, DWORD error) {
  if (connection->state == Connection::State::kClosing) return false;
  if (error != 0 && error != ERROR_MORE_DATA) {
    CloseBroken(*lock, connection);
    return false;
  }
  switch (connection->OnRead(bytes, error == ERROR_MORE_DATA)) {
    case Connection::Progress::kBad:
      Reject(*lock, connection);
      return false;
    case Connection::Progress::kFrame:
      OnFrame(lock, connection);
      break;
    case Connection::Progress::kMore:
      break;
  }
  return true;
}

void PipeServer::OnWritten(const Lock& lock, Connection* connection, DWORD error) {
  connection->OnWritten(lock, error == 0);
  if (connection->state != Connection::State::kClosing && connection->broken) {
    CloseBroken(lock, connection);
  }
}

void PipeServer::ReadOn(Lock* lock, Connection* connection) {
  if (!BeginRead(lock, connection) || connection->CompletedRead() == nullptr) return;
  // It is taken in its turn.
  if (!connection->Repost().ok()) Reject(*lock, connection);
}

// False: nothing is being read now.
bool PipeServer::BeginRead(Lock* lock, Connection* connection) {
  if (connection->state == Connection::State::kClosing) return false;
  connection->paused = connection->undelivered > kMaxUndelivered;
  if (connection->paused) return false;
  // Reading is this thread's alone, and JavaScript's need not wait for it.
  lock->unlock();
  const Status status = connection->Read();
  lock->lock();
  if (!status.ok()) CloseBroken(*lock, connection);
  return status.ok();
}

void PipeServer::Close(const Lock& lock, Connection* connection, CloseReason reason) {
  if (connection->state == Connection::State::kClosing) return;
  if (listening_ == connection->id()) listening_ = 0;
  connection->state = Connection::State::kClosing;
  connection->reason = reason;
  connection->look_at.reset();
  connection->subscriptions = {};
  calls_.RemoveClient(connection->id());
  connection->Cancel(lock);
  attention_.insert(connection->id());
}

void PipeServer::CloseBroken(const Lock& lock, Connection* connection) {
  if (connection->state == Connection::State::kClosing) return;
  const uint64_t now = SystemTimeNow();
  Close(lock, connection, CloseReason::kClosed);
  connection->undecided = true;
  connection->broke_at = now;
  connection->look_at = Clock::now() + kFateTime;
}

// Does what was asked of a connection by a mark, a timer or another thread.
void PipeServer::Look(Lock* lock, Connection* connection) {
  const bool time_is_up = connection->look_at && *connection->look_at <= Clock::now();
  switch (connection->state) {
    case Connection::State::kListening:
      if (!accepting_) Close(*lock, connection, CloseReason::kClosed);
      break;
    case Connection::State::kGreeting:
      if (time_is_up) Reject(*lock, connection);
      break;
    case Connection::State::kDraining:
      if (time_is_up || !connection->has_output()) Close(*lock, connection, CloseReason::kRefused);
      break;
    case Connection::State::kOpen:
      if (connection->paused && connection->undelivered <= kMaxUndelivered / 2) {
        ReadOn(lock, connection);
      }
      break;
    case Connection::State::kClosing:
      break;
  }
  if (closing_) Close(*lock, connection, CloseReason::kClosed);
  if (connection->doomed && connection->state != Connection::State::kClosing) {
    if (connection->broken) {
      CloseBroken(*lock, connection);
    } else {
      Refuse(*lock, connection);
    }
  }
}

// True if a closing connection is over: told to JavaScript and free to go.
bool PipeServer::Settle(const Lock&, Connection* connection) {
  if (connection->state != Connection::State::kClosing) return false;
  if (connection->undecided) {
    const auto fate = connection->process.Look(connection->broke_at);
    if (fate == ClientProcess::Fate::kAlive && !closing_ && Clock::now() < *connection->look_at) {
      return false;
    }
    if (fate == ClientProcess::Fate::kEndedBefore) connection->reason = CloseReason::kKilled;
    connection->undecided = false;
    connection->look_at.reset();
  }
  if (connection->announced) {
    connection->announced = false;
    Event event;
    event.type = Event::Type::kDisconnect;
    event.client = connection->id();
    event.reason = connection->reason;
    sink_->Emit(std::move(event));
  }
  return connection->idle();
}

void PipeServer::Tick(Lock* lock) {
  AnswerLateCalls(*lock);
  if (Clock::now() >= next_control_look_) LookAtControl(*lock);
  if (listening_ != 0 && !accepting_) attention_.insert(listening_);
  if (closing_) {
    for (const auto& [id, connection] : connections_) {
      attention_.insert(id);
    }
  }
  // Looking may mark others (a new instance does not); what is marked meanwhile waits for the next
  // packet, which every marking thread sends.
  if (attention_.empty()) return;
  const std::set<uint32_t> marked = std::move(attention_);
  attention_.clear();
  for (const uint32_t id : marked) {
    Connection* connection = Find(id);
    if (connection == nullptr) continue;
    Look(lock, connection);
    if (Settle(*lock, connection)) {
      attention_.erase(id);
      connections_.erase(id);
    } else if (connection->look_at) {
      attention_.insert(id);
    }
  }
}

void PipeServer::LookAtControl(const Lock& lock) {
  next_control_look_ = Clock::now() + kControlTime;
  if (accepting_ && listening_ == 0) (void)OpenInstance(lock, false).ok();
  if (retired_ || !IsRetired(*control_.file())) return;
  retired_ = true;
  accepting_ = false;
  Event event;
  event.type = Event::Type::kRetired;
  sink_->Emit(std::move(event));
  for (const auto& [id, connection] : connections_) {
    Close(lock, connection.get(), CloseReason::kClosed);
  }
}

DWORD PipeServer::NextTimeout(const Lock&) {
  auto next = next_control_look_;
  if (const auto due = calls_.NextDue()) next = std::min(next, *due);
  for (const uint32_t id : attention_) {
    const Connection* connection = Find(id);
    if (connection == nullptr || !connection->look_at) continue;
    // The fate of a client is asked for again and again until its time is up.
    const auto look = connection->undecided ? Clock::now() + kFateTime / 10 : *connection->look_at;
    next = std::min(next, look);
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
  return static_cast<DWORD>(std::clamp<int64_t>(left, 0, 1000));
}

}  // namespace nsp
