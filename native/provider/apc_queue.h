// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Completion routines on their way to the thread that asked (contract 2.5). Each keeps its thread's
// handle until it has run; what waits for a thread that has ended is swept.
#ifndef WINSOCK_NSP_PROVIDER_APC_QUEUE_H_
#define WINSOCK_NSP_PROVIDER_APC_QUEUE_H_

#include "unique_handle.h"
#include "windows_headers.h"

namespace nsp {

struct RoutineCall {
  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
  OVERLAPPED* overlapped;
  DWORD error;
  DWORD bytes;
  DWORD_PTR reserved;  // of the WSATHREADID
};

struct QueuedRoutine;

// The memory that one call will need, taken when the request is accepted: a delivery must not fail
// for lack of it.
class RoutineTicket {
 public:
  RoutineTicket() = default;
  ~RoutineTicket();
  RoutineTicket(const RoutineTicket&) = delete;
  RoutineTicket& operator=(const RoutineTicket&) = delete;

  [[nodiscard]] bool Allocate();

  // Queues `call` to `thread`, by WPUQueueApc where the ws2_32 at hand has it, else by
  // QueueUserAPC. Once, after Allocate. Never waits; a thread that has ended loses it. The DLL must
  // be pinned: the thunk lies in it.
  void Queue(const RoutineCall& call, UniqueHandle thread);

 private:
  QueuedRoutine* item_ = nullptr;
};

// Frees what was queued to threads that have ended. Takes the queue's lock, waits for nothing.
void SweepEndedThreads();

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_APC_QUEUE_H_
