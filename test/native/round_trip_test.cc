// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a lookup costs: one operation that writes and reads, and one wait; and the Ends that go with
// the next frame.
#include <chrono>
#include <future>
#include <set>

#include "check.h"
#include "provider_host.h"

extern "C" void WINAPI NspTestCounters(DWORD* pipe_operations, DWORD* waits);

namespace {

constexpr auto kPatience = std::chrono::seconds(20);

bool Until(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

struct Counters {
  DWORD pipe = 0;
  DWORD waits = 0;
  Counters() { NspTestCounters(&pipe, &waits); }
};

Reaction Whole(const Arrived& arrived) {
  if (arrived.header.kind != nsp::kFrameNext) return {ReplyOf(0)};
  return {Batch(0, {Item(L"a", 0)}), nsp::kFrameLastBatch};
}

HANDLE BeginOne(const Host& host) {
  static int number = 0;
  return BeginLookup(host, kPlain, LUP_RETURN_ALL, std::to_wstring(++number) + L".nsp.test");
}

bool End(const Host& host, HANDLE lookup) {
  return host.table().NSPLookupServiceEnd(lookup) == 0;
}

// Begin, Next, Next(no more).
HANDLE Read(const Host& host) {
  HANDLE lookup = BeginOne(host);
  CHECK_EQUAL(NextResult(host, lookup).code, 0);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  return lookup;
}

DWORD Ioctl(const Host& host, HANDLE lookup, Block input = {}, Block* output = nullptr) {
  Block none;
  Block& room = output == nullptr ? none : *output;
  DWORD returned = 0;
  const INT result = host.table().NSPIoctl(
      lookup, kCode, input.data(), static_cast<DWORD>(input.size()), room.data(),
      static_cast<DWORD>(room.size()), &returned, nullptr, nullptr);
  CHECK(result != 0 || returned == room.size());
  return result == 0 ? 0 : GetLastError();
}

// How many pipe operations an ioctl takes.
DWORD OperationsOf(const Host& host, HANDLE lookup, const Block& input, Block* output = nullptr) {
  const Counters before;
  CHECK_EQUAL(Ioctl(host, lookup, input, output), 0);
  const Counters after;
  return after.pipe - before.pipe;
}

// The lookups that the host knows to have ended.
class Ended {
 public:
  explicit Ended(Host* host) {
    host->on_end = [this](uint32_t lookup) {
      twice_ = twice_ || !lookups_.insert(lookup).second;
      count_ = static_cast<int>(lookups_.size());
    };
  }
  int count() const { return count_; }
  bool twice() const { return twice_; }

 private:
  std::set<uint32_t> lookups_;
  std::atomic<int> count_{0};
  std::atomic<bool> twice_{false};
};

}  // namespace

TEST(a_lookup_is_one_pipe_operation_and_at_most_one_wait) {
  Host host(Whole);
  End(host, Read(host));
  constexpr int kLookups = 50;
  const Counters before;
  for (int i = 0; i < kLookups; ++i)
    CHECK(End(host, Read(host)));
  const Counters after;
  CHECK_EQUAL(after.pipe - before.pipe, kLookups);
  CHECK(after.waits - before.waits <= kLookups);
  CHECK_EQUAL(host.Count(nsp::kFrameEnd), 0);
}

TEST(what_lies_in_the_pipe_is_read_before_the_answer) {
  Host host([](const Arrived& arrived) {
    Reaction reaction = Whole(arrived);
    reaction.change_after = ChangeOf({0}, 1);
    return reaction;
  });
  CHECK(End(host, Read(host)));
  for (int answers = 1; answers <= 3; ++answers) {
    CHECK(Until([&] { return host.sent == 2 * answers; }));  // nobody reads the change
    const Counters before;
    CHECK(End(host, Read(host)));
    const Counters after;
    CHECK_EQUAL(after.pipe - before.pipe, 4);  // refused, a write, two reads
  }
}

TEST(long_frames_take_operations_of_their_own) {
  Block answer(20000);
  for (size_t i = 0; i < answer.size(); ++i)
    answer[i] = static_cast<uint8_t>(i * 7 + i / 256);
  std::atomic<size_t> size{0};
  Host host([&](const Arrived&) -> Reaction {
    return {ReplyOf(0, Block(answer.begin(), answer.begin() + static_cast<ptrdiff_t>(size)))};
  });
  HANDLE lookup = BeginOne(host);
  CHECK_EQUAL(Ioctl(host, lookup), 0);  // connects
  CHECK_EQUAL(OperationsOf(host, lookup, Block(16000)), 1);
  CHECK_EQUAL(OperationsOf(host, lookup, Block(17000)), 2);
  CHECK_EQUAL(OperationsOf(host, lookup, Block(10)), 1);
  size = answer.size();
  Block output(answer.size());
  CHECK_EQUAL(OperationsOf(host, lookup, {}, &output), 2);  // and the rest of the answer
  CHECK(output == answer);
}

TEST(a_handle_that_was_read_to_its_end_has_ended_before_the_next_frame) {
  Host host(Whole);
  Ended ended(&host);
  std::vector<int> known;  // at each call
  host.on_frame = [&](const Arrived& arrived) {
    if (arrived.header.kind != nsp::kFrameHello) known.push_back(ended.count());
  };
  HANDLE first = Read(host);
  HANDLE second = Read(host);
  CHECK(End(host, first));
  CHECK(End(host, second));
  HANDLE third = Read(host);
  CHECK_EQUAL(Ioctl(host, third), 0);
  CHECK(End(host, third));
  CHECK_EQUAL(Ioctl(host, BeginOne(host)), 0);
  CHECK(known == std::vector<int>({0, 0, 2, 2, 3}));
  CHECK(!ended.twice());
}

TEST(the_end_of_the_thirty_third_sends_them_all) {
  Host host(Whole);
  Ended ended(&host);
  std::vector<HANDLE> lookups;
  for (uint32_t i = 0; i <= nsp::kMaxDeferredEnds; ++i)
    lookups.push_back(Read(host));
  const HANDLE last = lookups.back();
  lookups.pop_back();
  for (HANDLE lookup : lookups)
    CHECK(End(host, lookup));
  const Counters before;
  CHECK(End(host, last));
  const Counters after;
  CHECK_EQUAL(after.pipe - before.pipe, 1);
  CHECK(Until([&] { return ended.count() == static_cast<int>(nsp::kMaxDeferredEnds) + 1; }));
  CHECK_EQUAL(host.Count(nsp::kFrameEnd), 1);
  CHECK(!ended.twice());
}

TEST(what_the_host_may_still_be_at_ends_at_once) {
  std::atomic<int> asked{0};
  Host host([&](const Arrived& arrived) -> Reaction {
    if (arrived.header.kind == nsp::kFrameIoctl) {
      ++asked;
      return {{}, 0, true};
    }
    return {Batch(0, {Item(L"a", 0)}),
            arrived.header.lookup == 1 ? uint16_t{0} : uint16_t{nsp::kFrameLastBatch}};
  });
  Ended ended(&host);
  HANDLE unread = BeginOne(host);
  CHECK_EQUAL(NextResult(host, unread).code, 0);
  CHECK(End(host, unread));
  CHECK(Until([&] { return ended.count() == 1; }));
  HANDLE waiting = Read(host);
  auto ioctl = std::async(std::launch::async, [&] { return Ioctl(host, waiting); });
  CHECK(Until([&] { return asked == 1; }));
  CHECK(End(host, waiting));
  CHECK_EQUAL(ioctl.get(), WSA_E_CANCELLED);
  CHECK(Until([&] { return ended.count() == 2; }));
  HANDLE feed = BeginLookup(host, kFeed);
  CHECK_EQUAL(NextResult(host, feed).code, 0);
  CHECK(End(host, feed));
  CHECK(Until([&] { return ended.count() == 3; }));
}

// An End that did not go with the connection that it belongs to is nobody's.
TEST(another_host_hears_of_no_lookup_that_it_does_not_know) {
  Host host(Whole);
  CHECK(End(host, Read(host)));
  Ended ended(&host);
  host.Restart();
  HANDLE lookup = nullptr;
  // The break is noticed by whoever meets it first.
  CHECK(Until([&] { return NextResult(host, lookup = BeginOne(host)).code == 0; }));
  CHECK_EQUAL(Ioctl(host, lookup), 0);
  CHECK_EQUAL(ended.count(), 0);
}

TEST(an_answer_is_read_though_the_thread_that_began_to_read_has_ended) {
  std::atomic<bool> silent{true};
  Host host([&](const Arrived& arrived) {
    Reaction reaction = Whole(arrived);
    reaction.silent = silent;
    return reaction;
  });
  host.filter().lookup_deadline_ms = 100;
  host.Publish();
  std::thread([&] { CHECK_EQUAL(NextResult(host, BeginOne(host)).code, WSAENETDOWN); }).join();
  silent = false;
  host.filter().lookup_deadline_ms = 20000;
  host.Publish();
  for (int i = 0; i < 3; ++i)
    CHECK(End(host, Read(host)));
}

TEST(threads_that_ask_at_once_all_get_their_answers) {
  constexpr int kThreads = 6;
  Host host(Whole);
  std::vector<std::future<int>> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.push_back(std::async(std::launch::async, [&host, t] {
      int good = 0;
      for (int i = 0; i < 100; ++i) {
        HANDLE lookup =
            BeginLookup(host, kPlain, LUP_RETURN_ALL, std::to_wstring(t) + L".many.nsp.test");
        good += NextResult(host, lookup).code == 0 ? 1 : 0;
        End(host, lookup);
      }
      return good;
    }));
  }
  for (auto& thread : threads)
    CHECK_EQUAL(thread.get(), 100);
}
