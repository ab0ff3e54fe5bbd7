// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// WSAEnumNameSpaceProviders in all its forms: the structures first, what they point to behind them.
#include "ansi.h"
#include "catalog.h"
#include "provider_view.h"
#include "startup.h"
#include "switches.h"
#include "winsock.h"

namespace rig {
namespace {

// How each of the four structures gets its name and, in the Ex forms, the installer's blob.
std::wstring NameFor(const WSANAMESPACE_INFOW*, const CatalogEntry& entry) {
  return entry.name;
}
std::wstring NameFor(const WSANAMESPACE_INFOEXW*, const CatalogEntry& entry) {
  return entry.name;
}
std::string NameFor(const WSANAMESPACE_INFOA*, const CatalogEntry& entry) {
  return Narrow(entry.name.c_str());
}
std::string NameFor(const WSANAMESPACE_INFOEXA*, const CatalogEntry& entry) {
  return Narrow(entry.name.c_str());
}

template <class Info>
constexpr bool kHasBlob = sizeof(Info) > sizeof(WSANAMESPACE_INFOW);

// Bytes behind the structure, a multiple of a pointer's size so that the next blob is aligned.
template <class Info>
size_t TailSize(const CatalogEntry& entry) {
  const auto name = NameFor(static_cast<const Info*>(nullptr), entry);
  size_t size = (name.size() + 1) * sizeof name[0];
  if constexpr (kHasBlob<Info>) size += (entry.info.size() + 1) / 2 * 2;
  return (size + sizeof(void*) - 1) / sizeof(void*) * sizeof(void*);
}

template <class Info>
void WriteEntry(const CatalogEntry& entry, Info* info, BYTE* tail) {
  *info = Info{};
  info->NSProviderId = entry.id;
  info->dwNameSpace = entry.name_space;
  info->fActive = entry.enabled && !Broken(Switch::kListInactive);
  info->dwVersion = entry.version;
  if constexpr (kHasBlob<Info>) {
    if (!entry.info.empty()) {
      memcpy(tail, entry.info.data(), entry.info.size());
      info->ProviderSpecific.cbSize = static_cast<ULONG>(entry.info.size());
      info->ProviderSpecific.pBlobData = tail;
      tail += (entry.info.size() + 1) / 2 * 2;
    }
  }
  const auto name = NameFor(info, entry);
  memcpy(tail, name.c_str(), (name.size() + 1) * sizeof name[0]);
  info->lpszIdentifier = reinterpret_cast<decltype(info->lpszIdentifier)>(tail);
}

template <class Info>
int Write(const CatalogEntries& entries, DWORD* length, Info* buffer) {
  size_t size = entries.size() * sizeof(Info);
  for (const CatalogEntry& entry : entries)
    size += TailSize<Info>(entry);
  if (buffer == nullptr || *length < size) {
    if (!Broken(Switch::kListSizeMissing)) *length = static_cast<DWORD>(size);
    return Fail(WSAEFAULT);
  }
  BYTE* tail = reinterpret_cast<BYTE*>(buffer + entries.size());
  if (Broken(Switch::kListStringsOutside)) tail = new BYTE[size];  // never freed
  for (size_t i = 0; i < entries.size(); ++i) {
    WriteEntry(entries[i], &buffer[i], tail);
    tail += TailSize<Info>(entries[i]);
  }
  return static_cast<int>(entries.size());
}

template <class Info>
int EnumerateOwn(DWORD* length, Info* buffer) {
  if (!Started()) return Fail(WSANOTINITIALISED);
  if (length == nullptr) return Fail(WSAEFAULT);
  CatalogEntries entries;
  DWORD code = ListEntries(&entries);
  if (code == 0 && Broken(Switch::kListOtherWidth)) {
    CatalogEntries others;
    DWORD serial = 0;
    code = ReadCatalog(OwnWidth() == Width::k64 ? Width::k32 : Width::k64, &others, &serial);
    const size_t own = entries.size();
    for (const CatalogEntry& other : others) {
      bool known = false;
      for (size_t i = 0; i < own; ++i)
        known = known || IsEqualGUID(entries[i].id, other.id);
      if (!known) entries.push_back(other);
    }
  }
  return code != 0 ? Fail(code) : Write(entries, length, buffer);
}

// No process keeps a view of the other width's catalog: the registry is read each time.
template <class Info>
[[maybe_unused]] int Enumerate32(DWORD* length, Info* buffer) {
  if (!Started()) return Fail(WSANOTINITIALISED);
  if (length == nullptr) return Fail(WSAEFAULT);
  CatalogEntries entries;
  DWORD serial = 0;
  const DWORD code = ReadCatalog(Width::k32, &entries, &serial);
  return code != 0 ? Fail(code) : Write(entries, length, buffer);
}

}  // namespace
}  // namespace rig

extern "C" {

INT WSAAPI WSAEnumNameSpaceProvidersA(LPDWORD length, LPWSANAMESPACE_INFOA buffer) {
  return rig::EnumerateOwn(length, buffer);
}

INT WSAAPI WSAEnumNameSpaceProvidersW(LPDWORD length, LPWSANAMESPACE_INFOW buffer) {
  return rig::EnumerateOwn(length, buffer);
}

INT WSAAPI WSAEnumNameSpaceProvidersExA(LPDWORD length, LPWSANAMESPACE_INFOEXA buffer) {
  return rig::EnumerateOwn(length, buffer);
}

INT WSAAPI WSAEnumNameSpaceProvidersExW(LPDWORD length, LPWSANAMESPACE_INFOEXW buffer) {
  return rig::EnumerateOwn(length, buffer);
}

#ifdef _WIN64

INT WSAAPI WSCEnumNameSpaceProviders32(LPDWORD length, LPWSANAMESPACE_INFOW buffer) {
  return rig::Enumerate32(length, buffer);
}

INT WSPAPI WSCEnumNameSpaceProvidersEx32(LPDWORD length, LPWSANAMESPACE_INFOEXW buffer) {
  return rig::Enumerate32(length, buffer);
}

#endif

}  // extern "C"
