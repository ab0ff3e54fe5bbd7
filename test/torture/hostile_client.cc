// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Clients of a host's pipe that do not keep to the protocol. pipe= names it. They judge nothing but
// whether the host answers who is left; the bench compares the rest with the host's own counts.
#include <cstring>
#include <deque>
#include <memory>

#include "hostile.h"
#include "program.h"

namespace torture {
namespace {

constexpr DWORD kAccess = 0x120183;  // the rights that the provider asks for
constexpr DWORD kWatchdogMs = 20000;
constexpr uint32_t kBarrier = 0x70000000;  // numbers of calls that are waited for

// One connection. Reads are always under way, so that the host can write.
class Raw {
 public:
  explicit Raw(const std::wstring& name) : buffer_(2 << 20) {
    for (int i = 0; i < 200 && pipe_ == INVALID_HANDLE_VALUE; ++i) {
      pipe_ = CreateFileW(name.c_str(), kAccess, 0, nullptr, OPEN_EXISTING,
                          FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
                          nullptr);
      if (pipe_ == INVALID_HANDLE_VALUE && !WaitNamedPipeW(name.c_str(), 200)) Sleep(5);
    }
    DWORD mode = PIPE_READMODE_MESSAGE;
    if (pipe_ != INVALID_HANDLE_VALUE) SetNamedPipeHandleState(pipe_, &mode, nullptr, nullptr);
    read_.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    write_.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  }
  ~Raw() {
    DWORD got = 0;
    if (reading_) {
      CancelIoEx(pipe_, &read_);
      GetOverlappedResult(pipe_, &read_, &got, TRUE);
    }
    if (pipe_ != INVALID_HANDLE_VALUE) CloseHandle(pipe_);
    CloseHandle(read_.hEvent);
    CloseHandle(write_.hEvent);
  }
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;

  bool open() const { return pipe_ != INVALID_HANDLE_VALUE; }
  bool broken() const { return broken_; }
  uint32_t answers() const { return answers_; }

  // False: the host has closed the pipe, or takes nothing for `ms`.
  bool Send(const Frame& frame, DWORD ms = kWatchdogMs) {
    if (broken_) return false;
    DWORD sent = 0;
    const HANDLE event = write_.hEvent;
    write_ = {};
    write_.hEvent = event;
    if (!WriteFile(pipe_, frame.data(), static_cast<DWORD>(frame.size()), nullptr, &write_) &&
        GetLastError() != ERROR_IO_PENDING) {
      broken_ = true;
      return false;
    }
    const DWORD came = WaitForSingleObject(event, ms);
    if (came != WAIT_OBJECT_0) CancelIoEx(pipe_, &write_);
    const bool done = GetOverlappedResult(pipe_, &write_, &sent, TRUE);
    if (!done && came == WAIT_OBJECT_0) broken_ = true;
    return done;
  }

  // Takes what has come, or waits so long for it. False: nothing came.
  bool Take(DWORD ms) {
    if (broken_ || (!reading_ && !StartRead())) return false;
    if (WaitForSingleObject(read_.hEvent, ms) != WAIT_OBJECT_0) return false;
    DWORD got = 0;
    reading_ = false;
    if (!GetOverlappedResult(pipe_, &read_, &got, FALSE) || got < sizeof(nsp::FrameHeader)) {
      broken_ = true;
      return false;
    }
    nsp::FrameHeader header;
    std::memcpy(&header, buffer_.data(), sizeof header);
    last_call_ = header.call;
    ++answers_;
    return true;
  }
  void Drain() {
    while (Take(0)) {
    }
  }

  // A call that is answered, after all that came before it. False: the pipe is gone.
  bool Barrier(uint32_t number) {
    if (!Send(ClassInfoFrame(number, 15000))) return false;
    const uint64_t end = GetTickCount64() + kWatchdogMs;
    while (!broken_ && GetTickCount64() < end) {
      if (Take(100) && last_call_ == number) return true;
    }
    silent_ = !broken_;
    return false;
  }
  // The host neither answered nor closed.
  bool silent() const { return silent_; }

