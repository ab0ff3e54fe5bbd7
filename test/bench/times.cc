// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// make, time, drop: named operations and how long they take. A round is one `time`.
#include <thread>
#include <vector>

#include "bench.h"

namespace bench {
namespace {

std::map<std::string, Maker>& Makers() {
  static std::map<std::string, Maker> makers;
  return makers;
}

std::map<std::string, std::unique_ptr<Operation>>& Made() {
  static std::map<std::string, std::unique_ptr<Operation>> made;
  return made;
}

// make name=NAME op=OPERATION ...
void Make(const Command& command, Reply*) {
  const auto maker = Makers().find(command.Text("op"));
  if (maker == Makers().end()) throw Failure("no operation " + command.Text("op"));
  Made()[command.Text("name")].reset();
  Made()[command.Text("name")] = maker->second(command);
}

void Drop(const Command& command, Reply*) {
  Made().erase(command.Text("name"));
}

void RunThreads(Operation* operation, uint64_t times, uint64_t threads) {
  std::vector<std::thread> all;
  std::string failure;
  SRWLOCK lock = SRWLOCK_INIT;  // guards failure
  for (uint64_t i = 0; i < threads; ++i) {
    all.emplace_back([&] {
      try {
        operation->Run(times);
      } catch (const std::exception& error) {
        AcquireSRWLockExclusive(&lock);
        failure = error.what();
        ReleaseSRWLockExclusive(&lock);
      }
    });
  }
  for (std::thread& thread : all)
    thread.join();
  if (!failure.empty()) throw Failure(failure);
}

// time name=NAME [times=1] [threads=0]: microseconds an operation; with threads each of them does
// it `times` times. `from` and `to` are the machine's clock, for rounds over several processes.
void Time(const Command& command, Reply* reply) {
  Operation* const operation = MadeOperation(command);
  const uint64_t times = command.Number("times", 1);
  const uint64_t threads = command.Number("threads", 0);
  const uint64_t from = NowNs();
  if (threads == 0) {
    operation->Run(times);
  } else {
    RunThreads(operation, times, threads);
  }
  const uint64_t to = NowNs();
  const uint64_t all = times * (threads == 0 ? 1 : threads);
  reply->Set("us", static_cast<double>(to - from) / 1000.0 / static_cast<double>(all))
      .Set("times", all)
      .Set("from", from)
      .Set("to", to);
}

}  // namespace

void AddOperation(const char* name, Maker maker) {
  Makers()[name] = std::move(maker);
}

Operation* MadeOperation(const Command& command) {
  const auto found = Made().find(command.Text("name"));
  if (found == Made().end()) throw Failure("nothing is called " + command.Text("name"));
  return found->second.get();
}

void AddTimes() {
  AddVerb("make", Make);
  AddVerb("drop", Drop);
  AddVerb("time", Time);
}

}  // namespace bench
