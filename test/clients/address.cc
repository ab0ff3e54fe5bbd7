// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Text form of socket addresses, without asking ws2_32.
#include "address.h"

#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "command.h"

namespace client {
namespace {

uint16_t Swap(uint16_t value) {
  return static_cast<uint16_t>(value << 8 | value >> 8);
}

// Groups of one side of "::" (or of the whole address), most significant first.
std::vector<uint16_t> Groups(const std::string& text) {
  std::vector<uint16_t> groups;
  for (const std::string& group : Split(text, ':')) {
    groups.push_back(static_cast<uint16_t>(ParseNumber("0x" + group)));
  }
  return groups;
}

void ParseV6(const std::string& text, sockaddr_in6& out) {
  const size_t gap = text.find("::");
  std::vector<uint16_t> head = Groups(text.substr(0, gap));
  std::vector<uint16_t> tail;
  if (gap != std::string::npos) tail = Groups(text.substr(gap + 2));
  if (head.size() + tail.size() > 8) throw std::runtime_error("bad address: " + text);
  head.resize(8 - tail.size());
  head.insert(head.end(), tail.begin(), tail.end());
  for (size_t i = 0; i < 8; ++i)
    out.sin6_addr.u.Word[i] = Swap(head[i]);
}

void ParseV4(const std::string& text, sockaddr_in& out) {
  const std::vector<std::string> parts = Split(text, '.');
  if (parts.size() != 4) throw std::runtime_error("bad address: " + text);
  uint8_t bytes[4];
  for (size_t i = 0; i < 4; ++i)
    bytes[i] = static_cast<uint8_t>(ParseNumber(parts[i]));
  std::memcpy(&out.sin_addr, bytes, 4);
}

}  // namespace

int ParseAddress(const std::string& text, sockaddr_storage& storage) {
  if (text.starts_with("[")) {
    const size_t close = text.find(']');
    if (close == std::string::npos) throw std::runtime_error("bad address: " + text);
    std::string host = text.substr(1, close - 1);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    const size_t percent = host.find('%');
    if (percent != std::string::npos) {
      v6.sin6_scope_id = static_cast<ULONG>(ParseNumber(host.substr(percent + 1)));
      host.resize(percent);
    }
    if (text.size() > close + 1) {
      v6.sin6_port = Swap(static_cast<uint16_t>(ParseNumber(text.substr(close + 2))));
    }
    ParseV6(host, v6);
    return sizeof(sockaddr_in6);
  }
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  v4.sin_family = AF_INET;
  const size_t colon = text.find(':');
  if (colon != std::string::npos) {
    v4.sin_port = Swap(static_cast<uint16_t>(ParseNumber(text.substr(colon + 1))));
  }
  ParseV4(text.substr(0, colon), v4);
  return sizeof(sockaddr_in);
}

std::vector<uint8_t> ParseSockaddr(const std::string& text) {
  if (text.starts_with("raw:")) return FromHex(text.substr(4));
  sockaddr_storage storage{};
  const int length = ParseAddress(text, storage);
  const auto* const bytes = reinterpret_cast<const uint8_t*>(&storage);
  return std::vector<uint8_t>(bytes, bytes + length);
}

std::string AnyAddress(const std::string& text) {
  std::vector<uint8_t> bytes = text == "none" ? std::vector<uint8_t>{} : ParseSockaddr(text);
  for (size_t i = 2; i < bytes.size(); ++i)
    bytes[i] = 0;
  return bytes.empty() ? "none" : "raw:" + ToHex(bytes.data(), bytes.size());
}

std::string AddressText(const sockaddr* address) {
  char text[64] = "";
  if (address->sa_family == AF_INET) {
    uint8_t b[4];
    std::memcpy(b, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4);
    std::snprintf(text, sizeof text, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
  } else if (address->sa_family == AF_INET6) {
    uint16_t g[8];
    std::memcpy(g, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, 16);
    std::snprintf(text, sizeof text, "%x:%x:%x:%x:%x:%x:%x:%x", Swap(g[0]), Swap(g[1]), Swap(g[2]),
                  Swap(g[3]), Swap(g[4]), Swap(g[5]), Swap(g[6]), Swap(g[7]));
  }
  return text;
}

unsigned AddressPort(const sockaddr* address) {
  if (address->sa_family != AF_INET && address->sa_family != AF_INET6) return 0;
  return Swap(reinterpret_cast<const sockaddr_in*>(address)->sin_port);
}

}  // namespace client
