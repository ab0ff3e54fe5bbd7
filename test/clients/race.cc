// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// The verb race: many rounds of Begin, register, End, while the test changes data as fast as it
// can; each accepted registration must complete exactly once.
#include <cstring>

#include "calls.h"
#include "query.h"

namespace client {
namespace {

struct Tally {
  uint64_t once = 0;
  uint64_t none = 0;
  uint64_t twice = 0;
  uint64_t aborted = 0;
  uint64_t changed = 0;
  uint64_t other = 0;
  uint64_t late = 0;
};

// The object that a round's completion arrives at. `Taken` removes what has come so far.
class Target {
 public:
  explicit Target(bool port) : port_(port) {
    handle_ = port ? CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0)
                   : CreateEventW(nullptr, FALSE, FALSE, nullptr);
  }
  ~Target() { CloseHandle(handle_); }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  void Prepare(WSACOMPLETION& completion, OVERLAPPED& overlapped) const {
    std::memset(&completion, 0xcd, sizeof completion);
    std::memset(&overlapped, 0xcd, sizeof overlapped);
    overlapped.hEvent = port_ ? nullptr : handle_;
    completion.Type = port_ ? NSP_NOTIFY_PORT : NSP_NOTIFY_EVENT;
    completion.Parameters.Event.lpOverlapped = &overlapped;
    if (port_) {
      completion.Parameters.Port.hPort = handle_;
      completion.Parameters.Port.Key = 1;
    }
  }
  uint64_t Taken() const {
    if (!port_) return WaitForSingleObject(handle_, 0) == WAIT_OBJECT_0 ? 1 : 0;
    uint64_t count = 0;
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    OVERLAPPED* overlapped = nullptr;
    while (GetQueuedCompletionStatus(handle_, &bytes, &key, &overlapped, 0))
      ++count;
    return count;
  }

 private:
  bool port_;
  HANDLE handle_;
};

// Spreads the moment of End over the time a change needs to arrive.
void Dawdle(uint64_t round) {
  LARGE_INTEGER from;
  LARGE_INTEGER now;
  LARGE_INTEGER frequency;
  QueryPerformanceFrequency(&frequency);
  QueryPerformanceCounter(&from);
  const int64_t ticks = static_cast<int64_t>(round % 16) * 25 * frequency.QuadPart / 1000000;
  do {
    QueryPerformanceCounter(&now);
  } while (now.QuadPart - from.QuadPart < ticks);
}

// One round; false if a call failed in a way that the step has to show.
bool Round(Step& step, Table* table, const BeginArguments& begin, const Target& target,
           uint64_t round, Tally& tally) {
  tally.late += target.Taken();
  HANDLE handle = nullptr;
  if (step.Call("Begin", [&] { return CallBegin(table, begin, &handle); }) != 0) return false;
  OVERLAPPED overlapped;
  WSACOMPLETION completion;
  target.Prepare(completion, overlapped);
  DWORD returned = 0;
  WSATHREADID thread_id{CurrentThreadHandle(), 0};
  const IoctlArguments ioctl{0x88000019u, nullptr,   0,           nullptr,
                             0,           &returned, &completion, &thread_id};
  step.Call("Ioctl", [&] { return CallIoctl(table, handle, ioctl); });
  if (step.ret != SOCKET_ERROR || step.err != WSA_IO_PENDING) return false;
  Dawdle(round);
  uint64_t signals = target.Taken();
  if (step.Call("End", [&] { return CallEnd(table, handle); }) != 0) return false;
  signals += target.Taken();
  (signals == 1 ? tally.once : signals == 0 ? tally.none : tally.twice) += 1;
  const ULONG_PTR internal = overlapped.Internal;
  (internal == 0 ? tally.changed : internal == 0xc0000120u ? tally.aborted : tally.other) += 1;
  return true;
}

// race rounds= type=event|port and the keys of begin.
void Race(Step& step) {
  const Command& command = step.command;
  const std::shared_ptr<Table> table = TableFor(command);
  Query query(command, false);
  GUID guid = table ? table->provider : GUID{};
  const BeginArguments begin{&guid, query.get(), nullptr,
                             static_cast<DWORD>(command.Number("flags", LUP_RETURN_ALL)), false};
  const Target target(command.Text("type", "event") == "port");
  const uint64_t rounds = command.Number("rounds");
  Tally tally;
  uint64_t done = 0;
  while (done < rounds && Round(step, table.get(), begin, target, done, tally))
    ++done;
  tally.late += target.Taken();
  step.data.Set("rounds", done)
      .Set("once", tally.once)
      .Set("none", tally.none)
      .Set("twice", tally.twice)
      .Set("aborted", tally.aborted)
      .Set("changed", tally.changed)
      .Set("other", tally.other)
      .Set("late", tally.late);
  query.Discard();
}

}  // namespace

void AddRaceVerbs() {
  AddVerb("race", Race);
}

}  // namespace client
