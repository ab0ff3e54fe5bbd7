// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The control file as this side has it: opened for writing, mapped, and held by one host at a time.
#ifndef WINSOCK_NSP_ADDON_CONTROL_LEASE_H_
#define WINSOCK_NSP_ADDON_CONTROL_LEASE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "control_file.h"
#include "status.h"
#include "unique_handle.h"

namespace nsp {

// What a reader sees.
struct ControlState {
  bool retired = false;
  uint32_t epoch = 0;
  uint32_t host_pid = 0;
  std::wstring pipe_name;
};

// A mapped control file. Open checks its size and head, so file() may be used without further doubt
// about its bounds.
class ControlLease {
 public:
  Status Open(const std::wstring& path);

  // Takes the file for this process's lifetime or until the lease ends: ERROR_LOCK_VIOLATION if
  // another lease has it. The system gives it back however the holder ends.
  Status Lock();

  // Publishes what this host serves. Epoch, host process, pipe name and the calling thread are set
  // here. Without a revision, or with another than the last host's, everything counts as changed.
  // Only with the lock.
  void Publish(ControlFilter* filter, const std::wstring& pipe_name);

  // Leaves the filter of a provider that no host serves yet, so that clients know what is theirs
  // from the installation on. What the last host vouched for stays. Only with the lock.
  void Seed(ControlFilter* filter);

  [[nodiscard]] ControlFile* file() const { return static_cast<ControlFile*>(view_.get()); }

 private:
  void Write(ControlFilter* filter, const std::wstring& pipe_name);

  UniqueFile handle_;
  UniqueView view_;
};

// Makes the file, or takes over one that is there: it gets the descriptor and is no longer retired;
// its size and counters stay. `filter` is written unless a host serves the provider: it has its
// own.
Status CreateControl(const std::wstring& path, const std::wstring& sddl,
                     ControlFilter* filter = nullptr);
Status RetireControl(const std::wstring& path);
// Needs only the right to read. Nothing: there is no readable control file.
[[nodiscard]] std::optional<ControlState> ReadControl(const std::wstring& path);

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_CONTROL_LEASE_H_
