// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See catalog.h.
#include "catalog.h"

#include "system_function.h"

namespace nsp {
namespace {

using InstallFunction = INT(WSPAPI*)(LPWSTR, LPWSTR, DWORD, DWORD, LPGUID);
using UninstallFunction = INT(WSPAPI*)(LPGUID);
using EnableFunction = INT(WSPAPI*)(LPGUID, BOOL);
using OrderFunction = INT(WSPAPI*)(LPGUID, DWORD);

constexpr bool kIs64Bit = sizeof(void*) == 8;
constexpr const wchar_t* kNativeKey = kIs64Bit ? L"Catalog_Entries64" : L"Catalog_Entries";
constexpr const wchar_t* kX86Key = L"Catalog_Entries";

// The exports of one operation for the two catalogs.
struct Name {
  const char* native;
  const char* x86;

  [[nodiscard]] const char* of(Catalog catalog) const {
    return catalog == Catalog::kNative ? native : x86;
  }
};

// The names for x86 exist in the 64-bit ws2_32 only; in a 32-bit process both catalogs are one.
constexpr Name kInstall = {"WSCInstallNameSpace",
                           kIs64Bit ? "WSCInstallNameSpace32" : "WSCInstallNameSpace"};
constexpr Name kUninstall = {"WSCUnInstallNameSpace",
                             kIs64Bit ? "WSCUnInstallNameSpace32" : "WSCUnInstallNameSpace"};
constexpr Name kEnable = {"WSCEnableNSProvider",
                          kIs64Bit ? "WSCEnableNSProvider32" : "WSCEnableNSProvider"};
constexpr Name kOrder = {"WSCWriteNameSpaceOrder",
                         kIs64Bit ? "WSCWriteNameSpaceOrder32" : "WSCWriteNameSpaceOrder"};

template <typename Function>
Function Find(const char* name) {
  return SystemFunction<Function>(GetModuleHandleW(L"ws2_32.dll"), name);
}

Status LastOf(const char* operation) {
  const int code = WSAGetLastError();
  return {static_cast<DWORD>(code != 0 ? code : WSASYSCALLFAILURE), operation};
}

Status Missing(const char* operation) {
  return {WSAEOPNOTSUPP, operation};
}

Status Enumerate(std::vector<BYTE>* buffer, int* count) {
  // The catalog may grow between two calls; who writes it does so at human speed.
  constexpr int kTries = 8;
  DWORD bytes = 4096;
  for (int i = 0; i < kTries; ++i) {
    buffer->resize(bytes);
    *count =
        WSAEnumNameSpaceProvidersW(&bytes, reinterpret_cast<LPWSANAMESPACE_INFOW>(buffer->data()));
    if (*count != SOCKET_ERROR) return {};
    const Status status = LastOf("WSAEnumNameSpaceProvidersW");
    if (status.code != WSAEFAULT || bytes <= buffer->size()) return status;
  }
  return {WSATRY_AGAIN, "WSAEnumNameSpaceProvidersW"};
}

const CatalogEntry* FindById(const std::vector<CatalogEntry>& entries, const GUID& id) {
  for (const CatalogEntry& entry : entries) {
    if (IsEqualGUID(entry.id, id)) return &entry;
  }
  return nullptr;
}

}  // namespace

Winsock::~Winsock() {
  if (started_) WSACleanup();
}

Status Winsock::Start() {
  if (started_) return {};
  WSADATA data = {};
  const int code = WSAStartup(MAKEWORD(2, 2), &data);
  if (code != 0) return {static_cast<DWORD>(code), "WSAStartup"};
  started_ = true;
  return {};
}

Status ListCatalog(Catalog catalog, std::vector<CatalogEntry>* entries) {
  if (catalog == Catalog::kX86 && kIs64Bit) return ReadRegistryCatalog(kX86Key, entries);
  std::vector<BYTE> buffer;
  int count = 0;
  const Status status = Enumerate(&buffer, &count);
  if (!status.ok()) return status;
  // Enumeration does not tell the path. Without the registry the rest still holds.
  std::vector<CatalogEntry> stored;
  if (!ReadRegistryCatalog(kNativeKey, &stored).ok()) stored.clear();
  const auto* infos = reinterpret_cast<const WSANAMESPACE_INFOW*>(buffer.data());
  for (int i = 0; i < count; ++i) {
    const WSANAMESPACE_INFOW& info = infos[i];
    CatalogEntry entry;
    entry.id = info.NSProviderId;
    if (info.lpszIdentifier != nullptr) entry.name = info.lpszIdentifier;
    entry.name_space = info.dwNameSpace;
    entry.version = info.dwVersion;
    entry.enabled = info.fActive != FALSE;
    if (const CatalogEntry* found = FindById(stored, entry.id)) {
      entry.path = found->path;
      // ws2_32 keeps what this process once knew of an entry; the programs that start from now on
      // see what is stored.
      entry.enabled = found->enabled;
    }
    entries->push_back(std::move(entry));
  }
  return {};
}

Status InstallEntry(Catalog catalog, const CatalogEntry& entry) {
  const char* name = kInstall.of(catalog);
  const auto install = Find<InstallFunction>(name);
  if (install == nullptr) return Missing(name);
  std::wstring display = entry.name;
  std::wstring path = entry.path;
  GUID id = entry.id;
  const INT result = install(display.data(), path.data(), entry.name_space, entry.version, &id);
  return result == SOCKET_ERROR ? LastOf(name) : Status{};
}

Status UninstallEntry(Catalog catalog, const GUID& id) {
  const char* name = kUninstall.of(catalog);
  const auto uninstall = Find<UninstallFunction>(name);
  if (uninstall == nullptr) return Missing(name);
  GUID copy = id;
  return uninstall(&copy) == SOCKET_ERROR ? LastOf(name) : Status{};
}

Status EnableEntry(Catalog catalog, const GUID& id, bool enabled) {
  const char* name = kEnable.of(catalog);
  const auto enable = Find<EnableFunction>(name);
  if (enable == nullptr) return Missing(name);
  GUID copy = id;
  return enable(&copy, enabled ? TRUE : FALSE) == SOCKET_ERROR ? LastOf(name) : Status{};
}

Status OrderCatalog(Catalog catalog, std::vector<GUID> ids) {
  const char* name = kOrder.of(catalog);
  const auto order = Find<OrderFunction>(name);
  if (order == nullptr) return Missing(name);
  // Alone among these functions it returns the code itself.
  const INT code = order(ids.data(), static_cast<DWORD>(ids.size()));
  if (code == SOCKET_ERROR) return LastOf(name);
  return {static_cast<DWORD>(code), name};
}

}  // namespace nsp
