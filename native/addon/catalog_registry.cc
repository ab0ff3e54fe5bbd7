// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The catalog as it lies in the registry: the only way to see the other width's entries and paths.
#include "catalog.h"

#include <cwchar>

#include "unique_handle.h"

namespace nsp {
namespace {

constexpr wchar_t kParameters[] = L"SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters";
constexpr wchar_t kUsualCatalog[] = L"NameSpace_Catalog5";

bool ReadText(HKEY key, const wchar_t* name, std::wstring* text) {
  wchar_t buffer[1024];
  DWORD bytes = sizeof(buffer);
  // Without expansion: %SystemRoot% stays as it was installed.
  if (RegGetValueW(key, nullptr, name, RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, nullptr,
                   buffer, &bytes) != ERROR_SUCCESS) {
    return false;
  }
  *text = buffer;
  return true;
}

bool ReadNumber(HKEY key, const wchar_t* name, DWORD* number) {
  DWORD bytes = sizeof(*number);
  return RegGetValueW(key, nullptr, name, RRF_RT_REG_DWORD, nullptr, number, &bytes) ==
         ERROR_SUCCESS;
}

// Entries are numbered from 1 without gaps; the number is the order.
bool ReadEntry(HKEY catalog, unsigned number, CatalogEntry* entry) {
  wchar_t name[16];
  swprintf(name, 16, L"%012u", number);
  UniqueKey key;
  if (RegOpenKeyExW(catalog, name, 0, KEY_QUERY_VALUE, key.put()) != ERROR_SUCCESS) return false;
  DWORD bytes = sizeof(entry->id);
  if (RegGetValueW(key.get(), nullptr, L"ProviderId", RRF_RT_REG_BINARY, nullptr, &entry->id,
                   &bytes) != ERROR_SUCCESS ||
      bytes != sizeof(entry->id)) {
    return false;
  }
  DWORD name_space = 0;
  DWORD version = 0;
  DWORD enabled = 0;
  if (!ReadNumber(key.get(), L"SupportedNameSpace", &name_space)) return false;
  if (!ReadNumber(key.get(), L"Version", &version)) version = 0;
  if (!ReadNumber(key.get(), L"Enabled", &enabled)) enabled = 0;
  entry->name_space = name_space;
  entry->version = version;
  entry->enabled = enabled != 0;
  if (!ReadText(key.get(), L"DisplayString", &entry->name)) entry->name.clear();
  if (!ReadText(key.get(), L"LibraryPath", &entry->path)) entry->path.clear();
  return true;
}

}  // namespace

Status ReadRegistryCatalog(const wchar_t* key, std::vector<CatalogEntry>* entries) {
  UniqueKey parameters;
  LSTATUS code =
      RegOpenKeyExW(HKEY_LOCAL_MACHINE, kParameters, 0, KEY_QUERY_VALUE, parameters.put());
  if (code != ERROR_SUCCESS) return {static_cast<DWORD>(code), "RegOpenKeyExW"};
  std::wstring name;
  if (!ReadText(parameters.get(), L"Current_NameSpace_Catalog", &name)) name = kUsualCatalog;
  name = std::wstring(kParameters) + L"\\" + name + L"\\" + key;
  UniqueKey catalog;
  code = RegOpenKeyExW(HKEY_LOCAL_MACHINE, name.c_str(), 0, KEY_READ, catalog.put());
  if (code != ERROR_SUCCESS) return {static_cast<DWORD>(code), "RegOpenKeyExW"};
  for (unsigned number = 1;; ++number) {
    CatalogEntry entry;
    if (!ReadEntry(catalog.get(), number, &entry)) return {};
    entries->push_back(std::move(entry));
  }
}

}  // namespace nsp
