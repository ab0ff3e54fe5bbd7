// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What single calls of Windows cost in this run: where a row is not met, its calls are counted and
// multiplied by these.
#include <functional>
#include <vector>

#include "bench.h"

namespace bench {
namespace {

class Repeated : public Operation {
 public:
  explicit Repeated(std::function<void()> call) : call_(std::move(call)) {}
  void Run(uint64_t times) override {
    for (uint64_t i = 0; i < times; ++i)
      call_();
  }

 private:
  const std::function<void()> call_;
};

void Add(const char* name, const std::function<std::function<void()>()>& prepare) {
  AddOperation(name, [prepare](const Command&) { return std::make_unique<Repeated>(prepare()); });
}

std::shared_ptr<Handle> NewEvent(bool set) {
  return std::make_shared<Handle>(CreateEventW(nullptr, TRUE, set, nullptr));
}

// Both ends of a pipe in this process: a write and a read that never wait.
struct OwnPipe {
  OwnPipe() {
    static int made = 0;
    const std::wstring name = L"\\\\.\\pipe\\nsp-bench-own-" +
                              std::to_wstring(GetCurrentProcessId()) + L"-" +
                              std::to_wstring(++made);
    server = Handle(CreateNamedPipeW(name.c_str(), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                                     PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 65536, 65536, 0,
                                     nullptr));
    client = Handle(CreateFileW(name.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr,
                                OPEN_EXISTING, 0, nullptr));
    if (client.get() == INVALID_HANDLE_VALUE) Fail("a pipe of our own");
    overlapped.hEvent = event.get();
  }
  Handle server;
  Handle client;
  Handle event{CreateEventW(nullptr, TRUE, FALSE, nullptr)};
  OVERLAPPED overlapped{};
  char bytes[256] = {};
};

void WriteOwn(OwnPipe* pipe) {
  DWORD moved = 0;
  if (!WriteFile(pipe->client.get(), pipe->bytes, sizeof pipe->bytes, &moved, nullptr)) {
    Fail("WriteFile");
  }
  if (!ReadFile(pipe->server.get(), pipe->bytes, sizeof pipe->bytes, nullptr, &pipe->overlapped)) {
    Fail("ReadFile");
  }
}

// A read that pends, and its cancelling.
void CancelOwn(OwnPipe* pipe) {
  if (ReadFile(pipe->server.get(), pipe->bytes, sizeof pipe->bytes, nullptr, &pipe->overlapped) ||
      GetLastError() != ERROR_IO_PENDING) {
    Fail("a read that pends");
  }
  DWORD moved = 0;
  if (!CancelIoEx(pipe->server.get(), &pipe->overlapped)) Fail("CancelIoEx");
  GetOverlappedResult(pipe->server.get(), &pipe->overlapped, &moved, TRUE);
}

void AddHandles() {
  Add("CreateEvent+CloseHandle",
      [] { return [] { Handle(CreateEventW(nullptr, TRUE, FALSE, nullptr)); }; });
  Add("SetEvent", [] { return [event = NewEvent(false)] { SetEvent(event->get()); }; });
  Add("ResetEvent", [] { return [event = NewEvent(true)] { ResetEvent(event->get()); }; });
  Add("WaitForSingleObject",
      [] { return [event = NewEvent(true)] { WaitForSingleObject(event->get(), INFINITE); }; });
  Add("DuplicateHandle+CloseHandle", [] {
    return [event = NewEvent(true)] {
      HANDLE made = nullptr;
      DuplicateHandle(GetCurrentProcess(), event->get(), GetCurrentProcess(), &made, 0, FALSE,
                      DUPLICATE_SAME_ACCESS);
      CloseHandle(made);
    };
  });
}

// `events` set one after the other, each for the first time.
class SetMany : public Operation {
 public:
  explicit SetMany(const Command& command) {
    const uint64_t count = command.Number("events", 10000);
    for (uint64_t i = 0; i < count; ++i)
      events_.emplace_back(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  }
  void Run(uint64_t times) override {
    for (uint64_t i = 0; i < times; ++i) {
      if (!SetEvent(events_[i % events_.size()].get())) Fail("SetEvent");
    }
  }

 private:
  std::vector<Handle> events_;
};

}  // namespace

void AddSystemCalls() {
  AddHandles();
  Add("WriteFile+ReadFile",
      [] { return [pipe = std::make_shared<OwnPipe>()] { WriteOwn(pipe.get()); }; });
  Add("ReadFile+CancelIoEx+wait",
      [] { return [pipe = std::make_shared<OwnPipe>()] { CancelOwn(pipe.get()); }; });
  Add("CancelIoEx", [] {
    return [pipe = std::make_shared<OwnPipe>()] { CancelIoEx(pipe->server.get(), nullptr); };
  });
  Add("VirtualQuery", [] {
    return [] {
      MEMORY_BASIC_INFORMATION information{};
      VirtualQuery(&information, &information, sizeof information);
    };
  });
  AddOperation("set-many",
               [](const Command& command) { return std::make_unique<SetMany>(command); });
}

}  // namespace bench
