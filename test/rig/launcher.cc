// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Runs a program with pipes as its standard streams and copies them to and from its own, at once.
// Windows Node fails with EBADF when its stdout is a Unix pipe under Wine; a Windows pipe is fine.
// Usage: launcher.exe PROGRAM ARGUMENTS... The exit code is the program's.
#include <windows.h>

#include <cstdio>
#include <cwchar>
#include <string>

namespace {

struct Copy {
  HANDLE from;
  HANDLE to;
  bool close_at_end;
};

DWORD WINAPI CopyAll(void* context) {
  const Copy* copy = static_cast<const Copy*>(context);
  char buffer[64 * 1024];
  DWORD got = 0;
  while (ReadFile(copy->from, buffer, sizeof buffer, &got, nullptr) && got != 0) {
    for (DWORD done = 0, wrote = 0; done < got; done += wrote) {
      // A reader that went away must not block the program: go on reading, drop the rest.
      if (!WriteFile(copy->to, buffer + done, got - done, &wrote, nullptr)) break;
    }
  }
  if (copy->close_at_end) CloseHandle(copy->to);
  return 0;
}

[[noreturn]] void Fail(const wchar_t* what) {
  std::fwprintf(stderr, L"launcher: %ls failed with error %lu\n", what, GetLastError());
  ExitProcess(127);
}

// The rest of our command line after our own name, quoting untouched.
wchar_t* SkipProgramName(wchar_t* line) {
  bool quoted = false;
  while (*line != L'\0' && (quoted || (*line != L' ' && *line != L'\t'))) {
    if (*line == L'"') quoted = !quoted;
    ++line;
  }
  while (*line == L' ' || *line == L'\t')
    ++line;
  return line;
}

void MakePipe(HANDLE* read, HANDLE* write, HANDLE* inherited) {
  if (!CreatePipe(read, write, nullptr, 64 * 1024)) Fail(L"CreatePipe");
  if (!SetHandleInformation(*inherited, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT)) {
    Fail(L"SetHandleInformation");
  }
}

}  // namespace

int wmain() {
  std::wstring command = SkipProgramName(GetCommandLineW());
  if (command.empty()) {
    std::fwprintf(stderr, L"usage: launcher.exe PROGRAM ARGUMENTS...\n");
    return 2;
  }
  HANDLE in_read, in_write, out_read, out_write, err_read, err_write;
  MakePipe(&in_read, &in_write, &in_read);
  MakePipe(&out_read, &out_write, &out_write);
  MakePipe(&err_read, &err_write, &err_write);

  // A job that dies with us: nothing that the program starts may outlive the launcher.
  HANDLE job = CreateJobObjectW(nullptr, nullptr);
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {};
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);

  STARTUPINFOW startup = {};
  startup.cb = sizeof startup;
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdInput = in_read;
  startup.hStdOutput = out_write;
  startup.hStdError = err_write;
  PROCESS_INFORMATION process = {};
  if (!CreateProcessW(nullptr, command.data(), nullptr, nullptr, TRUE, CREATE_SUSPENDED, nullptr,
                      nullptr, &startup, &process)) {
    Fail(L"CreateProcess");
  }
  AssignProcessToJobObject(job, process.hProcess);
  CloseHandle(in_read);
  CloseHandle(out_write);
  CloseHandle(err_write);
  ResumeThread(process.hThread);

  Copy in = {GetStdHandle(STD_INPUT_HANDLE), in_write, true};
  Copy out = {out_read, GetStdHandle(STD_OUTPUT_HANDLE), false};
  Copy err = {err_read, GetStdHandle(STD_ERROR_HANDLE), false};
  HANDLE copies[2] = {CreateThread(nullptr, 0, CopyAll, &out, 0, nullptr),
                      CreateThread(nullptr, 0, CopyAll, &err, 0, nullptr)};
  CreateThread(nullptr, 0, CopyAll, &in, 0, nullptr);

  WaitForSingleObject(process.hProcess, INFINITE);
  DWORD code = 127;
  GetExitCodeProcess(process.hProcess, &code);
  // The program's own children may still hold its pipes: end them, then the pipes run dry.
  TerminateJobObject(job, code);
  WaitForMultipleObjects(2, copies, TRUE, INFINITE);
  // Unix keeps eight bits of it, and 0x100 must not look like success.
  if (code > 255) {
    std::fwprintf(stderr, L"launcher: the program ended with 0x%08lX\n", code);
    std::fflush(stderr);
    code = 255;
  }
  ExitProcess(code);
}
