// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Named threads that run steps in order. They wait without being alertable, so an APC queued to one
// runs only inside the `alertable` verb.
#pragma once

#include <deque>
#include <functional>

#include "windows_api.h"

namespace client {

class Lock {
 public:
  explicit Lock(SRWLOCK& lock) : lock_(lock) { AcquireSRWLockExclusive(&lock_); }
  ~Lock() { ReleaseSRWLockExclusive(&lock_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  SRWLOCK& lock_;
};

class Worker {
 public:
  Worker();
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Post(std::function<void()> job);
  // Lets the thread end after the jobs already posted and waits for it.
  void Finish();
  HANDLE thread() const { return thread_; }
  DWORD id() const { return id_; }

 private:
  static DWORD WINAPI Entry(void* self);
  void Run();

  // Guards jobs_ and finished_.
  SRWLOCK lock_ = SRWLOCK_INIT;
  CONDITION_VARIABLE changed_ = CONDITION_VARIABLE_INIT;
  std::deque<std::function<void()>> jobs_;
  bool finished_ = false;
  HANDLE thread_ = nullptr;
  DWORD id_ = 0;
};

}  // namespace client
