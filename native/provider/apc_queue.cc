// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See apc_queue.h.
#include "apc_queue.h"

#include "memory.h"

namespace nsp {

struct QueuedRoutine {
  QueuedRoutine* next = nullptr;
  QueuedRoutine* previous = nullptr;
  RoutineCall call = {};
  UniqueHandle thread;
};

namespace {

using QueueApc = int(WSAAPI*)(LPWSATHREADID, LPWSAUSERAPC, DWORD_PTR, LPINT);

SRWLOCK queue_lock = SRWLOCK_INIT;  // guards the list below
QueuedRoutine* queued;

void Link(QueuedRoutine* item) {
  ExclusiveLock lock(&queue_lock);
  item->next = queued;
  if (queued != nullptr) {
    queued->previous = item;
  }
  queued = item;
}

void Unlink(QueuedRoutine* item, const ExclusiveLock&) {
  (item->previous != nullptr ? item->previous->next : queued) = item->next;
  if (item->next != nullptr) {
    item->next->previous = item->previous;
  }
}

// Runs on the client's thread, in its alertable wait. What the client's routine sees and leaves as
// last error is as if we had not been there.
void CALLBACK RunRoutine(ULONG_PTR context) {
  DWORD last_error = GetLastError();
  auto* item = reinterpret_cast<QueuedRoutine*>(context);
  RoutineCall call = item->call;
  {
    ExclusiveLock lock(&queue_lock);
    Unlink(item, lock);
  }
  Delete(item);
  SetLastError(last_error);
  call.routine(call.error, call.bytes, call.overlapped, 0);
}

bool QueueToThread(QueuedRoutine* item) {
  auto context = reinterpret_cast<ULONG_PTR>(item);
  HMODULE ws2_32 = GetModuleHandleW(L"ws2_32.dll");
  auto queue_apc = ws2_32 == nullptr ? nullptr
                                     : reinterpret_cast<QueueApc>(reinterpret_cast<void*>(
                                           GetProcAddress(ws2_32, "WPUQueueApc")));
  if (queue_apc != nullptr) {
    WSATHREADID id = {item->thread.get(), item->call.reserved};
    INT error = 0;
    return queue_apc(&id, RunRoutine, context, &error) == 0;
  }
  return QueueUserAPC(RunRoutine, item->thread.get(), context) != 0;
}

}  // namespace

RoutineTicket::~RoutineTicket() {
  Delete(item_);
}

bool RoutineTicket::Allocate() {
  if (item_ == nullptr) {
    item_ = New<QueuedRoutine>();
  }
  return item_ != nullptr;
}

void RoutineTicket::Queue(const RoutineCall& call, UniqueHandle thread) {
  QueuedRoutine* item = std::exchange(item_, nullptr);
  if (item == nullptr) {
    return;
  }
  item->call = call;
  item->thread = std::move(thread);
  Link(item);
  if (!QueueToThread(item)) {
    ExclusiveLock lock(&queue_lock);
    Unlink(item, lock);
    lock.Unlock();
    Delete(item);
  }
}

void SweepEndedThreads() {
  QueuedRoutine* ended = nullptr;
  {
    ExclusiveLock lock(&queue_lock);
    for (QueuedRoutine* item = queued; item != nullptr;) {
      QueuedRoutine* next = item->next;
      if (WaitForSingleObject(item->thread.get(), 0) == WAIT_OBJECT_0) {
        Unlink(item, lock);
        item->next = ended;
        ended = item;
      }
      item = next;
    }
  }
  while (ended != nullptr) {
    QueuedRoutine* next = ended->next;
    Delete(ended);
    ended = next;
  }
}

}  // namespace nsp
