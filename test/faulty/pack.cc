// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See pack.h.
#include "pack.h"

#include <ws2tcpip.h>

#include <cstring>

#include "switches.h"

namespace faulty {
namespace {

constexpr DWORD kName = 0x10, kType = 0x20, kVersion = 0x40, kComment = 0x80, kAddr = 0x100,
                kBlob = 0x200, kQueryString = 0x800;

// Hands out places in the buffer. Without a buffer it only counts, from an aligned base.
class Walk {
 public:
  explicit Walk(uint8_t* buffer) : buffer_(buffer), at_(sizeof(WSAQUERYSETW)) {}

  template <typename T>
  T* Take(size_t size) {
    uintptr_t base = reinterpret_cast<uintptr_t>(buffer_);
    if (base % 8 != 0 && Broken(Switch::kUnalignedMembers)) base = 0;
    const uintptr_t aligned = (base + at_ + 7) & ~static_cast<uintptr_t>(7);
    const size_t place = aligned - base;
    at_ = place + size;
    return buffer_ ? reinterpret_cast<T*>(buffer_ + place) : nullptr;
  }

  template <typename T>
  T* Copy(const void* data, size_t size) {
    T* place = Take<T>(size);
    if (place) std::memcpy(static_cast<void*>(place), data, size);
    return place;
  }

  wchar_t* Text(const std::wstring& text) {
    return text.empty() ? nullptr
                        : Copy<wchar_t>(text.c_str(), (text.size() + 1) * sizeof(wchar_t));
  }

  size_t size() const { return at_; }

 private:
  uint8_t* buffer_;
  size_t at_;
};

// By hand, so that the DLL needs no ws2_32: it would be loaded by the one that loads it.
u_short NetworkOrder(uint32_t port) {
  return static_cast<u_short>((port << 8) | (port >> 8 & 0xFF));
}

int SockaddrSize(const RecordAddress& address) {
  return address.family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

void FillSockaddr(const RecordAddress& address, uint8_t* to) {
  if (address.family == AF_INET) {
    sockaddr_in in = {};
    in.sin_family = AF_INET;
    in.sin_port = NetworkOrder(address.port);
    std::memcpy(&in.sin_addr, address.bytes, 4);
    std::memcpy(to, &in, sizeof(in));
    return;
  }
  sockaddr_in6 in6 = {};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = NetworkOrder(address.port);
  in6.sin6_scope_id = address.scope;
  std::memcpy(&in6.sin6_addr, address.bytes, 16);
  std::memcpy(to, &in6, sizeof(in6));
}

void PackAddresses(const Record& record, const Query& query, Walk* walk, WSAQUERYSETW* set) {
  std::vector<const RecordAddress*> usable;
  for (const RecordAddress& address : record.addresses) {
    if (query.AcceptsFamily(static_cast<int>(address.family))) usable.push_back(&address);
  }
  if (usable.empty()) return;
  auto* list = walk->Take<CSADDR_INFO>(usable.size() * sizeof(CSADDR_INFO));
  set->dwNumberOfCsAddrs = static_cast<DWORD>(usable.size());
  set->lpcsaBuffer = list;
  for (size_t i = 0; i < usable.size(); ++i) {
    const int size = SockaddrSize(*usable[i]);
    auto* remote = walk->Take<uint8_t>(static_cast<size_t>(size));
    auto* local = walk->Take<uint8_t>(static_cast<size_t>(size));
    if (!list) continue;
    FillSockaddr(*usable[i], remote);
    std::memset(local, 0, static_cast<size_t>(size));
    std::memcpy(local, remote, sizeof(u_short));  // only the family
    CSADDR_INFO info = {};
    info.RemoteAddr = {reinterpret_cast<sockaddr*>(remote), size};
    if (!Broken(Switch::kLocalMissing)) info.LocalAddr = {reinterpret_cast<sockaddr*>(local), size};
    info.iSocketType = SOCK_STREAM;
    info.iProtocol = IPPROTO_TCP;
    std::memcpy(static_cast<void*>(list + i), &info, sizeof(info));
  }
}

void PackSmall(const Record& record, const Query& query, DWORD fields, Walk* walk,
               WSAQUERYSETW* set) {
  const bool class_known = record.has_class || query.has_class;
  if ((fields & kType) && class_known) {
    const void* id = record.has_class ? static_cast<const void*>(record.service_class.data())
                                      : &query.service_class;
    set->lpServiceClassId = walk->Copy<GUID>(id, sizeof(GUID));
  }
  if ((fields & kVersion) && record.has_version) {
    const WSAVERSION version = {record.version, COMP_EQUAL};
    set->lpVersion = walk->Copy<WSAVERSION>(&version, sizeof(version));
  }
  if ((fields & kBlob) && !record.blob.empty()) {
    auto* blob = walk->Take<BLOB>(sizeof(BLOB));
    auto* data = walk->Copy<BYTE>(record.blob.data(), record.blob.size());
    const BLOB filled = {static_cast<ULONG>(record.blob.size()), data};
    if (blob) std::memcpy(static_cast<void*>(blob), &filled, sizeof(filled));
    set->lpBlob = blob;
  }
}

void Pack(const Record& record, const Query& query, DWORD fields, Walk* walk, WSAQUERYSETW* set) {
  static wchar_t elsewhere[] = L"outside the buffer";
  set->dwSize = Broken(Switch::kResultSizeZero) ? 0 : sizeof(*set);
  set->dwNameSpace = Broken(Switch::kNameSpaceZero) ? 0 : kEntryTable[query.entry].name_space;
  set->lpNSProviderId = walk->Copy<GUID>(&kEntryTable[query.entry].id, sizeof(GUID));
  if (fields & kName) set->lpszServiceInstanceName = walk->Text(record.name);
  if (fields & kComment) set->lpszComment = walk->Text(record.comment);
  if (set->lpszComment && Broken(Switch::kPointerOutside)) set->lpszComment = elsewhere;
  if (fields & kQueryString) set->lpszQueryString = walk->Text(record.query_string);
  set->lpszContext = walk->Text(record.context);
  PackSmall(record, query, fields, walk, set);
  if (fields & kAddr) PackAddresses(record, query, walk, set);
}

}  // namespace

size_t MeasureResult(const Record& record, const Query& query, DWORD fields) {
  WSAQUERYSETW set = {};
  Walk walk(nullptr);
  Pack(record, query, fields, &walk, &set);
  return ((walk.size() + 7) & ~static_cast<size_t>(7)) + 7;
}

void WriteResult(const Record& record, const Query& query, DWORD fields, uint8_t* buffer) {
  WSAQUERYSETW set = {};
  Walk walk(buffer);
  Pack(record, query, fields, &walk, &set);
  std::memcpy(buffer, &set, sizeof(set));
}

}  // namespace faulty
