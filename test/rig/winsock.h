// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The SDK headers in the one order that compiles, and the way in which Winsock calls fail.
#ifndef RIG_WINSOCK_H_
#define RIG_WINSOCK_H_

#include <winsock2.h>
#include <ws2spi.h>
#include <sporder.h>
#include <windows.h>

namespace rig {

// SOCKET_ERROR with `code` as the thread's last error.
inline int Fail(DWORD code) {
  SetLastError(code);
  return SOCKET_ERROR;
}

// Puts the last error back that was there when the scope was entered, so that bookkeeping of the
// rig never shows between what a provider left and what the client sees.
class KeepLastError {
 public:
  KeepLastError() : code_(GetLastError()) {}
  ~KeepLastError() { SetLastError(code_); }
  KeepLastError(const KeepLastError&) = delete;
  KeepLastError& operator=(const KeepLastError&) = delete;

 private:
  DWORD code_;
};

// Holds a slim lock for the length of a scope.
class ExclusiveLock {
 public:
  explicit ExclusiveLock(SRWLOCK* lock) : lock_(lock) { AcquireSRWLockExclusive(lock_); }
  ~ExclusiveLock() { ReleaseSRWLockExclusive(lock_); }
  ExclusiveLock(const ExclusiveLock&) = delete;
  ExclusiveLock& operator=(const ExclusiveLock&) = delete;

 private:
  SRWLOCK* lock_;
};

}  // namespace rig

#endif  // RIG_WINSOCK_H_
