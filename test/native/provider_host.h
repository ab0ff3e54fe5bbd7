// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The provider's code with a host in the same process, for tests of whole entry points: a control
// file, a pipe, and a function that answers what comes. Stands in for startup.cc.
#ifndef WINSOCK_NSP_TEST_NATIVE_PROVIDER_HOST_H_
#define WINSOCK_NSP_TEST_NATIVE_PROVIDER_HOST_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "control_file.h"
#include "provider.h"
#include "query_set.h"

using Block = std::vector<uint8_t>;

inline constexpr GUID kEntries[] = {{1, 2, 3, {4}}, {5, 6, 7, {8}}};
inline constexpr uint32_t kPlain = 0;  // index of the entry that is none
inline constexpr uint32_t kFeed = 1;
inline constexpr DWORD kNameSpaces[] = {1001, 1003};
inline constexpr DWORD kCode = 0xD8000001;  // declared

struct Arrived {
  nsp::FrameHeader header;
  Block body;
};

struct Reaction {
  Block body;           // of a Batch to a Next, of a Reply to everything else
  uint16_t flags = 0;   // of the Batch
  bool silent = false;  // no answer
  bool hang_up = false;
  Block change = {};        // body of a Change that goes before the answer
  Block change_after = {};  // of one that goes behind it
};

// Bodies of answers.
Block Batch(uint32_t status, const std::vector<Block>& items);
Block ReplyOf(uint32_t status, const Block& output = {});

// Body of a change of these counters, for every subscription up to `sequence`.
Block ChangeOf(const std::vector<uint32_t>& indices, uint32_t sequence);

// One result: a name and RESULT_IS_ flags.
Block Item(const std::wstring& name, uint32_t flags);

class Host {
 public:
  using Handler = std::function<Reaction(const Arrived&)>;

  // Starts the provider and a host that answers by `handler`, on a thread of its own.
  explicit Host(Handler handler);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // The filter as written; change it and call Publish.
  nsp::ControlFilter& filter() { return *filter_; }
  void Publish();
  nsp::ControlFile* control() { return control_; }
  const std::wstring& control_path() const { return control_path_; }

  // Ends what is served now; the next client gets a host that knows nothing.
  void Restart();
  // Nobody listens any more.
  void Stop();

  const NSP_ROUTINE& table() const { return table_; }

  // Sees every frame that comes, before the handler does; to be set while nothing comes.
  std::function<void(const Arrived&)> on_frame;

  // Sees every lookup that has ended, before the frame that brings it or carries its End.
  std::function<void(uint32_t lookup)> on_end;

  // How often a frame said that its client's breaker has opened.
  std::atomic<int> breaker_openings{0};

  // Bytes of frames that the host has not read; for use while a handler keeps it from reading.
  DWORD Backlog() const;

  // How many frames the host has sent.
  std::atomic<int> sent{0};

  // How many frames of a kind came.
  int Count(uint16_t kind) const { return counts_[kind]; }
  // How many frames came at all.
  int Frames() const;

 private:
  void Listen();
  void Serve();
  bool ServeClient(HANDLE pipe);
  void TellEnds(Arrived* arrived, const Block& frame, DWORD bytes);
  bool Write(HANDLE pipe, nsp::FrameHeader header, const Block& body);
  bool WriteChange(HANDLE pipe, const Block& body);
  bool Wait(HANDLE pipe, OVERLAPPED* overlapped, DWORD* bytes);

  Handler handler_;
  std::wstring pipe_name_;
  std::wstring control_path_;
  Block user_;
  SECURITY_DESCRIPTOR security_ = {};
  nsp::UniqueFile pipe_;
  nsp::UniqueHandle stop_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
  nsp::UniqueFile file_;
  nsp::UniqueHandle section_;
  nsp::ControlFile* control_ = nullptr;
  std::unique_ptr<nsp::ControlFilter> filter_;
  nsp::Sidecar sidecar_ = {};
  NSP_ROUTINE table_ = {};
  std::atomic<int> counts_[256] = {};
};

// A lookup of a name under an entry, with all RETURN bits unless told otherwise. nullptr: Begin
// failed. In the host's own process no name is asked for twice at once.
HANDLE BeginLookup(const Host& host, uint32_t entry, DWORD flags = LUP_RETURN_ALL,
                   std::wstring name = L"one.nsp.test");

struct Step {
  DWORD code;  // 0 or the last error
  std::wstring name;
  DWORD flags;  // dwOutputFlags
};
Step NextResult(const Host& host, HANDLE lookup, DWORD flags = 0);

// 0 (changed), WSAEWOULDBLOCK, or another failure.
DWORD PollLookup(const Host& host, HANDLE lookup);

#endif  // WINSOCK_NSP_TEST_NATIVE_PROVIDER_HOST_H_
