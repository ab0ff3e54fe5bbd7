// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// This process's one connection to the host. Many calls share it; one waiter at a time reads for
// all, or the watcher's thread while requests pend.
#ifndef WINSOCK_NSP_PROVIDER_CONNECTION_H_
#define WINSOCK_NSP_PROVIDER_CONNECTION_H_

#include "call_map.h"
#include "deadline.h"
#include "frame.h"
#include "unique_handle.h"
#include "wire.h"

namespace nsp {

class Provider;

class Connection : public Counted<Connection> {
 public:
  // Takes over an opened pipe and sends Hello. `provider` outlives the connection's use: whoever
  // calls in here holds it. Empty if memory or the pipe fails.
  static Ref<Connection> Start(Provider* provider, UniqueFile pipe, uint32_t serial);

  Connection(Provider* provider, UniqueFile pipe, uint32_t serial);
  ~Connection();

  // Which connection of this provider it is: 1, 2, ...
  uint32_t serial() const { return serial_; }
  bool broken() const { return broken_.load(std::memory_order_acquire); }

  // Puts `call`, which has its events, into the list under a new id and sends its frame; waits for
  // room in the pipe until the deadline or the call's cancellation. For a call with a request the
  // list takes a reference to it; for one without, Await follows. Returns 0, or, out of the list
  // again, WSA_E_CANCELLED, WAIT_TIMEOUT (no room in time), WSA_NOT_ENOUGH_MEMORY or WSAENETDOWN
  // (broken).
  [[nodiscard]] DWORD SendCall(Frame* frame, const Deadline& deadline, Call* call);
  // Takes a call out of the list. False: it was answered or broken meanwhile (or is being, by
  // another thread).
  bool Remove(Call* call);

  // Sends a frame that belongs to no call; waits for room in the pipe at most until the deadline.
  // Returns 0, WAIT_TIMEOUT (no room in time) or WSAENETDOWN (broken).
  [[nodiscard]] DWORD Send(const Frame& frame, const Deadline& deadline);

  // Sends a frame that nobody waits for, without waiting: what finds no room goes with the next
  // Send, or by the watcher.
  void Post(uint16_t kind, uint32_t call, uint32_t lookup);
  // As Post of an End, for a lookup for which nothing runs in the host: it goes with the next call.
  void DeferEnd(uint32_t lookup);

  // Sends what Post found no room for; waits as SendCall does. False: some of it is left.
  [[nodiscard]] bool FlushUnsent(const Deadline& deadline, Call* call);

  // Returns when the call is done, cancelled or the deadline has passed, whichever is first; the
  // call is out of the list then. Reads for the others meanwhile.
  void Await(Call* call, const Deadline& deadline);

  // One turn of the watcher: reads and dispatches for at most `ms`, or until `wake` is set. Gives
  // way to nobody: while the watcher lives it is the reader.
  void Watch(HANDLE wake, DWORD ms);
  // Announces the watcher (its wake event) and takes it back.
  void SetWatcher(HANDLE wake);

  // Ends every call with WSAENETDOWN, cancels the read and waits for the cancellation. Idempotent.
  void Close();

 private:
  struct Read {
    OVERLAPPED overlapped = {};
    UniqueHandle event;  // manual-reset, belongs to the overlapped read
    Buffer buffer;
    Buffer sent;  // the frame that went with the read; it may outlive its caller, as the read does
    uint32_t filled = 0;
    bool issued = false;
    bool ready = false;  // it was done when it was issued
  };
  struct Unsent {
    Unsent* next;
    FrameHeader header;
  };
  // Lookups whose End waits for the next frame.
  struct Ends {
    uint32_t count = 0;
    uint32_t lookups[kMaxDeferredEnds];
  };

  void ReadStep(const Call* own, HANDLE wake, DWORD ms);
  bool IssueRead();
  bool Exchange(const Frame& frame);
  bool NoteIssued(BOOL done);
  bool FinishRead(const Call* own);
  bool GrowForRest(DWORD got);
  bool Dispatch(const Call* own);
  bool DispatchAnswer(const FrameHeader& header, const Call* own);
  bool DispatchChange(const FrameHeader& header);
  void PassReading();
  void StopReading(Call* call);
  void AddWaiter(Call* call);
  void RemoveWaiter(Call* call);
  void Break();
  DWORD Write(const Frame& frame, const Deadline& deadline, Call* call);
  DWORD FinishWrite(OVERLAPPED* overlapped, const Deadline& deadline, Call* call);
  void TakeEnds(Frame* frame, Ends* ends);
  void GiveEndsBack(const Ends& ends);
  bool KeepEnd(uint32_t lookup);
  DWORD SendHeader(const FrameHeader& header, const Deadline& deadline, Call* call);
  void KeepUnsent(const FrameHeader& header);

  Provider* provider_;
  UniqueFile pipe_;
  uint32_t serial_;

  SRWLOCK lock_ = SRWLOCK_INIT;  // guards the members below, and the calls in the list
  CallMap calls_;
  Call* waiters_ = nullptr;
  uint32_t next_call_ = 0;
  bool reading_ = false;             // somebody is the reader
  std::atomic<bool> broken_{false};  // changes under the lock
  HANDLE watcher_ = nullptr;         // its wake event, while it lives
  Unsent* unsent_ = nullptr;
  uint32_t unsent_count_ = 0;
  Ends ends_;

  Read read_;  // the reader's alone
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_CONNECTION_H_
