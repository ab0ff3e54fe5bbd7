// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Notify requests that pend: how long they take to register, when the last of them was completed,
// and what they weigh.
#include <atomic>
#include <thread>
#include <vector>

#include "provider_calls.h"

namespace bench {
namespace {

constexpr ULONG_PTR kPending = 0x103;

struct Request {
  HANDLE handle = nullptr;
  Handle event{CreateEventW(nullptr, TRUE, FALSE, nullptr)};
  OVERLAPPED overlapped{};
  WSACOMPLETION completion{};

  bool pending() const {
    return const_cast<volatile const ULONG_PTR&>(overlapped.Internal) == kPending;
  }
};

void Register(ProviderCalls* calls, Question* question, Request* request) {
  request->handle = Begin(calls, question);
  request->overlapped = {};
  request->overlapped.Internal = kPending;
  request->overlapped.hEvent = request->event.get();
  request->completion.Type = NSP_NOTIFY_EVENT;
  request->completion.Parameters.Event.lpOverlapped = &request->overlapped;
  DWORD returned = 0;
  IoctlCall call{SIO_NSP_NOTIFY_CHANGE};
  call.returned = &returned;
  call.completion = &request->completion;
  if (calls->Ioctl(request->handle, call) != SOCKET_ERROR || GetLastError() != WSA_IO_PENDING) {
    Fail("a request");
  }
}

struct Group {
  std::shared_ptr<ProviderCalls> calls;
  std::unique_ptr<Question> question;
  std::vector<std::unique_ptr<Request>> requests;
  std::thread waiter;
  std::atomic<uint64_t> to{0};
};

std::map<std::string, std::unique_ptr<Group>>& Groups() {
  static std::map<std::string, std::unique_ptr<Group>> groups;
  return groups;
}

Group* Find(const Command& command) {
  const auto found = Groups().find(command.Text("name"));
  if (found == Groups().end()) throw Failure("no requests of that name");
  return found->second.get();
}

// arm name=NAME count=N via=... host=... : N handles with a request each. Their events are made
// before the clock starts.
void Arm(const Command& command, Reply* reply) {
  auto& slot = Groups()[command.Text("name")];
  if (slot) throw Failure("armed already");
  auto group = std::make_unique<Group>();
  group->calls = CallsFor(command);
  group->question = std::make_unique<Question>(command);
  const uint64_t count = command.Number("count", 1);
  for (uint64_t i = 0; i < count; ++i)
    group->requests.push_back(std::make_unique<Request>());
  const uint64_t from = NowNs();
  for (const auto& request : group->requests)
    Register(group->calls.get(), group->question.get(), request.get());
  reply
      ->Set("us", static_cast<double>(NowNs() - from) / 1000.0 / static_cast<double>(count))
      // What a request weighs here and not in the provider.
      .Set("own", static_cast<uint64_t>(sizeof(Request) + 3 * sizeof(void*)));
  slot = std::move(group);
}

// Whatever the order of completion, no more than three of them wake this thread; the rest it sees
// in memory, at most a millisecond late.
void WaitForAll(Group* group) {
  const auto& requests = group->requests;
  WaitForSingleObject(requests.back()->event.get(), INFINITE);
  if (requests.size() > 1) WaitForSingleObject(requests.front()->event.get(), INFINITE);
  for (const auto& request : requests) {
    while (request->pending())
      Sleep(1);
  }
  group->to = NowNs();
}

void Await(const Command& command, Reply*) {
  Group* const group = Find(command);
  group->waiter = std::thread([group] { WaitForAll(group); });
}

// result name=NAME: when the last one was completed; each must be, rightly and once.
void Result(const Command& command, Reply* reply) {
  Group* const group = Find(command);
  group->waiter.join();
  for (const auto& request : group->requests) {
    // The event is set a moment after Internal is written.
    if (WaitForSingleObject(request->event.get(), 5000) != WAIT_OBJECT_0) {
      throw Failure("a completion without its event");
    }
    const auto code = static_cast<unsigned long>(request->overlapped.Internal);
    if (code != 0) Fail("a completion", code);
  }
  reply->Set("to", group->to.load());
}

// disarm name=NAME: ends the handles; what still pends is aborted by that.
void Disarm(const Command& command, Reply*) {
  Group* const group = Find(command);
  for (const auto& request : group->requests) {
    if (group->calls->End(request->handle) != 0) Fail("End");
    if (request->pending()) throw Failure("a request outlived its handle");
  }
  Groups().erase(command.Text("name"));
}

// One request more, and its end.
class Subscribe : public Operation {
 public:
  explicit Subscribe(const Command& command) : calls_(CallsFor(command)), question_(command) {}
  void Run(uint64_t times) override {
    for (uint64_t i = 0; i < times; ++i) {
      Register(calls_.get(), &question_, &request_);
      if (calls_->End(request_.handle) != 0) Fail("End");
      if (request_.pending()) throw Failure("a request outlived its handle");
    }
  }

 private:
  std::shared_ptr<ProviderCalls> calls_;
  Question question_;
  Request request_;
};

}  // namespace

void AddRequests() {
  AddVerb("arm", Arm);
  AddVerb("await", Await);
  AddVerb("result", Result);
  AddVerb("disarm", Disarm);
  AddOperation("subscribe",
               [](const Command& command) { return std::make_unique<Subscribe>(command); });
}

}  // namespace bench
