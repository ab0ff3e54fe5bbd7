// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// client.exe [ws2|table]: reads one command a line from standard input and prints one JSON line a
// step. ws2 calls go through ws2_32, table calls straight into a provider's NSP_ROUTINE.
#include <string>

#include "objects.h"

namespace {

// Says where a crash happened, so that a test names the step and the module.
LONG WINAPI ReportCrash(EXCEPTION_POINTERS* info) {
  const auto address = reinterpret_cast<uintptr_t>(info->ExceptionRecord->ExceptionAddress);
  HMODULE module = nullptr;
  wchar_t path[MAX_PATH] = L"";
  GetModuleHandleExW(
      GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
      reinterpret_cast<LPCWSTR>(address), &module);
  if (module != nullptr) GetModuleFileNameW(module, path, MAX_PATH);
  client::Json line;
  line.Set("crash", true)
      .Set("step", client::CurrentStep())
      .Set("code", client::HexNumber(info->ExceptionRecord->ExceptionCode))
      .Set("address", client::HexNumber(address - reinterpret_cast<uintptr_t>(module)))
      .Set("module", std::wstring(path))
      .Set("thread", GetCurrentThreadId());
  client::PrintLine(line.Object());
  TerminateProcess(GetCurrentProcess(), 3);
  return EXCEPTION_EXECUTE_HANDLER;
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
  SetUnhandledExceptionFilter(ReportCrash);
  client::TheWorld().table_mode = argc > 1 && std::wstring(argv[1]) == L"table";
  client::AddCatalogVerbs();
  client::AddCompletionVerbs();
  client::AddConfigVerbs();
  client::AddIoctlVerbs();
  client::AddLookupVerbs();
  client::AddNameVerbs();
  client::AddProcessVerbs();
  client::AddRaceVerbs();
  client::AddRegistrationVerbs();
  client::AddRestrictVerbs();
  client::AddServiceClassVerbs();
  client::AddTableVerbs();
  client::AddWindowVerbs();
  client::RunCommands();
  ExitProcess(0);
}
