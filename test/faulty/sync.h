// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Locks and threads of the host, straight on Win32: std::thread of MinGW's winpthreads now and then
// starts a thread without its argument.
#pragma once

#include <winsock2.h>
#include <windows.h>

#include <functional>
#include <memory>

namespace faulty {

// For std::lock_guard and std::unique_lock.
class Mutex {
 public:
  void lock() { AcquireSRWLockExclusive(&lock_); }
  void unlock() { ReleaseSRWLockExclusive(&lock_); }
  SRWLOCK* native() { return &lock_; }

 private:
  SRWLOCK lock_ = SRWLOCK_INIT;
};

class Condition {
 public:
  void NotifyAll() { WakeAllConditionVariable(&condition_); }
  // The caller holds the mutex. Returns at the latest after `ms`, maybe for no reason.
  void Wait(Mutex* mutex, DWORD ms) {
    SleepConditionVariableSRW(&condition_, mutex->native(), ms, 0);
  }

 private:
  CONDITION_VARIABLE condition_ = CONDITION_VARIABLE_INIT;
};

inline DWORD WINAPI RunThread(void* parameter) {
  const std::unique_ptr<std::function<void()>> work(static_cast<std::function<void()>*>(parameter));
  (*work)();
  return 0;
}

// Runs `work` on a thread that nobody waits for.
inline void Detach(std::function<void()> work) {
  auto* parameter = new std::function<void()>(std::move(work));
  const HANDLE thread = CreateThread(nullptr, 0, RunThread, parameter, 0, nullptr);
  if (thread) {
    CloseHandle(thread);
  } else {
    delete parameter;
  }
}

}  // namespace faulty
