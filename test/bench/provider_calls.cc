// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See provider_calls.h.
#include "provider_calls.h"

#include <ws2tcpip.h>

#include <cstring>
#include <cwchar>

namespace bench {
namespace {

class ApiCalls : public ProviderCalls {
 public:
  ApiCalls() {
    WSADATA data;
    if (const int code = WSAStartup(MAKEWORD(2, 2), &data)) {
      Fail("WSAStartup", static_cast<unsigned long>(code));
    }
  }
  ~ApiCalls() override { WSACleanup(); }
  int Begin(WSAQUERYSETW* query, DWORD flags, HANDLE* handle) override {
    return WSALookupServiceBeginW(query, flags, handle);
  }
  int Next(HANDLE handle, DWORD flags, DWORD* length, WSAQUERYSETW* results) override {
    return WSALookupServiceNextW(handle, flags, length, results);
  }
  int End(HANDLE handle) override { return WSALookupServiceEnd(handle); }
  int Ioctl(HANDLE handle, const IoctlCall& c) override {
    return WSANSPIoctl(handle, c.code, c.in, c.in_bytes, c.out, c.out_bytes, c.returned,
                       c.completion);
  }
};

class TableCalls : public ProviderCalls {
 public:
  TableCalls(const std::wstring& path, const GUID& id) : table_(path, id), id_(id) {
    HANDLE thread = nullptr;
    DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &thread, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
    thread_.ThreadHandle = thread;
  }
  ~TableCalls() override { CloseHandle(thread_.ThreadHandle); }
  int Begin(WSAQUERYSETW* query, DWORD flags, HANDLE* handle) override {
    return table_.routine.NSPLookupServiceBegin(&id_, query, nullptr, flags, handle);
  }
  int Next(HANDLE handle, DWORD flags, DWORD* length, WSAQUERYSETW* results) override {
    return table_.routine.NSPLookupServiceNext(handle, flags, length, results);
  }
  int End(HANDLE handle) override { return table_.routine.NSPLookupServiceEnd(handle); }
  int Ioctl(HANDLE handle, const IoctlCall& c) override {
    return table_.routine.NSPIoctl(handle, c.code, c.in, c.in_bytes, c.out, c.out_bytes, c.returned,
                                   c.completion, &thread_);
  }

 private:
  Table table_;
  GUID id_;
  WSATHREADID thread_{};
};

}  // namespace

Table::Table(const std::wstring& path, const GUID& id) : id_(id) {
  module_ = LoadLibraryW(path.c_str());
  if (module_ == nullptr) Fail("LoadLibrary");
  const auto startup = reinterpret_cast<LPNSPSTARTUP>(
      reinterpret_cast<void*>(GetProcAddress(module_, "NSPStartup")));
  if (startup == nullptr) Fail("the DLL has no NSPStartup");
  routine.cbSize = sizeof routine;
  if (startup(&id_, &routine) != 0) Fail("NSPStartup");
}

Table::~Table() {
  routine.NSPCleanup(&id_);
  FreeLibrary(module_);
}

std::shared_ptr<ProviderCalls> CallsFor(const Command& command) {
  if (command.Text("via", "api") == "api") return std::make_shared<ApiCalls>();
  return std::make_shared<TableCalls>(command.Wide("path"), command.Guid("id"));
}

Question::Question(const Command& command)
    : name_(command.Wide("host")),
      provider_(command.Guid("id")),
      // SVCID_TCP(443): a class that no name function asks for.
      service_class_{0x000901bb, 0, 0, {0xc0, 0, 0, 0, 0, 0, 0, 0x46}} {
  set_.dwSize = sizeof set_;
  set_.lpszServiceInstanceName = name_.data();
  set_.lpServiceClassId = &service_class_;
  set_.dwNameSpace = static_cast<DWORD>(command.Number("ns", 0));
  set_.lpNSProviderId = &provider_;
}

void CheckAnswer(const WSAQUERYSETW& set, const Question& question, const std::wstring& name,
                 DWORD address) {
  if (set.lpszServiceInstanceName == nullptr || name != set.lpszServiceInstanceName) {
    throw Failure("an answer under another name");
  }
  if (set.lpNSProviderId == nullptr || *set.lpNSProviderId != question.provider() ||
      set.dwNameSpace != question.name_space()) {
    throw Failure("an answer of somebody else");
  }
  if (set.dwNumberOfCsAddrs != 1) Fail("addresses in an answer", set.dwNumberOfCsAddrs);
  const SOCKET_ADDRESS& remote = set.lpcsaBuffer[0].RemoteAddr;
  sockaddr_in got;
  if (remote.iSockaddrLength < static_cast<int>(sizeof got)) throw Failure("a short address");
  std::memcpy(&got, remote.lpSockaddr, sizeof got);
  if (got.sin_family != AF_INET || got.sin_addr.s_addr != address) {
    Fail("the address of an answer", got.sin_addr.s_addr);
  }
}

HANDLE Begin(ProviderCalls* calls, Question* question) {
  HANDLE handle = nullptr;
  if (calls->Begin(question->set(), Question::kFlags, &handle) != 0) Fail("Begin");
  return handle;
}

}  // namespace bench
