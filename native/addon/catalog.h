// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The Winsock catalog of namespace providers: that of this process's own width and, on 64-bit
// Windows, the one of 32-bit programs.
#ifndef WINSOCK_NSP_ADDON_CATALOG_H_
#define WINSOCK_NSP_ADDON_CATALOG_H_

#include <string>
#include <vector>

#include "status.h"

namespace nsp {

enum class Catalog { kNative, kX86 };

struct CatalogEntry {
  GUID id = {};
  std::wstring name;
  uint32_t name_space = 0;
  uint32_t version = 0;
  bool enabled = false;
  std::wstring path;  // unexpanded; empty if it could not be read
};

// Winsock, started at the first need of an environment and cleaned up with it.
class Winsock {
 public:
  Winsock() = default;
  Winsock(const Winsock&) = delete;
  Winsock& operator=(const Winsock&) = delete;
  ~Winsock();
  Status Start();

 private:
  bool started_ = false;
};

// All need a started Winsock. WSAEOPNOTSUPP: this ws2_32 has no such function for that catalog.
Status ListCatalog(Catalog catalog, std::vector<CatalogEntry>* entries);
Status InstallEntry(Catalog catalog, const CatalogEntry& entry);
Status UninstallEntry(Catalog catalog, const GUID& id);
Status EnableEntry(Catalog catalog, const GUID& id, bool enabled);
Status OrderCatalog(Catalog catalog, std::vector<GUID> ids);

// The entries as the registry keeps them, in order. `key` is Catalog_Entries or Catalog_Entries64.
Status ReadRegistryCatalog(const wchar_t* key, std::vector<CatalogEntry>* entries);

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_CATALOG_H_
