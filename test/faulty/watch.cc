// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See watch.h.
#include "watch.h"

#include <algorithm>

#include "switches.h"

namespace faulty {
namespace {

constexpr DWORD kBackOffMs = 50;
constexpr DWORD kLingerMs = 500;  // a client that asks again and again keeps its thread

struct Watched {
  SRWLOCK lock = SRWLOCK_INIT;  // guards the members
  std::vector<LookupRef> lookups;
  HANDLE wake = nullptr;  // exists exactly while the thread does
  bool stop = false;
};

Watched& TheWatched() {
  static auto* watched = new Watched;
  return *watched;
}

std::vector<LookupRef> Snapshot() {
  Watched& watched = TheWatched();
  AcquireSRWLockExclusive(&watched.lock);
  std::erase_if(watched.lookups, [](const LookupRef& lookup) {
    AcquireSRWLockExclusive(&lookup->lock);
    const bool pends = lookup->notify && lookup->notify->stage.load() == Stage::kPending;
    const bool gone = lookup->ended || !(pends || Broken(Switch::kRequestNotConsumed));
    ReleaseSRWLockExclusive(&lookup->lock);
    return gone;
  });
  auto copy = watched.lookups;
  ReleaseSRWLockExclusive(&watched.lock);
  return copy;
}

void SignalAgain(const LookupRef& lookup, uint64_t now) {
  AcquireSRWLockExclusive(&lookup->lock);
  const RequestRef request = lookup->notify;
  const bool again = request && request->type == NSP_NOTIFY_EVENT &&
                     request->stage.load() == Stage::kDone && request->delivered_at != now &&
                     Broken(Switch::kRequestNotConsumed);
  if (again) request->delivered_at = now;
  ReleaseSRWLockExclusive(&lookup->lock);
  if (again) SetEvent(request->target);
}

// One connection to the host, and the read that is outstanding on it.
class Connection {
 public:
  Connection() : event_(CreateEventW(nullptr, TRUE, FALSE, nullptr)) {}
  ~Connection() {
    Close();
    CloseHandle(event_);
  }

  bool connected() const { return pipe_ != INVALID_HANDLE_VALUE; }
  HANDLE event() const { return event_; }

  bool Connect(const Lookup& lookup) {
    const Bytes request = DescribeQuery(Op::kWatch, lookup.query, 0);
    pipe_ = OpenChannel(**lookup.control, request, 200, nullptr);
    return connected() && Read();
  }

  // After event() was signalled: false when the host has gone.
  bool Heard() {
    DWORD done = 0;
    return GetOverlappedResult(pipe_, &overlapped_, &done, TRUE) && done > 0 && Read();
  }

  void Close() {
    if (!connected()) return;
    DWORD done = 0;
    if (reading_ && CancelIoEx(pipe_, &overlapped_)) {
      GetOverlappedResult(pipe_, &overlapped_, &done, TRUE);
    }
    CloseHandle(pipe_);
    pipe_ = INVALID_HANDLE_VALUE;
  }

 private:
  bool Read() {
    overlapped_ = {};
    overlapped_.hEvent = event_;
    CountPipeOperation();
    reading_ = ReadFile(pipe_, buffer_, sizeof(buffer_), nullptr, &overlapped_) ||
               GetLastError() == ERROR_IO_PENDING;
    return reading_;
  }

