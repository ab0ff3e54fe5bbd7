// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Bare pipes: the ping-pong of two native processes, and one message one way to a process that then
// sets events. No provider is in here.
#include <atomic>
#include <cstring>
#include <thread>

#include "bench.h"
#include "pipe_server.h"

namespace bench {
namespace {

Handle OpenPipe(const std::wstring& name) {
  HANDLE pipe = INVALID_HANDLE_VALUE;
  for (;;) {
    pipe = CreateFileW(name.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0,
                       nullptr);
    if (pipe != INVALID_HANDLE_VALUE) break;
    // The other side is making its next instance.
    if (GetLastError() != ERROR_PIPE_BUSY && GetLastError() != ERROR_FILE_NOT_FOUND) {
      Fail("CreateFile of a pipe");
    }
    if (!WaitNamedPipeW(name.c_str(), 5000)) Sleep(1);
  }
  DWORD mode = PIPE_READMODE_MESSAGE;
  if (!SetNamedPipeHandleState(pipe, &mode, nullptr, nullptr)) Fail("SetNamedPipeHandleState");
  return Handle(pipe);
}

// pipe-serve name=PIPE in=BYTES out=BYTES: answers one client, message by message.
void ServePipe(const Command& command, Reply*) {
  auto pipe = std::make_shared<Handle>(MakePipe(command.Wide("name"), 1));
  const Bytes answer = Pattern(command.Number("out", 64), 2);
  const uint64_t in = command.Number("in", 64);
  std::thread([pipe, answer, in] {
    try {
      AnswerAll(pipe->get(), in, answer, [] {});
    } catch (const Failure&) {
      // The client sees the pipe break.
    }
  }).detach();
}

// The client's side; `transact` takes the one call instead of a write and a read.
class Ping : public Operation {
 public:
  explicit Ping(const Command& command)
      : pipe_(OpenPipe(command.Wide("pipe"))),
        request_(Pattern(command.Number("in", 64), 1)),
        expected_(Pattern(command.Number("out", 64), 2)),
        transact_(command.Number("transact", 0) != 0) {}
  void Run(uint64_t times) override {
    Bytes answer(expected_.size() + 1);
    const auto room = static_cast<DWORD>(answer.size());
    for (uint64_t i = 0; i < times; ++i) {
      DWORD got = 0;
      if (transact_) {
        if (!TransactNamedPipe(pipe_.get(), request_.data(), static_cast<DWORD>(request_.size()),
                               answer.data(), room, &got, nullptr)) {
          Fail("TransactNamedPipe");
        }
      } else {
        Write(pipe_.get(), request_);
        if (!ReadFile(pipe_.get(), answer.data(), room, &got, nullptr)) Fail("ReadFile");
      }
      if (got != expected_.size() || std::memcmp(answer.data(), expected_.data(), got) != 0) {
        throw Failure("a ping's answer");
      }
    }
  }

 private:
  Handle pipe_;
  Bytes request_;
  const Bytes expected_;
  const bool transact_;
};

std::vector<Handle>& Channels() {
  static std::vector<Handle> channels;
  return channels;
}

// channels-listen name=PIPE count=N: waits until N clients have come.
void Listen(const Command& command, Reply*) {
  Channels().clear();
  const auto count = static_cast<DWORD>(command.Number("count", 1));
  for (DWORD i = 0; i < count; ++i)
    Channels().push_back(MakePipe(command.Wide("name"), count));
  for (const Handle& pipe : Channels())
    Accept(pipe.get());
}

// channels-send bytes=N: one message to each.
void Send(const Command& command, Reply* reply) {
  const Bytes message = Pattern(command.Number("bytes", 32), 3);
  reply->Set("from", NowNs());
  for (const Handle& pipe : Channels())
    Write(pipe.get(), message);
}

// The receiving side: one thread reads and sets all events, another waits for the last of them.
struct Channel {
  Handle pipe;
  std::vector<Handle> events;
  std::thread reader;
  std::thread waiter;
  std::atomic<uint64_t> to{0};
  std::atomic<bool> wrong{false};
};

std::unique_ptr<Channel>& TheChannel() {
  static std::unique_ptr<Channel> channel;
  return channel;
}

void Read(Channel* channel, const Bytes& expected) {
  Bytes message(expected.size() + 1);
  DWORD got = 0;
  if (!ReadFile(channel->pipe.get(), message.data(), static_cast<DWORD>(message.size()), &got,
                nullptr) ||
      got != expected.size() || std::memcmp(message.data(), expected.data(), got) != 0) {
    channel->wrong = true;
  }
  for (const Handle& event : channel->events)
    SetEvent(event.get());
}

// channel-open name=PIPE events=N
void OpenChannel(const Command& command, Reply*) {
  auto channel = std::make_unique<Channel>();
  channel->pipe = OpenPipe(command.Wide("name"));
  const uint64_t events = command.Number("events", 1);
  for (uint64_t i = 0; i < events; ++i)
    channel->events.emplace_back(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  TheChannel() = std::move(channel);
}

// channel-wait bytes=N: starts to wait for one message.
void WaitChannel(const Command& command, Reply*) {
  Channel* const channel = TheChannel().get();
  for (const Handle& event : channel->events)
    ResetEvent(event.get());
  channel->waiter = std::thread([channel] {
    WaitForSingleObject(channel->events.back().get(), INFINITE);
    channel->to = NowNs();
  });
  const Bytes expected = Pattern(command.Number("bytes", 32), 3);
  channel->reader = std::thread([channel, expected] { Read(channel, expected); });
}

// channel-result: when the last event's wait returned.
void ChannelResult(const Command&, Reply* reply) {
  Channel* const channel = TheChannel().get();
  channel->reader.join();
  channel->waiter.join();
  if (channel->wrong) throw Failure("another message than was sent");
  for (const Handle& event : channel->events) {
    if (WaitForSingleObject(event.get(), 0) != WAIT_OBJECT_0) throw Failure("an event is not set");
  }
  reply->Set("to", channel->to.load());
}

}  // namespace

void AddPipes() {
  AddVerb("pipe-serve", ServePipe);
  AddVerb("channels-listen", Listen);
  AddVerb("channels-send", Send);
  AddVerb("channel-open", OpenChannel);
  AddVerb("channel-wait", WaitChannel);
  AddVerb("channel-result", ChannelResult);
  AddOperation("ping", [](const Command& command) { return std::make_unique<Ping>(command); });
}

}  // namespace bench
