// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Shows, hashes or resets the namespace catalog of a prefix: rig_catalog show | hash | reset.
// It reads the registry itself, so it shows what is stored and not what some process sees.
#include <cstdio>
#include <cwchar>

#include "catalog.h"

namespace {

void Print(rig::Width width, const rig::CatalogEntry& entry, size_t number) {
  const GUID& id = entry.id;
  printf("%s %zu %08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x ns=%lu v=%lu %s \"%ls\" %ls\n",
         width == rig::Width::k64 ? "x64" : "x86", number, id.Data1,
         static_cast<unsigned>(id.Data2), static_cast<unsigned>(id.Data3), id.Data4[0], id.Data4[1],
         id.Data4[2], id.Data4[3], id.Data4[4], id.Data4[5], id.Data4[6], id.Data4[7],
         entry.name_space, entry.version, entry.enabled ? "on" : "off", entry.name.c_str(),
         entry.path.c_str());
}

// FNV-1a, enough to tell two catalogs apart.
void Mix(unsigned long long* hash, const void* data, size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  for (size_t i = 0; i < size; ++i)
    *hash = (*hash ^ bytes[i]) * 1099511628211ull;
}

void MixEntry(unsigned long long* hash, const rig::CatalogEntry& entry) {
  Mix(hash, &entry.id, sizeof entry.id);
  Mix(hash, &entry.name_space, sizeof entry.name_space);
  Mix(hash, &entry.version, sizeof entry.version);
  Mix(hash, &entry.enabled, sizeof entry.enabled);
  Mix(hash, &entry.stores_class_info, sizeof entry.stores_class_info);
  Mix(hash, entry.path.c_str(), (entry.path.size() + 1) * sizeof(wchar_t));
  Mix(hash, entry.name.c_str(), (entry.name.size() + 1) * sizeof(wchar_t));
  Mix(hash, entry.info.data(), entry.info.size());
}

int Show(bool hash_only) {
  unsigned long long hash = 14695981039346656037ull;
  for (const rig::Width width : {rig::Width::k32, rig::Width::k64}) {
    rig::CatalogEntries entries;
    DWORD serial = 0;
    const DWORD code = rig::ReadCatalog(width, &entries, &serial);
    if (code != 0) {
      fprintf(stderr, "the catalog cannot be read: %lu\n", code);
      return 1;
    }
    Mix(&hash, &width, sizeof width);
    for (size_t i = 0; i < entries.size(); ++i) {
      if (!hash_only) Print(width, entries[i], i + 1);
      MixEntry(&hash, entries[i]);
    }
  }
  if (hash_only) printf("%016llx\n", hash);
  return 0;
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  const wchar_t* const verb = argc == 2 ? argv[1] : L"";
  if (wcscmp(verb, L"show") == 0) return Show(false);
  if (wcscmp(verb, L"hash") == 0) return Show(true);
  if (wcscmp(verb, L"reset") == 0) {
    const DWORD code = rig::ResetCatalog();
    if (code != 0) fprintf(stderr, "the catalog cannot be written: %lu\n", code);
    return code == 0 ? 0 : 1;
  }
  fprintf(stderr, "usage: rig_catalog show | hash | reset\n");
  return 2;
}
