// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A host that does not read for a while: what finds no room in the pipe arrives later, waits stay
// bounded, and nobody's answer lies about because the wrong thread was to read it.
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <set>

#include "check.h"
#include "provider_host.h"

namespace {

// Two of these do not fit the pipe.
constexpr size_t kLarge = 60000;
constexpr auto kPatience = std::chrono::seconds(20);

// Waits for what must come to pass. False: it did not.
bool Until(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// Keeps the host from reading, in the handler of the lookup `number`, until it is opened. Not by
// std::atomic::wait: without a futex libstdc++ looks at the value and begins to wait in two steps,
// and a notification between them is lost.
class Gate {
 public:
  explicit Gate(uint32_t number) : number_(number) {}
  ~Gate() { Open(); }

  void Pass(const Arrived& arrived) {
    if (arrived.header.lookup != number_) return;
    reached_ = true;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }
  bool reached() const { return reached_; }
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  const uint32_t number_;
  std::atomic<bool> reached_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

Reaction Answer(const Arrived& arrived) {
  return {arrived.header.kind == nsp::kFrameNext ? Batch(0, {Item(L"a", 0)}) : ReplyOf(0)};
}

// Each under a name of its own.
HANDLE BeginOne(const Host& host) {
  static int number = 0;
  return BeginLookup(host, kPlain, LUP_RETURN_ALL, std::to_wstring(++number) + L".nsp.test");
}

std::future<DWORD> NextOf(const Host& host, HANDLE lookup) {
  return std::async(std::launch::async, [&host, lookup] { return NextResult(host, lookup).code; });
}

std::future<DWORD> LargeIoctl(const Host& host, HANDLE lookup) {
  return std::async(std::launch::async, [&host, lookup]() -> DWORD {
    Block input(kLarge);
    DWORD returned = 0;
    const INT result = host.table().NSPIoctl(lookup, kCode, input.data(), kLarge, nullptr, 0,
                                             &returned, nullptr, nullptr);
    return result == 0 ? 0 : GetLastError();
  });
}

// Lookups of the host, by what the client sends; a call on one that is not there is a fault.
class Books {
 public:
  void operator()(const Arrived& arrived) {
    const nsp::FrameHeader& header = arrived.header;
    if (header.kind == nsp::kFrameEnd) open_.erase(header.lookup);
    if (header.kind == nsp::kFrameIoctl) {
      nsp::IoctlBody body;
      std::memcpy(&body, arrived.body.data(), sizeof(body));
      Use(header.lookup, body.query_bytes != 0);
    }
    if (header.kind == nsp::kFrameNext)
      Use(header.lookup, (header.flags & nsp::kFrameHasQuery) != 0);
    count_ = static_cast<int>(open_.size());
  }
  int open() const { return count_; }
  int faults() const { return faults_; }

 private:
  void Use(uint32_t lookup, bool with_query) {
    if (with_query) {
      open_.insert(lookup);
    } else if (!open_.contains(lookup)) {
      ++faults_;
    }
  }

  std::set<uint32_t> open_;
  std::atomic<int> count_{0};
  std::atomic<int> faults_{0};
};

}  // namespace

TEST(ends_that_found_no_room_reach_the_host_without_another_call) {
  Gate gate(4);  // `slow`: lookups are numbered when the host is first asked
  Host host([&](const Arrived& arrived) {
    gate.Pass(arrived);
    return Answer(arrived);
  });
  HANDLE slow = BeginOne(host);
  HANDLE used[3];
  for (HANDLE& lookup : used) {
    lookup = BeginOne(host);
    CHECK_EQUAL(NextResult(host, lookup).code, 0);
  }
  auto held = NextOf(host, slow);
  CHECK(Until([&] { return gate.reached(); }));
  auto first = LargeIoctl(host, BeginOne(host));
  auto second = LargeIoctl(host, BeginOne(host));
  CHECK(Until([&] { return host.Backlog() > 2 * kLarge; }));
  for (HANDLE lookup : used)
    CHECK_EQUAL(host.table().NSPLookupServiceEnd(lookup), 0);
  gate.Open();
  CHECK_EQUAL(held.get(), 0);
  CHECK_EQUAL(first.get(), 0);
  CHECK_EQUAL(second.get(), 0);
  CHECK(Until([&] { return host.Count(nsp::kFrameEnd) == 3; }));
}

TEST(end_wakes_a_call_that_has_others_frames_to_send) {
  Gate gate(2);  // `slow` is asked after `used`
  Host host([&](const Arrived& arrived) {
    gate.Pass(arrived);
    return Answer(arrived);
  });
  host.filter().lookup_deadline_ms = host.filter().ioctl_deadline_ms = 120000;
  host.Publish();
  HANDLE slow = BeginOne(host);
  HANDLE used = BeginOne(host);
  HANDLE waiting = BeginOne(host);
  CHECK_EQUAL(NextResult(host, used).code, 0);
  auto held = NextOf(host, slow);
  CHECK(Until([&] { return gate.reached(); }));
  auto first = LargeIoctl(host, BeginOne(host));
  auto second = LargeIoctl(host, BeginOne(host));
  CHECK(Until([&] { return host.Backlog() > 2 * kLarge; }));
  const DWORD backlog = host.Backlog();
  CHECK_EQUAL(host.table().NSPLookupServiceEnd(used), 0);  // finds no room
  auto next = NextOf(host, waiting);
  // Not one of the short tries of whoever else sends what is left.
  int seen = 0;
  CHECK(Until([&] { return (seen = host.Backlog() > backlog ? seen + 1 : 0) == 100; }));
  CHECK_EQUAL(host.table().NSPLookupServiceEnd(waiting), 0);
  const bool woken = next.wait_for(kPatience) == std::future_status::ready;
  CHECK(woken);
  gate.Open();
  CHECK_EQUAL(next.get(), WSA_E_CANCELLED);
  CHECK_EQUAL(held.get() + first.get() + second.get(), 0);
}

// The thread that read for all leaves; one that waits for room in the pipe cannot read in its
// stead.
TEST(an_answer_is_read_while_another_call_waits_for_room) {
  Gate gates[2] = {Gate(1), Gate(3)};
  Host host([&](const Arrived& arrived) {
    for (Gate& gate : gates)
      gate.Pass(arrived);
    return Answer(arrived);
  });
  HANDLE lookups[5];
  for (HANDLE& lookup : lookups)
    lookup = BeginOne(host);
  auto reader = NextOf(host, lookups[0]);
  CHECK(Until([&] { return gates[0].reached(); }));
  auto answered = NextOf(host, lookups[1]);
  CHECK(Until([&] { return host.Backlog() != 0; }));
  const DWORD one = host.Backlog();
  auto held = NextOf(host, lookups[2]);
  CHECK(Until([&] { return host.Backlog() == 2 * one; }));
  auto sent = LargeIoctl(host, lookups[3]);
  CHECK(Until([&] { return host.Backlog() > kLarge; }));
  auto crowded = LargeIoctl(host, lookups[4]);
  CHECK(Until([&] { return host.Backlog() > 2 * kLarge; }));
  gates[0].Open();
  CHECK_EQUAL(reader.get(), 0);
  CHECK_EQUAL(answered.get(), 0);  // WSAENETDOWN if it lay in the pipe until the deadline
  gates[1].Open();
  static_cast<void>(held.get() + sent.get() + crowded.get());
}

// A Next that gives up takes a new number; the query that an ioctl was sending went under the old.
TEST(a_query_sent_under_an_old_number_is_not_taken_for_the_new_ones) {
  Gate gate(1);
  Books books;
  Host host([&](const Arrived& arrived) {
    gate.Pass(arrived);
    return Answer(arrived);
  });
  host.on_frame = [&](const Arrived& arrived) { books(arrived); };
  HANDLE slow = BeginOne(host);
  auto held = NextOf(host, slow);
  CHECK(Until([&] { return gate.reached(); }));
  auto first = LargeIoctl(host, BeginOne(host));
  CHECK(Until([&] { return host.Backlog() > kLarge; }));
  host.filter().lookup_deadline_ms = 200;
  host.Publish();
  HANDLE lookup = BeginOne(host);
  auto second = LargeIoctl(host, lookup);
  CHECK(Until([&] { return host.Backlog() > 2 * kLarge; }));
  CHECK_EQUAL(NextResult(host, lookup).code, WSAENETDOWN);
  gate.Open();
  CHECK_EQUAL(held.get() + first.get() + second.get(), 0);
  CHECK_EQUAL(books.open(), 3);
  CHECK_EQUAL(NextResult(host, lookup).code, 0);
  CHECK_EQUAL(books.faults(), 0);
  CHECK_EQUAL(host.table().NSPLookupServiceEnd(lookup), 0);
  CHECK(Until([&] { return books.open() == 2; }));
}
