// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See result_writer.h.
#include "result_writer.h"

#include <cstddef>
#include <cstring>

#include "made_blob.h"
#include "packer.h"

namespace nsp {
namespace {

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
  uintptr_t at = packer->Reserve(size, &local);
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

template <typename T>
void PutField(uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof(value));
}

LPCSADDR_INFO PlaceAddresses(Packer* packer, const QuerySetView& item) {
  uint8_t* array = nullptr;
  uintptr_t at = packer->Reserve(item.head.address_count * sizeof(CSADDR_INFO), &array);
  Bytes rest = item.addresses;
  AddressView address;
  for (uint32_t i = 0; NextAddress(&rest, &address); ++i) {
    const SOCKET_ADDRESS local = PlaceLocal(packer, address);
    const SOCKET_ADDRESS remote = PlaceRemote(packer, address.remote);
    if (array != nullptr) {
      // Field by field: an array in the block is aligned as the caller's buffer, not as a type.
      uint8_t* const info = array + i * sizeof(CSADDR_INFO);
      PutField(info + offsetof(CSADDR_INFO, LocalAddr.lpSockaddr), local.lpSockaddr);
      PutField(info + offsetof(CSADDR_INFO, LocalAddr.iSockaddrLength), local.iSockaddrLength);
      PutField(info + offsetof(CSADDR_INFO, RemoteAddr.lpSockaddr), remote.lpSockaddr);
      PutField(info + offsetof(CSADDR_INFO, RemoteAddr.iSockaddrLength), remote.iSockaddrLength);
      PutField(info + offsetof(CSADDR_INFO, iSocketType), address.head.socket_type);
      PutField(info + offsetof(CSADDR_INFO, iProtocol), address.head.protocol);
    }
  }
  return reinterpret_cast<LPCSADDR_INFO>(at);
}

LPBLOB PlaceBlob(Packer* packer, const QuerySetView& item) {
  BLOB blob = {};
  if (HasMadeBlob(item)) {
    Packer measure;
    PackMadeBlob(item, &measure);
    blob.cbSize = static_cast<ULONG>(measure.offset());
    uint8_t* local = nullptr;
    blob.pBlobData = reinterpret_cast<BYTE*>(packer->Reserve(blob.cbSize, &local));
    if (local != nullptr) {
      Packer inner(local, blob.cbSize, 0);
      PackMadeBlob(item, &inner);
    }
  } else if ((item.head.present & kHasBlob) != 0 && item.head.blob_kind == kBlobOpaque) {
    blob.cbSize = item.blob.size;
    blob.pBlobData = reinterpret_cast<BYTE*>(packer->Place(item.blob.data, item.blob.size));
  } else {
    return nullptr;
  }
  return reinterpret_cast<LPBLOB>(packer->Place(&blob, sizeof(blob)));
}

// The one walk.
void Pack(const ResultTarget& target, Packer* packer) {
  const QuerySetView& item = *target.item;
  uint32_t wanted = target.return_flags;
  auto has = [&](uint32_t field, uint32_t flag) {
    return (item.head.present & field) != 0 && (wanted & flag) != 0;
  };
  WSAQUERYSETW spare;
  WSAQUERYSETW& set = *packer->Head(&spare);
  set.dwSize = sizeof(set);
  set.dwNameSpace = target.name_space;
  set.lpNSProviderId = reinterpret_cast<LPGUID>(packer->Place(target.provider, sizeof(GUID)));
  set.dwOutputFlags = item.head.flags;
  if (has(kHasName, LUP_RETURN_NAME)) {
    set.lpszServiceInstanceName = packer->PlaceText(item.name);
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
    set.lpszComment = packer->PlaceText(item.comment);
  }
  if ((item.head.present & kHasContext) != 0) {
    set.lpszContext = packer->PlaceText(item.context);
  }
  if (has(kHasQueryString, LUP_RETURN_QUERY_STRING)) {
    set.lpszQueryString = packer->PlaceText(item.query_string);
  }
  if ((wanted & LUP_RETURN_ADDR) != 0 && item.head.address_count != 0) {
    set.dwNumberOfCsAddrs = item.head.address_count;
    set.lpcsaBuffer = PlaceAddresses(packer, item);
  }
  if ((wanted & LUP_RETURN_BLOB) != 0) {
    set.lpBlob = PlaceBlob(packer, item);
  }
}

}  // namespace

DWORD WriteResult(const ResultTarget& target, uint32_t* need) {
  return PackInto(target.buffer, target.length, need,
                  [&](Packer* packer) { Pack(target, packer); });
}

}  // namespace nsp