 private:
  bool StartRead() {
    const HANDLE event = read_.hEvent;
    read_ = {};
    read_.hEvent = event;
    if (!ReadFile(pipe_, buffer_.data(), static_cast<DWORD>(buffer_.size()), nullptr, &read_) &&
        GetLastError() != ERROR_IO_PENDING) {
      broken_ = true;
      return false;
    }
    return reading_ = true;
  }

  HANDLE pipe_ = INVALID_HANDLE_VALUE;
  OVERLAPPED read_ = {};
  OVERLAPPED write_ = {};
  std::vector<uint8_t> buffer_;
  bool reading_ = false;
  bool broken_ = false;
  bool silent_ = false;
  uint32_t answers_ = 0;
  uint32_t last_call_ = 0;
};

std::string Field(const char* name, uint64_t value) {
  return ",\"" + std::string(name) + "\":" + std::to_string(value);
}

int Tell(bool good, const std::string& fields) {
  Say(std::string("{\"ok\":") + (good ? "true" : "false") + fields + "}");
  return good ? 0 : 1;
}

struct Tally {
  uint32_t sent = 0;
  uint32_t damaged = 0;
  uint32_t connections = 0;
  uint32_t dropped = 0;
  uint32_t answers = 0;
};

// One connection: a hello, sound frames, and then one that is not, or is too late.
bool Burst(const std::wstring& pipe, Dice* dice, Tally* tally) {
  Raw raw(pipe);
  if (!raw.open()) return false;
  ++tally->connections;
  const bool late_hello = dice->OneIn(40);
  Frame hello = HelloFrame();
  if (dice->OneIn(15)) Damage(dice, &hello);
  if (!late_hello && raw.Send(hello)) ++tally->sent;
  uint32_t call = 1;
  const uint32_t sound = dice->Below(40);
  for (uint32_t i = 0; i < sound && !raw.broken(); ++i, ++call) {
    if (raw.Send(AnyClientFrame(dice, call, 1 + dice->Below(50)))) ++tally->sent;
    raw.Take(0);
  }
  Frame last = dice->OneIn(20) ? HelloFrame() : AnyClientFrame(dice, call, 1 + dice->Below(50));
  for (uint32_t i = dice->Below(3); i > 0 && !last.empty(); --i)
    Damage(dice, &last);
  ++tally->damaged;
  if (!raw.broken() && raw.Send(last)) ++tally->sent;
  if (!raw.Barrier(kBarrier)) ++tally->dropped;
  tally->answers += raw.answers();
  return !raw.silent();
}

// Connections that say nothing.
struct Silent {
  std::vector<HANDLE> pipes;
  ~Silent() {
    for (const HANDLE pipe : pipes)
      CloseHandle(pipe);
  }
  uint32_t Held() const {
    uint32_t held = 0;
    for (const HANDLE pipe : pipes) {
      DWORD bytes = 0;
      if (PeekNamedPipe(pipe, nullptr, 0, nullptr, &bytes, nullptr)) ++held;
    }
    return held;
  }
};

}  // namespace

// count= frames, seed=: what is sent follows from the seed.
int RunFrames(const Arguments& arguments) {
  const std::wstring pipe = arguments.Text(L"pipe");
  Dice dice(arguments.Number(L"seed", 1));
  const uint32_t count = arguments.Number(L"count", 1000);
  Tally tally;
  bool good = true;
  while (good && tally.sent < count)
    good = Burst(pipe, &dice, &tally);
  return Tell(good, Field("sent", tally.sent) + Field("damaged", tally.damaged) +
                        Field("connections", tally.connections) + Field("dropped", tally.dropped) +
                        Field("answers", tally.answers));
}

// n= connections without a hello; after `ms` it tells how many are left, and then waits for stdin.
int RunHalfOpen(const Arguments& arguments) {
  const std::wstring name = arguments.Text(L"pipe");
  Silent silent;
  const uint32_t count = arguments.Number(L"n", 1000);
  uint32_t most = 0;
  for (uint32_t i = 0; i < count; ++i) {
    HANDLE pipe = INVALID_HANDLE_VALUE;
    for (int turn = 0; turn < 100 && pipe == INVALID_HANDLE_VALUE; ++turn) {
      pipe = CreateFileW(name.c_str(), kAccess, 0, nullptr, OPEN_EXISTING,
                         FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
                         nullptr);
      if (pipe == INVALID_HANDLE_VALUE) WaitNamedPipeW(name.c_str(), 50);
    }
    if (pipe != INVALID_HANDLE_VALUE) silent.pipes.push_back(pipe);
    if (i % 50 == 49) most = std::max(most, silent.Held());
  }
  most = std::max(most, silent.Held());
  Say("{\"ready\":true" + Field("opened", silent.pipes.size()) + Field("most", most) + "}");
  WaitForSingleObject(StopEvent(), arguments.Number(L"ms", 60000));
  return Tell(true, Field("opened", silent.pipes.size()) + Field("most", most) +
                        Field("left", silent.Held()));
}

// Asks n= times for much and never reads.
int RunDeaf(const Arguments& arguments) {
  Raw raw(arguments.Text(L"pipe"));
  const uint32_t count = arguments.Number(L"n", 600);
  uint32_t sent = 0;
  if (raw.open() && raw.Send(HelloFrame())) {
    while (sent < count && raw.Send(NextFrame(L"many.load", sent + 1, sent + 1, 60000), 5000)) {
      ++sent;
      if (sent % 20 == 0) Sleep(arguments.Number(L"pause", 20));
    }
  }
  Say("{\"ready\":true}");
  WaitForSingleObject(StopEvent(), INFINITE);
  const bool dropped = raw.broken() || !raw.Send(ClassInfoFrame(kBarrier, 1000), 1000);
  return Tell(true, Field("sent", sent) + Field("dropped", dropped ? 1 : 0));
}

// Frames of all kinds, without a pause, until stdin ends; reads its answers.
int RunFlood(const Arguments& arguments) {
  Raw raw(arguments.Text(L"pipe"));
  Dice dice(arguments.Number(L"seed", 1));
  uint32_t sent = 0;
  bool good = raw.open() && raw.Send(HelloFrame());
  Say("{\"ready\":true}");
  while (good && WaitForSingleObject(StopEvent(), 0) != WAIT_OBJECT_0) {
    for (uint32_t i = 0; good && i < 64; ++i, ++sent) {
      switch (sent % 4) {
        case 0:
          good = raw.Send(NextFrame(L"a.load", sent + 1, sent + 1, 500));
          break;
        case 1:
          good = raw.Send(EchoFrame(sent + 1, sent, 4096));
          break;
        case 2:
          good = raw.Send(MakeFrame(nsp::kFrameCancel, 0, sent, 0, {}));
          break;
        default:
          good = raw.Send(MakeFrame(nsp::kFrameEnd, 0, 0, dice.OneIn(4) ? sent - 2 : sent, {}));
      }
      raw.Drain();
    }
  }
  const bool served = good && raw.Barrier(kBarrier);
  return Tell(true, Field("sent", sent) + Field("answers", raw.answers()) +
                        Field("served", served ? 1 : 0));
}

// n= calls that no handler answers, with a deadline of a minute: how many wait at once.
int RunWait(const Arguments& arguments) {
  Raw raw(arguments.Text(L"pipe"));
  const uint32_t count = arguments.Number(L"n", 2000);
  bool good = raw.open() && raw.Send(HelloFrame());
  for (uint32_t i = 0; good && i < count; ++i) {
    good = raw.Send(NextFrame(L"never.load", i + 1, i + 1, 60000));
    raw.Drain();
  }
  // Answered at once, for want of a place, or by the host's thread: behind all before it.
  good = good && raw.Barrier(kBarrier);
  const uint32_t answered = raw.answers() - 1;
  return Tell(good, Field("sent", count) + Field("waiting", count - answered));
}

}  // namespace torture
