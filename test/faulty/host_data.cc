// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Text, addresses and the records that a host starts with.
#include <ws2tcpip.h>

#include <cstdio>

#include "host.h"

namespace faulty {

Host& TheHost() {
  static auto* host = new Host;
  return *host;
}

std::wstring Wide(const std::string& utf8) {
  std::wstring wide(utf8.size(), L'\0');
  const int length = MultiByteToWideChar(CP_UTF8, 0, utf8.data(), static_cast<int>(utf8.size()),
                                         wide.data(), static_cast<int>(wide.size()));
  wide.resize(static_cast<size_t>(length));
  return wide;
}

std::string Utf8(const std::wstring& wide) {
  std::string utf8(wide.size() * 3, '\0');
  const int length =
      WideCharToMultiByte(CP_UTF8, 0, wide.data(), static_cast<int>(wide.size()), utf8.data(),
                          static_cast<int>(utf8.size()), nullptr, nullptr);
  utf8.resize(static_cast<size_t>(length));
  return utf8;
}

std::string JsonText(const std::string& utf8) {
  std::string out = "\"";
  for (const char unit : utf8) {
    char escaped[8];
    if (unit == '"' || unit == '\\') {
      out += '\\';
      out += unit;
    } else if (static_cast<unsigned char>(unit) < 0x20) {
      std::snprintf(escaped, sizeof(escaped), "\\u%04x", unit);
      out += escaped;
    } else {
      out += unit;
    }
  }
  return out + "\"";
}

Bytes FromHex(const std::string& hex) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

bool ParseGuid(const std::string& text, GUID* id) {
  std::string digits;
  for (const char unit : text) {
    if (std::isxdigit(static_cast<unsigned char>(unit))) digits += unit;
  }
  if (digits.size() != 32) return false;
  id->Data1 = static_cast<uint32_t>(std::stoul(digits.substr(0, 8), nullptr, 16));
  id->Data2 = static_cast<uint16_t>(std::stoul(digits.substr(8, 4), nullptr, 16));
  id->Data3 = static_cast<uint16_t>(std::stoul(digits.substr(12, 4), nullptr, 16));
  const Bytes tail = FromHex(digits.substr(16));
  std::copy(tail.begin(), tail.end(), id->Data4);
  return true;
}

std::string GuidText(const GUID& id) {
  char text[64];
  std::snprintf(text, sizeof(text), "%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                static_cast<unsigned long>(id.Data1), id.Data2, id.Data3, id.Data4[0], id.Data4[1],
                id.Data4[2], id.Data4[3], id.Data4[4], id.Data4[5], id.Data4[6], id.Data4[7]);
  return text;
}

Bytes BytesOf(const void* data, size_t size) {
  const auto* raw = static_cast<const uint8_t*>(data);
  return Bytes(raw, raw + size);
}

// '10.0.0.1', '10.0.0.1:443', 'fe80::1', '[fe80::1%4]', '[fe80::1%4]:443'
bool ParseAddress(const std::string& text, RecordAddress* address) {
  std::string host = text;
  std::string port;
  if (!text.empty() && text[0] == '[') {
    const size_t end = text.find(']');
    if (end == std::string::npos) return false;
    host = text.substr(1, end - 1);
    if (end + 1 < text.size() && text[end + 1] == ':') port = text.substr(end + 2);
  } else if (text.find(':') != std::string::npos && text.find(':') == text.rfind(':')) {
    host = text.substr(0, text.find(':'));
    port = text.substr(text.find(':') + 1);
  }
  const u_short number = htons(port.empty() ? 0 : static_cast<u_short>(std::stoul(port)));
  if (host.find(':') == std::string::npos) {
    sockaddr_in in = {};
    in.sin_family = AF_INET;
    in.sin_port = number;
    address->remote = BytesOf(&in, sizeof(in));
    return inet_pton(AF_INET, host.c_str(), address->remote.data() + 4) == 1;
  }
  sockaddr_in6 in6 = {};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = number;
  const size_t percent = host.find('%');
  if (percent != std::string::npos) {
    in6.sin6_scope_id = static_cast<ULONG>(std::stoul(host.substr(percent + 1)));
    host.resize(percent);
  }
  const bool parsed = inet_pton(AF_INET6, host.c_str(), &in6.sin6_addr) == 1;
  address->remote = BytesOf(&in6, sizeof(in6));
  return parsed;
}

std::wstring KeyOf(const std::wstring& name) {
  std::wstring key = Lower(name);
  if (!key.empty() && key.back() == L'.') key.pop_back();
  return key;
}

namespace {

HostRecord Make(const char* name, const std::vector<const char*>& addresses) {
  HostRecord made;
  made.record.name = Wide(name);
  for (const char* text : addresses) {
    RecordAddress address;
    if (ParseAddress(text, &address)) made.record.addresses.push_back(address);
  }
  return made;
}

}  // namespace

void LoadInitialRecords(Host* host) {
  HostRecord one = Make("one.nsp.test", {"10.1.0.1", "[fd00::1]"});
  one.record.has_version = true;
  one.record.version = 7;
  one.record.comment = L"the first";
  one.record.blob = {1, 2, 3, 4, 5};
  HostRecord query = Make("query.nsp.test", {"10.1.0.4"});
  query.record.query_string = L"rest";
  query.record.context = L"\\top";
  GUID id;
  ParseGuid("9a8b7c6d-0001-4000-8000-000000000001", &id);
  query.record.has_class = true;
  query.record.service_class = BytesOf(&id, sizeof(id));
  host->records = {one, Make("two.nsp.test", {"10.1.0.2", "10.1.0.3"}),
                   Make("v6.nsp.test", {"[fd00::6]"}), Make("bare.nsp.test", {}), query};
}

}  // namespace faulty
