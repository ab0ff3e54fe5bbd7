// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the parts of bench.exe share: a command, its reply, the clock, and an operation that can be
// timed. A wrong answer is an exception: it ends the command, and the run that sent it.
#ifndef WINSOCK_NSP_BENCH_BENCH_H_
#define WINSOCK_NSP_BENCH_BENCH_H_

#include <winsock2.h>
#include <windows.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace bench {

using Failure = std::runtime_error;

[[noreturn]] inline void Fail(const std::string& what, unsigned long code = GetLastError()) {
  throw Failure(what + ": " + std::to_string(code));
}

// `verb key=value ...`, values percent-coded UTF-8.
class Command {
 public:
  explicit Command(const std::string& line);
  const std::string& verb() const { return verb_; }
  bool Has(const char* key) const { return arguments_.count(key) != 0; }
  std::string Text(const char* key) const;
  std::string Text(const char* key, const std::string& otherwise) const;
  std::wstring Wide(const char* key) const;
  uint64_t Number(const char* key, uint64_t otherwise) const;
  GUID Guid(const char* key) const;

 private:
  std::string verb_;
  std::map<std::string, std::string> arguments_;
};

// One JSON object, members in the order in which they were set.
class Reply {
 public:
  Reply& Set(const char* key, uint64_t value) { return Raw(key, std::to_string(value)); }
  Reply& Set(const char* key, double value);
  Reply& Set(const char* key, const std::string& text);
  Reply& Raw(const char* key, const std::string& json);
  const std::string& members() const { return members_; }

 private:
  std::string members_;
};

std::string Quoted(const std::string& text);

using Verb = std::function<void(const Command&, Reply*)>;
void AddVerb(const char* name, Verb verb);

// The performance counter in nanoseconds, the clock that all processes of a machine share.
inline uint64_t NowNs() {
  static const uint64_t frequency = [] {
    LARGE_INTEGER value;
    QueryPerformanceFrequency(&value);
    return static_cast<uint64_t>(value.QuadPart);
  }();
  LARGE_INTEGER now;
  QueryPerformanceCounter(&now);
  const auto ticks = static_cast<uint64_t>(now.QuadPart);
  return ticks / frequency * 1000000000u + ticks % frequency * 1000000000u / frequency;
}

// Something that can be done many times, on several threads at once.
class Operation {
 public:
  Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;
  virtual ~Operation() = default;
  virtual void Run(uint64_t times) = 0;
};

using Maker = std::function<std::unique_ptr<Operation>(const Command&)>;
void AddOperation(const char* name, Maker maker);
// The operation that `make` has made as name=.
Operation* MadeOperation(const Command& command);

class Handle {
 public:
  explicit Handle(HANDLE value = nullptr) : value_(value) {}
  Handle(Handle&& other) noexcept : value_(other.value_) { other.value_ = nullptr; }
  Handle& operator=(Handle&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Handle() {
    if (value_ != nullptr && value_ != INVALID_HANDLE_VALUE) CloseHandle(value_);
  }
  HANDLE get() const { return value_; }

 private:
  HANDLE value_;
};

void AddNames();        // names.cc: operations on lookups
void AddPipes();        // pipes.cc: bare pipes
void AddSystemCalls();  // system_calls.cc: bare calls of Windows
void AddRequests();     // requests.cc: pending notify requests
void AddProcess();      // process.cc: this process, the catalog
void AddSteps();        // steps.cc: instructions of an operation
void AddTimes();        // times.cc: make, time, drop

}  // namespace bench

#endif  // WINSOCK_NSP_BENCH_BENCH_H_
