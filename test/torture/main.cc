// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// torture.exe VERB key=value...: a program that knows nothing but ws2_32 and behaves as badly as
// the verb says. log= names the file of its records.
#include <cstring>
#include <cwchar>

#include "verbs.h"

namespace torture {
namespace {

struct Verb {
  const wchar_t* name;
  int (*run)(const Arguments& arguments);
};

constexpr Verb kVerbs[] = {
    {L"load", RunLoad},
    {L"names", RunNames},
    {L"follow", RunFollow},
    {L"leak", RunLeak},
    {L"exit-threads", RunExitThreads},
    {L"cleanup", RunCleanup},
    {L"unload", RunUnload},
    {L"exit-inside", RunExitInside},
    {L"impersonate", RunImpersonate},
    {L"closed", RunClosed},
    {L"reused", RunReused},
    {L"ended", RunEnded},
    {L"memory", RunMemory},
    {L"race", RunRace},
};

DWORD WINAPI ReadInput(void* event) {
  char byte;
  DWORD got = 0;
  ReadFile(GetStdHandle(STD_INPUT_HANDLE), &byte, 1, &got, nullptr);
  SetEvent(event);
  return 0;
}

// A crash is told and ends the process at once, without a debugger or a box.
LONG WINAPI OnCrash(EXCEPTION_POINTERS* pointers) {
  const DWORD code = pointers->ExceptionRecord->ExceptionCode;
  Say("{\"crash\":" + std::to_string(code) + "}");
  TerminateProcess(GetCurrentProcess(), code);
  return EXCEPTION_EXECUTE_HANDLER;
}

}  // namespace

HANDLE StopEvent() {
  static const HANDLE event = [] {
    const HANDLE made = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    CloseHandle(CreateThread(nullptr, 0, ReadInput, made, 0, nullptr));
    return made;
  }();
  return event;
}

}  // namespace torture

int wmain(int argc, wchar_t** argv) {
  using namespace torture;
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
  SetUnhandledExceptionFilter(OnCrash);
  const Arguments arguments(argc, argv);
  const std::wstring log = arguments.Text(L"log");
  if (!log.empty() && !TheLog().Open(log.c_str(), arguments.Number(L"records", 1 << 18))) {
    return Result(false, "no log");
  }
  WSADATA data;
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) return Result(false, "WSAStartup");
  for (const Verb& verb : kVerbs) {
    if (argc > 1 && std::wcscmp(argv[1], verb.name) == 0) return verb.run(arguments);
  }
  return Result(false, "no such verb");
}