  HANDLE event_;
  HANDLE pipe_ = INVALID_HANDLE_VALUE;
  OVERLAPPED overlapped_ = {};
  bool reading_ = false;
  uint8_t buffer_[64];
};

void CompleteAll(const std::vector<LookupRef>& lookups) {
  for (const LookupRef& lookup : lookups) {
    AcquireSRWLockExclusive(&lookup->lock);
    const RequestRef request = lookup->notify;
    ReleaseSRWLockExclusive(&lookup->lock);
    if (!request) continue;
    if (Broken(Switch::kLossForgotten)) {
      DropRequest(request);
    } else {
      CompleteRequest(request, Outcome::kChange, 0, 0);
    }
  }
}

// One turn while there is no connection: tries again, and gives up at the end of the grace.
void Reconnect(Connection* connection, const std::vector<LookupRef>& lookups, HANDLE wake,
               ULONGLONG* lost_since) {
  const Lookup& first = *lookups.front();
  if (connection->Connect(first)) {
    if (*lost_since != 0 && Broken(Switch::kRestartCompletes)) CompleteAll(lookups);
    *lost_since = 0;
    return;
  }
  connection->Close();
  const ULONGLONG now = GetTickCount64();
  if (*lost_since == 0) *lost_since = now;
  if (now - *lost_since > (*first.control)->grace_ms) {
    CompleteAll(lookups);
    return;
  }
  CountedWait(1, &wake, kBackOffMs);
}

// True when the thread has to end; it then no longer counts as running.
bool Leave(HANDLE wake, bool idle) {
  Watched& watched = TheWatched();
  AcquireSRWLockExclusive(&watched.lock);
  const bool leave = watched.lookups.empty() && (idle || watched.stop);
  if (leave) {
    watched.wake = nullptr;
    watched.stop = false;
  }
  ReleaseSRWLockExclusive(&watched.lock);
  if (leave) CloseHandle(wake);
  return leave;
}

void Run(HANDLE wake) {
  Connection connection;
  ULONGLONG lost_since = 0;
  bool idle = false;
  for (;;) {
    const auto lookups = Snapshot();
    for (const LookupRef& lookup : lookups)
      EvaluateLookup(lookup);
    if (lookups.empty()) {
      if (Leave(wake, idle)) return;
      lost_since = 0;
      idle = CountedWait(1, &wake, kLingerMs) == WAIT_TIMEOUT;
      continue;
    }
    idle = false;
    if (!connection.connected()) {
      Reconnect(&connection, lookups, wake, &lost_since);
      continue;
    }
    const HANDLE handles[2] = {connection.event(), wake};
    if (CountedWait(2, handles, INFINITE) == WAIT_OBJECT_0 && !connection.Heard()) {
      connection.Close();
      lost_since = GetTickCount64();
    }
  }
}

DWORD WINAPI WatchThread(void* wake) {
  const HMODULE module = HoldModule();
  Run(static_cast<HANDLE>(wake));
  EndThread(module);
}

}  // namespace

void EvaluateLookup(const LookupRef& lookup) {
  const bool open = lookup->control->Open();
  const uint64_t now = SampleCounters(**lookup->control, lookup->query);
  AcquireSRWLockExclusive(&lookup->lock);
  const RequestRef request = lookup->notify;
  const bool pends = request && request->stage.load() == Stage::kPending;
  bool dirty = now != lookup->seen;
  static const LONG first_epoch = (*lookup->control)->epoch;
  if (pends && dirty) {
    if ((*lookup->control)->epoch != first_epoch && Broken(Switch::kRestartUnnoticed)) {
      dirty = false;
    }
    if (now == request->baseline && Broken(Switch::kDirtyWaits)) dirty = false;
    if (!lookup->read_to_end && Broken(Switch::kWatchNeedsNext)) dirty = false;
  }
  const bool due = pends && (!open || dirty);
  if (due) {
    lookup->reported = true;
    lookup->report = now;
    request->delivered_at = now;
  }
  ReleaseSRWLockExclusive(&lookup->lock);
  if (due) CompleteRequest(request, Outcome::kChange, 0, 0);
  if (!due) SignalAgain(lookup, now);
}

void WatchLookup(const LookupRef& lookup) {
  PinModule();
  Watched& watched = TheWatched();
  AcquireSRWLockExclusive(&watched.lock);
  watched.lookups.push_back(lookup);
  if (watched.wake) {
    SetEvent(watched.wake);
  } else {
    watched.wake = CreateEventW(nullptr, FALSE, FALSE, nullptr);
    StartThread(WatchThread, watched.wake);
  }
  ReleaseSRWLockExclusive(&watched.lock);
}

void StopWatching() {
  Watched& watched = TheWatched();
  AcquireSRWLockExclusive(&watched.lock);
  if (watched.wake) {
    watched.stop = true;
    SetEvent(watched.wake);
  }
  ReleaseSRWLockExclusive(&watched.lock);
}

HMODULE HoldModule() {
  HMODULE module = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, reinterpret_cast<LPCWSTR>(&HoldModule),
                     &module);
  return module;
}

void EndThread(HMODULE module) {
  FreeLibraryAndExitThread(module, 0);
}

bool StartThread(LPTHREAD_START_ROUTINE routine, void* parameter) {
  const HANDLE thread = CreateThread(nullptr, 0, routine, parameter, 0, nullptr);
  if (!thread) return false;
  CloseHandle(thread);
  return true;
}

}  // namespace faulty
