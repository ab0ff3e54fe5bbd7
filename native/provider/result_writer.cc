// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The result is packed in memory of our own, with pointers already as they will be in the caller's
// buffer, then copied over in one guarded step: a buffer that vanishes meanwhile costs the caller a
// WSAEFAULT and nothing else.
#include "result_writer.h"

#include <cstring>

#include "guarded_copy.h"

namespace nsp {
namespace {

constexpr size_t kAlign = 8;

// Hands out places behind each other. Without a block it only measures.
class Packer {
 public:
  Packer(uint8_t* block, uintptr_t target) : block_(block), target_(target) {}

  // `bytes` at the next place whose address in the caller's buffer is aligned. Returns the address
  // there.
  uintptr_t Place(const void* data, size_t bytes, uint8_t** local = nullptr) {
    offset_ += (kAlign - ((target_ + offset_) & (kAlign - 1))) & (kAlign - 1);
    uintptr_t address = target_ + offset_;
    if (block_ != nullptr) {
      if (data != nullptr && bytes != 0) {
        std::memcpy(block_ + offset_, data, bytes);
      }
      if (local != nullptr) {
        *local = block_ + offset_;
      }
    }
    offset_ += bytes;
    return address;
  }
  void SkipHead() { offset_ = sizeof(WSAQUERYSETW); }
  uint8_t* block() { return block_; }
  size_t offset() const { return offset_; }

