// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Many requests at once: each is completed by what concerns it, once, and none keeps the watcher
// busy.
#include <chrono>
#include <memory>

#include "check.h"
#include "control_writer.h"
#include "hash.h"
#include "provider_host.h"

extern "C" void WINAPI NspTestCounters(DWORD* pipe_operations, DWORD* waits);

namespace {

constexpr auto kPatience = std::chrono::seconds(60);
constexpr int kMany = 1000;
const wchar_t kName[] = L"many.nsp.test";

bool Until(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

uint32_t CounterOf(const std::wstring& name) {
  return nsp::kCounterNames + nsp::HashText(name.data(), name.size()) % nsp::kNameBuckets;
}

// A handle with a request that completes by an event.
class Request {
 public:
  Request(const Host& host, DWORD code, const wchar_t* name)
      : host_(host), lookup_(BeginLookup(host, kPlain, LUP_RETURN_ALL, name)) {
    event_ = nsp::UniqueHandle(CreateEventW(nullptr, TRUE, FALSE, nullptr));
    overlapped_.hEvent = event_.get();
    WSACOMPLETION completion = {};
    completion.Type = NSP_NOTIFY_EVENT;
    completion.Parameters.Event.lpOverlapped = &overlapped_;
    DWORD returned = 0;
    host.table().NSPIoctl(lookup_, code, nullptr, 0, nullptr, 0, &returned, &completion, nullptr);
    code_ = GetLastError();
  }
  ~Request() { host_.table().NSPLookupServiceEnd(lookup_); }
  DWORD code() const { return code_; }
  bool done() const { return WaitForSingleObject(event_.get(), 0) == WAIT_OBJECT_0; }
  ULONG_PTR status() const { return overlapped_.Internal; }

 private:
  const Host& host_;
  HANDLE lookup_;
  nsp::UniqueHandle event_;
  OVERLAPPED overlapped_ = {};
  DWORD code_ = 0;
};

using Requests = std::vector<std::unique_ptr<Request>>;

Requests Pend(const Host& host, int count, DWORD code, const wchar_t* name) {
  Requests requests;
  for (int i = 0; i < count; ++i)
    requests.push_back(std::make_unique<Request>(host, code, name));
  return requests;
}

int CountDone(const Requests& requests) {
  int done = 0;
  for (const auto& request : requests)
    done += request->done() && request->status() == 0 ? 1 : 0;
  return done;
}

bool AllPend(const Requests& requests) {
  for (const auto& request : requests) {
    if (request->code() != WSA_IO_PENDING) return false;
  }
  return true;
}

// A host whose answer to any lookup brings a change of these counters.
struct Changing {
  std::vector<uint32_t> counters;
  Reaction operator()(const Arrived& arrived) const {
    Reaction reaction = {ReplyOf(0)};
    if (arrived.header.kind == nsp::kFrameNext) {
      reaction = {Batch(0, {Item(L"a", 0)}), nsp::kFrameLastBatch};
      reaction.change = ChangeOf(counters, 0x7fffffff);
    }
    return reaction;
  }
};

// One round trip, and the change that it brings.
void Ask(const Host& host) {
  HANDLE lookup = BeginLookup(host, kPlain, LUP_RETURN_ALL, L"asked.nsp.test");
  CHECK_EQUAL(NextResult(host, lookup).code, 0);
  host.table().NSPLookupServiceEnd(lookup);
}

}  // namespace

TEST(a_change_of_a_name_completes_all_that_wait_for_it_and_no_other) {
  Changing changing = {{nsp::kCounterAny, CounterOf(kName)}};
  Host host([&](const Arrived& arrived) { return changing(arrived); });
  const Requests many = Pend(host, kMany, 0x88000019, kName);
  const Requests others = Pend(host, 10, 0x88000019, L"quiet.nsp.test");
  CHECK(AllPend(many) && AllPend(others));
  CHECK(Until([&] { return host.Count(nsp::kFrameSubscribe) == kMany + 10; }));
  Ask(host);
  CHECK(Until([&] { return CountDone(many) == kMany; }));
  CHECK_EQUAL(CountDone(others), 0);
  changing.counters = {nsp::kCounterEntries};
  Ask(host);
  CHECK(Until([&] { return CountDone(others) == 10; }));
}

TEST(an_older_message_completes_no_newer_subscription) {
  Host host([](const Arrived& arrived) {
    Reaction reaction = {ReplyOf(0)};
    if (arrived.header.kind == nsp::kFrameNext) {
      reaction = {Batch(0, {Item(L"a", 0)}), nsp::kFrameLastBatch};
      reaction.change = ChangeOf({nsp::kCounterGlobal}, 2);
    }
    return reaction;
  });
  const Requests first = Pend(host, 2, 0x88000019, kName);
  CHECK(Until([&] { return host.Count(nsp::kFrameSubscribe) == 2; }));
  const Requests later = Pend(host, 1, 0x88000019, kName);
  CHECK(Until([&] { return host.Count(nsp::kFrameSubscribe) == 3; }));
  Ask(host);
  CHECK(Until([&] { return CountDone(first) == 2; }));
  Ask(host);
  CHECK_EQUAL(CountDone(later), 0);
}

TEST(requests_that_outlive_their_connection_are_subscribed_anew) {
  Changing changing = {{CounterOf(kName)}};
  std::atomic<bool> hang_up{true};
  Host host([&](const Arrived& arrived) {
    Reaction reaction = changing(arrived);
    reaction.hang_up = hang_up && arrived.header.kind == nsp::kFrameNext;
    return reaction;
  });
  host.filter().grace_ms = 60000;
  host.Publish();
  const Requests many = Pend(host, 20, 0x88000019, kName);
  CHECK(Until([&] { return host.Count(nsp::kFrameSubscribe) == 20; }));
  CHECK_EQUAL(NextResult(host, BeginLookup(host, kPlain)).code, WSAENETDOWN);
  CHECK(Until([&] { return host.Count(nsp::kFrameSubscribe) == 40; }));
  CHECK_EQUAL(CountDone(many), 0);
  hang_up = false;
  Ask(host);
  CHECK(Until([&] { return CountDone(many) == 20; }));
}

TEST(many_custom_requests_get_each_its_own_answer) {
  Host host([](const Arrived&) -> Reaction { return {ReplyOf(0)}; });
  host.filter().ioctl_deadline_ms = 60000;
  host.Publish();
  const Requests many = Pend(host, 200, kCode, kName);
  CHECK(AllPend(many));
  CHECK(Until([&] { return CountDone(many) == 200; }));
}

TEST(custom_requests_that_nobody_answers_end_at_their_deadline) {
  Host host([](const Arrived&) -> Reaction { return {{}, 0, true}; });
  host.filter().ioctl_deadline_ms = 300;
  host.Publish();
  const Requests many = Pend(host, 20, kCode, kName);
  for (const auto& request : many)
    CHECK(Until([&] { return request->done(); }));
  CHECK_EQUAL(CountDone(many), 0);
}

// A call that nobody answers is the time in which nothing happens.
TEST(a_watcher_with_nothing_to_do_waits) {
  Host host([](const Arrived&) -> Reaction { return {{}, 0, true}; });
  const Requests one = Pend(host, 1, 0x88000019, kName);
  CHECK(Until([&] { return host.Count(nsp::kFrameSubscribe) == 1; }));
  host.filter().lookup_deadline_ms = 500;
  host.Publish();
  HANDLE lookup = BeginLookup(host, kPlain, LUP_RETURN_ALL, L"asked.nsp.test");
  DWORD pipe = 0;
  DWORD before = 0;
  DWORD after = 0;
  NspTestCounters(&pipe, &before);
  CHECK_EQUAL(NextResult(host, lookup).code, WSAENETDOWN);
  NspTestCounters(&pipe, &after);
  CHECK(after - before <= 10);
  CHECK_EQUAL(CountDone(one), 0);
  host.table().NSPLookupServiceEnd(lookup);
}
