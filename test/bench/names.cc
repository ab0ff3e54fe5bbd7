// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Operations on lookups: poll, refusal, answer, lookup, ioctl, open, load. Each checks what it got.
#include <cstring>
#include <vector>

#include "provider_calls.h"

namespace bench {
namespace {

class LookupOperation : public Operation {
 public:
  explicit LookupOperation(const Command& command)
      : calls_(CallsFor(command)), question_(command) {}

 protected:
  std::shared_ptr<ProviderCalls> calls_;
  Question question_;
};

// SIO_NSP_NOTIFY_CHANGE without a completion on a handle whose results are still right. With
// `handles` that many are open, and some of them take turns.
class Poll : public LookupOperation {
 public:
  explicit Poll(const Command& command) : LookupOperation(command) {
    const uint64_t count = command.Number("handles", 1);
    for (uint64_t i = 0; i < count; ++i)
      handles_.push_back(Begin(calls_.get(), &question_));
  }
  ~Poll() override {
    for (const HANDLE handle : handles_)
      calls_->End(handle);
  }
  void Run(uint64_t times) override {
    ProviderCalls* const calls = calls_.get();
    DWORD returned = 0;
    IoctlCall call{SIO_NSP_NOTIFY_CHANGE};
    call.returned = &returned;
    for (uint64_t i = 0; i < times; ++i) {
      // Some handles from all over the table: over all of them, the processor's caches are
      // measured.
      const size_t at = i % kTaken * handles_.size() / kTaken;
      const int result = calls->Ioctl(handles_[at], call);
      if (result != SOCKET_ERROR || GetLastError() != WSAEWOULDBLOCK) Fail("poll");
    }
  }

 private:
  static constexpr size_t kTaken = 16;
  std::vector<HANDLE> handles_;
};

// Begin of a name that the provider does not own.
class Refusal : public LookupOperation {
 public:
  using LookupOperation::LookupOperation;
  void Run(uint64_t times) override {
    HANDLE handle = nullptr;
    for (uint64_t i = 0; i < times; ++i) {
      const int result = calls_->Begin(question_.set(), Question::kFlags, &handle);
      if (result != SOCKET_ERROR || GetLastError() != WSASERVICE_NOT_FOUND) Fail("refusal");
    }
  }
};

// Begin and End alone.
class Open : public LookupOperation {
 public:
  using LookupOperation::LookupOperation;
  void Run(uint64_t times) override {
    for (uint64_t i = 0; i < times; ++i) {
      if (calls_->End(Begin(calls_.get(), &question_)) != 0) Fail("End");
    }
  }
};

// Begin, Next, End; with `drain` Next again until there is no more.
class Lookup : public LookupOperation {
 public:
  explicit Lookup(const Command& command)
      : LookupOperation(command),
        drain_(command.Number("drain", 0) != 0),
        address_(static_cast<DWORD>(command.Number("address", 0))) {}
  void Run(uint64_t times) override {
    alignas(16) uint8_t room[2048];
    auto* const results = reinterpret_cast<WSAQUERYSETW*>(room);
    for (uint64_t i = 0; i < times; ++i) {
      const HANDLE handle = Begin(calls_.get(), &question_);
      DWORD length = sizeof room;
      if (calls_->Next(handle, Question::kFlags, &length, results) != 0) Fail("Next");
      CheckAnswer(*results, question_, question_.name(), address_);
      if (drain_) Drain(handle, results, sizeof room);
      if (calls_->End(handle) != 0) Fail("End");
    }
  }

 private:
  void Drain(HANDLE handle, WSAQUERYSETW* results, DWORD length) {
    const int result = calls_->Next(handle, Question::kFlags, &length, results);
    if (result != SOCKET_ERROR || GetLastError() != WSA_E_NO_MORE) Fail("the second Next");
  }

