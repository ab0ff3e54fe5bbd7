// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a client gave as WSACOMPLETION, copied and made independent of its handles, and the one
// delivery of it (contract 2.3 to 2.5).
#ifndef WINSOCK_NSP_PROVIDER_COMPLETION_H_
#define WINSOCK_NSP_PROVIDER_COMPLETION_H_

#include "apc_queue.h"
#include "memory.h"
#include "unique_handle.h"

namespace nsp {

// NSP_NOTIFY_IMMEDIATELY and an absent structure are both "no completion": the client looks at the
// result.
struct CompletionRequest {
  bool asynchronous = false;
  WSACOMPLETION copy = {};
};

// Copies `completion` (may be NULL). Returns 0, WSAEFAULT, or WSAEINVAL for a type that does not
// exist.
[[nodiscard]] DWORD ReadCompletion(const void* completion, CompletionRequest* request);

// How a request ended, in the terms of each completion type.
struct Outcome {
  DWORD code = 0;      // 0, WSA_OPERATION_ABORTED or a Winsock code
  uint32_t bytes = 0;  // output length; with WSAEFAULT the length needed
};

class Completion {
 public:
  // Takes what delivery will need: duplicates of event, port or thread, PostMessageW from the
  // user32 that the caller has. `thread_id` is NSPIoctl's, read here, never kept. Marks the
  // OVERLAPPED as pending. Returns 0, WSAEINVAL (something that the type needs is missing),
  // WSAEFAULT (the OVERLAPPED is not writable) or WSA_NOT_ENOUGH_MEMORY.
  [[nodiscard]] DWORD Acquire(const WSACOMPLETION& from, const void* thread_id);

  // To be called once, by whoever won the request, holding no lock. Never waits, never runs the
  // client's code. The client may free its OVERLAPPED the moment it is told; nothing is touched
  // after that.
  void Deliver(const Outcome& outcome);

  WSACOMPLETIONTYPE type() const { return copy_.Type; }

 private:
  DWORD AcquireWindow();
  DWORD AcquireEvent(const OVERLAPPED& overlapped);
  DWORD AcquirePort();
  DWORD AcquireThread(const void* thread_id);
  bool Store(const Outcome& outcome) const;

  WSACOMPLETION copy_ = {};
  OVERLAPPED* overlapped_ = nullptr;
  UniqueHandle handle_;  // event, port or thread
  RoutineTicket routine_;
  DWORD_PTR reserved_ = 0;
  decltype(&PostMessageW) post_message_ = nullptr;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_COMPLETION_H_
