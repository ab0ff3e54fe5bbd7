// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The `self` verb: calls of ws2_32 made on the host's own main thread, where whatever would need
// the pipe must be refused.
#include <winsock2.h>
#include <ws2spi.h>

#include "host.h"

namespace faulty {
namespace {

constexpr DWORD kReturnAll = 0xFF0;
constexpr DWORD kNotifyChange = 0x88000019;
constexpr DWORD kEchoCode = 0xD8000001;

std::string Report(int result) {
  const int error = result == 0 ? 0 : WSAGetLastError();
  return "{\"ok\":true,\"ret\":" + std::to_string(result) + ",\"err\":" + std::to_string(error) +
         "}";
}

int BeginOwn(HANDLE* handle) {
  wchar_t name[] = L"one.nsp.test";
  GUID id = kEntryTable[1].id;
  WSAQUERYSETW query = {};
  query.dwSize = sizeof(query);
  query.lpszServiceInstanceName = name;
  query.dwNameSpace = kEntryTable[1].name_space;
  query.lpNSProviderId = &id;
  return WSALookupServiceBeginW(&query, kReturnAll, handle);
}

int NextOwn(HANDLE handle) {
  alignas(8) char buffer[4096];
  DWORD length = sizeof(buffer);
  return WSALookupServiceNextW(handle, 0, &length, reinterpret_cast<WSAQUERYSETW*>(buffer));
}

int EchoOwn(HANDLE handle) {
  char input[] = "abcd";
  char output[16];
  DWORD returned = 0;
  return WSANSPIoctl(handle, kEchoCode, input, 4, output, sizeof(output), &returned, nullptr);
}

int RegisterOwn(HANDLE handle) {
  static OVERLAPPED overlapped;
  overlapped.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  WSACOMPLETION completion = {};
  completion.Type = NSP_NOTIFY_EVENT;
  completion.Parameters.Event.lpOverlapped = &overlapped;
  DWORD returned = 0;
  return WSANSPIoctl(handle, kNotifyChange, nullptr, 0, nullptr, 0, &returned, &completion);
}

}  // namespace

std::string RunSelf(const std::string& operation) {
  WSADATA data;
  static const int started = WSAStartup(MAKEWORD(2, 2), &data);
  if (started != 0) return "{\"ok\":false,\"error\":\"WSAStartup failed\"}";
  HANDLE handle = nullptr;
  const int begun = BeginOwn(&handle);
  if (begun != 0 || operation == "begin") {
    const std::string report = Report(begun);
    if (begun == 0) WSALookupServiceEnd(handle);
    return report;
  }
  int result = SOCKET_ERROR;
  if (operation == "next") result = NextOwn(handle);
  if (operation == "ioctl") result = EchoOwn(handle);
  if (operation == "register") result = RegisterOwn(handle);
  const std::string report = Report(result);
  WSALookupServiceEnd(handle);
  return report;
}

}  // namespace faulty