  const bool drain_;
  const DWORD address_;
};

// Lookups of published names, n0SUFFIX and so on, whose address is 11 and the number in three
// bytes. Of `count` names some from all over the range take turns, as many whatever the count is.
class Names : public LookupOperation {
 public:
  explicit Names(const Command& command)
      : LookupOperation(command),
        count_(command.Number("count", 1)),
        taken_(count_ < kTaken ? count_ : kTaken) {
    // Beforehand: to write a number out costs more than to look it up.
    const std::wstring suffix = command.Wide("suffix");
    for (uint64_t i = 0; i < taken_; ++i)
      names_.push_back(L"n" + std::to_wstring(NumberOf(i)) + suffix);
  }
  void Run(uint64_t times) override {
    alignas(16) uint8_t room[2048];
    auto* const results = reinterpret_cast<WSAQUERYSETW*>(room);
    for (uint64_t i = 0; i < times; ++i) {
      const uint64_t at = i * 7919 % taken_;
      std::wstring& name = names_[at];
      question_.set()->lpszServiceInstanceName = name.data();
      const HANDLE handle = Begin(calls_.get(), &question_);
      DWORD length = sizeof room;
      if (calls_->Next(handle, Question::kFlags, &length, results) != 0) Fail("Next");
      CheckAnswer(*results, question_, name,
                  htonl(11u << 24 | static_cast<uint32_t>(NumberOf(at))));
      if (calls_->End(handle) != 0) Fail("End");
    }
  }

 private:
  static constexpr uint64_t kTaken = 1000;
  uint64_t NumberOf(uint64_t at) const { return at * count_ / taken_; }

  const uint64_t count_;
  const uint64_t taken_;
  std::vector<std::wstring> names_;
};

// A control code whose handler gives back what it got.
class Ioctl : public LookupOperation {
 public:
  explicit Ioctl(const Command& command)
      : LookupOperation(command),
        code_(static_cast<DWORD>(command.Number("code", 0))),
        input_(command.Number("bytes", 4096)) {
    for (size_t i = 0; i < input_.size(); ++i)
      input_[i] = static_cast<uint8_t>(i * 31 + 7);
    handle_ = Begin(calls_.get(), &question_);
  }
  ~Ioctl() override { calls_->End(handle_); }
  void Run(uint64_t times) override {
    std::vector<uint8_t> output(input_.size());
    for (uint64_t i = 0; i < times; ++i) {
      DWORD returned = 0;
      std::memset(output.data(), 0, output.size());
      IoctlCall call{code_};
      call.in = input_.data();
      call.in_bytes = static_cast<DWORD>(input_.size());
      call.out = output.data();
      call.out_bytes = static_cast<DWORD>(output.size());
      call.returned = &returned;
      if (calls_->Ioctl(handle_, call) != 0) Fail("ioctl");
      if (returned != output.size() || output != input_) throw Failure("an ioctl's output");
    }
  }

 private:
  const DWORD code_;
  std::vector<uint8_t> input_;
  HANDLE handle_;
};

// LoadLibrary, NSPStartup, NSPCleanup, FreeLibrary.
class Load : public Operation {
 public:
  explicit Load(const Command& command) : path_(command.Wide("path")), id_(command.Guid("id")) {}
  void Run(uint64_t times) override {
    for (uint64_t i = 0; i < times; ++i) {
      const Table table(path_, id_);
      if (table.routine.NSPIoctl == nullptr) throw Failure("a table without NSPIoctl");
    }
    if (GetModuleHandleW(path_.c_str()) != nullptr) throw Failure("the DLL stays loaded");
  }

 private:
  const std::wstring path_;
  const GUID id_;
};

// The first refusal of a process, with all that loading takes. It ends nothing, as programs do.
class First : public Operation {
 public:
  explicit First(const Command& command) : command_(command) {}
  void Run(uint64_t) override {
    const auto calls = CallsFor(command_);
    Question question(command_);
    HANDLE handle = nullptr;
    const int result = calls->Begin(question.set(), Question::kFlags, &handle);
    if (result != SOCKET_ERROR || GetLastError() != WSASERVICE_NOT_FOUND) Fail("first refusal");
    kept_ = calls;
  }

 private:
  const Command command_;
  std::shared_ptr<ProviderCalls> kept_;
};

template <typename T>
void Add(const char* name) {
  AddOperation(name, [](const Command& command) { return std::make_unique<T>(command); });
}

}  // namespace

void AddNames() {
  Add<Poll>("poll");
  Add<Refusal>("refusal");
  Add<Open>("open");
  Add<Lookup>("lookup");
  Add<Names>("names");
  Add<Ioctl>("ioctl");
  Add<Load>("load");
  Add<First>("first");
}

}  // namespace bench
