// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A request that pends: where its completion goes, and the one atomic hand-over that makes sure
// that change, answer, failure and End deliver it once between them.
#pragma once

#include <winsock2.h>
#include <windows.h>
#include <ws2spi.h>

#include <atomic>
#include <memory>

#include "bytes.h"

namespace faulty {

enum class Outcome { kChange, kAnswer, kFailure, kAbort };
enum class Stage { kPending, kDelivering, kDone };

struct Request {
  Request() = default;
  ~Request();
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  std::atomic<Stage> stage{Stage::kPending};
  bool custom = false;
  DWORD type = 0;
  OVERLAPPED* overlapped = nullptr;
  HANDLE target = nullptr;  // duplicate of the event, the port or the thread
  ULONG_PTR key = 0;
  HWND window = nullptr;
  UINT message = 0;
  WPARAM context = 0;
  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine = nullptr;
  // A custom code's own part.
  DWORD code = 0;
  Bytes input;
  void* output = nullptr;
  DWORD output_size = 0;
  // Looked at by switches only.
  const WSACOMPLETION* client = nullptr;
  const WSATHREADID* client_thread = nullptr;
  HANDLE thread_as_given = nullptr;
  DWORD registrant = 0;   // id of the thread that asked
  bool borrowed = false;  // `target` is the client's own handle
  uint64_t baseline = 0;
  uint64_t delivered_at = 0;
};
using RequestRef = std::shared_ptr<Request>;

// Checks a completion and takes over what its delivery needs. 0 or the code.
DWORD PrepareRequest(const WSACOMPLETION& completion, const WSATHREADID* thread, Request* request);
// Marks the OVERLAPPED as pending; 0 or WSAEFAULT.
DWORD MarkPending(const Request& request);

// Delivers unless somebody else has begun to. False then.
bool CompleteRequest(const RequestRef& request, Outcome outcome, DWORD code, DWORD bytes);
// Delivers the abort, or waits for a delivery that has begun.
void AbortRequest(const RequestRef& request);
// Takes the request out of the world without telling anybody; for switches.
void DropRequest(const RequestRef& request);
// After the first request that pends the DLL stays loaded.
void PinModule();

// apc.cc: takes over the thread handle in `target`.
void QueueCompletion(const RequestRef& request, DWORD error, DWORD bytes, DWORD flags);
// Frees what was queued to threads that have ended.
void SweepQueued();

}  // namespace faulty
