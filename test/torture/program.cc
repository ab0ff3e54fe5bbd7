// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See program.h.
#include "program.h"

#include <cwchar>

namespace torture {
namespace {

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

int RunProgram(int argc, wchar_t** argv, std::span<const Verb> verbs) {
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
  SetUnhandledExceptionFilter(OnCrash);
  const Arguments arguments(argc, argv);
  const std::wstring log = arguments.Text(L"log");
  if (!log.empty() && !TheLog().Open(log.c_str(), arguments.Number(L"records", 1 << 18))) {
    return Result(false, "no log");
  }
  WSADATA data;
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) return Result(false, "WSAStartup");
  for (const Verb& verb : verbs) {
    if (argc > 1 && std::wcscmp(argv[1], verb.name) == 0) return verb.run(arguments);
  }
  return Result(false, "no such verb");
}

}  // namespace torture
