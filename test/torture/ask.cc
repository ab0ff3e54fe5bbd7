// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See ask.h.
#include "ask.h"

#include <algorithm>
#include <cstring>
#include <cwchar>
#include <memory>

namespace torture {
namespace {

constexpr DWORD kBufferBytes = 65536;

// Times one call and logs it.
template <typename Call>
DWORD Timed(CallType type, Call call) {
  const uint64_t from = SteadyMicroseconds();
  const int ret = call();
  const DWORD code = ret == 0 ? 0 : WSAGetLastError();
  TheLog().Add(kCall, 0, type, code, static_cast<uint32_t>(SteadyMicroseconds() - from));
  return code;
}

uint32_t HexDigit(wchar_t character) {
  return character <= L'9' ? character - L'0' : (character | 0x20) - L'a' + 10;
}

// As text has it: 8-4-4-4-12.
GUID GuidOf(const std::wstring& text) {
  uint8_t bytes[16] = {};
  size_t digits = 0;
  for (const wchar_t character : text) {
    if (character == L'-' || character == L'{' || character == L'}' || digits == 32) continue;
    bytes[digits / 2] = static_cast<uint8_t>(bytes[digits / 2] << 4 | HexDigit(character));
    ++digits;
  }
  GUID id;
  id.Data1 = static_cast<uint32_t>(bytes[0]) << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
  id.Data2 = static_cast<uint16_t>(bytes[4] << 8 | bytes[5]);
  id.Data3 = static_cast<uint16_t>(bytes[6] << 8 | bytes[7]);
  std::memcpy(id.Data4, bytes + 8, 8);
  return id;
}

WSAQUERYSETW QueryFor(std::wstring* name, GUID* id, DWORD space) {
  WSAQUERYSETW query = {};
  query.dwSize = sizeof query;
  query.lpszServiceInstanceName = name->data();
  query.lpServiceClassId = id;  // any class will do
  query.dwNameSpace = space;
  query.lpNSProviderId = id;
  return query;
}

}  // namespace

Arguments::Arguments(int count, wchar_t** values) {
  for (int i = 2; i < count; ++i) {
    const std::wstring word = values[i];
    const size_t equals = word.find(L'=');
    if (equals != std::wstring::npos) values_[word.substr(0, equals)] = word.substr(equals + 1);
  }
}

std::wstring Arguments::Text(const wchar_t* key, const wchar_t* standard) const {
  const auto found = values_.find(key);
  return found == values_.end() ? standard : found->second;
}

uint32_t Arguments::Number(const wchar_t* key, uint32_t standard) const {
  const auto found = values_.find(key);
  return found == values_.end()
             ? standard
             : static_cast<uint32_t>(std::wcstoul(found->second.c_str(), nullptr, 10));
}

std::vector<GUID> Arguments::Ids(const wchar_t* key) const {
  const std::wstring list = Text(key);
  std::vector<GUID> ids;
  for (size_t at = 0, comma; at < list.size(); at = comma + 1) {
    comma = std::min(list.find(L',', at), list.size());
    ids.push_back(GuidOf(list.substr(at, comma - at)));
  }
  return ids;
}

Target::Target(const Arguments& arguments)
    : id_(GuidOf(arguments.Text(L"guid"))), namespace_(arguments.Number(L"ns", 0)) {}

DWORD Target::Begin(const std::wstring& name, HANDLE* handle) const {
  std::wstring instance = name;
  GUID id = id_;
  WSAQUERYSETW query = QueryFor(&instance, &id, namespace_);
  return Timed(kBegin, [&] { return WSALookupServiceBeginW(&query, kReturnAll, handle); });
}

DWORD Target::Begin(const NSP_ROUTINE& table, const std::wstring& name, HANDLE* handle,
                    DWORD flags) const {
  std::wstring instance = name;
  GUID id = id_;
  WSAQUERYSETW query = QueryFor(&instance, &id, namespace_);
  return Timed(kBegin,
               [&] { return table.NSPLookupServiceBegin(&id, &query, nullptr, flags, handle); });
}

DWORD Next(HANDLE handle, Item* item) {
  const auto buffer = std::make_unique<uint64_t[]>(kBufferBytes / 8);
  DWORD length = kBufferBytes;
  auto* const result = reinterpret_cast<WSAQUERYSETW*>(buffer.get());
  const DWORD code =
      Timed(kNext, [&] { return WSALookupServiceNextW(handle, 0, &length, result); });
  if (code != 0) return code;
  item->name = result->lpszServiceInstanceName == nullptr ? L"" : result->lpszServiceInstanceName;
  item->version = result->lpVersion == nullptr ? 0 : result->lpVersion->dwVersion;
  item->comment = result->lpszComment == nullptr
                      ? 0
                      : static_cast<uint32_t>(std::wcstoul(result->lpszComment, nullptr, 10));
  return 0;
}

DWORD Poll(HANDLE handle) {
  DWORD returned = 0;
  return Timed(kPoll, [&] {
    return WSANSPIoctl(handle, kNotifyChange, nullptr, 0, nullptr, 0, &returned, nullptr);
  });
}

DWORD Echo(HANDLE handle) {
  char input[64] = "torture";
  char output[64] = {};
  DWORD returned = 0;
  const DWORD code = Timed(kIoctl, [&] {
    return WSANSPIoctl(handle, kEchoCode, input, sizeof input, output, sizeof output, &returned,
                       nullptr);
  });
  if (code == 0 && (returned != sizeof input || std::memcmp(input, output, sizeof input) != 0)) {
    TheLog().Add(kWrong, 0, kIoctl, returned);
  }
  return code;
}

DWORD Change(HANDLE handle) {
  char bytes[4] = {};
  DWORD returned = 0;
  return Timed(kIoctl, [&] {
    return WSANSPIoctl(handle, kChangeCode, bytes, 4, bytes, 4, &returned, nullptr);
  });
}

DWORD Register(HANDLE handle, WSACOMPLETION* completion) {
  DWORD returned = 0;
  return Timed(kRegister, [&] {
    return WSANSPIoctl(handle, kNotifyChange, nullptr, 0, nullptr, 0, &returned, completion);
  });
}

DWORD RegisterCode(HANDLE handle, DWORD code, void* buffer, WSACOMPLETION* completion) {
  DWORD returned = 0;
  return Timed(kRegister, [&] {
    return WSANSPIoctl(handle, code, buffer, 64, buffer, 64, &returned, completion);
  });
}

DWORD End(HANDLE handle) {
  return Timed(kEnd, [&] { return WSALookupServiceEnd(handle); });
}

DWORD Drain(HANDLE handle, uint32_t* version) {
  Item item;
  DWORD code;
  while ((code = Next(handle, &item)) == 0)
    *version = item.version;
  return code;
}

void Say(const std::string& text) {
  const std::string line = text + "\n";
  DWORD written = 0;
  WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), line.data(), static_cast<DWORD>(line.size()), &written,
            nullptr);
}

int Result(bool good, const std::string& what) {
  Say(std::string("{\"ok\":") + (good ? "true" : "false") + ",\"what\":\"" + what + "\"}");
  return good ? 0 : 1;
}

}  // namespace torture
