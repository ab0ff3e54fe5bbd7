// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// What the client's process looks like: handles, threads, modules, and what a DLL has called.
#include "import_counter.h"
#include "objects.h"

namespace client {
namespace {

size_t CountThreads(DWORD process) {
  const HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
  THREADENTRY32 entry{};
  entry.dwSize = sizeof entry;
  size_t count = 0;
  for (BOOL more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry)) {
    count += entry.th32OwnerProcessID == process ? 1 : 0;
  }
  CloseHandle(snapshot);
  return count;
}

// Wine answers 0 to GetProcessHandleCount; there the handle values themselves are tried.
size_t CountHandles() {
  DWORD count = 0;
  if (GetProcessHandleCount(GetCurrentProcess(), &count) && count > 0) return count;
  size_t found = 0;
  for (uintptr_t value = 4; value < 0x2000; value += 4) {
    DWORD flags = 0;
    found += GetHandleInformation(reinterpret_cast<HANDLE>(value), &flags) ? 1 : 0;
  }
  return found;
}

JsonArray ModuleNames() {
  JsonArray names;
  const HANDLE snapshot =
      CreateToolhelp32Snapshot(TH32CS_SNAPMODULE | TH32CS_SNAPMODULE32, GetCurrentProcessId());
  MODULEENTRY32W entry{};
  entry.dwSize = sizeof entry;
  for (BOOL more = Module32FirstW(snapshot, &entry); more; more = Module32NextW(snapshot, &entry)) {
    names.Add(JsonText(ToUtf8(entry.szModule)));
  }
  CloseHandle(snapshot);
  return names;
}

// process [of=PID]: threads (of that process), handles, modules, and whether user32 is there.
void Process(Step& step) {
  const auto process = static_cast<DWORD>(step.command.Number("of", GetCurrentProcessId()));
  step.data.Set("handles", CountHandles())
      .Set("threads", CountThreads(process))
      .Set("thread", GetCurrentThreadId())
      .Set("user32", GetModuleHandleW(L"user32.dll") != nullptr)
      .Raw("modules", ModuleNames().Array());
}

// thread name= : makes it now, so that handle counts do not move later.
void Thread(Step& step) {
  const std::string name = step.command.Text("name");
  if (!TheWorld().workers.Find(name)) TheWorld().workers.Put(name, std::make_shared<Worker>());
  step.data.Set("thread", static_cast<uint64_t>(TheWorld().workers.Get(name)->id()));
}

// thread-exit thread=NAME: the thread ends after its steps; waits for that.
void ThreadExit(Step& step) {
  TheWorld().workers.Take(step.command.Text("thread"))->Finish();
}

// count-imports module=FILENAME: counts from now on what that loaded DLL calls.
void Count(Step& step) {
  const HMODULE module = GetModuleHandleW(step.command.Wide("module").c_str());
  if (module == nullptr) throw std::runtime_error("module is not loaded");
  step.data.Set("imports", CountImports(module));
}

// import-counts [reset=1]: calls by function name.
void Counts(Step& step) {
  Json counts;
  for (const auto& [name, count] : ImportCounts(step.command.Flag("reset"))) {
    counts.Set(name, count);
  }
  step.data.Set("counts", counts);
}

// exit [code=0] [how=terminate]: without WSACleanup or NSPCleanup; no line is printed.
void Exit(Step& step) {
  const auto code = static_cast<UINT>(step.command.Number("code", 0));
  if (step.command.Text("how", "") == "terminate") TerminateProcess(GetCurrentProcess(), code);
  ExitProcess(code);
}

}  // namespace

void AddProcessVerbs() {
  AddVerb("process", Process);
  AddVerb("thread", Thread);
  AddVerb("thread-exit", ThreadExit);
  AddVerb("count-imports", Count);
  AddVerb("import-counts", Counts);
  AddVerb("exit", Exit);
}

}  // namespace client
