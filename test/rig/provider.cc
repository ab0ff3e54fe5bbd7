// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Loading, starting and unloading of provider DLLs; see provider.h.
#include "provider.h"

#include <cstddef>

#include "switches.h"

namespace rig {
namespace {

std::wstring Expand(const std::wstring& path) {
  const DWORD size = ExpandEnvironmentStringsW(path.c_str(), nullptr, 0);
  if (size == 0) return path;
  std::wstring expanded(size, L'\0');
  const DWORD used = ExpandEnvironmentStringsW(path.c_str(), expanded.data(), size);
  if (used == 0 || used > size) return path;
  expanded.resize(used - 1);
  return expanded;
}

// Real Windows takes a provider as failed if it left any entry but NSPIoctl empty.
bool Complete(const NSP_ROUTINE& table) {
  return table.NSPCleanup != nullptr && table.NSPLookupServiceBegin != nullptr &&
         table.NSPLookupServiceNext != nullptr && table.NSPLookupServiceEnd != nullptr &&
         table.NSPSetService != nullptr && table.NSPInstallServiceClass != nullptr &&
         table.NSPRemoveServiceClass != nullptr && table.NSPGetServiceClassInfo != nullptr;
}

}  // namespace

bool Provider::Start() {
  KeepLastError keep;
  if (state_ == State::kStarted && Broken(Switch::kStartupPerQuery)) Fill();
  if (state_ != State::kNew) return state_ == State::kStarted;
  const bool loaded = Load();
  ExclusiveLock lock(&lock_);
  state_ = loaded ? State::kStarted : State::kFailed;
  return loaded;
}

bool Provider::Load() {
  module_ = LoadLibraryW(Expand(entry_.path).c_str());
  missing_ = module_ == nullptr;
  if (missing_) return false;
  if (Fill()) return true;
  FreeLibrary(module_);
  module_ = nullptr;
  return false;
}

bool Provider::Fill() {
  const auto start = reinterpret_cast<LPNSPSTARTUP>(
      reinterpret_cast<void*>(GetProcAddress(module_, "NSPStartup")));
  if (start == nullptr) return false;
  GUID id = entry_.id;
  table_ = NSP_ROUTINE{};
  table_.cbSize = sizeof table_;
  // Existing providers also return the raw code, so everything but 0 is a failure.
  if (start(&id, &table_) != 0) return false;
  const bool has_all_but_ioctl = table_.cbSize >= offsetof(NSP_ROUTINE, NSPIoctl);
  if (has_all_but_ioctl && (Complete(table_) || Broken(Switch::kStartNullEntry))) {
    has_ioctl_ = table_.cbSize >= sizeof table_ && table_.NSPIoctl != nullptr;
    return true;
  }
  if (has_all_but_ioctl && table_.NSPCleanup != nullptr) table_.NSPCleanup(&id);
  return false;
}

void Provider::Stop() {
  KeepLastError keep;
  {
    ExclusiveLock lock(&lock_);
    const bool started = state_ == State::kStarted;
    state_ = State::kStopped;
    if (!started) return;
    ++calls_;
  }
  GUID id = entry_.id;
  table_.NSPCleanup(&id);
  Leave();
}

bool Provider::Enter() {
  ExclusiveLock lock(&lock_);
  if (state_ != State::kStarted) return false;
  ++calls_;
  return true;
}

void Provider::Leave() {
  HMODULE unload = nullptr;
  {
    ExclusiveLock lock(&lock_);
    if (--calls_ == 0 && state_ == State::kStopped) {
      unload = module_;
      module_ = nullptr;
    }
  }
  if (unload != nullptr) FreeLibrary(unload);
}

}  // namespace rig
