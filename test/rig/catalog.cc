// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The catalog's registry shape, reading, writing and the writer's lock; see catalog.h.
#include "catalog.h"

#include <cwchar>

#include "change_pipe.h"
#include "registry.h"

namespace rig {
namespace {

constexpr wchar_t kParameters[] = L"SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters";
constexpr wchar_t kCatalog[] =
    L"SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters\\NameSpace_Catalog5";
constexpr wchar_t kSerial[] = L"Serial_Access_Num";

// What Windows' readers wait for a writer.
constexpr DWORD kLockTimeoutMs = 180000;

const wchar_t* FolderOf(Width width) {
  return width == Width::k64 ? L"Catalog_Entries64" : L"Catalog_Entries";
}

const wchar_t* CountOf(Width width) {
  return width == Width::k64 ? L"Num_Catalog_Entries64" : L"Num_Catalog_Entries";
}

// The lock proper is a mutex, because it is let go when its holder dies; the volatile key that
// Windows uses for the same purpose would stay and stop everybody. The key is kept as shape.
class CatalogLock {
 public:
  CatalogLock() : mutex_(CreateMutexW(nullptr, FALSE, L"Global\\NameSpace_Catalog5")) {
    if (mutex_ == nullptr) return;
    const DWORD wait = WaitForSingleObject(mutex_, kLockTimeoutMs);
    held_ = wait == WAIT_OBJECT_0 || wait == WAIT_ABANDONED;
  }
  ~CatalogLock() {
    if (held_) ReleaseMutex(mutex_);
    if (mutex_ != nullptr) CloseHandle(mutex_);
  }
  CatalogLock(const CatalogLock&) = delete;
  CatalogLock& operator=(const CatalogLock&) = delete;

  bool held() const { return held_; }

 private:
  HANDLE mutex_;
  bool held_ = false;
};

// The volatile key, named after the serial that the writer found.
class WriterKey {
 public:
  WriterKey(HKEY catalog, DWORD serial) : catalog_(catalog) {
    swprintf(name_, sizeof name_ / sizeof name_[0], L"%08lX", static_cast<unsigned long>(serial));
    RegistryKey key;
    key.Create(catalog_, name_, true, nullptr);
  }
  ~WriterKey() { RegDeleteKeyW(catalog_, name_); }
  WriterKey(const WriterKey&) = delete;
  WriterKey& operator=(const WriterKey&) = delete;