 private:
  uint8_t* block_;
  uintptr_t target_;
  size_t offset_ = 0;
};

// UTF-16 text with a terminator; the block is zeroed, so the terminator is there.
LPWSTR PlaceText(Packer* packer, const Bytes& text) {
  uint8_t* local = nullptr;
  uintptr_t address = packer->Place(nullptr, text.size + sizeof(uint16_t), &local);
  if (local != nullptr && text.size != 0) {
    std::memcpy(local, text.data, text.size);
  }
  return reinterpret_cast<LPWSTR>(address);
}

uint16_t FamilyOf(const Bytes& sockaddr) {
  uint16_t family = AF_UNSPEC;
  if (sockaddr.size >= sizeof(family)) {
    std::memcpy(&family, sockaddr.data, sizeof(family));
  }
  return family;
}

// A missing local side of an IP address becomes a zeroed one of its family: the form that all
// consumers take.
SOCKET_ADDRESS PlaceLocal(Packer* packer, const AddressView& address) {
  uint16_t family = FamilyOf(address.remote);
  bool ip = family == AF_INET || family == AF_INET6;
  uint32_t size = address.local.size;
  if (size == 0 && ip) {
    size = address.remote.size;
  }
  if (size == 0) {
    return {nullptr, 0};
  }
  uint8_t* local = nullptr;
  uintptr_t at = packer->Place(nullptr, size, &local);
  if (local != nullptr) {
    if (address.local.size != 0) {
      std::memcpy(local, address.local.data, size);
    } else {
      std::memcpy(local, &family, sizeof(family));
    }
  }
  return {reinterpret_cast<LPSOCKADDR>(at), static_cast<INT>(size)};
}

SOCKET_ADDRESS PlaceRemote(Packer* packer, const Bytes& remote) {
  if (remote.size == 0) {
    return {nullptr, 0};
  }
  uintptr_t at = packer->Place(remote.data, remote.size);
  return {reinterpret_cast<LPSOCKADDR>(at), static_cast<INT>(remote.size)};
}

LPCSADDR_INFO PlaceAddresses(Packer* packer, const QuerySetView& item) {
  uint8_t* array = nullptr;
  uintptr_t at = packer->Place(nullptr, item.head.address_count * sizeof(CSADDR_INFO), &array);
  Bytes rest = item.addresses;
  AddressView address;
  for (uint32_t i = 0; NextAddress(&rest, &address); ++i) {
    CSADDR_INFO info = {};
    info.LocalAddr = PlaceLocal(packer, address);
    info.RemoteAddr = PlaceRemote(packer, address.remote);
    info.iSocketType = address.head.socket_type;
    info.iProtocol = address.head.protocol;
    if (array != nullptr) {
      std::memcpy(array + i * sizeof(info), &info, sizeof(info));
    }
  }
  return reinterpret_cast<LPCSADDR_INFO>(at);
}

LPBLOB PlaceBlob(Packer* packer, const Bytes& bytes) {
  BLOB blob = {};
  blob.cbSize = bytes.size;
  blob.pBlobData = reinterpret_cast<BYTE*>(packer->Place(bytes.data, bytes.size));
  return reinterpret_cast<LPBLOB>(packer->Place(&blob, sizeof(blob)));
}

// The one walk.
void Pack(const ResultTarget& target, Packer* packer) {
  const QuerySetView& item = *target.item;
  uint32_t wanted = target.return_flags;
  auto has = [&](uint32_t field, uint32_t flag) {
    return (item.head.present & field) != 0 && (wanted & flag) != 0;
  };
  WSAQUERYSETW set = {};
  packer->SkipHead();
  set.dwSize = sizeof(set);
  set.dwNameSpace = target.name_space;
  set.lpNSProviderId = reinterpret_cast<LPGUID>(packer->Place(target.provider, sizeof(GUID)));
  set.dwOutputFlags = item.head.flags;
  if (has(kHasName, LUP_RETURN_NAME)) {
    set.lpszServiceInstanceName = PlaceText(packer, item.name);
  }
  if (has(kHasClass, LUP_RETURN_TYPE)) {
    set.lpServiceClassId =
        reinterpret_cast<LPGUID>(packer->Place(item.head.service_class, sizeof(GUID)));
  }
  if (has(kHasVersion, LUP_RETURN_VERSION)) {
    WSAVERSION version = {};
    version.dwVersion = item.head.version;
    version.ecHow = static_cast<WSAECOMPARATOR>(item.head.compare);
    set.lpVersion = reinterpret_cast<LPWSAVERSION>(packer->Place(&version, sizeof(version)));
  }
  if (has(kHasComment, LUP_RETURN_COMMENT)) {
    set.lpszComment = PlaceText(packer, item.comment);
  }
  if ((item.head.present & kHasContext) != 0) {
    set.lpszContext = PlaceText(packer, item.context);
  }
  if (has(kHasQueryString, LUP_RETURN_QUERY_STRING)) {
    set.lpszQueryString = PlaceText(packer, item.query_string);
  }
  if ((wanted & LUP_RETURN_ADDR) != 0 && item.head.address_count != 0) {
    set.dwNumberOfCsAddrs = item.head.address_count;
    set.lpcsaBuffer = PlaceAddresses(packer, item);
  }
  if (has(kHasBlob, LUP_RETURN_BLOB)) {
    set.lpBlob = PlaceBlob(packer, item.blob);
  }
  if (packer->block() != nullptr) {
    std::memcpy(packer->block(), &set, sizeof(set));
  }
}

}  // namespace

DWORD WriteResult(const ResultTarget& target, uint32_t* need) {
  Packer measure(nullptr, 0);
  Pack(target, &measure);
  // The spare bytes serve a buffer that does not begin on a multiple of 8; they count wherever it
  // begins.
  *need = static_cast<uint32_t>((measure.offset() + kAlign - 1) / kAlign * kAlign + kAlign - 1);
  if (target.length < *need) {
    return WSAEFAULT;
  }
  Buffer block;
  if (!block.Resize(*need)) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  Packer packer(block.data(), reinterpret_cast<uintptr_t>(target.buffer));
  Pack(target, &packer);
  if (target.buffer == nullptr || !GuardedCopy(target.buffer, block.data(), packer.offset())) {
    *need = 0;
    return WSAEFAULT;
  }
  return 0;
}

}  // namespace nsp
