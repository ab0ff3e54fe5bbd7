// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See made_blob.h.
#include "made_blob.h"

#include <cstring>

namespace nsp {
namespace {

// SVCID_TCP(port) and SVCID_UDP(port): the first number of the GUID is this, then the port.
constexpr uint32_t kTcpClass = 0x0009;
constexpr uint32_t kUdpClass = 0x000A;
constexpr uint32_t kIpv4Bytes = 4;

// Text in the process's code page, with a terminator. The conversion never yields nothing for
// something, unless the text is no text; then it is empty.
uintptr_t PlaceAnsi(Packer* packer, const Bytes& text) {
  const auto* units = reinterpret_cast<const wchar_t*>(text.data);
  int count = static_cast<int>(text.size / sizeof(uint16_t));
  int bytes =
      count == 0 ? 0 : WideCharToMultiByte(CP_ACP, 0, units, count, nullptr, 0, nullptr, nullptr);
  uint8_t* local = nullptr;
  uintptr_t address = packer->Reserve(static_cast<size_t>(bytes) + 1, &local);
  if (local != nullptr && bytes != 0) {
    WideCharToMultiByte(CP_ACP, 0, units, count, reinterpret_cast<char*>(local), bytes, nullptr,
                        nullptr);
  }
  return address;
}

// Takes the next alias off the front. False: none left.
bool NextAlias(Bytes* rest, Bytes* alias) {
  uint32_t length = 0;
  uint16_t unit = 1;
  while (rest->size - length >= sizeof(unit)) {
    std::memcpy(&unit, rest->data + length, sizeof(unit));
    if (unit == 0) {
      break;
    }
    length += sizeof(unit);
  }
  *alias = {rest->data, length};
  uint32_t taken = unit == 0 ? length + static_cast<uint32_t>(sizeof(unit)) : length;
  bool any = rest->size >= sizeof(unit);
  rest->data += taken;
  rest->size -= taken;
  return any;
}

// Takes the next IPv4 address of the result.
bool NextIpv4(Bytes* rest, const uint8_t** bytes) {
  AddressView address;
  while (NextAddress(rest, &address)) {
    uint16_t family = AF_UNSPEC;
    if (address.remote.size >= offsetof(sockaddr_in, sin_addr) + kIpv4Bytes) {
      std::memcpy(&family, address.remote.data, sizeof(family));
    }
    if (family == AF_INET) {
      *bytes = address.remote.data + offsetof(sockaddr_in, sin_addr);
      return true;
    }
  }
  return false;
}

// A zero-terminated array of pointers whose elements follow it. `place` places the next element, or
// answers false; it is walked once to count and once to place.
template <typename Start, typename Place>
uintptr_t PlaceList(Packer* packer, const Start& start, const Place& place) {
  size_t count = 0;
  Packer counter;
  uintptr_t ignored = 0;
  for (Bytes rest = start; place(&counter, &rest, &ignored);) {
    ++count;
  }
  uint8_t* array = nullptr;
  uintptr_t at = packer->Reserve((count + 1) * sizeof(uintptr_t), &array);
  Bytes rest = start;
  uintptr_t element = 0;
  for (size_t i = 0; place(packer, &rest, &element); ++i) {
    if (array != nullptr) {
      std::memcpy(array + i * sizeof(element), &element, sizeof(element));
    }
  }
  return at;
}

char** PlaceAliases(Packer* packer, const Bytes& aliases) {
  auto place = [](Packer* to, Bytes* rest, uintptr_t* at) {
    Bytes alias;
    if (!NextAlias(rest, &alias)) {
      return false;
    }
    *at = PlaceAnsi(to, alias);
    return true;
  };
  return reinterpret_cast<char**>(PlaceList(packer, aliases, place));
}

char** PlaceIpv4(Packer* packer, const Bytes& addresses) {
  auto place = [](Packer* to, Bytes* rest, uintptr_t* at) {
    const uint8_t* bytes = nullptr;
    if (!NextIpv4(rest, &bytes)) {
      return false;
    }
    *at = to->Place(bytes, kIpv4Bytes);
    return true;
  };
  return reinterpret_cast<char**>(PlaceList(packer, addresses, place));
}

uint32_t ClassNumber(const QuerySetView& item) {
  uint32_t number = 0;
  if ((item.head.present & kHasClass) != 0) {
    std::memcpy(&number, item.head.service_class, sizeof(number));
  }
  return number;
}

void PackHostent(const QuerySetView& item, Packer* packer) {
  hostent host = {};
  packer->SkipHead(sizeof(host));
  host.h_name = reinterpret_cast<char*>(PlaceAnsi(packer, item.name));
  host.h_aliases = PlaceAliases(packer, item.aliases);
  host.h_addrtype = AF_INET;
  host.h_length = kIpv4Bytes;
  host.h_addr_list = PlaceIpv4(packer, item.addresses);
  packer->WriteHead(host);
}

void PackServent(const QuerySetView& item, Packer* packer) {
  static constexpr char kTcp[] = "tcp";
  static constexpr char kUdp[] = "udp";
  uint32_t number = ClassNumber(item);
  servent service = {};
  packer->SkipHead(sizeof(service));
  service.s_name = reinterpret_cast<char*>(PlaceAnsi(packer, item.name));
  service.s_aliases = PlaceAliases(packer, item.aliases);
  // In network order.
  service.s_port = static_cast<short>(static_cast<uint16_t>(number << 8 | (number >> 8 & 0xff)));
  const char* proto = number >> 16 == kTcpClass ? kTcp : kUdp;
  service.s_proto = reinterpret_cast<char*>(packer->Place(proto, sizeof(kTcp)));
  packer->WriteHead(service);
}

}  // namespace

bool HasMadeBlob(const QuerySetView& item) {
  uint32_t type = ClassNumber(item) >> 16;
  return item.head.blob_kind == kBlobHostent ||
         (item.head.blob_kind == kBlobServent && (type == kTcpClass || type == kUdpClass));
}

void PackMadeBlob(const QuerySetView& item, Packer* packer) {
  if (item.head.blob_kind == kBlobHostent) {
    PackHostent(item, packer);
  } else {
    PackServent(item, packer);
  }
}

}  // namespace nsp
