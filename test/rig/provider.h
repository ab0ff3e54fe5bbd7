// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One catalog entry as a process sees it, and the provider DLL behind it once it was needed.
#ifndef RIG_PROVIDER_H_
#define RIG_PROVIDER_H_

#include <memory>

#include "catalog.h"
#include "winsock.h"

namespace rig {

class Provider {
 public:
  explicit Provider(CatalogEntry entry) : entry_(std::move(entry)) {}
  ~Provider() { Stop(); }
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;

  const CatalogEntry& entry() const { return entry_; }

  // Loads the DLL and calls NSPStartup at the first call; later calls repeat that outcome. The
  // caller holds the lock of the view.
  bool Start();

  // NSPCleanup once, then FreeLibrary as soon as no call is inside. No call gets in afterwards.
  void Stop();

  bool has_ioctl() const { return has_ioctl_; }

  // Whether Start failed because there was no DLL to load.
  bool missing() const { return missing_; }

 private:
  friend class ProviderCall;
  enum class State { kNew, kStarted, kFailed, kStopped };

  bool Load();
  bool Fill();
  bool Enter();
  void Leave();

  const CatalogEntry entry_;
  NSP_ROUTINE table_{};
  bool has_ioctl_ = false;
  bool missing_ = false;
  SRWLOCK lock_ = SRWLOCK_INIT;  // guards what follows
  State state_ = State::kNew;
  int calls_ = 0;
  HMODULE module_ = nullptr;
};

// A call into a provider: keeps its DLL loaded while the scope lasts. False if it was stopped.
class ProviderCall {
 public:
  explicit ProviderCall(Provider* provider) : provider_(provider->Enter() ? provider : nullptr) {}
  ~ProviderCall() {
    if (provider_ == nullptr) return;
    KeepLastError keep;
    provider_->Leave();
  }
  ProviderCall(const ProviderCall&) = delete;
  ProviderCall& operator=(const ProviderCall&) = delete;

  explicit operator bool() const { return provider_ != nullptr; }
  const NSP_ROUTINE* operator->() const { return &provider_->table_; }

 private:
  Provider* provider_;
};

}  // namespace rig

#endif  // RIG_PROVIDER_H_
