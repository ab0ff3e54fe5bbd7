// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// hostile.exe VERB key=value...: see hostile.h. Ends with one JSON line, as torture.exe does.
#include <cwchar>

#include "hostile.h"
#include "verbs.h"

namespace torture {
namespace {

struct Verb {
  const wchar_t* name;
  int (*run)(const Arguments& arguments);
};

constexpr Verb kVerbs[] = {
    {L"frames", RunFrames},     {L"half-open", RunHalfOpen},  {L"deaf", RunDeaf},
    {L"flood", RunFlood},       {L"wait", RunWait},           {L"host", RunHostileHost},
    {L"besieged", RunBesieged}, {L"arguments", RunArguments}, {L"measure", RunMeasure},
};

// A crash is told and ends the process at once, without a debugger or a box.
LONG WINAPI OnCrash(EXCEPTION_POINTERS* pointers) {
  const DWORD code = pointers->ExceptionRecord->ExceptionCode;
  Say("{\"crash\":" + std::to_string(code) + "}");
  TerminateProcess(GetCurrentProcess(), code);
  return EXCEPTION_EXECUTE_HANDLER;
}

DWORD WINAPI ReadInput(void* event) {
  char byte;
  DWORD got = 0;
  ReadFile(GetStdHandle(STD_INPUT_HANDLE), &byte, 1, &got, nullptr);
  SetEvent(event);
  return 0;
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
  WSADATA data;
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) return Result(false, "WSAStartup");
  for (const Verb& verb : kVerbs) {
    if (argc > 1 && std::wcscmp(argv[1], verb.name) == 0) return verb.run(arguments);
  }
  return Result(false, "no such verb");
}
