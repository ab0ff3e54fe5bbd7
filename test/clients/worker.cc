// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Named threads that run steps in order.
#include "worker.h"

namespace client {

Worker::Worker() {
  thread_ = CreateThread(nullptr, 0, Entry, this, 0, &id_);
}

Worker::~Worker() {
  Finish();
  CloseHandle(thread_);
}

void Worker::Post(std::function<void()> job) {
  {
    Lock lock(lock_);
    jobs_.push_back(std::move(job));
  }
  WakeAllConditionVariable(&changed_);
}

void Worker::Finish() {
  {
    Lock lock(lock_);
    finished_ = true;
  }
  WakeAllConditionVariable(&changed_);
  WaitForSingleObject(thread_, INFINITE);
}

DWORD WINAPI Worker::Entry(void* self) {
  static_cast<Worker*>(self)->Run();
  return 0;
}

void Worker::Run() {
  for (;;) {
    std::function<void()> job;
    {
      Lock lock(lock_);
      while (jobs_.empty() && !finished_) {
        SleepConditionVariableSRW(&changed_, &lock_, INFINITE, 0);
      }
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace client
