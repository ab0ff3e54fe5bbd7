// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Completion by APC: what is queued to a client's thread, and how it is freed when that thread ends
// before it has run.
#include <list>

#include "request.h"
#include "switches.h"

namespace faulty {
namespace {

struct Queued {
  RequestRef request;  // keeps the duplicate of the thread's handle until the thunk has run
  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
  OVERLAPPED* overlapped;
  DWORD error;
  DWORD bytes;
  DWORD flags;
};

SRWLOCK queued_lock = SRWLOCK_INIT;  // guards TheQueued()

std::list<Queued*>& TheQueued() {
  static auto* queued = new std::list<Queued*>;
  return *queued;
}

void Forget(Queued* item) {
  AcquireSRWLockExclusive(&queued_lock);
  TheQueued().remove(item);
  ReleaseSRWLockExclusive(&queued_lock);
}

void CALLBACK RunCompletion(ULONG_PTR parameter) {
  const DWORD last_error = GetLastError();
  auto* item = reinterpret_cast<Queued*>(parameter);
  Forget(item);
  const Queued copy = *item;
  delete item;
  SetLastError(last_error != 0 && Broken(Switch::kThunkClearsError) ? 0 : last_error);
  copy.routine(copy.error, copy.bytes, copy.overlapped, copy.flags);
}

}  // namespace

void QueueCompletion(const RequestRef& request, DWORD error, DWORD bytes, DWORD flags) {
  auto* item = new Queued{request, request->routine, request->overlapped, error, bytes, flags};
  if (Broken(Switch::kApcOnWorker)) {
    RunCompletion(reinterpret_cast<ULONG_PTR>(item));
    return;
  }
  AcquireSRWLockExclusive(&queued_lock);
  TheQueued().push_back(item);
  ReleaseSRWLockExclusive(&queued_lock);
  if (QueueUserAPC(RunCompletion, request->target, reinterpret_cast<ULONG_PTR>(item))) return;
  Forget(item);
  if (!Broken(Switch::kThreadExitLeaks)) delete item;
}

void SweepQueued() {
  std::list<Queued*> dead;
  AcquireSRWLockExclusive(&queued_lock);
  auto& queued = TheQueued();
  for (auto at = queued.begin(); at != queued.end();) {
    const bool ended = WaitForSingleObject((*at)->request->target, 0) == WAIT_OBJECT_0 &&
                       !Broken(Switch::kThreadExitLeaks);
    if (ended) dead.push_back(*at);
    at = ended ? queued.erase(at) : std::next(at);
  }
  ReleaseSRWLockExclusive(&queued_lock);
  for (Queued* item : dead)
    delete item;
}

}  // namespace faulty
