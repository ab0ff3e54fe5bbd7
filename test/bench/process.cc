// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// This process: what it weighs, the calls that a DLL in it makes, and the machine's catalog.
#include <windows.h>

#include <tlhelp32.h>

#include "bench.h"
#include "import_counter.h"

#include <ws2spi.h>

namespace bench {
namespace {

uint64_t ThreadCount() {
  const Handle snapshot(CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0));
  THREADENTRY32 entry{};
  entry.dwSize = sizeof entry;
  uint64_t count = 0;
  for (BOOL more = Thread32First(snapshot.get(), &entry); more;
       more = Thread32Next(snapshot.get(), &entry)) {
    if (entry.th32OwnerProcessID == GetCurrentProcessId()) ++count;
  }
  return count;
}

// Committed memory that is this process's alone, and every page of an image that can be written to.
// Walked, because Wine's counters know nothing of it.
uint64_t PrivateBytes() {
  constexpr DWORD kWritable =
      PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
  MEMORY_BASIC_INFORMATION region{};
  const char* at = nullptr;
  uint64_t bytes = 0;
  while (VirtualQuery(at, &region, sizeof region) == sizeof region) {
    const bool own = region.Type == MEM_PRIVATE ||
                     (region.Type == MEM_IMAGE && (region.Protect & kWritable) != 0);
    if (region.State == MEM_COMMIT && own) bytes += region.RegionSize;
    at = static_cast<const char*>(region.BaseAddress) + region.RegionSize;
  }
  return bytes;
}

uint64_t MicrosecondsOf(const FILETIME& time) {
  return (static_cast<uint64_t>(time.dwHighDateTime) << 32 | time.dwLowDateTime) / 10;
}

// info: threads, handles, private bytes, processor time.
void Info(const Command&, Reply* reply) {
  DWORD handles = 0;
  GetProcessHandleCount(GetCurrentProcess(), &handles);
  FILETIME created, ended, kernel, user;
  GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user);
  reply->Set("threads", ThreadCount())
      .Set("handles", static_cast<uint64_t>(handles))
      .Set("private", PrivateBytes())
      .Set("cpuUs", MicrosecondsOf(kernel) + MicrosecondsOf(user));
}

// count-imports path=DLL: it must be loaded.
void Count(const Command& command, Reply* reply) {
  const HMODULE module = GetModuleHandleW(command.Wide("path").c_str());
  if (module == nullptr) throw Failure("that DLL is not loaded");
  reply->Set("counted", static_cast<uint64_t>(CountImports(module)));
}

void Counts(const Command&, Reply* reply) {
  Reply counts;
  for (const auto& [name, count] : ImportCounts())
    counts.Set(name.c_str(), count);
  const std::string members = counts.members();
  reply->Raw("counts", "{" + (members.empty() ? members : members.substr(1)) + "}");
}

// install title=TEXT path=DLL ns=NUMBER id=GUID
void Install(const Command& command, Reply*) {
  GUID id = command.Guid("id");
  std::wstring title = command.Wide("title");
  std::wstring path = command.Wide("path");
  if (WSCInstallNameSpace(title.data(), path.data(), static_cast<DWORD>(command.Number("ns", 0)), 1,
                          &id) != 0) {
    Fail("WSCInstallNameSpace");
  }
}

// uninstall id=GUID: what is not there is none to take away.
void Uninstall(const Command& command, Reply* reply) {
  GUID id = command.Guid("id");
  reply->Set("removed", static_cast<uint64_t>(WSCUnInstallNameSpace(&id) == 0));
}

void Environment(const Command& command, Reply*) {
  SetEnvironmentVariableW(command.Wide("name").c_str(), command.Wide("value").c_str());
}

}  // namespace

void AddProcess() {
  // The catalog belongs to a process that has started Winsock.
  WSADATA data;
  WSAStartup(MAKEWORD(2, 2), &data);
  AddVerb("info", Info);
  AddVerb("count-imports", Count);
  AddVerb("counts", Counts);
  AddVerb("install", Install);
  AddVerb("uninstall", Uninstall);
  AddVerb("environment", Environment);
}

}  // namespace bench
