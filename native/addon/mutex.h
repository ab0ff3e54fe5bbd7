// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A lock for std::unique_lock and std::lock_guard. MinGW's std::mutex waits by an event, which
// costs three system calls whenever two threads meet; this one waits in user mode where that is
// possible.
#ifndef WINSOCK_NSP_ADDON_MUTEX_H_
#define WINSOCK_NSP_ADDON_MUTEX_H_

#include "windows_headers.h"

namespace nsp {

class Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() { AcquireSRWLockExclusive(&lock_); }
  void unlock() { ReleaseSRWLockExclusive(&lock_); }

 private:
  SRWLOCK lock_ = SRWLOCK_INIT;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_MUTEX_H_
