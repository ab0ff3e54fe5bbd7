// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// suspend.exe PID suspend|resume: stops or continues a whole process, as a hung host would be.
#include <cstdio>
#include <cstdlib>
#include <cwchar>

#include "windows_api.h"

namespace {

using Change = LONG(NTAPI*)(HANDLE);

}  // namespace

int wmain(int argc, wchar_t** argv) {
  if (argc != 3) {
    std::fputs("usage: suspend PID suspend|resume\n", stderr);
    return 2;
  }
  const auto pid = static_cast<DWORD>(std::wcstoul(argv[1], nullptr, 10));
  const bool stop = std::wcscmp(argv[2], L"suspend") == 0;
  const auto change = reinterpret_cast<Change>(GetProcAddress(
      GetModuleHandleW(L"ntdll.dll"), stop ? "NtSuspendProcess" : "NtResumeProcess"));
  const HANDLE process = OpenProcess(PROCESS_SUSPEND_RESUME, FALSE, pid);
  if (change == nullptr || process == nullptr) {
    std::fprintf(stderr, "cannot open process %lu: error %lu\n", pid, GetLastError());
    return 1;
  }
  const LONG status = change(process);
  CloseHandle(process);
  if (status < 0) std::fprintf(stderr, "status 0x%08lx\n", status);
  return status < 0 ? 1 : 0;
}
