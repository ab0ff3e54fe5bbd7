// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the rig's own providers share: packing of one result, a table of lookup handles, and the
// entries that they do not support. Static code in each DLL; nothing of the dispatcher is in here.
#ifndef RIG_PROVIDER_KIT_H_
#define RIG_PROVIDER_KIT_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "winsock.h"
#include <ws2tcpip.h>

namespace rig {

// One service instance as a provider has it.
struct Answer {
  std::wstring name;
  std::wstring comment;
  GUID class_id{};
  std::vector<SOCKADDR_STORAGE> addresses;
  std::vector<BYTE> blob;
};

// Writes pieces behind each other, 8-byte aligned; with a null base it only counts.
class ResultPacker {
 public:
  ResultPacker(BYTE* base, size_t start) : base_(base), used_(start) {}

  void* Add(const void* data, size_t size) {
    used_ = (used_ + 7) / 8 * 8;
    void* const place = base_ != nullptr ? base_ + used_ : nullptr;
    if (place != nullptr) memcpy(place, data, size);
    used_ += size;
    return place;
  }

  size_t used() const { return used_; }

 private:
  BYTE* base_;
  size_t used_;
};

inline int AddressSize(const SOCKADDR_STORAGE& address) {
  return address.ss_family == AF_INET6 ? sizeof(SOCKADDR_IN6) : sizeof(SOCKADDR_IN);
}

inline void PackAddresses(ResultPacker& packer, const Answer& answer, WSAQUERYSETW* set) {
  const std::vector<CSADDR_INFO> empty(answer.addresses.size());
  auto* const infos =
      static_cast<CSADDR_INFO*>(packer.Add(empty.data(), empty.size() * sizeof(CSADDR_INFO)));
  set->dwNumberOfCsAddrs = static_cast<DWORD>(empty.size());
  set->lpcsaBuffer = infos;
  for (size_t i = 0; i < empty.size(); ++i) {
    const SOCKADDR_STORAGE& remote = answer.addresses[i];
    SOCKADDR_STORAGE local{};
    local.ss_family = remote.ss_family;
    const int size = AddressSize(remote);
    auto* const local_copy = packer.Add(&local, static_cast<size_t>(size));
    auto* const remote_copy = packer.Add(&remote, static_cast<size_t>(size));
    if (infos == nullptr) continue;
    infos[i].LocalAddr = {static_cast<SOCKADDR*>(local_copy), size};
    infos[i].RemoteAddr = {static_cast<SOCKADDR*>(remote_copy), size};
    infos[i].iSocketType = SOCK_DGRAM;
    infos[i].iProtocol = IPPROTO_UDP;
  }
}

inline size_t PackAnswer(const Answer& answer, const GUID& provider, DWORD name_space, DWORD flags,
                         BYTE* base) {
  ResultPacker packer(base, sizeof(WSAQUERYSETW));
  const auto text = [&](const std::wstring& from) {
    return static_cast<wchar_t*>(packer.Add(from.c_str(), (from.size() + 1) * sizeof(wchar_t)));
  };
  WSAQUERYSETW set{};
  set.dwSize = sizeof set;
  set.dwNameSpace = name_space;
  set.lpNSProviderId = static_cast<GUID*>(packer.Add(&provider, sizeof provider));
  if ((flags & LUP_RETURN_NAME) != 0) set.lpszServiceInstanceName = text(answer.name);
  if ((flags & LUP_RETURN_COMMENT) != 0) set.lpszComment = text(answer.comment);
  if ((flags & LUP_RETURN_TYPE) != 0) {
    set.lpServiceClassId = static_cast<GUID*>(packer.Add(&answer.class_id, sizeof(GUID)));
  }
  if ((flags & LUP_RETURN_ADDR) != 0 && !answer.addresses.empty()) {
    PackAddresses(packer, answer, &set);
  }
  if ((flags & LUP_RETURN_BLOB) != 0 && !answer.blob.empty()) {
    BLOB blob{static_cast<ULONG>(answer.blob.size()), nullptr};
    auto* const copy = static_cast<BLOB*>(packer.Add(&blob, sizeof blob));
    auto* const data = packer.Add(answer.blob.data(), answer.blob.size());
    if (copy != nullptr) copy->pBlobData = static_cast<BYTE*>(data);
    set.lpBlob = copy;
  }
  if (base != nullptr) memcpy(base, &set, sizeof set);
  return packer.used();
}

// Puts one answer into the caller's buffer: 0, or WSAEFAULT and the size in *length.
inline int WriteAnswer(const Answer& answer, const GUID& provider, DWORD name_space, DWORD flags,
                       DWORD* length, WSAQUERYSETW* results) {
  const size_t size = PackAnswer(answer, provider, name_space, flags, nullptr);
  if (results == nullptr || *length < size) {
    *length = static_cast<DWORD>(size);
    return Fail(WSAEFAULT);
  }
  PackAnswer(answer, provider, name_space, flags, reinterpret_cast<BYTE*>(results));
  return 0;
}

// Flags that hold for one Next: Begin's, narrowed by Next's if it names any field.
inline DWORD EffectiveFlags(DWORD begin, DWORD next) {
  return (next & LUP_RETURN_ALL) != 0 ? begin & next : begin;
}

// Lookup handles: numbers that are looked up.
template <class Lookup>
class LookupTable {
 public:
  HANDLE Add(std::shared_ptr<Lookup> lookup) {
    ExclusiveLock lock(&lock_);
    const HANDLE handle = reinterpret_cast<HANDLE>(next_);
    next_ += 4;
    lookups_.emplace(handle, std::move(lookup));
    return handle;
  }

