// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The namespace catalog in the registry, one list for 64-bit and one for 32-bit programs.
// Functions return 0 or a Winsock code and leave the last error undefined.
#ifndef RIG_CATALOG_H_
#define RIG_CATALOG_H_

#include <functional>
#include <string>
#include <vector>

#include "winsock.h"

namespace rig {

enum class Width { k32, k64 };

constexpr Width OwnWidth() {
  return sizeof(void*) == 8 ? Width::k64 : Width::k32;
}

struct CatalogEntry {
  GUID id{};
  DWORD name_space = 0;
  DWORD version = 0;
  bool enabled = true;
  bool stores_class_info = false;
  std::wstring path;  // unexpanded, as the installer gave it
  std::wstring name;
  std::vector<BYTE> info;  // of WSCInstallNameSpaceEx
};

using CatalogEntries = std::vector<CatalogEntry>;

class RegistryKey;

// The number that rises with every change. Creates the default catalog if there is none. Opens
// `catalog` if it does not know it yet: who reads again and again keeps it.
DWORD ReadCatalogSerial(RegistryKey* catalog, DWORD* serial);

// All entries of one width in their order. Waits up to 180 s for a writer, then 11003.
DWORD ReadCatalog(Width width, CatalogEntries* entries, DWORD* serial);

// Runs `change` on the list of one width under the writer's lock. If it returns 0 the list is
// stored, the serial raised and WSAProviderConfigChange told, else nothing changes and its code is
// returned.
DWORD EditCatalog(Width width, const std::function<DWORD(CatalogEntries&)>& change);

// Replaces both lists by the default catalog.
DWORD ResetCatalog();

// The entries that a fresh prefix has; the same for both widths.
CatalogEntries DefaultCatalog();

}  // namespace rig

#endif  // RIG_CATALOG_H_
