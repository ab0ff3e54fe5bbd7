// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The DLL's side of the host's pipe: one connection a question. Every wait has a deadline and a
// cancel event, and is counted, because some rows say what must be done without any.
#pragma once

#include <winsock2.h>
#include <windows.h>

#include <memory>

#include "bytes.h"
#include "control.h"

namespace faulty {

// A mapped control file. Threads and lookups share it; the last one unmaps it.
class ControlView {
 public:
  explicit ControlView(const ControlFile* file) : file_(file) {}
  ~ControlView() { UnmapViewOfFile(file_); }
  ControlView(const ControlView&) = delete;
  ControlView& operator=(const ControlView&) = delete;
  const ControlFile& operator*() const { return *file_; }
  const ControlFile* operator->() const { return file_; }
  bool Open() const;        // not retired
  bool HostThread() const;  // the calling thread is the host's main thread

 private:
  const ControlFile* file_;
};
using Control = std::shared_ptr<ControlView>;

// Null when there is no readable control file.
Control CurrentControl();
void ForgetControl();

enum class Asked { kAnswered, kUnreachable, kBroken, kTimeout, kCancelled };

// Sends `request` and waits for the whole answer. `cancel` may be null.
Asked Ask(const ControlFile& control, const Bytes& request, DWORD ms, HANDLE cancel, Bytes* reply);

// Opens the pipe and sends `request`, for an answer that is read later. Invalid handle on failure.
HANDLE OpenChannel(const ControlFile& control, const Bytes& request, DWORD ms, HANDLE cancel);
// True when a host holds the pipe open, busy or hung as it may be.
bool HostReachable(const ControlFile& control);

DWORD CountedWait(DWORD count, const HANDLE* handles, DWORD ms);
void CountPipeOperation();
void ReadCounters(DWORD* pipe_operations, DWORD* waits);

}  // namespace faulty
