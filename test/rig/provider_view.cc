// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// This process's view of the catalog; see provider_view.h.
#include "provider_view.h"

#include "registry.h"
#include "switches.h"

namespace rig {
namespace {

// Recursive, since a provider's NSPStartup runs under it and may call Winsock itself.
class ViewLock {
 public:
  ViewLock() { EnterCriticalSection(Section()); }
  ~ViewLock() { LeaveCriticalSection(Section()); }
  ViewLock(const ViewLock&) = delete;
  ViewLock& operator=(const ViewLock&) = delete;

 private:
  // Never destroyed, like the view itself.
  static CRITICAL_SECTION* Section() {
    static CRITICAL_SECTION* const section = [] {
      auto* const made = new CRITICAL_SECTION;
      InitializeCriticalSection(made);
      return made;
    }();
    return section;
  }
};

struct View {
  Providers providers;
  RegistryKey catalog;
  DWORD serial = 0;
  bool loaded = false;
};

// Never destroyed: at process exit providers are not cleaned up, and their DLLs may be gone.
View& TheView() {
  static View& view = *new View;
  return view;
}

std::shared_ptr<Provider> Find(const Providers& providers, const GUID& id) {
  for (const auto& provider : providers) {
    if (IsEqualGUID(provider->entry().id, id)) return provider;
  }
  return nullptr;
}

// Needs the lock. Entries that have left the catalog go to `dropped`, to be destroyed without it.
DWORD Refresh(Providers* dropped) {
  View& view = TheView();
  DWORD serial = 0;
  DWORD code = ReadCatalogSerial(&view.catalog, &serial);
  if (code != 0) return code;
  if (view.loaded && serial == view.serial) return 0;
  CatalogEntries entries;
  code = ReadCatalog(OwnWidth(), &entries, &serial);
  if (code != 0) return code;
  Providers fresh;
  for (CatalogEntry& entry : entries) {
    std::shared_ptr<Provider> known = Find(view.providers, entry.id);
    fresh.push_back(known ? known : std::make_shared<Provider>(std::move(entry)));
  }
  *dropped = std::move(view.providers);
  view.providers = std::move(fresh);
  view.serial = serial;
  view.loaded = true;
  return 0;
}

// As this process knows it, which is how it was when the entry was first read.
bool Enabled(const CatalogEntry& entry) {
  if (!Broken(Switch::kDisabledAtOnce)) return entry.enabled;
  CatalogEntries stored;
  DWORD serial = 0;
  ReadCatalog(OwnWidth(), &stored, &serial);
  for (const CatalogEntry& other : stored) {
    if (IsEqualGUID(other.id, entry.id)) return other.enabled;
  }
  return entry.enabled;
}

bool Matches(const CatalogEntry& entry, DWORD name_space) {
  if (!Enabled(entry) && !Broken(Switch::kDisabledAsked)) return false;
  return name_space == NS_ALL || entry.name_space == name_space;
}

}  // namespace

DWORD SelectProviders(const GUID* id, DWORD name_space, Providers* selected) {
  Providers dropped;
  ViewLock lock;
  const DWORD code = Refresh(&dropped);
  if (code != 0) return code;
  Providers matched;
  if (id != nullptr) {
    const std::shared_ptr<Provider> named = Find(TheView().providers, *id);
    if (named == nullptr) return WSAEINVAL;
    if (Matches(named->entry(), NS_ALL)) matched.push_back(named);
  } else {
    for (const auto& provider : TheView().providers) {
      if (Matches(provider->entry(), name_space)) matched.push_back(provider);
    }
  }
  for (const auto& provider : matched) {
    if (provider->Start()) {
      selected->push_back(provider);
    } else if (provider->missing() && Broken(Switch::kLoadFailureFatal)) {
      return WSAEPROVIDERFAILEDINIT;
    }
  }
  return 0;
}

size_t CountEntries(DWORD name_space) {
  Providers dropped;
  ViewLock lock;
  if (Refresh(&dropped) != 0) return 0;
  size_t count = 0;
  for (const auto& provider : TheView().providers) {
    if (provider->entry().name_space == name_space) ++count;
  }
  return count;
}

DWORD ListEntries(CatalogEntries* entries) {
  Providers dropped;
  ViewLock lock;
  const DWORD code = Refresh(&dropped);
  if (code != 0) return code;
  for (const auto& provider : TheView().providers)
    entries->push_back(provider->entry());
  return 0;
}

void DropView() {
  Providers dropped;
  {
    ViewLock lock;
    View& view = TheView();
    dropped = std::move(view.providers);
    view.providers.clear();
    view.catalog.Close();
    view.loaded = false;
  }
  if (Broken(Switch::kCleanupSkipped)) {
    new Providers(std::move(dropped));  // nobody will ever stop them
    return;
  }
  for (const auto& provider : dropped)
    provider->Stop();
}

}  // namespace rig
