// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A raw client of a host's pipe: sends any bytes as messages and shows those that come back. It
// shares no code with native/. Each line on stdin is one command, each answer one JSON line:
//   open NAME       {"ok":true,"pid":N,"server":N,"owner":"S-1-..."}
//   send HEX        one message; an empty HEX is an empty message
//   flood N HEX     the message N times, without reading
//   read MS         {"ok":true,"frame":"HEX"}; "error":258 if nothing came in time
//   close           closes the pipe; the process goes on
//   die             ends this process the hard way, with the pipe open
// Failures are {"ok":false,"error":N}. The end of stdin ends the program.
#include <windows.h>

#include <aclapi.h>
#include <sddl.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace {

// Exactly the rights that the provider asks for: no right to create instances.
constexpr DWORD kAccess = 0x120183;

HANDLE pipe = INVALID_HANDLE_VALUE;

void Fail(DWORD error) {
  std::printf("{\"ok\":false,\"error\":%lu}\n", error);
}
void Succeed() {
  std::printf("{\"ok\":true}\n");
}

std::vector<uint8_t> FromHex(const std::string& hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::string OwnerOf(HANDLE object) {
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  std::string text;
  LPSTR sid = nullptr;
  if (GetSecurityInfo(object, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, nullptr,
                      nullptr, nullptr, &descriptor) == ERROR_SUCCESS &&
      ConvertSidToStringSidA(owner, &sid)) {
    text = sid;
  }
  LocalFree(sid);
  LocalFree(descriptor);
  return text;
}

void Open(const std::string& name) {
  for (int i = 0; i < 10; ++i) {
    pipe = CreateFileA(name.c_str(), kAccess, 0, nullptr, OPEN_EXISTING,
                       FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
                       nullptr);
    if (pipe != INVALID_HANDLE_VALUE || GetLastError() != ERROR_PIPE_BUSY) break;
    WaitNamedPipeA(name.c_str(), 300);
  }
  if (pipe == INVALID_HANDLE_VALUE) return Fail(GetLastError());
  DWORD mode = PIPE_READMODE_MESSAGE;
  SetNamedPipeHandleState(pipe, &mode, nullptr, nullptr);
  ULONG server = 0;
  GetNamedPipeServerProcessId(pipe, &server);
  std::printf("{\"ok\":true,\"pid\":%lu,\"server\":%lu,\"owner\":\"%s\"}\n", GetCurrentProcessId(),
              server, OwnerOf(pipe).c_str());
}

// Waits for an operation; 0 or the error.
DWORD Await(BOOL started, OVERLAPPED* operation, DWORD* bytes, DWORD limit_ms) {
  if (!started && GetLastError() != ERROR_IO_PENDING && GetLastError() != ERROR_MORE_DATA) {
    return GetLastError();
  }
  if (WaitForSingleObject(operation->hEvent, limit_ms) != WAIT_OBJECT_0) {
    CancelIoEx(pipe, operation);
    if (GetOverlappedResult(pipe, operation, bytes, TRUE)) return 0;
    return GetLastError() == ERROR_OPERATION_ABORTED ? WAIT_TIMEOUT : GetLastError();
  }
  return GetOverlappedResult(pipe, operation, bytes, FALSE) ? 0 : GetLastError();
}

DWORD Send(const std::vector<uint8_t>& bytes, DWORD limit_ms) {
  OVERLAPPED operation = {};
  operation.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  DWORD sent = 0;
  const BOOL started =
      WriteFile(pipe, bytes.data(), static_cast<DWORD>(bytes.size()), nullptr, &operation);
  const DWORD error = Await(started, &operation, &sent, limit_ms);
  CloseHandle(operation.hEvent);
  return error;
}

void Read(DWORD limit_ms) {
  static std::vector<uint8_t> buffer(2 << 20);
  OVERLAPPED operation = {};
  operation.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  DWORD got = 0;
  const BOOL started =
      ReadFile(pipe, buffer.data(), static_cast<DWORD>(buffer.size()), nullptr, &operation);
  const DWORD error = Await(started, &operation, &got, limit_ms);
  CloseHandle(operation.hEvent);
  if (error != 0) return Fail(error);
  std::string hex;
  for (DWORD i = 0; i < got; ++i) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(buffer[i]));
    hex += digits;
  }
  std::printf("{\"ok\":true,\"frame\":\"%s\"}\n", hex.c_str());
}

void Flood(int count, const std::vector<uint8_t>& bytes) {
  int sent = 0;
  DWORD error = 0;
  for (; sent < count && error == 0; ++sent)
    error = Send(bytes, 2000);
  std::printf("{\"ok\":true,\"sent\":%d,\"error\":%lu}\n", sent, error);
}

void Obey(const std::string& line) {
  std::istringstream words(line);
  std::string verb;
  std::string argument;
  words >> verb >> argument;
  if (verb == "open") {
    Open(argument);
  } else if (verb == "send") {
    const DWORD error = Send(FromHex(argument), 10000);
    error == 0 ? Succeed() : Fail(error);
  } else if (verb == "flood") {
    std::string hex;
    words >> hex;
    Flood(std::stoi(argument), FromHex(hex));
  } else if (verb == "read") {
    Read(static_cast<DWORD>(std::stoul(argument)));
  } else if (verb == "close") {
    CloseHandle(pipe);
    pipe = INVALID_HANDLE_VALUE;
    Succeed();
  } else if (verb == "die") {
    TerminateProcess(GetCurrentProcess(), 3);
  } else {
    Fail(ERROR_INVALID_FUNCTION);
  }
  std::fflush(stdout);
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    Obey(line);
  }
}
