// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Packing of a result for an ANSI client; see ansi.h. One walk measures and writes.
#include <cstdint>

#include "ansi.h"

namespace rig {
namespace {

// Hands out places in the client's buffer, or only counts when it has none. Alignment is relative
// to the buffer's start: an aligned buffer gets aligned members, an odd one odd members, which
// these two architectures bear, and the size is the same for both.
class Packer {
 public:
  Packer(void* buffer, DWORD start) : base_(reinterpret_cast<uintptr_t>(buffer)), used_(start) {}

  void* Place(const void* data, size_t size, size_t alignment) {
    if (data == nullptr) return nullptr;
    used_ = (used_ + alignment - 1) / alignment * alignment;
    const size_t offset = used_;
    used_ += size;
    if (base_ == 0) return nullptr;
    void* const place = reinterpret_cast<void*>(base_ + offset);
    memcpy(place, data, size);
    return place;
  }

  template <class T>
  T* Copy(const T* data, size_t count = 1) {
    if (count == 0) return nullptr;
    return static_cast<T*>(Place(data, count * sizeof(T), alignof(T)));
  }

  char* Text(const wchar_t* text) {
    if (text == nullptr) return nullptr;
    const std::string narrow = Narrow(text);
    return static_cast<char*>(Place(narrow.c_str(), narrow.size() + 1, 1));
  }

  size_t used() const { return used_; }

 private:
  uintptr_t base_;
  size_t used_;
};

void PackAddress(Packer& packer, const SOCKET_ADDRESS& from, SOCKET_ADDRESS* to) {
  void* const place =
      packer.Place(from.lpSockaddr, static_cast<size_t>(from.iSockaddrLength), sizeof(void*));
  if (to != nullptr) to->lpSockaddr = static_cast<SOCKADDR*>(place);
}

void PackAddresses(Packer& packer, const WSAQUERYSETW& from, WSAQUERYSETA* to) {
  CSADDR_INFO* const copies = packer.Copy(from.lpcsaBuffer, from.dwNumberOfCsAddrs);
  if (to != nullptr) to->lpcsaBuffer = copies;
  if (from.lpcsaBuffer == nullptr) return;
  for (DWORD i = 0; i < from.dwNumberOfCsAddrs; ++i) {
    CSADDR_INFO* const copy = copies != nullptr ? &copies[i] : nullptr;
    PackAddress(packer, from.lpcsaBuffer[i].LocalAddr, copy ? &copy->LocalAddr : nullptr);
    PackAddress(packer, from.lpcsaBuffer[i].RemoteAddr, copy ? &copy->RemoteAddr : nullptr);
  }
}

void PackBlob(Packer& packer, const BLOB* from, WSAQUERYSETA* to) {
  if (from == nullptr) return;
  BLOB* const copy = packer.Copy(from);
  void* const data = packer.Place(from->pBlobData, from->cbSize, 8);
  if (to == nullptr) return;
  copy->pBlobData = static_cast<BYTE*>(data);
  to->lpBlob = copy;
}

// With a NULL `to` this only measures.
size_t Pack(const WSAQUERYSETW& from, WSAQUERYSETA* to) {
  Packer packer(to, sizeof *to);
  WSAQUERYSETA scratch{};
  WSAQUERYSETA& set = to != nullptr ? *to : scratch;
  set = WSAQUERYSETA{};
  set.dwSize = sizeof set;
  set.lpServiceClassId = packer.Copy(from.lpServiceClassId);
  set.lpVersion = packer.Copy(from.lpVersion);
  set.dwNameSpace = from.dwNameSpace;
  set.lpNSProviderId = packer.Copy(from.lpNSProviderId);
  set.dwNumberOfProtocols = from.dwNumberOfProtocols;
  set.lpafpProtocols = packer.Copy(from.lpafpProtocols, from.dwNumberOfProtocols);
  set.dwNumberOfCsAddrs = from.dwNumberOfCsAddrs;
  set.dwOutputFlags = from.dwOutputFlags;
  PackAddresses(packer, from, to);
  PackBlob(packer, from.lpBlob, to);
  set.lpszServiceInstanceName = packer.Text(from.lpszServiceInstanceName);
  set.lpszComment = packer.Text(from.lpszComment);
  set.lpszContext = packer.Text(from.lpszContext);
  set.lpszQueryString = packer.Text(from.lpszQueryString);
  return packer.used();
}

}  // namespace

DWORD WriteAnsiResult(const WSAQUERYSETW& from, void* buffer, DWORD size) {
  const size_t needed = Pack(from, nullptr);
  if (buffer != nullptr && needed <= size) Pack(from, static_cast<WSAQUERYSETA*>(buffer));
  return static_cast<DWORD>(needed);
}

}  // namespace rig
