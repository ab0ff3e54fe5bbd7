// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One instance of the pipe: its overlapped operations with their buffers, what a client still has
// to read, and what is known about the client.
#ifndef WINSOCK_NSP_ADDON_CONNECTION_H_
#define WINSOCK_NSP_ADDON_CONNECTION_H_

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "call_table.h"
#include "client_identity.h"
#include "event.h"
#include "mutex.h"
#include "status.h"
#include "subscription.h"
#include "unique_handle.h"

namespace nsp {

class Connection;

// PipeServer's lock. A function that takes one needs it held.
using Lock = std::unique_lock<Mutex>;

// One overlapped operation. It lives in its connection, which lives until none is pending.
struct Operation : OVERLAPPED {
  enum class Kind { kConnect, kRead, kWrite };

  Operation(Kind what, Connection* whose) : OVERLAPPED{}, kind(what), connection(whose) {}

  Kind kind;
  Connection* connection;
  bool pending = false;
};

class Connection {
 public:
  enum class State {
    kListening,
    kGreeting,  // connected, no hello yet
    kOpen,
    kDraining,  // gets what is queued, then goes
    kClosing,   // cancelled; waits for its operations and for the news about its process
  };

  Connection(uint32_t id, UniqueFile pipe, HANDLE port);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] uint32_t id() const { return id_; }
  [[nodiscard]] HANDLE pipe() const { return pipe_.get(); }

  // Waits for a client; its coming is a completion in every case.
  Status Listen(const Lock& lock);

  // The operation that a packet of the port is about, if it is under way and has completed. A
  // packet is a hint only: an operation that completed at once is dealt with at once, and whether
  // the system then sends its packet nonetheless must not matter.
  [[nodiscard]] Operation* Completed(const OVERLAPPED* packet);

  // Reads the next message or the rest of one; I/O thread, lock or not.
  Status Read();
  // The read, if it has completed at once. No packet comes for it, unless Repost sends one.
  [[nodiscard]] Operation* CompletedRead() { return read_at_once_ ? &read_ : nullptr; }
  Status Repost();
  // The read has completed. False: this cannot become a frame.
  enum class Progress { kFrame, kMore, kBad };
  [[nodiscard]] Progress OnRead(DWORD bytes, bool more);
  // The message of kFrame, until the next Read.
  [[nodiscard]] const uint8_t* frame() const { return input_.data(); }
  [[nodiscard]] size_t frame_bytes() const { return filled_; }
  // Takes bytes off its end.
  void CutFrame(size_t bytes) { filled_ -= bytes; }

  // Queues a frame. False: the client reads so little that its queue is full. A pipe that is broken
  // takes frames and forgets them; `broken` says so.
  [[nodiscard]] bool Send(const Lock& lock, std::vector<uint8_t> frame);
  void OnWritten(const Lock& lock, bool succeeded);
  [[nodiscard]] bool has_output() const { return !output_.empty(); }

  // Stops all operations; each still completes.
  void Cancel(const Lock& lock);
  [[nodiscard]] bool idle() const { return !connect_.pending && !read_.pending && !write_.pending; }

  // The rest is PipeServer's bookkeeping, under its lock.
  State state = State::kListening;
  ClientProcess process;
  Subscriptions subscriptions;
  bool announced = false;  // JavaScript knows the client, so it is told of its end
  bool broken = false;     // a write has failed
  bool undecided = false;  // the pipe ended by itself: `reason` follows from its process
  bool doomed = false;     // to be closed for `reason` by the I/O thread
  bool paused = false;     // nothing is read until JavaScript has taken what it was sent
  size_t undelivered = 0;  // bytes in events that JavaScript has not taken
  CloseReason reason = CloseReason::kClosed;
  uint64_t broke_at = 0;                     // SystemTimeNow
  std::optional<Clock::time_point> look_at;  // the I/O thread looks again then, if not before

 private:
  void WriteNext();
  void PopOutput();

  const uint32_t id_;
  const UniqueFile pipe_;
  const HANDLE port_;
  Operation connect_;
  Operation read_;
  Operation write_;
  std::vector<uint8_t> input_;
  size_t filled_ = 0;
  bool read_at_once_ = false;
  bool whole_ = false;                       // input_ holds a message that was looked at
  std::deque<std::vector<uint8_t>> output_;  // the first is being written
  size_t output_bytes_ = 0;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_CONNECTION_H_
