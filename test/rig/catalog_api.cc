// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Installation, removal, enabling and ordering of namespace entries. The plain names act on the
// catalog of the caller's width, the names with 32 on that of 32-bit programs.
#include "catalog.h"

#include <algorithm>

#include "switches.h"
#include "winsock.h"

namespace rig {
namespace {

CatalogEntries::iterator Find(CatalogEntries& entries, const GUID& id) {
  return std::find_if(entries.begin(), entries.end(),
                      [&](const CatalogEntry& entry) { return IsEqualGUID(entry.id, id); });
}

int Result(DWORD code) {
  return code == 0 ? 0 : Fail(code);
}

std::wstring StoredPath(const wchar_t* path) {
  if (!Broken(Switch::kPathExpanded)) return path;
  wchar_t expanded[MAX_PATH * 2];
  const DWORD room = sizeof expanded / sizeof expanded[0];
  return ExpandEnvironmentStringsW(path, expanded, room) == 0 ? path : expanded;
}

int Install(Width width, const wchar_t* name, const wchar_t* path, DWORD name_space, DWORD version,
            const GUID* id, const BLOB* info) {
  if (name == nullptr || path == nullptr || id == nullptr || name_space == NS_ALL) {
    return Fail(WSAEINVAL);
  }
  CatalogEntry entry;
  entry.id = *id;
  entry.name_space = name_space;
  entry.version = version;
  entry.path = StoredPath(path);
  entry.name = name;
  if (info != nullptr && info->pBlobData != nullptr) {
    entry.info.assign(info->pBlobData, info->pBlobData + info->cbSize);
  }
  return Result(EditCatalog(width, [&](CatalogEntries& entries) -> DWORD {
    if (Find(entries, entry.id) != entries.end()) {
      return Broken(Switch::kInstallTwiceCode) ? WSAEINVAL : WSANO_RECOVERY;
    }
    entries.push_back(entry);
    return 0;
  }));
}

int UnInstall(Width width, const GUID* id) {
  if (id == nullptr) return Fail(WSAEFAULT);
  if (width == OwnWidth() && Broken(Switch::kUninstallUnknown)) {
    CatalogEntries entries;
    DWORD serial = 0;
    ReadCatalog(width, &entries, &serial);
    if (Find(entries, *id) == entries.end()) return 0;
  }
  return Result(EditCatalog(width, [&](CatalogEntries& entries) -> DWORD {
    const auto found = Find(entries, *id);
    if (found == entries.end()) return WSAEINVAL;
    entries.erase(found);
    return 0;
  }));
}

int Enable(Width width, const GUID* id, BOOL enable) {
  if (id == nullptr) return Fail(WSAEFAULT);
  return Result(EditCatalog(width, [&](CatalogEntries& entries) -> DWORD {
    const auto found = Find(entries, *id);
    if (found == entries.end()) return WSAEINVAL;
    found->enabled = enable != FALSE;
    return 0;
  }));
}

// Returns the code itself, unlike the other functions here.
int Order(Width width, const GUID* ids, DWORD count) {
  if (ids == nullptr) return WSAEFAULT;
  const DWORD code = EditCatalog(width, [&](CatalogEntries& entries) -> DWORD {
    const bool complete = count == entries.size();
    if (!complete && !Broken(Switch::kOrderIncomplete)) return WSAEINVAL;
    CatalogEntries ordered;
    for (DWORD i = 0; i < count; ++i) {
      const auto found = Find(entries, ids[i]);
      if (found == entries.end() || Find(ordered, ids[i]) != ordered.end()) return WSAEINVAL;
      ordered.push_back(*found);
    }
    if (!complete) return 0;  // claims success without doing anything
    if (!Broken(Switch::kOrderIgnored)) entries = std::move(ordered);
    return 0;
  });
  return static_cast<int>(code);
}

}  // namespace
}  // namespace rig

using rig::OwnWidth;
using rig::Width;

extern "C" {

INT WSPAPI WSCInstallNameSpace(LPWSTR name, LPWSTR path, DWORD name_space, DWORD version,
                               LPGUID id) {
  return rig::Install(OwnWidth(), name, path, name_space, version, id, nullptr);
}

int WSAAPI WSCInstallNameSpaceEx(LPWSTR name, LPWSTR path, DWORD name_space, DWORD version,
                                 LPGUID id, LPBLOB info) {
  return rig::Install(OwnWidth(), name, path, name_space, version, id, info);
}

INT WSPAPI WSCUnInstallNameSpace(LPGUID id) {
  return rig::UnInstall(OwnWidth(), id);
}

INT WSPAPI WSCEnableNSProvider(LPGUID id, WINBOOL enable) {
  return rig::Enable(OwnWidth(), id, enable);
}

int WSPAPI WSCWriteNameSpaceOrder(LPGUID ids, DWORD count) {
  return rig::Order(OwnWidth(), ids, count);
}

#ifdef _WIN64

INT WSPAPI WSCInstallNameSpace32(LPWSTR name, LPWSTR path, DWORD name_space, DWORD version,
                                 LPGUID id) {
  return rig::Install(Width::k32, name, path, name_space, version, id, nullptr);
}

int WSAAPI WSCInstallNameSpaceEx32(LPWSTR name, LPWSTR path, DWORD name_space, DWORD version,
                                   LPGUID id, LPBLOB info) {
  return rig::Install(Width::k32, name, path, name_space, version, id, info);
}

INT WSPAPI WSCUnInstallNameSpace32(LPGUID id) {
  return rig::UnInstall(Width::k32, id);
}

INT WSPAPI WSCEnableNSProvider32(LPGUID id, WINBOOL enable) {
  return rig::Enable(Width::k32, id, enable);
}

int WSPAPI WSCWriteNameSpaceOrder32(LPGUID ids, DWORD count) {
  return rig::Order(Width::k32, ids, count);
}

#endif

}  // extern "C"
