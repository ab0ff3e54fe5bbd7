// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// This process's one connection to the host. Many calls share it; one waiter at a time reads for
// all, or the watcher's thread while requests pend.
#ifndef WINSOCK_NSP_PROVIDER_CONNECTION_H_
#define WINSOCK_NSP_PROVIDER_CONNECTION_H_

#include "call.h"
#include "deadline.h"
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
  bool broken();

  // Puts `call` into the list under a new id. For a call with a request the list takes a reference
  // to it.
  void Add(Call* call);
  // Takes it out again. False: it was answered or broken meanwhile (or is being, by another
  // thread).
  bool Remove(Call* call);

  // Sends one frame; waits for room in the pipe at most until the deadline or until `call` (may be
  // nullptr) is cancelled. Returns 0, WSA_E_CANCELLED, WAIT_TIMEOUT (no room in time) or
  // WSAENETDOWN (broken).
  [[nodiscard]] DWORD Send(const Buffer& frame, const Deadline& deadline, Call* call);

  // Sends a frame that nobody waits for, without waiting: what finds no room goes with the next
  // Send, or by the watcher.
  void Post(uint16_t kind, uint32_t call, uint32_t lookup);

  // Sends what Post found no room for; waits as Send does. False: some of it is left.
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
    uint32_t filled = 0;
    bool issued = false;
  };
  struct Unsent {
    Unsent* next;
    FrameHeader header;
  };

  bool TakeReading();
  void PassReading();
  void ReadStep(HANDLE wake, DWORD ms);
  bool IssueRead();
  bool FinishRead();
  bool GrowForRest(DWORD got);
  bool Dispatch();
  bool DispatchAnswer(const FrameHeader& header);
  bool DispatchChange(const FrameHeader& header);
  void Break();
  bool Unlink(const Call* call);
  Call* FindCall(uint32_t id) const;
  DWORD Write(const void* data, uint32_t size, const Deadline& deadline, Call* call);

  Provider* provider_;
  UniqueFile pipe_;
  uint32_t serial_;

  SRWLOCK lock_ = SRWLOCK_INIT;  // guards the members below, and the calls in the list
  Call* calls_ = nullptr;
  uint32_t next_call_ = 0;
  bool reading_ = false;  // somebody is the reader
  bool broken_ = false;
  HANDLE watcher_ = nullptr;  // its wake event, while it lives
  Unsent* unsent_ = nullptr;
  uint32_t unsent_count_ = 0;

  Read read_;  // the reader's alone
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_CONNECTION_H_
