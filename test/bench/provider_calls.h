// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One provider, asked by way of ws2_32 or by its own table. Both in one process, so that rounds of
// both see the same machine.
#ifndef WINSOCK_NSP_BENCH_PROVIDER_CALLS_H_
#define WINSOCK_NSP_BENCH_PROVIDER_CALLS_H_

#include "bench.h"

#include <ws2spi.h>

#ifndef SIO_NSP_NOTIFY_CHANGE
#define SIO_NSP_NOTIFY_CHANGE 0x88000019u
#endif

namespace bench {

struct IoctlCall {
  DWORD code;
  void* in = nullptr;
  DWORD in_bytes = 0;
  void* out = nullptr;
  DWORD out_bytes = 0;
  DWORD* returned = nullptr;
  WSACOMPLETION* completion = nullptr;
};

class ProviderCalls {
 public:
  virtual ~ProviderCalls() = default;
  virtual int Begin(WSAQUERYSETW* query, DWORD flags, HANDLE* handle) = 0;
  virtual int Next(HANDLE handle, DWORD flags, DWORD* length, WSAQUERYSETW* results) = 0;
  virtual int End(HANDLE handle) = 0;
  virtual int Ioctl(HANDLE handle, const IoctlCall& call) = 0;
};

// A DLL that was loaded and started; both are undone at the end.
class Table {
 public:
  Table(const std::wstring& path, const GUID& id);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  NSP_ROUTINE routine{};

 private:
  HMODULE module_;
  GUID id_;
};

// `via=api` (default) or `via=table path=DLL`; `id=GUID` either way.
std::shared_ptr<ProviderCalls> CallsFor(const Command& command);

// A query for one name of one provider.
class Question {
 public:
  explicit Question(const Command& command);
  WSAQUERYSETW* set() { return &set_; }
  DWORD name_space() const { return set_.dwNameSpace; }
  const std::wstring& name() const { return name_; }
  const GUID& provider() const { return provider_; }
  static constexpr DWORD kFlags = 0x10 | 0x100;  // LUP_RETURN_NAME, LUP_RETURN_ADDR

 private:
  std::wstring name_;
  GUID provider_;
  GUID service_class_;
  WSAQUERYSETW set_{};
};

// Throws unless `set` holds that name, that one IPv4 address, and whose they are.
void CheckAnswer(const WSAQUERYSETW& set, const Question& question, const std::wstring& name,
                 DWORD address);

// Begin of a name that is there.
HANDLE Begin(ProviderCalls* calls, Question* question);

}  // namespace bench

#endif  // WINSOCK_NSP_BENCH_PROVIDER_CALLS_H_
