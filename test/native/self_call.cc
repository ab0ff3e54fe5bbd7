// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A small addon for the Node host of the tests: calls of ws2_32 made on the very thread that runs
// its JavaScript. Exports call(operation) -> { ret, err }; "handles" counts those of the process.
#include <winsock2.h>

#include <node_api.h>
#include <ws2spi.h>

#include <array>
#include <string>

namespace {

constexpr DWORD kReturnAll = 0xFF0;
constexpr DWORD kNotifyChange = 0x88000019;
constexpr DWORD kEchoCode = 0xD8000001;
// The mesh entry of the test's provider.
constexpr GUID kMesh = {
    0x8f6c1d10, 0x5b1e, 0x4c53, {0x9a, 0x52, 0x4e, 0x53, 0x50, 0x4e, 0x00, 0x02}};
constexpr DWORD kMeshNamespace = 1001;

int Begin(HANDLE* handle) {
  wchar_t name[] = L"one.nsp.test";
  GUID id = kMesh;
  WSAQUERYSETW query = {};
  query.dwSize = sizeof(query);
  query.lpszServiceInstanceName = name;
  query.lpServiceClassId = &id;  // any class will do
  query.dwNameSpace = kMeshNamespace;
  query.lpNSProviderId = &id;
  return WSALookupServiceBeginW(&query, kReturnAll, handle);
}

int Next(HANDLE handle) {
  alignas(8) std::array<char, 4096> buffer;
  DWORD length = buffer.size();
  return WSALookupServiceNextW(handle, 0, &length, reinterpret_cast<WSAQUERYSETW*>(buffer.data()));
}

int Echo(HANDLE handle) {
  std::array<char, 4> input = {'a', 'b', 'c', 'd'};
  std::array<char, 16> output;
  DWORD returned = 0;
  return WSANSPIoctl(handle, kEchoCode, input.data(), input.size(), output.data(), output.size(),
                     &returned, nullptr);
}

int Register(HANDLE handle) {
  // Outlives the call in case the request should pend after all.
  static OVERLAPPED overlapped;
  static const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  overlapped = {};
  overlapped.hEvent = event;
  WSACOMPLETION completion = {};
  completion.Type = NSP_NOTIFY_EVENT;
  completion.Parameters.Event.lpOverlapped = &overlapped;
  DWORD returned = 0;
  return WSANSPIoctl(handle, kNotifyChange, nullptr, 0, nullptr, 0, &returned, &completion);
}

// Wine answers 0 to GetProcessHandleCount; there the handle values themselves are tried.
int CountHandles() {
  DWORD count = 0;
  if (GetProcessHandleCount(GetCurrentProcess(), &count) && count > 0) {
    return static_cast<int>(count);
  }
  int found = 0;
  for (uintptr_t value = 4; value < 0x20000; value += 4) {
    DWORD flags = 0;
    found += GetHandleInformation(reinterpret_cast<HANDLE>(value), &flags) ? 1 : 0;
  }
  return found;
}

struct Outcome {
  int ret;
  int err;
};

Outcome Run(const std::string& operation) {
  if (operation == "handles") return {CountHandles(), 0};
  WSADATA data;
  if (int code = WSAStartup(MAKEWORD(2, 2), &data)) return {-1, code};
  HANDLE handle = nullptr;
  int ret = Begin(&handle);
  int err = ret == 0 ? 0 : WSAGetLastError();
  if (ret == 0 && operation != "begin") {
    ret = operation == "next"    ? Next(handle)
          : operation == "ioctl" ? Echo(handle)
                                 : Register(handle);
    err = ret == 0 ? 0 : WSAGetLastError();
  }
  if (handle != nullptr) WSALookupServiceEnd(handle);
  WSACleanup();
  return {ret, err};
}

napi_value Call(napi_env env, napi_callback_info info) {
  std::array<napi_value, 1> arguments;
  size_t count = arguments.size();
  std::array<char, 32> operation = {};
  size_t length = 0;
  if (napi_get_cb_info(env, info, &count, arguments.data(), nullptr, nullptr) != napi_ok ||
      napi_get_value_string_utf8(env, arguments[0], operation.data(), operation.size(), &length) !=
          napi_ok) {
    napi_throw_type_error(env, nullptr, "call(operation)");
    return nullptr;
  }
  const Outcome outcome = Run(std::string(operation.data(), length));
  napi_value result = nullptr;
  napi_value ret = nullptr;
  napi_value err = nullptr;
  napi_create_object(env, &result);
  napi_create_int32(env, outcome.ret, &ret);
  napi_create_int32(env, outcome.err, &err);
  napi_set_named_property(env, result, "ret", ret);
  napi_set_named_property(env, result, "err", err);
  return result;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value call = nullptr;
  napi_create_function(env, "call", NAPI_AUTO_LENGTH, Call, nullptr, &call);
  napi_set_named_property(env, exports, "call", call);
  return exports;
}