  std::shared_ptr<Lookup> Find(HANDLE handle) {
    ExclusiveLock lock(&lock_);
    const auto found = lookups_.find(handle);
    return found == lookups_.end() ? nullptr : found->second;
  }

  std::shared_ptr<Lookup> Remove(HANDLE handle) {
    ExclusiveLock lock(&lock_);
    const auto found = lookups_.find(handle);
    if (found == lookups_.end()) return nullptr;
    std::shared_ptr<Lookup> lookup = std::move(found->second);
    lookups_.erase(found);
    return lookup;
  }

 private:
  SRWLOCK lock_ = SRWLOCK_INIT;
  std::map<HANDLE, std::shared_ptr<Lookup>> lookups_;
  ULONG_PTR next_ = 0x100;
};

// Entries that none of these providers supports.
inline INT WSAAPI NoSetService(LPGUID, LPWSASERVICECLASSINFOW, LPWSAQUERYSETW, WSAESETSERVICEOP,
                               DWORD) {
  return Fail(WSAEOPNOTSUPP);
}
inline INT WSAAPI NoInstallClass(LPGUID, LPWSASERVICECLASSINFOW) {
  return Fail(WSAEOPNOTSUPP);
}
inline INT WSAAPI NoRemoveClass(LPGUID, LPGUID) {
  return Fail(WSAEOPNOTSUPP);
}
inline INT WSAAPI NoClassInfo(LPGUID, LPDWORD, LPWSASERVICECLASSINFOW) {
  return Fail(WSAEOPNOTSUPP);
}

// Fills everything but Cleanup, Begin, Next, End and Ioctl.
inline void FillRoutines(NSP_ROUTINE* routines) {
  *routines = NSP_ROUTINE{};
  routines->cbSize = sizeof *routines;
  routines->dwMajorVersion = 1;
  routines->dwMinorVersion = 1;
  routines->NSPSetService = NoSetService;
  routines->NSPInstallServiceClass = NoInstallClass;
  routines->NSPRemoveServiceClass = NoRemoveClass;
  routines->NSPGetServiceClassInfo = NoClassInfo;
}

}  // namespace rig

#endif  // RIG_PROVIDER_KIT_H_
