// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The module's only state: which provider is started, and how often each of its entries.
#include <cstring>

#include "filter.h"
#include "lookup.h"
#include "provider.h"
#include "switches.h"

namespace nsp {
namespace {

HMODULE module_handle;
SRWLOCK module_lock = SRWLOCK_INIT;  // guards the members below
Provider* started;                   // one reference, while any count is above 0
uint32_t counts[kMaxEntries];

bool AnyCount() {
  for (uint32_t count : counts) {
    if (count != 0) {
      return true;
    }
  }
  return false;
}

// The started entry with this GUID, or -1. Needs the lock.
int FindStarted(const uint8_t* id) {
  int found = started == nullptr ? -1 : started->FindEntry(id);
  return found >= 0 && counts[found] != 0 ? found : -1;
}

}  // namespace

void SetModule(HMODULE module) {
  module_handle = module;
}

bool PinModule() {
  if (SwitchedOff("pin")) {
    return true;
  }
  HMODULE pinned = nullptr;
  return GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                            reinterpret_cast<LPCWSTR>(&module_handle), &pinned) != FALSE;
}

DWORD Startup::Enter(const uint8_t* id) {
  ExclusiveLock lock(&module_lock);
  Ref<Provider> provider(started);
  if (!provider) {
    provider = Provider::Load(module_handle);
  }
  if (!provider) {
    return WSAEINVALIDPROVIDER;
  }
  int entry = provider->FindEntry(id);
  if (entry < 0) {
    return WSAEINVALIDPROVIDER;
  }
  if (started == nullptr) {
    started = provider.get();
    started->AddRef();
  }
  ++counts[entry];
  return 0;
}

DWORD Startup::Leave(const uint8_t* id) {
  Ref<Provider> provider;
  uint32_t entry;
  bool last;
  {
    ExclusiveLock lock(&module_lock);
    int found = started == nullptr ? -1 : started->FindEntry(id);
    if (found < 0 || counts[found] == 0) {
      return WSAEINVAL;
    }
    entry = static_cast<uint32_t>(found);
    if (--counts[entry] != 0) {
      return 0;
    }
    last = !AnyCount();
    // Takes over the module's reference with the last count, else a reference of its own.
    provider =
        last ? Ref<Provider>::Adopt(std::exchange(started, nullptr)) : Ref<Provider>(started);
  }
  provider->lookups()->EndEntry(entry);
  if (last) {
    provider->Shutdown();
  }
  return 0;
}

Ref<Provider> Startup::Find(const uint8_t* id, uint32_t* entry) {
  SharedLock lock(&module_lock);
  int found = FindStarted(id);
  if (found < 0) {
    return {};
  }
  *entry = static_cast<uint32_t>(found);
  return Ref<Provider>(started);
}

DWORD Startup::Ask(const uint8_t* id, const uint8_t* named, FilterQuestion* question,
                   Ref<Provider>* provider, ControlState* state, MappedData* data) {
  {
    SharedLock lock(&module_lock);
    int found = FindStarted(id);
    if (found < 0) {
      return WSAEINVALIDPROVIDER;
    }
    question->entry = static_cast<uint32_t>(found);
    question->names_us = named != nullptr && std::memcmp(named, id, 16) == 0;
    auto verdict = started->control()->Judge(*question, state);
    if (verdict == ControlView::Verdict::kForeign) {
      return WSASERVICE_NOT_FOUND;
    }
    *provider = Ref<Provider>(started);
    *data = started->control()->mapped();
    if (verdict == ControlView::Verdict::kOurs) {
      return 0;
    }
  }
  *state = (*provider)->control()->StateFor(*question);
  return *state ? 0 : WSASERVICE_NOT_FOUND;
}

SRWLOCK* Startup::Lock() {
  return &module_lock;
}

Ref<Lookup> Startup::FindLookup(HANDLE handle, MappedData* data) {
  SharedLock lock(&module_lock);
  if (started == nullptr) {
    return {};
  }
  if (data != nullptr) {
    *data = started->control()->mapped();
  }
  return Ref<Lookup>(started->lookups()->Find(handle));
}

DWORD Startup::Ioctl(HANDLE handle, const IoctlCall& call) {
  Ref<Lookup> lookup = FindLookup(handle, nullptr);
  return lookup ? lookup->Ioctl(call) : WSA_INVALID_HANDLE;
}

bool Startup::IsClean(HANDLE handle) {
  SharedLock lock(&module_lock);
  const Lookup* lookup = started == nullptr ? nullptr : started->lookups()->Find(handle);
  return lookup != nullptr && lookup->IsClean();
}

Ref<Lookup> Startup::TakeLookup(HANDLE handle) {
  ExclusiveLock lock(&module_lock);
  return started == nullptr ? Ref<Lookup>() : started->lookups()->Remove(handle);
}

}  // namespace nsp