 private:
  HKEY catalog_;
  wchar_t name_[16];
};

std::wstring EntryName(size_t number) {
  wchar_t name[16];
  swprintf(name, sizeof name / sizeof name[0], L"%012lu", static_cast<unsigned long>(number));
  return name;
}

DWORD CodeOf(LSTATUS status) {
  if (status == ERROR_SUCCESS) return 0;
  if (status == ERROR_ACCESS_DENIED) return WSAEACCES;
  if (status == ERROR_OUTOFMEMORY || status == ERROR_NOT_ENOUGH_MEMORY) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  return WSASYSCALLFAILURE;
}

bool ReadEntry(HKEY folder, size_t number, CatalogEntry* entry) {
  RegistryKey key;
  if (key.Open(folder, EntryName(number).c_str(), KEY_READ) != ERROR_SUCCESS) return false;
  std::vector<BYTE> id;
  if (!key.GetBytes(L"ProviderId", &id) || id.size() != sizeof entry->id) return false;
  memcpy(&entry->id, id.data(), sizeof entry->id);
  DWORD enabled = 1;
  DWORD stores = 0;
  key.GetDword(L"Enabled", &enabled);
  key.GetDword(L"StoresServiceClassInfo", &stores);
  key.GetDword(L"Version", &entry->version);
  key.GetText(L"DisplayString", &entry->name);
  key.GetBytes(L"ProviderInfo", &entry->info);
  entry->enabled = enabled != 0;
  entry->stores_class_info = stores != 0;
  return key.GetDword(L"SupportedNameSpace", &entry->name_space) &&
         key.GetText(L"LibraryPath", &entry->path);
}

LSTATUS WriteEntry(HKEY folder, size_t number, const CatalogEntry& entry) {
  RegistryKey key;
  LSTATUS status = key.Create(folder, EntryName(number).c_str(), false, nullptr);
  if (status != ERROR_SUCCESS) return status;
  const auto info_size = static_cast<DWORD>(entry.info.size());
  const LSTATUS results[] = {
      key.SetText(L"LibraryPath", entry.path),
      key.SetText(L"DisplayString", entry.name),
      key.SetBytes(L"ProviderId", &entry.id, sizeof entry.id),
      key.SetDword(L"SupportedNameSpace", entry.name_space),
      key.SetDword(L"Enabled", entry.enabled ? 1 : 0),
      key.SetDword(L"Version", entry.version),
      key.SetDword(L"StoresServiceClassInfo", entry.stores_class_info ? 1 : 0),
      info_size != 0 ? key.SetBytes(L"ProviderInfo", entry.info.data(), info_size) : ERROR_SUCCESS,
  };
  if (info_size == 0) RegDeleteValueW(key.get(), L"ProviderInfo");
  for (const LSTATUS result : results) {
    if (result != ERROR_SUCCESS) return result;
  }
  return ERROR_SUCCESS;
}

// A writer that died half-way leaves a list with an entry twice or without its values: what can
// be read counts, and each GUID once.
void ReadEntries(const RegistryKey& catalog, Width width, CatalogEntries* entries) {
  DWORD count = 0;
  RegistryKey key;
  if (!catalog.GetDword(CountOf(width), &count) ||
      key.Open(catalog.get(), FolderOf(width), KEY_READ) != ERROR_SUCCESS) {
    return;
  }
  for (size_t number = 1; number <= count; ++number) {
    CatalogEntry entry;
    if (!ReadEntry(key.get(), number, &entry)) continue;
    bool known = false;
    for (const CatalogEntry& other : *entries)
      known = known || IsEqualGUID(other.id, entry.id);
    if (!known) entries->push_back(std::move(entry));
  }
}

LSTATUS WriteEntries(RegistryKey& catalog, Width width, const CatalogEntries& entries) {
  RegistryKey folder;
  LSTATUS status = folder.Create(catalog.get(), FolderOf(width), false, nullptr);
  if (status != ERROR_SUCCESS) return status;
  for (size_t i = 0; i < entries.size(); ++i) {
    status = WriteEntry(folder.get(), i + 1, entries[i]);
    if (status != ERROR_SUCCESS) return status;
  }
  status = catalog.SetDword(CountOf(width), static_cast<DWORD>(entries.size()));
  if (status != ERROR_SUCCESS) return status;
  size_t extra = entries.size() + 1;
  while (RegDeleteKeyW(folder.get(), EntryName(extra).c_str()) == ERROR_SUCCESS)
    ++extra;
  return ERROR_SUCCESS;
}

// Needs the lock. Writes what is missing of the default catalog's shape, or all of it if `anew`.
LSTATUS CreateCatalog(RegistryKey& catalog, bool anew) {
  RegistryKey parameters;
  LSTATUS status = parameters.Create(HKEY_LOCAL_MACHINE, kParameters, false, nullptr);
  if (status == ERROR_SUCCESS) status = parameters.SetText(L"WinSock_Registry_Version", L"2.2");
  if (status == ERROR_SUCCESS) {
    status = parameters.SetText(L"Current_NameSpace_Catalog", L"NameSpace_Catalog5");
  }
  if (status == ERROR_SUCCESS)
    status = catalog.Create(HKEY_LOCAL_MACHINE, kCatalog, false, nullptr);
  if (status != ERROR_SUCCESS) return status;
  DWORD serial = 0;
  const bool complete = catalog.GetDword(kSerial, &serial);
  if (complete && !anew) return ERROR_SUCCESS;
  for (const Width width : {Width::k32, Width::k64}) {
    status = WriteEntries(catalog, width, DefaultCatalog());
    if (status != ERROR_SUCCESS) return status;
  }
  return catalog.SetDword(kSerial, serial + 1);
}

// Needs the lock.
LSTATUS OpenCatalog(RegistryKey& catalog, REGSAM access) {
  LSTATUS status = catalog.Open(HKEY_LOCAL_MACHINE, kCatalog, access);
  DWORD serial = 0;
  if (status == ERROR_SUCCESS && catalog.GetDword(kSerial, &serial)) return status;
  if (status == ERROR_ACCESS_DENIED) return status;
  return CreateCatalog(catalog, false);
}

}  // namespace

DWORD ReadCatalogSerial(RegistryKey* catalog, DWORD* serial) {
  // A key that was deleted since, and perhaps made anew, has no value any more.
  if (catalog->get() != nullptr && catalog->GetDword(kSerial, serial)) return 0;
  if (catalog->Open(HKEY_LOCAL_MACHINE, kCatalog, KEY_READ) == ERROR_SUCCESS &&
      catalog->GetDword(kSerial, serial)) {
    return 0;
  }
  CatalogEntries entries;
  return ReadCatalog(OwnWidth(), &entries, serial);
}

DWORD ReadCatalog(Width width, CatalogEntries* entries, DWORD* serial) {
  CatalogLock lock;
  if (!lock.held()) return WSANO_RECOVERY;
  RegistryKey catalog;
  const LSTATUS status = OpenCatalog(catalog, KEY_READ);
  if (status != ERROR_SUCCESS) return CodeOf(status);
  entries->clear();
  ReadEntries(catalog, width, entries);
  catalog.GetDword(kSerial, serial);
  return 0;
}

namespace {

// EditCatalog but for telling others about it.
DWORD Edit(Width width, const std::function<DWORD(CatalogEntries&)>& change, DWORD* serial) {
  CatalogLock lock;
  if (!lock.held()) return WSANO_RECOVERY;
  RegistryKey catalog;
  LSTATUS status = OpenCatalog(catalog, KEY_ALL_ACCESS);
  if (status != ERROR_SUCCESS) return CodeOf(status);
  CatalogEntries entries;
  ReadEntries(catalog, width, &entries);
  const DWORD code = change(entries);
  if (code != 0) return code;
  catalog.GetDword(kSerial, serial);
  WriterKey writer(catalog.get(), *serial);
  status = WriteEntries(catalog, width, entries);
  if (status == ERROR_SUCCESS) status = catalog.SetDword(kSerial, ++*serial);
  return CodeOf(status);
}

DWORD Reset(DWORD* serial) {
  CatalogLock lock;
  if (!lock.held()) return WSANO_RECOVERY;
  RegistryKey catalog;
  const LSTATUS status = CreateCatalog(catalog, true);
  if (status == ERROR_SUCCESS) catalog.GetDword(kSerial, serial);
  return CodeOf(status);
}

}  // namespace

DWORD EditCatalog(Width width, const std::function<DWORD(CatalogEntries&)>& change) {
  DWORD serial = 0;
  const DWORD code = Edit(width, change, &serial);
  if (code == 0) AnnounceChange(serial);
  return code;
}

DWORD ResetCatalog() {
  DWORD serial = 0;
  const DWORD code = Reset(&serial);
  if (code == 0) AnnounceChange(serial);
  return code;
}

}  // namespace rig
